"""Charts: pure DataFrame -> Figure. One chart answers one question; the page prints the question above it.

Streamlit ignores plotly's locale, so every date axis carries its own Chinese tick format (tested).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app_pages import _look, _words
from settings.models import Thresholds
from signals.model import LADDER, Level

INK, MUTE, GRID = "#1B2129", "#59636E", "#E6E9ED"
FONT = "PingFang SC, Microsoft YaHei, Noto Sans SC, Noto Sans CJK SC, sans-serif"
DAY = "%Y年%-m月%-d日"
TICKS = [
    {"dtickrange": [None, 7 * 86_400_000], "value": "%-m月%-d日"},
    {"dtickrange": [7 * 86_400_000, "M1"], "value": "%-m月%-d日"},
    {"dtickrange": ["M1", "M12"], "value": "%Y年%-m月"},
    {"dtickrange": ["M12", None], "value": "%Y年"},
]
MOST_POINTS = 1000
"""A screen is not wider; more points only slow the browser."""

DAY_MS = 86_400_000
THINNEST = 120
"""A gap is drawn at least this part of the width, or two days in two years would not be seen."""


def thin(frame: pd.DataFrame, by: str, limit: int = MOST_POINTS) -> pd.DataFrame:
    """At most `limit` rows in order: of each run of days the highest by `by`, so that no peak is lost."""
    if len(frame) <= limit:
        return frame
    bucket = pd.Series(range(len(frame)), index=frame.index) * limit // len(frame)
    value = frame[by].fillna(-1.0)
    return frame.loc[value.groupby(bucket).idxmax().sort_values()]


def timeline(
    days: pd.DataFrame, flips: pd.DataFrame, thresholds: Thresholds, chosen: date | None = None
) -> go.Figure:
    """T* and T over level bands, changes of level marked with glyph and word, days with too little seen hatched.

    Args: days: day, t, t_star (0..100, NaN = none), level, coverage (0..1); ascending, one row per day.
          flips: day, level_from, level_to, t_star, reason; chosen: the day the page shows.
    """
    shown = thin(days, "t_star")
    figure = go.Figure()
    figure.add_trace(_hatch(days, thresholds.coverage_min))
    told = shown["t"].where(shown["level"] != Level.UNKNOWN.value)  # what little was seen would read as calm
    figure.add_trace(_line(shown["day"], told, "T（当日综合分）", MUTE, width=1, dash="dot"))
    figure.add_trace(_line(shown["day"], shown["t_star"], "T*（含记忆）", INK, width=2))
    for level, group in flips.sort_values("day").groupby("level_to", sort=False):
        figure.add_trace(_flips(Level(str(level)), group, days))
    _bands(figure, thresholds)
    if chosen is not None:
        figure.add_vline(x=chosen.isoformat(), line_color="#0B5C6B", line_width=1, line_dash="dash")
    figure.update_yaxes(range=[0, 103], tickvals=[0, 25, 50, 60, 75, 100], gridcolor=GRID, zeroline=False)
    return _dressed(figure, height=340)


def indices(values: pd.DataFrame, names: Sequence[tuple[str, str]]) -> go.Figure:
    """Small multiples of the sub-indices on one scale; days that were not observed are gaps.

    Args: values: day, index_id, value (0..100, NaN = not observed); names: (id, name) in display order.
    """
    rows = (len(names) + 1) // 2
    titles = [f"{index} {name}" for index, name in names]
    figure = make_subplots(
        rows=rows,
        cols=2,
        shared_xaxes=True,
        subplot_titles=titles,
        vertical_spacing=0.09,
        horizontal_spacing=0.07,
    )
    for place, (index, name) in enumerate(names):
        part = values[values["index_id"] == index].sort_values("day")
        part = thin(part, "value", MOST_POINTS // 2)
        trace = _line(part["day"], part["value"], f"{index} {name}", INK, width=1.5)
        trace.update(fill="tozeroy", fillcolor="rgba(11,92,107,.12)", showlegend=False)
        figure.add_trace(trace, row=place // 2 + 1, col=place % 2 + 1)
    figure.update_yaxes(range=[0, 100], tickvals=[0, 50, 100], gridcolor=GRID, zeroline=False)
    figure.update_annotations(font_size=12, font_color=INK)
    return _dressed(figure, height=110 * rows + 60, legend=False).update_xaxes(nticks=3)


def contributions(shares: pd.DataFrame) -> go.Figure:
    """How much each bar adds to T; they sum to T.

    Args: shares: name, points (may be 0), in display order.
    """
    figure = go.Figure(
        go.Bar(
            y=shares["name"],
            x=shares["points"],
            orientation="h",
            marker_color="#0B5C6B",
            text=[_words.score(value) for value in shares["points"]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}：%{x:.1f} 分<extra></extra>",
        )
    )
    top = float(shares["points"].max()) if len(shares) else 0.0
    figure.update_xaxes(range=[0, max(top * 1.18, 1.0)], gridcolor=GRID, title_text="对 T 的贡献（分）")
    figure.update_yaxes(autorange="reversed")
    return _plain(figure, height=28 * len(shares) + 80)


def date_axes(figure: go.Figure) -> go.Figure:
    """Chinese day and month names on every x axis of `figure`."""
    figure.update_xaxes(tickformat=DAY, hoverformat=DAY, tickformatstops=TICKS, type="date")
    return figure


def _line(
    x: pd.Series, y: pd.Series, name: str, colour: str, *, width: float, dash: str = "solid"
) -> go.Scatter:
    """A line that never bridges a gap; a lone day between gaps stays visible as a point."""
    lone = y.notna() & y.shift(1).isna() & y.shift(-1).isna()
    line = go.Scatter(
        x=list(x),
        y=_plain_list(y),
        name=name,
        mode="lines",
        connectgaps=False,
        line={"color": colour, "width": width, "dash": dash},
        hovertemplate="%{y:.1f}",
    )
    if lone.any():  # markers cost the browser a node each: only where there is such a day
        line.update(mode="lines+markers", marker={"size": [4 if one else 0 for one in lone], "color": colour})
    return line


def _hatch(days: pd.DataFrame, coverage_min: float) -> go.Bar:
    """One hatched bar per run of days with too little seen: 数据不足, and the days before it that were carried."""
    grey = (days["level"] == Level.UNKNOWN.value) | (days["coverage"] < coverage_min)
    runs = [run["day"] for _, run in days[grey].groupby((~grey).cumsum()[grey])]
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


def _beside(before: Level, after: Level) -> str:
    """Where the word of a change stands free of the line: left of a rise, right of a fall, grey above and below."""
    if after is Level.UNKNOWN:
        return "top center"
    if before is Level.UNKNOWN:
        return "bottom center"
    return "middle left" if LADDER.index(after) > LADDER.index(before) else "middle right"


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
        textposition=[_beside(Level(str(before)), level) for before in group["level_from"]],
        textfont={"color": INK, "size": 12},
        marker={
            "symbol": look.symbol,
            "size": 11,
            "color": look.fill if solid else look.ink,
            "line": {"width": 1.5, "color": INK if level is not Level.NORMAL else look.ink},
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
            font={"size": 12, "color": INK},
        )  # fmt: skip


def _dressed(figure: go.Figure, height: int, *, legend: bool = True) -> go.Figure:
    date_axes(figure)
    figure.update_xaxes(
        gridcolor=GRID, showgrid=False, ticks="outside", tickcolor=GRID, nticks=6, tickangle=0
    )
    figure.update_layout(hovermode="x unified", hoverlabel={"namelength": -1}, bargap=0)
    return _plain(figure, height, legend=legend)


def _plain(figure: go.Figure, height: int, *, legend: bool = False) -> go.Figure:
    figure.update_layout(
        height=height,
        showlegend=legend,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
        margin={"l": 8, "r": 44, "t": 28, "b": 8},
        font={"family": FONT, "size": 12, "color": INK},
        paper_bgcolor="#FFFFFF",
        plot_bgcolor="#FFFFFF",
        separators=".,",
        dragmode=False,
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure


def _plain_list(values: Iterable[float]) -> list[float | None]:
    """NaN as None: a gap on every version of plotly's encoder."""
    return [None if value != value else float(value) for value in values]


def _short(text: object, limit: int = 60) -> str:
    words = str(text)
    return words if len(words) <= limit else words[: limit - 1] + "…"


def filled_days(days: pd.DataFrame) -> pd.DataFrame:
    """`days` with a row for every calendar day between its first and last: an absent day must look absent."""
    if days.empty:
        return days
    first, last = days["day"].min(), days["day"].max()
    every = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    return days.set_index("day").reindex(every).rename_axis("day").reset_index()
