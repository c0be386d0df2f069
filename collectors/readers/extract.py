"""The text of an article page without a selector, as a reader mode would take it (trafilatura)."""

from __future__ import annotations

import re
from itertools import count

MAX_MARKUP = 1_000_000
"""Characters; no article is longer, and the time that extraction takes grows with the page."""
SHORTEST = 40
"""Characters of a text; less is a notice, a log-in form or a caption."""
RECYCLE = 200
"""Extractions after which trafilatura's caches are emptied: they would grow for as long as the worker runs."""
_BOILERPLATE = re.compile(
    r"^\W*(责任编辑|责编|编辑|校对|审核|版权所有|版权声明|免责声明|风险提示|特别声明|郑重声明|上一篇|下一篇|分享到|相关阅读"
    r"|相关新闻|推荐阅读|热门推荐|延伸阅读|扫一扫|扫描二维码|打开APP|下载APP|点击下载|返回首页|举报电话|联系我们|copyright"
    r"|©|.{0,12}ICP备)",
    re.I,
)
_BARRIER = re.compile(r"验证码|安全验证|访问(?:过于)?频繁|启用\s*JavaScript|登录后(?:查看|阅读|继续)", re.I)
_SENTENCE_END = re.compile(r"[。！？；!?;]")
_done = count(1)


def extracted(markup: str) -> str:
    """The main text of a page, a paragraph a line; "" where none can be told from what stands around it."""
    if len(markup) > MAX_MARKUP or not markup.strip():
        return ""
    # Imported here: it costs a third of a second, and most pages are read by their selectors.
    import trafilatura

    found = trafilatura.extract(markup, include_comments=False, favor_precision=True)
    if next(_done) % RECYCLE == 0:
        from trafilatura.meta import reset_caches

        reset_caches()
    return without_boilerplate(found or "")


def without_boilerplate(text: str) -> str:
    """The text without lines that stand under every article; "" for what is no article: menus, forms, barriers."""
    lines = [line.strip() for line in text.splitlines()]
    kept = "\n".join(line for line in lines if line and not _BOILERPLATE.match(line))
    if len(kept) < SHORTEST or not _SENTENCE_END.search(kept):
        return ""
    return "" if len(kept) < 5 * SHORTEST and _BARRIER.search(kept) else kept
