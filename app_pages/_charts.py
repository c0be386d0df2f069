"""Charts: pure DataFrame -> Figure. One chart answers one question; the page prints the question above it.

Streamlit ignores plotly's locale, so every date axis carries its own Chinese tick format (tested).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app_pages import _days

INK, MUTE, GRID = "#1B2129", "#59636E", "#E6E9ED"
FONT = "PingFang SC, Microsoft YaHei, Noto Sans SC, Noto Sans CJK SC, sans-serif"
DAY = "%Y年%-m月%-d日"
TICKS = [
    {"dtickrange": [None, 7 * 86_400_000], "value": "%-m月%-d日"},
    {"dtickrange": [7 * 86_400_000, "M1"], "value": "%-m月%-d日"},
    {"dtickrange": ["M1", "M12"], "value": "%Y年%-m月"},
    {"dtickrange": ["M12", None], "value": "%Y年"},
]
FEW = 4
"""Days up to which each has its own tick."""


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
        part = _days.thin(part, "value", _days.MOST_POINTS // 2)
        trace = line(part["day"], part["value"], f"{index} {name}", INK, width=1.5)
        trace.update(fill="tozeroy", fillcolor="rgba(11,92,107,.12)", showlegend=False)
        figure.add_trace(trace, row=place // 2 + 1, col=place % 2 + 1)
    figure.update_yaxes(range=[0, 100], tickvals=[0, 50, 100], gridcolor=GRID, zeroline=False)
    figure.update_annotations(font_size=12, font_color=INK)
    return few(dressed(figure, height=110 * rows + 60, legend=False).update_xaxes(nticks=3), values["day"])


def date_axes(figure: go.Figure) -> go.Figure:
    """Chinese day and month names on every x axis of `figure`."""
    figure.update_xaxes(tickformat=DAY, hoverformat=DAY, tickformatstops=TICKS, type="date")
    return figure


def line(
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


def dressed(figure: go.Figure, height: int, *, legend: bool = True) -> go.Figure:
    """The common look of a chart over days: Chinese dates, one hover label for all lines; `height` in pixels."""
    date_axes(figure)
    figure.update_xaxes(
        gridcolor=GRID, showgrid=False, ticks="outside", tickcolor=GRID, nticks=6, tickangle=0
    )
    figure.update_layout(hovermode="x unified", hoverlabel={"namelength": -1}, bargap=0)
    return plain(figure, height, legend=legend)


def few(figure: go.Figure, days: pd.Series) -> go.Figure:
    """With a handful of days plotly divides them and writes each date twice: a tick for each day instead."""
    shown = sorted(set(days))
    return figure.update_xaxes(tickvals=shown) if 0 < len(shown) <= FEW else figure


def plain(figure: go.Figure, height: int, *, legend: bool = False, right: int = 44) -> go.Figure:
    """The common dress of a chart; heights and margins in pixels."""
    figure.update_layout(
        height=height,
        showlegend=legend,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
        margin={"l": 8, "r": right, "t": 28, "b": 8},
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
