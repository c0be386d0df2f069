"""The chart of 平台详情: T* over level bands. Pure DataFrame -> Figure."""

from __future__ import annotations

from datetime import date

import pandas as pd
import plotly.graph_objects as go

from app_pages import _charts, _days, _look, _words
from settings.models import Thresholds
from signals.model import LADDER, Level

DAY_MS = 86_400_000
NEAR = 6.0
"""Points of T* within which the words of two changes would cover each other."""

THINNEST = 120
"""A gap is drawn at least this part of the width, or two days in two years would not be seen."""


def timeline(
    days: pd.DataFrame, flips: pd.DataFrame, thresholds: Thresholds, chosen: date | None = None
) -> go.Figure:
    """T* and T over level bands, changes of level marked with glyph and word, days with too little seen hatched.

    Args: days: day, t, t_star (0..100, NaN = none), level, coverage (0..1); ascending, one row per day.
          flips: day, level_from, level_to, t_star, reason; chosen: the day the page shows.
    """
    shown = _days.thin(days, "t_star", keep=set(flips["day"]))
    figure = go.Figure()
    figure.add_trace(_hatch(days, thresholds.coverage_min))
    told = shown["t"].where(shown["level"] != Level.UNKNOWN.value)  # what little was seen would read as calm
    figure.add_trace(_charts.line(shown["day"], told, "T（当日综合分）", _charts.MUTE, width=1, dash="dot"))
    figure.add_trace(_charts.line(shown["day"], shown["t_star"], "T*（含记忆）", _charts.INK, width=2))
    placed = flips.sort_values("day")
    for level, group in placed.assign(place=_places(placed)).groupby("level_to", sort=False):
        figure.add_trace(_flips(Level(str(level)), group, days))
    _bands(figure, thresholds)
    if chosen is not None:
        figure.add_vline(x=chosen.isoformat(), line_color="#0B5C6B", line_width=1, line_dash="dash")
    figure.update_yaxes(
        range=[0, 103], tickvals=[0, 25, 50, 60, 75, 100], gridcolor=_charts.GRID, zeroline=False
    )
    return _charts.few(_charts.dressed(figure, height=340), days["day"])


def multiple(
    days: pd.DataFrame, flips: pd.DataFrame, thresholds: Thresholds, start: date, end: date
) -> go.Figure:
    """The same, small, for one of several over the days start..end."""
    figure = timeline(days, flips, thresholds)
    figure.update_layout(height=200, showlegend=False, margin={"t": 8})
    return figure.update_xaxes(range=[start.isoformat(), end.isoformat()], nticks=4)


def _hatch(days: pd.DataFrame, coverage_min: float) -> go.Bar:
    """One hatched bar per run of days with too little seen: 数据不足, and the days before it that were carried."""
    runs = _days.unseen(days, coverage_min)
    thinnest = len(days) / THINNEST
    return go.Bar(
        x=[
            pd.Timestamp(run.iloc[0]) + (pd.Timestamp(run.iloc[-1]) - pd.Timestamp(run.iloc[0])) / 2
            for run in runs
        ],
        y=[103] * len(runs),
        width=[max(len(run), thinnest) * DAY_MS for run in runs],
        name="观测不足",
        marker={
            "color": "rgba(138,143,152,.22)",
            "line": {"width": 0},
            "pattern": {"shape": "/", "fgcolor": "#5A6572", "size": 5, "solidity": 0.3},
        },
        customdata=[
            [f"{_words.day(run.iloc[0])}至{_words.day(run.iloc[-1])}，{len(run)} 天"] for run in runs
        ],
        hovertemplate="观测不足：%{customdata[0]}<extra></extra>",
        showlegend=bool(runs),
    )


def _places(flips: pd.DataFrame) -> list[str]:
    """Where the word of each change stands free of the line: left of a rise, right of a fall, grey above and below.

    A change at nearly the height of the one before it goes a line higher.
    """
    near = flips["t_star"].diff().abs() < NEAR
    places = []
    for before, after, close in zip(flips["level_from"], flips["level_to"], near, strict=True):
        if Level.UNKNOWN.value in (before, after):
            places.append("top center" if after == Level.UNKNOWN.value else "bottom center")
            continue
        risen = LADDER.index(Level(after)) > LADDER.index(Level(before))
        places.append(f"{'top' if close else 'middle'} {'left' if risen else 'right'}")
    return places


def _flips(level: Level, group: pd.DataFrame, days: pd.DataFrame) -> go.Scatter:
    look = _look.LOOKS[level]
    known = group["t_star"].fillna(
        days.set_index("day")["t_star"].reindex(group["day"]).reset_index(drop=True)
    )
    solid = level not in (Level.NORMAL, Level.UNKNOWN)
    return go.Scatter(
        x=list(group["day"]),
        y=[value if value == value else 0.0 for value in known],
        name=f"转为 {level.value}",
        mode="markers+text",
        text=[level.value] * len(group),
        textposition=list(group["place"]),
        textfont={"color": _charts.INK, "size": 12},
        marker={
            "symbol": look.symbol,
            "size": 11,
            "color": look.fill if solid else look.ink,
            "line": {"width": 1.5, "color": _charts.INK if level is not Level.NORMAL else look.ink},
        },
        customdata=[[_short(reason)] for reason in group["reason"]],
        hovertemplate=f"转为{_look.title(level)}：%{{customdata[0]}}<extra></extra>",
        showlegend=False,
        cliponaxis=False,
    )


def _bands(figure: go.Figure, thresholds: Thresholds) -> None:
    """Entry bands, each named at the right edge: colour is never alone."""
    enters = [
        (Level.NORMAL, 0.0),
        (Level.BLUE, thresholds.blue.enter),
        (Level.YELLOW, thresholds.yellow.enter),
        (Level.ORANGE, thresholds.orange.enter),
        (Level.RED, thresholds.red.enter),
    ]
    tops = [*(bottom for _, bottom in enters[1:]), 103.0]
    for (level, bottom), top in zip(enters, tops, strict=True):
        colour = _look.LOOKS[level].fill
        figure.add_hrect(y0=bottom, y1=top, fillcolor=colour, opacity=0.13, line_width=0, layer="below")
        figure.add_annotation(
            x=1.005, xref="paper", y=(bottom + top) / 2, text=level.value, showarrow=False, xanchor="left",
            font={"size": 12, "color": _charts.INK},
        )  # fmt: skip


def _short(text: object, limit: int = 60) -> str:
    words = str(text)
    return words if len(words) <= limit else words[: limit - 1] + "…"
