"""What goes along with a request: forms, headers, validators, and what of it survives a redirect."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from collectors.asking import redirected
from collectors.base import Ask, SourceBroken, Validators
from collectors.fetch import Fetcher
from collectors.guard import site_of
from tests.collectors.loopback import Answer, Loopback, serving

FORM = Ask(b"a=1", {"Content-Type": "application/x-www-form-urlencoded", "Referer": "https://a.cn/"})
KNOWN = Ask(validators=Validators('"v1"', "Sat, 21 Nov 2026 04:00:00 GMT"))
OK = Answer(b"ok")


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


def fetcher() -> Fetcher:
    return Fetcher(allow_hosts={"127.0.0.1"}, attempts=1, sleep=lambda _: None)


def redirect(status: int, to: str) -> Answer:
    return Answer(status=status, headers={"Location": to})


def test_a_body_makes_a_post(server: Loopback) -> None:
    """Body and headers arrive as they were given."""
    url = server.add("/a", OK, method="POST", body=b"a=1")
    assert fetcher()(url, ask=FORM).content == b"ok"
    asked = server.requests[-1]
    assert (asked.method, asked.body) == ("POST", b"a=1")
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_an_empty_body_is_a_post_too(server: Loopback) -> None:
    """What decides is that there is a body, not what it holds."""
    assert fetcher()(server.add("/a", OK, method="POST"), ask=Ask(b"")).content == b"ok"


def test_only_harmless_headers_are_sent(server: Loopback) -> None:
    """A source cannot pass for a browser, sign in or send cookies, however it spells the name."""
    disguise = {"User-Agent": "Mozilla/5.0", "cookie": "id=1", "Authorization": "Basic x", "Host": "b.cn"}
    fetcher()(server.add("/a", OK), ask=Ask(headers={"accept": "text/html", **disguise}))
    sent = server.requests[-1].headers
    assert sent["Accept"] == "text/html"
    assert sent["User-Agent"].startswith("TrustWatch/")
    assert sent["Host"].startswith("127.0.0.1")
    assert sent["Cookie"] is None
    assert sent["Authorization"] is None


@pytest.mark.parametrize("value", ["a\r\nX: 1", "中文", " x"])
def test_a_header_that_cannot_be_sent_is_told(server: Loopback, value: str) -> None:
    """It is a fault of source.toml, not of the network."""
    with pytest.raises(SourceBroken, match="请求头无效"):
        fetcher()(server.add("/a", OK), ask=Ask(headers={"Referer": value}))


def test_a_known_page_is_asked_for_by_its_version(server: Loopback) -> None:
    """304: no content, unchanged, and the validators stay known even if the answer leaves them out."""
    url = server.add("/a", Answer(b"ok", etag='"v1"'))
    answer = fetcher()(url, ask=KNOWN)
    assert (answer.content, answer.unchanged) == (b"", True)
    assert answer.validators == KNOWN.validators
    sent = server.requests[-1].headers
    assert (sent["If-None-Match"], sent["If-Modified-Since"]) == ('"v1"', "Sat, 21 Nov 2026 04:00:00 GMT")


def test_a_new_version_is_content(server: Loopback) -> None:
    """Its validators are the new ones."""
    answer = fetcher()(server.add("/a", Answer(b"new", etag='"v2"')), ask=KNOWN)
    assert (answer.content, answer.unchanged, answer.validators) == (b"new", False, Validators('"v2"'))


@pytest.mark.parametrize("ask", [Ask(), Ask(validators=Validators()), Ask(validators=Validators("a\nb"))])
def test_a_304_that_nobody_asked_for_is_a_fault(server: Loopback, ask: Ask) -> None:
    """Without a version sent there is nothing that could be unchanged; robots.txt and caches are no excuse."""
    with pytest.raises(SourceBroken, match="HTTP 304"):
        fetcher()(server.add("/a", Answer(status=304)), ask=ask)


def test_a_post_is_never_conditional(server: Loopback) -> None:
    """Its answer belongs to its body, not to the address."""
    url = server.add("/a", Answer(b"ok", etag='"v1"'), method="POST")
    assert fetcher()(url, ask=Ask(b"a=1", validators=KNOWN.validators)).content == b"ok"


def test_validators_are_for_one_address_only(server: Loopback) -> None:
    """Behind a redirect lies another page: it is asked for whole."""
    server.add("/b", Answer(b"other", etag='"v1"'))
    assert fetcher()(server.add("/a", redirect(301, "/b")), ask=KNOWN).content == b"other"


@pytest.mark.parametrize("status", [307, 308])
def test_a_form_goes_along_where_the_redirect_says_so(server: Loopback, status: int) -> None:
    """Same host: method, body and headers stay."""
    server.add("/b", OK, method="POST", body=b"a=1")
    url = server.add("/a", redirect(status, "/b"), method="POST")
    assert fetcher()(url, ask=FORM).content == b"ok"
    assert server.requests[-1].headers["Referer"] == "https://a.cn/"


@pytest.mark.parametrize("status", [301, 302, 303])
def test_other_redirects_make_it_a_get(server: Loopback, status: int) -> None:
    """As browsers do; no body, and no type of one."""
    server.add("/b", OK)
    fetcher()(server.add("/a", redirect(status, "/b"), method="POST"), ask=FORM)
    asked = server.requests[-1]
    assert (asked.method, asked.body, asked.headers["Content-Type"]) == ("GET", b"", None)


def test_a_body_is_never_sent_to_another_host(server: Loopback) -> None:
    """A form that is redirected elsewhere is refused before anything is asked there."""
    seen: list[BaseHTTPRequestHandler] = []
    with serving() as other:
        other.add("/b", Answer(script=seen.append), method="POST")
        url = server.add("/a", redirect(307, other.url + "/b"), method="POST")
        with pytest.raises(SourceBroken, match="已拒绝") as caught:
            fetcher()(url, ask=FORM)
        assert other.asked == []
    assert caught.value.evidence is not None
    assert caught.value.evidence.status == 307


def test_headers_meant_for_a_host_stay_there() -> None:
    """Another host gets our name and nothing else."""
    there = redirected(FORM, 302, site_of("https://a.cn/"), site_of("https://b.cn/"))
    assert there == Ask()


def test_from_tls_to_plain_goes_no_body_and_no_header() -> None:
    """Authorities redirect so, and public pages may come plain; what we submit may not."""
    secure, plain = site_of("https://a.cn/"), site_of("http://a.cn/")
    assert redirected(FORM, 301, secure, plain) == Ask()
    with pytest.raises(SourceBroken):
        redirected(FORM, 308, secure, plain)
    assert redirected(FORM, 308, plain, secure) == Ask(FORM.body, FORM.headers)
