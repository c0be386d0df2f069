"""What is asked for: parameters, bodies, signatures, places filled in; and answers inside a function call."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import SourceBroken, SourceConfig
from collectors.encoding import Decoded
from collectors.readers.answers import parse_json, unwrapped
from collectors.readers.request import Call, calls, filled
from tests.collectors.examples import NOW, texts
from tests.collectors.web import Web, rows, source

URL = "https://api.example.org/list"
NOW_TEXT = str(int(NOW.timestamp()))


def api(url: str = URL, pages: int = 1, **request: Any) -> SourceConfig:
    return source(
        "json_api",
        url=url,
        item="rows",
        mapping={"title": "t", "published_at": "d", "external_id": "i"},
        paging={"pages": pages},
        request=request,
    )


def made(config: SourceConfig, **places: str) -> list[Call]:
    return calls(config, places, NOW)


def query(call: Call) -> dict[str, list[str]]:
    return parse_qs(urlsplit(call.url).query, keep_blank_values=True)


def test_parameters_join_those_of_the_url() -> None:
    """The URL keeps its own query; values are encoded, empty ones are sent."""
    [call] = made(api(URL + "?a=1", params={"type": "新闻 快讯", "category": ""}))
    assert call.url.startswith(URL + "?a=1&")
    assert query(call) == {"a": ["1"], "type": ["新闻 快讯"], "category": [""]}
    assert call.ask.body is None


def test_the_clock_and_looked_up_places_are_filled_in() -> None:
    """Everywhere in a request, quoted where the URL needs it."""
    config = api(URL + "/{channel}", params={"last_time": "{now}", "c": "{channel}"})
    [call] = made(config, channel="a b")
    assert call.url.startswith(URL + "/a%20b?")
    assert query(call) == {"last_time": [NOW_TEXT], "c": ["a b"]}


def test_a_request_with_the_clock_does_not_last() -> None:
    """Its URL is another at every run: a version kept for it would never be asked for again."""
    assert not made(api(params={"last_time": "{now}"}))[0].lasting
    assert made(api(params={"rn": "20"}))[0].lasting


def test_a_parameter_may_hold_json() -> None:
    """Braces that are no known place belong to the text, and a name with quotes does not end the text it is in."""
    template = '{"uid":"","keyword":"{word}","param":{"pageIndex":{page},"preTag":""}}'
    calls_made = made(api(pages=2, params={"param": template}), word='云汀"钱包\\')
    found = [json.loads(query(call)["param"][0]) for call in calls_made]
    assert [one["param"]["pageIndex"] for one in found] == [1, 2]
    assert {one["keyword"] for one in found} == {'云汀"钱包\\'}


def test_pages_are_counted_in_a_form() -> None:
    """{page} anywhere in the request makes pages of it; a form is a POST."""
    first, second = made(api(pages=2, form={"pageNo": "{page}", "word": "投诉"}))
    assert (first.url, second.url) == (URL, URL)
    assert parse_qs((second.ask.body or b"").decode()) == {"pageNo": ["2"], "word": ["投诉"]}
    assert first.ask.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
    assert not first.lasting


def test_a_json_body_counts_in_numbers() -> None:
    """A text that is only {page} becomes a number; nested texts are filled, other values stay."""
    body = {"page": {"no": "{page}", "size": 20}, "words": ["第{page}页"], "flag": None}
    [_, second] = made(api(pages=2, json_body=body))
    assert json.loads(second.ask.body or b"") == {
        "page": {"no": 2, "size": 20},
        "words": ["第2页"],
        "flag": None,
    }
    assert second.ask.headers["Content-Type"].startswith("application/json")


def test_headers_go_along() -> None:
    """A Referer that an interface wants, and a content type of one's own, which wins."""
    headers = {"Referer": "https://www.example.org/", "Content-Type": "text/plain"}
    [call] = made(api(form={"a": "1"}, headers=headers))
    assert call.ask.headers == headers


def test_a_signature_covers_the_sorted_query() -> None:
    """md5 of the hexadecimal sha1 of the parameters in order of their names, those of the URL included."""
    [call] = made(api(URL + "?sv=8", params={"os": "web", "app": "Demo"}, sign="sha1_md5"))
    unsigned = "app=Demo&os=web&sv=8"
    sign = hashlib.md5(hashlib.sha1(unsigned.encode()).hexdigest().encode()).hexdigest()
    assert call.url == f"{URL}?{unsigned}&sign={sign}"


@given(st.text(max_size=60), st.text(max_size=20))
def test_only_known_places_are_filled(text: str, value: str) -> None:
    """Whatever braces a text has, it comes out as it was but for the one place, which is filled once."""
    text = text.replace("{name}", "")
    assert filled(text + "{name}" + text, {"name": value}) == text + value + text


@pytest.mark.parametrize(
    "text",
    [
        '{"rows": [1]}',
        'cb({"rows": [1]})',
        'cb({"rows": [1]});',
        '/**/jQuery1.cb_2({"rows": [1]});\n',
        'try{cb({"rows": [1]});}catch(e){};',
        '({"rows": [1]})',
        '\ufeffcb( {"rows": [1]} )',
    ],
)
def test_an_answer_may_stand_in_a_function_call(text: str) -> None:
    """JSONP in the forms that sites serve, and plain JSON where they stop doing so."""
    assert parse_json(Decoded(text, "utf-8", 0.0), jsonp=True) == {"rows": [1]}


def test_a_list_in_a_function_call_keeps_its_brackets() -> None:
    """Parentheses inside texts do not end the call early."""
    assert parse_json(Decoded('cb([{"t": "（a) b("}]);', "utf-8", 0.0), jsonp=True) == [{"t": "（a) b("}]


@given(st.text(alphabet='cb({[]})";/* 甲\n', max_size=60))
def test_no_answer_escapes_the_typed_error(text: str) -> None:
    """Whatever stands in place of JSONP, it is read or refused."""
    assert isinstance(unwrapped(text), str)
    try:
        parse_json(Decoded(text, "utf-8", 0.0), jsonp=True)
    except SourceBroken:
        return


def test_a_list_by_post_is_read() -> None:
    """Two pages of the same URL, told apart by their bodies alone."""
    answer = 'cb({"rows": [{"t": "提现困难", "d": "2026-11-18", "i": 1}]})'
    web = Web({URL: answer})
    assert len(texts(rows(api(pages=2, form={"p": "{page}"}, jsonp=True), web))) == 2
    assert [ask.body for ask in web.asks] == [b"p=1", b"p=2"]


def test_the_answer_may_be_the_list_itself() -> None:
    """item = "." where nothing stands around the list."""
    config = source("json_api", url=URL, item=".", mapping={"title": "t", "published_at": "d"})
    assert len(rows(config, Web({URL: '[{"t": "提现困难", "d": "2026-11-18"}]'}))) == 1
