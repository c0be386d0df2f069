"""The text of a page without its selector: what is kept, what is no article, and that memory stays flat."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.readers.extract import MAX_MARKUP, extracted, without_boilerplate

MENU = "".join(f'<li><a href="/c{number}">栏目{number}</a></li>' for number in range(20))
SENTENCES = [
    f"第{number}批出借人称，岚桥优贷的提现申请已有多日没有到账，客服电话无人接听。" for number in range(4)
]
ARTICLE = f"""<html><head><title>岚桥优贷提现延迟_示例财经</title></head><body><ul class="nav">{MENU}</ul>
<h1>岚桥优贷提现延迟</h1><div class="new">{"".join(f"<p>{text}</p>" for text in SENTENCES)}<p>责任编辑：某某</p></div>
<div>分享到：微信</div><div><h3>相关阅读</h3><ul>{MENU}</ul></div>
<div>版权所有 示例财经 京ICP备00000000号</div></body></html>"""


def test_the_text_is_told_from_what_stands_around_it() -> None:
    """All paragraphs in order; no menu, no editor's line, no footer."""
    assert extracted(ARTICLE).splitlines() == SENTENCES


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<html><body><div>请登录后查看</div></body></html>",
        f"<html><body><ul>{MENU}</ul></body></html>",
        "<p>您的访问过于频繁，为了保障网站安全，请输入验证码后继续访问本站。如有疑问，请联系网站的客服人员，谢谢您的配合。</p>",
        "\0",
        "<div>甲</div>",
        ARTICLE + " " * MAX_MARKUP,
    ],
)
def test_what_is_no_article_gives_no_text(page: str) -> None:
    """Log-in pages, menus, barriers and endless pages are not taken for a text."""
    assert extracted(page) == ""


def test_a_text_that_only_mentions_captchas_is_kept() -> None:
    """A barrier is short; an article about one is not."""
    text = "".join(SENTENCES * 3) + "\n用户称登录时反复要求输入验证码。"
    assert without_boilerplate(text) == text


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet='<>/!?&;="-[]abdiplhtmrxsc 甲。\n\0\ud800', max_size=200))
def test_no_markup_escapes(text: str) -> None:
    """Whatever arrives as a page, there is a text or none."""
    assert isinstance(extracted(f"<html><body><p>{text}"), str)


def test_nothing_is_loaded_before_it_is_needed() -> None:
    """The readers are imported by every process that collects; the extractor only where a selector found nothing."""
    code = "import sys, collectors.readers.web; sys.exit('trafilatura' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_caches_are_emptied_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker runs for months: what the extractor remembers of lines must not grow with the pages it has seen."""
    from trafilatura.utils import trim

    monkeypatch.setattr("collectors.readers.extract.RECYCLE", 1)
    extracted(ARTICLE)
    assert trim.cache_info().currsize == 0
