"""Walls against robots are told from pages: by their build, since articles use the same words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.captcha import MAX_PAGE, wall


def html(title: str, body: str) -> str:
    return f"<html><head><title>{title}</title></head><body>{body}</body></html>"


QCLOUD = "<script src='https://turing.captcha.qcloud.com/TCaptcha.js'></script>"
WALLS = {
    "aliyun slider": html("访问验证", "<div id='nocaptcha'></div>"),
    "aliyun script": "<html><script>var arg1='9F2C';function set(n,v){document.cookie=n+'='+v}"
    "set('acw_sc__v2',l(arg1));document.location.reload()</script></html>",
    "aliyun waf": '<html><head><meta name="aliyun_waf_aa" content="1f"></head><body></body></html>',
    "tencent waf": html("", f"<script>seqid='1'</script>{QCLOUD}<div id='captcha'>请完成安全验证</div>"),
    "cloudflare": html("Just a moment...", "<script>(function(){window._cf_chl_opt={cvId:'3'}})();</script>"),
    "guard": '<html><script src="/_guard/auto.js"></script></html>',
    "jsl": "<script>document.cookie=('__jsl_clearance_s=')+('1');location.href=location.pathname</script>",
    "form": html(
        "系统提示",
        "<form action='/verify'><p>您的访问过于频繁，请输入验证码后继续</p>"
        "<img src='/captcha.jpg'><input name='code'></form>",
    ),
    "frequency": html("", "<h3>检测到访问异常，请按住滑块</h3><div class='slide-verify'></div>"),
    "btwaf": html("滑动验证", "<script src='/x_yanzheng_huadong.js'></script>"),
    "baidu": html("百度安全验证", "<p>网络不给力，请稍后重试</p>"),
    "data": '{"ret":["FAIL_SYS_USER_VALIDATE"],"data":{"url":"https://example.org/punish"}}',
    "xhtml": f"<?xml version='1.0'?>{html('人机验证', '')}",
}
STORY = (
    "<p>近日，多名用户反映登录时反复收不到短信验证码。骗子自称客服，先称账户访问异常，"
    "再要求用户按提示拖动滑块、请输入验证码。</p>"
)
COMMENTS = "<form><input name='captcha' placeholder='请输入验证码'><img src='/captcha.jpg'></form>"
LINKS = "".join(f"<li><a href='/{n}.html'>关于防范滑动验证骗局的提示 {n}</a></li>" for n in range(12))
PAGES = {
    "short article": html("警惕验证码骗局", f"<h1>警惕验证码骗局</h1>{STORY}"),
    "title is a wall's, text is not": html("验证码", STORY * 12),
    "article with a comment form": html("", STORY * 6 + COMMENTS),
    "article about crawling": html(
        "", "<p>有的网站用名为 acw_sc__v2 的 Cookie，有的显示 Just a moment。</p>"
    ),
    "article with a script to read": html("", "<pre>document.cookie='__jsl_clearance=1'</pre>"),
    "Cloudflare's usual script": html(
        "", STORY * 6 + "<script src='/cdn-cgi/challenge-platform/main.js'></script>"
    ),
    "Tencent's captcha for comments": html("", STORY * 6 + QCLOUD),
    "list": html("公告", f"<ul>{LINKS}</ul><div id='captcha'></div>"),
    "feed": "<rss version='2.0'><channel><title>访问验证</title><item><title>人机验证升级</title>"
    "<link>https://example.org/verify</link></item></channel></rss>",
    "declared feed": "<?xml version='1.0'?><feed><title>滑动验证</title><entry id='captcha'/></feed>",
    "list as data": '{"rows":[{"title":"平台要求拖动滑块完成验证","url":"https://example.org/captcha"}]}',
    "empty": "",
    "no text": "<html></html>",
}


@pytest.mark.parametrize("page", WALLS.values(), ids=WALLS)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_walls_are_recognised(page: str, encoding: str) -> None:
    """Sliders, script challenges and forms of common firewalls, in both encodings of Chinese pages."""
    assert wall(page.encode(encoding))


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_pages_that_speak_of_captchas_are_none(page: str, encoding: str) -> None:
    """Articles, lists and feeds with the very words, and pages that carry a firewall's scripts beside their text."""
    assert wall(page.encode(encoding)) is None


def test_a_large_page_is_never_a_wall() -> None:
    """Beyond the size of any challenge nothing is looked at."""
    assert wall(WALLS["form"].encode() + b" " * MAX_PAGE) is None


@given(st.binary(max_size=3000), st.sampled_from([b"", b"<title>", b"acw_sc__v2<script", b"{", b"<?xml"]))
def test_no_bytes_break_the_recognition(noise: bytes, start: bytes) -> None:
    """Whatever a site sends: a word or None."""
    found = wall(start + noise)
    assert found is None or found
