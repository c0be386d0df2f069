"""平台详情 as a reader meets it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from signals.model import shanghai_day

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
Unfold = Callable[[AppTest], AppTest]
PAGE = "app_pages/platform_detail.py"
TODAY = shanghai_day(datetime.now(UTC))

pytestmark = pytest.mark.usefixtures("database")


def test_the_page_answers_in_order(visit: Visit, said: Said) -> None:
    """What level, since when, why, which sentences: as one reads."""
    app = visit(PAGE, platform="xinghe")
    html = said(app)
    assert not app.exception
    order = [
        "<h1>星河聚财</h1>",
        "红 特别严重",
        "处于该等级自",
        "2家独立媒体报道提现困难",
        "星河聚财</mark>被曝",
    ]
    places = [html.index(text) for text in order]
    assert places == sorted(places)
    asked = [heading.value for heading in app.header]
    assert asked[:2] == ["为什么是红色？", "哪些原文支撑这一判断？"]


def test_the_evidence_is_marked_and_harmless(visit: Visit, said: Said) -> None:
    """The event is highlighted in its sentence; markup in a text stays text."""
    html = said(visit(PAGE, platform="xinghe"))
    assert 'title="提现困难">提现困难</mark>' in html
    assert "<script" not in html
    assert html.count("<li>") == 3


def test_the_strongest_sentence_leads(visit: Visit, said: Said) -> None:
    """An assertion outweighs a question and a denial."""
    html = said(visit(PAGE, platform="xinghe"))
    standing = [html.index(f"语气：{word}") for word in ("断言", "提问", "否认")]
    assert standing == sorted(standing)


def test_names_and_status_are_told(visit: Visit, said: Said) -> None:
    """How texts are linked to it, and what became of it."""
    html = said(visit(PAGE, platform="xinghe"))
    for text in ("虚构星河信息服务有限公司", "星河湾", "出险", "虚构的通报"):
        assert text in html


def test_every_chart_has_its_numbers(visit: Visit, unfold: Unfold) -> None:
    """As a table, CSV and workbook, made when somebody opens them; and words for those who cannot see it."""
    app = visit(PAGE, platform="xinghe")
    charts = app.get("plotly_chart")
    told = [chart.proto.alt for chart in charts]
    for part in (
        "T* 走势",
        "每天由哪些部分组成",
        "各分项指数",
        "的组成：",
        "的投诉：收到投诉 1 条",
        "等级日历",
    ):
        assert any(part in alt for alt in told), part
    assert not app.dataframe
    assert not app.get("download_button")
    unfold(app)
    assert len(app.dataframe) == len(charts)
    assert len(app.get("download_button")) == 2 * len(charts)


def test_the_day_is_in_the_address(visit: Visit, said: Said) -> None:
    """Fifty days ago the same platform was calm."""
    past = (TODAY - timedelta(days=50)).isoformat()
    app = visit(PAGE, platform="xinghe", day=past)
    assert app.date_input(key="day").value.isoformat() == past
    assert app.header[0].value == "为什么是正常？"


def test_an_index_without_observation_is_not_zero(visit: Visit, said: Said) -> None:
    """K was silent; N, S, D and Y have no source."""
    html = said(visit(PAGE, platform="xinghe"))
    assert "未观测</span>" in html
    assert html.count("未接入") == 4


def test_a_grey_platform_keeps_its_last_level(visit: Visit, said: Said) -> None:
    """数据不足 is no all-clear, and its T* is a dash."""
    app = visit(PAGE, platform="yunzhou")
    assert app.header[0].value == "为什么数据不足？"
    assert "此前：橙" in said(app)
    assert not app.exception


def test_a_platform_without_any_value_says_what_is_missing(visit: Visit, said: Said) -> None:
    """On the watch list, no text yet: names are shown, and where to look."""
    app = visit(PAGE, platform="weizhi")
    html = said(app)
    assert not app.exception
    assert "尚无计算结果" in html
    assert "<h1>未知&lt;b&gt;平台</h1>" in html
    assert "未知平台" in html


def test_an_unknown_address_offers_a_search(visit: Visit, said: Said) -> None:
    """A stale link is no dead end, and what it named is text."""
    app = visit(PAGE, platform="<i>gone")
    assert "观察名单里没有“&lt;i&gt;gone”" in said(app)
    app.text_input(key="find").input("云舟").run()
    assert "platform?platform=yunzhou" in said(app)


def test_names_behind_the_brand_find_it(visit: Visit, said: Said) -> None:
    """People know the company from a letter, not the brand."""
    app = visit(PAGE)
    app.text_input(key="find").input("虚构星河信息").run()
    assert "platform?platform=xinghe" in said(app)
