"""Tells a wall against robots (captcha, script challenge) from a page, by its build rather than by its words alone.

An article about 验证码 has the words too. A wall has next to nothing else: hardly any visible text or links, and
either the machinery of a known firewall in its scripts, or an order to the visitor together with something to solve.
"""

from __future__ import annotations

import re

from parsel import Selector

from collectors.encoding import decode
from collectors.markup import visible_text

MAX_PAGE = 300_000
"""Bytes. Challenges carry their script in the page, but not more than this."""
MAX_SHOWN = 200
"""Visible characters of a wall, spaces not counted."""
MAX_LINKS = 8

_MACHINERY = {
    "acw_sc__v2": "阿里云 WAF 脚本验证",
    "aliyun_waf_": "阿里云 WAF 验证",
    "aliyuncaptcha": "阿里云验证码",
    "/punish?x5secdata": "阿里滑动验证",
    "_cf_chl_opt": "Cloudflare 验证",
    "__jsl_clearance": "加速乐脚本验证",
    "/_guard/": "防护脚本验证",
    "wafcaptcha": "腾讯云 WAF 验证码",
    "tcaptcha.js": "腾讯验证码",
    "turing.captcha.qcloud.com": "腾讯验证码",
    "eo_bot_ssid": "EdgeOne 脚本验证",
    "yanzheng_huadong": "宝塔滑动验证",
    "/.safeline/": "雷池 WAF 验证",
    "safelinechallenge": "雷池 WAF 验证",
    "$_ts=window": "瑞数脚本验证",
    "wappass.baidu.com/static/captcha": "百度安全验证",
}
"""What stands in the scripts, links and attributes of a challenge, in lower case, and what people call it."""
_TITLES = re.compile(
    r"(访问|安全|滑动|滑块|人机|身份|行为|百度安全)(验证|校验|检测)(码|中|页面)?|验证码|请完成验证|访问(受限|被拒绝|拦截)"
    r"|安全拦截|请求被拦截|just a moment\W*|attention required.*|ddos-guard|robot check|人机识别"
)
_ORDERS = (
    *(
        "请输入验证码",
        "输入图中的字符",
        "请输入图片中",
        "请完成验证",
        "完成安全验证",
        "请进行验证",
        "点击按钮进行验证",
    ),
    *(
        "拖动滑块",
        "拖动下方滑块",
        "按住滑块",
        "向右滑动",
        "滑动验证",
        "点击完成验证",
        "人机验证",
        "访问过于频繁",
    ),
    *("访问频繁", "访问异常", "异常流量", "不是机器人", "checking your browser", "verify you are human"),
)
_DEVICES = re.compile(
    r"captcha|geetest|verif|yzm|yanzheng|validat|checkcode|slide|nc_|waf|punish|challenge", re.I
)
_DATA = ("rgv587_flag", "fail_sys_user_validate", "x5secdata")
"""What the same firewalls say to scripts that ask for data."""


def _bytes_of(words: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple({word.encode(encoding) for word in words for encoding in ("utf-8", "gb18030")})


_HINTS = _bytes_of((*_MACHINERY, *_ORDERS, *_DATA))
_TITLE = re.compile(rb"<title[^>]{0,80}>([^<]{0,120})")


def wall(content: bytes, content_type: str | None = None) -> str | None:
    """What stands in the way, in Chinese, or None for an ordinary page. Never raises."""
    if len(content) > MAX_PAGE:
        return None
    lower = content.lower()
    if lower.count(b"<a ") > MAX_LINKS:
        return None
    title = _title(lower, content_type)
    if title is None and not any(hint in lower for hint in _HINTS):
        return None
    text = decode(content, content_type).text
    start = text.lstrip("\ufeff \t\r\n")[:1024].lower()
    if start.startswith(("{", "[")):
        return _wall_in_data(text)
    if start.startswith(("<rss", "<feed")) or (start.startswith("<?xml") and "<html" not in start):
        return None
    return _wall_in_page(text, title)


def _title(page: bytes, content_type: str | None) -> str | None:
    """The page's title if it is that of a wall."""
    found = _TITLE.search(page)
    title = decode(found[1], content_type).text.strip() if found else ""
    return title if _TITLES.fullmatch(title) else None


def _wall_in_data(text: str) -> str | None:
    short = text[:4000].lower() if len(text) <= 4000 else ""
    return "接口要求人机验证" if any(word in short for word in _DATA) else None


def _wall_in_page(text: str, title: str | None) -> str | None:
    root = Selector(text=text or " ", type="html")
    shown = "".join(visible_text(text).split()).lower()
    if len(shown) > MAX_SHOWN:
        return None
    machinery = "\n".join(root.xpath("//script/text() | //@*").getall()).lower()
    for sign, name in _MACHINERY.items():
        if sign in machinery:
            return name
    if title is not None:
        return f"验证页“{title[:20]}”"
    order = next((order for order in _ORDERS if order.replace(" ", "") in shown), None)
    return f"验证页“{order}”" if order and _something_to_solve(root) else None


def _something_to_solve(root: Selector) -> bool:
    """A form field, picture, frame, script or block that is named after a puzzle."""
    named = root.xpath("//@id | //@class | //@name | //@src | //@action | //@placeholder").getall()
    return any(_DEVICES.search(value) for value in named)
