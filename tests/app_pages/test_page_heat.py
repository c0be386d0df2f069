"""Levels as cells, what T* is made of, spread, funnel and policy: charts as data."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta

import pandas as pd
import plotly.graph_objects as go
import pytest

from app_pages import _flows, _heat, _look, _stacks
from signals.model import Level
from signals.shares import MEMORY, RAISED

MONDAY = date(2026, 3, 2)
NAMES = [("K", "危机事件"), ("C", "用户投诉")]


def levels(*words: str, first: date = MONDAY, platform: str = "a") -> pd.DataFrame:
    """One platform, a day a word; empty = no row that day."""
    rows = [
        {"platform_id": platform, "day": first + timedelta(days=n), "level": word, "t_star": 10.0 * n}
        for n, word in enumerate(words)
        if word
    ]
    return pd.DataFrame(rows)


def heat(figure: go.Figure) -> go.Heatmap:
    return figure.data[0]


def test_a_calendar_has_a_week_a_column_and_a_weekday_a_row() -> None:
    """Ten days from a Monday on are two columns; days after the last stay blank."""
    drawn = heat(_heat.calendar(levels(*["正常"] * 7, "红", "橙", "黄")))
    assert list(drawn.y) == [f"周{word}" for word in "一二三四五六日"]
    assert list(drawn.x) == [MONDAY, MONDAY + timedelta(days=7)]
    codes = [[row[column] for row in drawn.z] for column in (0, 1)]
    normal = _heat.ORDER.index(Level.NORMAL)
    assert codes[0] == [normal] * 7
    assert codes[1][3:] == [None] * 4
    assert [_heat.ORDER[code] for code in codes[1][:3]] == [Level.RED, Level.ORANGE, Level.YELLOW]


def test_cells_speak_by_glyph_and_words_too() -> None:
    """Never by colour alone: the glyph in the cell, glyph and word in the legend, all of it on hover."""
    drawn = heat(_heat.calendar(levels("红", "数据不足", "正常")))
    assert [row[0] for row in drawn.text][:3] == ["■", "?", ""]
    assert drawn.customdata[0][0] == "2026年3月2日：红 特别严重，T* 0.0"
    assert set(drawn.colorbar.ticktext) == {
        f"{look.glyph} {level.value}" for level, look in _look.LOOKS.items()
    }


def test_colours_of_cells_are_those_of_badges_and_do_not_blend() -> None:
    """Six steps; 正常 alone is tinted, or it would look like a day without a value."""
    scale = heat(_heat.calendar(levels("红"))).colorscale
    assert len(scale) == 12
    assert all(scale[2 * n][1] == scale[2 * n + 1][1] for n in range(6))
    assert scale[-1][1] == _look.LOOKS[Level.RED].fill


def test_platforms_stand_in_the_order_given_and_two_of_one_name_apart() -> None:
    """Rows are platforms, not names; a platform without a day keeps an empty row."""
    days = pd.concat([levels("红", platform="a"), levels("蓝", "", "黄", platform="b")])
    drawn = heat(_heat.matrix(days, [("b", "同名"), ("a", "同名"), ("c", "空")]))
    assert list(drawn.y) == ["同名", "同名（2）", "空"]
    assert [[None if code is None else _heat.ORDER[code].value for code in row] for row in drawn.z] == [
        ["蓝", None, "黄"],
        ["红", None, None],
        [None, None, None],
    ]


def test_many_cells_have_no_glyphs() -> None:
    """Each would be a text of its own in the browser."""
    days = pd.concat([levels(*["红"] * 40, platform=f"p{n}") for n in range(80)])
    assert heat(_heat.matrix(days, [(f"p{n}", f"平台{n}") for n in range(80)])).text is None


def shares(*totals: float | None) -> pd.DataFrame:
    """K has two thirds, memory the rest; None = no T*."""
    rows = [
        {
            "day": MONDAY + timedelta(days=n),
            "K": math.nan if total is None else total * 2 / 3,
            "C": math.nan if total is None else 0.0,
            RAISED: math.nan if total is None else 0.0,
            MEMORY: math.nan if total is None else total / 3,
        }
        for n, total in enumerate(totals)
    ]
    return pd.DataFrame(rows)


def test_a_stack_breaks_where_t_star_is_unknown() -> None:
    """Two runs of days are two stacks of one legend; what never counts is not in it."""
    figure = _stacks.stacked(shares(30.0, 30.0, None, 60.0, 60.0), NAMES)
    assert {trace.stackgroup for trace in figure.data} == {"run0", "run1"}
    assert [trace.name for trace in figure.data if trace.showlegend] == ["K 危机事件", "近期峰值记忆"]
    second = [trace for trace in figure.data if trace.stackgroup == "run1"]
    assert sum(trace.y[0] for trace in second) == pytest.approx(60.0)


def test_every_part_of_a_stack_has_its_own_colour_and_hatching() -> None:
    """Told apart in greyscale and by every kind of colour vision: no pair shares both."""
    looks = {(_stacks.COLOURS[name], _stacks.PATTERNS[name]) for name in _stacks.COLOURS}
    assert len(looks) == len(_stacks.COLOURS) == len(_stacks.PATTERNS)
    assert len(set(_stacks.COLOURS.values())) == len(_stacks.COLOURS)


def test_a_waterfall_ends_at_t_star() -> None:
    """Causes in the given order, strongest on top, numbers written out with their sign."""
    bars = pd.DataFrame({"name": ["用户投诉", "近期峰值记忆"], "points": [40.0, 12.34]})
    drawn = _stacks.waterfall(bars, 52.34).data[0]
    assert list(drawn.y) == ["用户投诉", "近期峰值记忆", "T*"]
    assert list(drawn.text) == ["+40.0", "+12.3", "52.3"]
    assert list(drawn.measure) == ["relative", "relative", "total"]


def roll_ups(*counts: tuple[int, int, int]) -> pd.DataFrame:
    """(days after MONDAY, documents, publishers)."""
    rows = [
        {"day": MONDAY + timedelta(days=n), "index_id": "S", "raw": raw, "count": count}
        for n, raw, count in counts
    ]
    rows.append({"day": MONDAY, "index_id": "N", "raw": 99, "count": 99})
    return pd.DataFrame(rows)


def test_spread_sets_independent_publishers_before_all_documents() -> None:
    """Only S counts; the pale bar is never narrower than the dark one before it."""
    days = _flows.spread_days(roll_ups((0, 5, 2), (1, 8, 3)))
    every, independent = _flows.spread(days).data
    assert list(every.y) == [5, 8]
    assert list(independent.y) == [2, 3]
    assert every.width > independent.width


def test_a_long_time_is_shown_by_week() -> None:
    """Sums stay; a short time stays by day."""
    days = _flows.spread_days(roll_ups((0, 5, 2), (6, 1, 1), (7, 8, 3)))
    weeks = _flows.by_week(days, 730)
    assert list(weeks["documents"]) == [6, 8]
    assert list(weeks["day"]) == [MONDAY, MONDAY + timedelta(days=7)]
    assert _flows.by_week(days, 90) is days


def test_the_funnel_counts_what_sources_say() -> None:
    """Each step is a part of the one before; a complaint without progress is received and no more."""
    statuses = pd.DataFrame({"status": ["处理中", "已回复", "已完成", None], "count": [4, 3, 2, 1]})
    steps = _flows.funnel_steps(statuses)
    assert list(steps["step"]) == list(_flows.STEPS)
    assert list(steps["count"]) == [10, 9, 5, 2]
    assert list(_flows.funnel(steps).data[0].text) == ["10（100%）", "9（90%）", "5（50%）", "2（20%）"]


def test_no_complaint_is_an_empty_funnel() -> None:
    """No division by zero."""
    steps = _flows.funnel_steps(
        pd.DataFrame({"status": pd.Series(dtype=object), "count": pd.Series(dtype="int64")})
    )
    assert list(steps["count"]) == [0, 0, 0, 0]


def policy() -> go.Figure:
    values = pd.DataFrame(
        {
            "day": [MONDAY + timedelta(days=n) for n in range(10)],
            "value": [math.nan, *[10.0] * 9],
            "count": [3.0] * 10,
            "expected": [math.nan, *[2.0] * 9],
        }
    )
    return _flows.policy(values)


def test_policy_shows_the_number_against_the_usual() -> None:
    """Three lines, told apart by dash and place too; an unobserved day is a gap."""
    strength, weekly, usual = policy().data
    assert strength.y[0] is None
    assert weekly.line.dash != usual.line.dash
    assert strength.yaxis != weekly.yaxis


MADE = {
    "calendar": lambda: _heat.calendar(levels("红", "", "正常")),
    "matrix": lambda: _heat.matrix(levels("红", "", "正常"), [("a", "甲")]),
    "stacked": lambda: _stacks.stacked(shares(30.0, None, 40.0), NAMES),
    "spread": lambda: _flows.spread(_flows.spread_days(roll_ups((0, 5, 2)))),
    "policy": policy,
}


@pytest.mark.parametrize("name", list(MADE))
def test_figures_can_be_sent_and_speak_chinese(name: str) -> None:
    """Plain JSON without NaN; no date axis with English months."""
    text = MADE[name]().to_json()
    json.loads(text, parse_constant=pytest.fail)
    assert "%b" not in text
    dates = [axis for axis in MADE[name]().select_xaxes() if axis.type == "date"]
    assert dates
    assert all(axis.tickformatstops for axis in dates)


def test_empty_frames_draw_empty_charts() -> None:
    """No row, no error."""
    nothing = pd.DataFrame({"platform_id": [], "day": [], "level": [], "t_star": []})
    assert _heat.calendar(nothing).layout.height
    assert _heat.matrix(nothing, []).layout.height
