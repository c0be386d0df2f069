"""Choosing and ordering platforms on 总览."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_pages import _ranking
from app_pages._ranking import Filters
from signals.model import Level


def frame(*rows: dict[str, object]) -> pd.DataFrame:
    """Overview rows with plain defaults."""
    usual = {
        "platform_id": "p",
        "name": "甲",
        "category": "网贷",
        "demo": False,
        "status": "在营",
        "status_since": None,
        "level": "正常",
        "level_before_grey": None,
        "t_star": 10.0,
        "change7": 0.0,
        "coverage": 1.0,
        "scope": 1.0,
        "since": date(2026, 1, 1),
        "reason": "各项指数处于常态",
        "day": date(2026, 1, 2),
        "mentions90": 3,
        "spark": [10.0],
    }
    return pd.DataFrame([{**usual, **row} for row in rows])


def test_the_gravest_come_first_and_grey_before_normal() -> None:
    """红 橙 黄 蓝, then 数据不足, then 正常."""
    shuffled = ["正常", "蓝", "红", "数据不足", "黄", "橙"]
    found = _ranking.order(frame(*({"level": level} for level in shuffled)))
    assert list(found["level"]) == ["红", "橙", "黄", "蓝", "数据不足", "正常"]


def test_within_a_level_the_higher_score_leads_and_unknown_comes_last() -> None:
    """NaN is no zero and no top score."""
    rows = (
        {"name": name, "t_star": t, "level": "黄"}
        for name, t in (("乙", math.nan), ("丙", 51.0), ("甲", 58.0))
    )
    assert list(_ranking.order(frame(*rows))["name"]) == ["甲", "丙", "乙"]


@given(st.permutations(range(6)))
def test_the_order_does_not_depend_on_the_input(places: list[int]) -> None:
    """Ties go by name."""
    rows = [{"name": f"平台{n}", "level": "蓝", "t_star": 30.0} for n in places]
    assert list(_ranking.order(frame(*rows))["name"]) == [f"平台{n}" for n in range(6)]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), ["甲", "乙", "丙"]),
        (Filters(data="演示"), ["甲"]),
        (Filters(data="真实"), ["乙", "丙"]),
        (Filters(category="支付"), ["乙"]),
        (Filters(levels=["红", "蓝"]), ["甲", "丙"]),
        (Filters(text="  丙 "), ["丙"]),
        (Filters(text="P2"), ["乙"]),
        (Filters(text=".*"), []),
    ],
)
def test_filters_narrow_the_list(filters: Filters, expected: list[str]) -> None:
    """Every filter, alone; a search text is no pattern."""
    rows = frame(
        {"name": "甲", "demo": True, "level": "红"},
        {"name": "乙", "category": "支付", "platform_id": "p2"},
        {"name": "丙", "level": "蓝"},
    )
    assert list(_ranking.choose(rows, filters)["name"]) == expected


def test_the_tally_names_every_level() -> None:
    """A level nobody stands at is shown as 0: that zero was observed."""
    found = _ranking.tally(frame({"level": "红"}, {"level": "红"}))
    assert found[Level.RED] == 2
    assert set(found) == set(Level)


def test_silence_is_not_calm() -> None:
    """A normal platform nobody mentioned says so; one without any computed day waits for its first texts."""
    row = frame({"mentions90": 0}).iloc[0]
    assert _ranking.why(row) == "正常（90 天无提及）"
    nothing = frame({"level": "数据不足", "reason": None, "day": None}).iloc[0]
    assert "等待数据源" in _ranking.why(nothing)


def test_a_failed_platform_shows_its_status() -> None:
    """出险 stands beside the name whatever the level."""
    cells = _ranking.cells(frame({"status": "出险", "status_since": date(2026, 1, 1)}).iloc[0])
    assert "出险" in "".join(cells)


def test_a_platform_without_values_shows_dashes() -> None:
    """No number is invented for it, and the sparkline has no dot."""
    row = {"level": "数据不足", "t_star": math.nan, "change7": math.nan, "coverage": math.nan, "since": None}
    cells = _ranking.cells(frame({**row, "spark": [None] * 30}).iloc[0])
    assert cells[2] == "<b>—</b>"
    assert cells[3] == cells[5] == "—"
    assert "<img" not in cells[4]
    assert ">—<" in cells[7]


GREY = {"level": "数据不足", "t_star": math.nan, "coverage": 0.0}


def test_real_platforms_that_no_source_ever_answered_for_are_counted() -> None:
    """Demonstration platforms and those with a level are not among them."""
    rows = frame(GREY, GREY, {**GREY, "demo": True, "t_star": 3.0}, {"level": "红"})
    assert _ranking.unobserved(rows) == 2


@pytest.mark.parametrize(
    "other", [{"t_star": 12.0}, {"scope": 0.0, "coverage": math.nan}, {"scope": None, "coverage": None}]
)
def test_another_reason_for_grey_forbids_the_short_answer(other: dict[str, object]) -> None:
    """Observed before, fed by no source, or not computed yet: the failing sources do not explain it."""
    assert _ranking.unobserved(frame(GREY, {**GREY, **other})) == 0
    assert _ranking.unobserved(frame({"level": "正常"})) == 0
