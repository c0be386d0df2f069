"""Charts as data."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta

import pandas as pd
import plotly.graph_objects as go
import pytest

from app_pages import _charts, _days, _look, _timeline
from settings.loader import load
from signals.model import Level

FIRST = date(2026, 1, 1)


def days(count: int = 40, grey: tuple[int, ...] = (5, 6)) -> pd.DataFrame:
    """One platform; 数据不足 on the days of `grey`."""
    rows = [
        {
            "day": FIRST + timedelta(days=n),
            "t": math.nan if n in grey else 40.0,
            "t_star": math.nan if n in grey else 50.0 + n % 7,
            "level": "数据不足" if n in grey else "黄",
            "coverage": 0.1 if n in grey else 1.0,
        }
        for n in range(count)
    ]
    return pd.DataFrame(rows)


def flips() -> pd.DataFrame:
    row = {
        "day": FIRST + timedelta(days=9),
        "level_from": "黄",
        "level_to": "橙",
        "t_star": 61.0,
        "reason": "两家媒体报道提现困难",
    }
    return pd.DataFrame([row])


def timeline() -> go.Figure:
    return _timeline.timeline(days(), flips(), load().thresholds, FIRST)


def values() -> pd.DataFrame:
    rows = [
        (FIRST + timedelta(days=n), index, math.nan if n == 3 else 20.0) for n in range(8) for index in "RC"
    ]
    return pd.DataFrame(rows, columns=["day", "index_id", "value"])


def indices() -> go.Figure:
    return _charts.indices(values(), [("R", "监管合规"), ("C", "用户投诉"), ("K", "危机事件")])


@pytest.mark.parametrize("make", [timeline, indices])
def test_no_date_axis_speaks_english(make: object) -> None:
    """Streamlit ignores plotly's locale: every zoom level of every date axis has a Chinese format."""
    figure = make()  # type: ignore[operator]
    axes = list(figure.select_xaxes())
    assert axes
    for axis in axes:
        formats = [axis.tickformat, axis.hoverformat, *(stop.value for stop in axis.tickformatstops)]
        assert all("年" in text or "月" in text for text in formats)
        assert not any(code in text for text in formats for code in ("%b", "%B", "%a", "%A", "%p"))
        assert axis.tickformatstops[0].dtickrange[0] is None
        assert axis.tickformatstops[-1].dtickrange[1] is None


def test_bands_are_named_and_stand_at_the_thresholds() -> None:
    """Five bands, each with its word: colour is never alone."""
    figure = timeline()
    words = {note.text for note in figure.layout.annotations}
    assert words >= {"正常", "蓝", "黄", "橙", "红"}
    thresholds = load().thresholds
    bottoms = {shape.y0 for shape in figure.layout.shapes if shape.type == "rect"}
    assert bottoms == {
        0.0,
        *(rule.enter for rule in (thresholds.blue, thresholds.yellow, thresholds.orange, thresholds.red)),
    }


def test_a_change_of_level_is_marked_by_glyph_and_word() -> None:
    """At its day and height, with the reason on hover."""
    mark = next(trace for trace in timeline().data if trace.name == "转为 橙")
    assert mark.text == ("橙",)
    assert mark.marker.symbol == _look.LOOKS[Level.ORANGE].symbol
    assert list(mark.y) == [61.0]
    assert "提现困难" in mark.customdata[0][0]


def test_days_without_enough_data_are_hatched() -> None:
    """One bar over the grey days and those carried before them, and over no other."""
    frame = days()
    frame.loc[[3, 4], "coverage"] = 0.2
    hatch = _timeline.timeline(frame, flips(), load().thresholds).data[0]
    assert hatch.name == "观测不足"
    assert hatch.marker.pattern.shape == "/"
    assert list(hatch.x) == [pd.Timestamp(FIRST) + timedelta(days=4.5)]
    assert list(hatch.width) == [4 * _timeline.DAY_MS]
    assert "2026年1月4日至2026年1月7日，4 天" in hatch.customdata[0][0]


def test_a_short_gap_shows_in_a_long_past() -> None:
    """A day in two years is narrower than a pixel: it is drawn wide enough to be seen."""
    hatch = _timeline.timeline(days(720, grey=(300,)), flips(), load().thresholds).data[0]
    assert list(hatch.width) == [6 * _timeline.DAY_MS]


def test_what_little_was_seen_on_a_grey_day_is_not_drawn_as_calm() -> None:
    """T of a grey day covers the few indices that were observed."""
    frame = days()
    frame["t"] = 1.0
    figure = _timeline.timeline(frame, flips(), load().thresholds)
    drawn = next(trace for trace in figure.data if trace.name.startswith("T（"))
    assert [n for n, value in enumerate(drawn.y) if value is None] == [5, 6]


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [("蓝", "黄", "middle left"), ("黄", "正常", "middle right"), ("橙", "数据不足", "top center"),
     ("数据不足", "橙", "bottom center")],
)  # fmt: skip
def test_the_word_of_a_change_stands_free_of_the_line(before: str, after: str, place: str) -> None:
    """Steps of a steep rise do not cover each other's words."""
    frame = flips().assign(level_from=before, level_to=after)
    mark = next(
        t for t in _timeline.timeline(days(), frame, load().thresholds).data if t.name == f"转为 {after}"
    )
    assert mark.textposition == (place,)


def test_words_at_nearly_one_height_are_set_apart() -> None:
    """蓝, 黄 and 橙 in a single leap."""
    steps = [("蓝", "黄", 60.5), ("黄", "橙", 63.0), ("橙", "红", 77.0)]
    frame = pd.DataFrame(
        [
            {"day": FIRST + timedelta(days=9 + n), "level_from": a, "level_to": b, "t_star": t, "reason": ""}
            for n, (a, b, t) in enumerate(steps)
        ]
    )
    figure = _timeline.timeline(days(), frame, load().thresholds)
    places = [trace.textposition[0] for trace in figure.data if trace.name.startswith("转为")]
    assert places == ["middle left", "top left", "middle left"]


def test_a_first_day_is_written_once() -> None:
    """With one day plotly would divide it and repeat the date."""
    axis = _timeline.timeline(days(1, grey=(0,)), flips().iloc[:0], load().thresholds).layout.xaxis
    assert list(axis.tickvals) == [FIRST]


def test_lines_never_bridge_a_gap() -> None:
    """NaN reaches the browser as null, and the line stops there."""
    for figure in (timeline(), indices()):
        for trace in figure.data:
            if trace.type == "scatter" and "lines" in (trace.mode or ""):
                assert trace.connectgaps is False
                assert not any(value != value for value in trace.y if value is not None)
    assert None in indices().data[0].y


def test_an_index_without_a_row_keeps_its_empty_panel() -> None:
    """K is not connected: its panel says its name and shows nothing."""
    figure = indices()
    assert "K 危机事件" in {note.text for note in figure.layout.annotations}
    assert len(figure.data[2].x) == 0


def test_thinning_keeps_the_peak() -> None:
    """Two thousand days become at most a thousand points, the highest among them."""
    frame = days(2000, grey=())
    frame.loc[1234, "t_star"] = 99.0
    thin = _days.thin(frame, "t_star")
    assert len(thin) <= _days.MOST_POINTS
    assert thin["t_star"].max() == 99.0
    assert thin["day"].is_monotonic_increasing


def test_thinning_keeps_changes_lows_and_gaps() -> None:
    """A change of level on a dull day stays, and so do the lowest day and a single day without a value."""
    frame = days(5000, grey=(3001,))
    frame.loc[2500, "t_star"] = 1.0
    dull = FIRST + timedelta(days=4444)
    thin = _days.thin(frame, "t_star", keep={dull})
    assert len(thin) <= _days.MOST_POINTS + 1
    assert dull in set(thin["day"])
    assert thin["t_star"].min() == 1.0
    assert thin["t_star"].isna().sum() == 1


def test_an_absent_day_looks_absent() -> None:
    """The frame is filled with empty days, so that the line breaks there."""
    filled = _days.filled(days(10, grey=()).drop(index=[4]))
    assert len(filled) == 10
    assert math.isnan(filled["t_star"].iloc[4])


@pytest.mark.parametrize("make", [timeline, indices])
def test_figures_can_be_sent(make: object) -> None:
    """Plain JSON without NaN: strict parsers accept it."""
    json.loads(make().to_json(), parse_constant=pytest.fail)  # type: ignore[operator]


def test_an_empty_past_draws_an_empty_chart() -> None:
    """No row, no error."""
    nothing = days(0)
    nothing = pd.DataFrame({name: [] for name in ("day", "t", "t_star", "level", "coverage")})
    assert _timeline.timeline(nothing, flips().iloc[:0], load().thresholds).data
