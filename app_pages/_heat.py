"""Levels by day as coloured cells: one platform's calendar, and many platforms side by side. Pure: frame -> Figure.

A cell has its level's colour and glyph; the legend has both with the word.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app_pages import _charts, _look, _words
from signals.model import Level

ORDER = (Level.UNKNOWN, Level.NORMAL, Level.BLUE, Level.YELLOW, Level.ORANGE, Level.RED)
"""As in the legend, from left to right."""
FILL = {Level.NORMAL: "#E3EFE4"}
"""正常 is an outline elsewhere; a white cell would look like a day without a value."""
WEEKDAYS = ("一", "二", "三", "四", "五", "六", "日")
MOST_GLYPHS = 3_000
"""Each is a text of its own in the browser; beyond this, cells are too small to hold one anyway."""
ROW, CELL = 20, 17
"""Height of a platform's row and of a calendar's day, pixels."""


def calendar(days: pd.DataFrame) -> go.Figure:
    """A week a column, a weekday a row.

    Args: days: day, level, t_star; one platform, any order. A day without a row stays blank.
    """
    mondays = [day - timedelta(days=day.weekday()) for day in days["day"]]
    weeks = sorted(set(mondays))
    weeks = _every_week(weeks[0], weeks[-1]) if weeks else []
    place = {week: number for number, week in enumerate(weeks)}
    cells = [
        (day.weekday(), place[monday], row)
        for day, monday, row in zip(days["day"], mondays, days.to_dict("records"), strict=True)
    ]
    figure = _figure(cells, (7, len(weeks)), weeks, [f"周{word}" for word in WEEKDAYS])
    figure.update_xaxes(tickformat="%-m月%-d日", tickformatstops=_charts.TICKS, type="date", nticks=8)
    return _framed(figure, 7 * CELL + 110)


def _every_week(first: date, last: date) -> list[date]:
    return [first + timedelta(days=7 * step) for step in range((last - first).days // 7 + 1)]


def matrix(days: pd.DataFrame, names: Sequence[tuple[str, str]]) -> go.Figure:
    """A platform a row, a day a column.

    Args: days: platform_id, day, level, t_star; names: (platform_id, name), top to bottom.
    """
    if days.empty:
        return _framed(go.Figure(), 80)
    first, last = min(days["day"]), max(days["day"])
    every = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    row_of = {platform: number for number, (platform, _) in enumerate(names)}
    cells = [
        (row_of[row["platform_id"]], (row["day"] - first).days, row)
        for row in days.to_dict("records")
        if row["platform_id"] in row_of
    ]
    figure = _figure(cells, (len(names), len(every)), every, _distinct([name for _, name in names]))
    _charts.date_axes(figure)
    return _framed(figure, ROW * len(names) + 100)


def _distinct(names: Sequence[str]) -> list[str]:
    """Names as rows: two platforms of one name must not fall into one row."""
    seen: dict[str, int] = {}
    told = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        told.append(name if seen[name] == 1 else f"{name}（{seen[name]}）")
    return told


def _figure(
    cells: Sequence[tuple[int, int, dict[str, object]]],
    shape: tuple[int, int],
    x: Sequence[date],
    y: Sequence[str],
) -> go.Figure:
    codes = np.full(shape, np.nan)
    glyphs = np.full(shape, "", dtype=object)
    told = np.full(shape, "", dtype=object)
    for at, across, row in cells:
        level = Level(str(row["level"]))
        codes[at, across] = ORDER.index(level)
        glyphs[at, across] = "" if level is Level.NORMAL else _look.LOOKS[level].glyph
        told[at, across] = (
            f"{_words.day(_date(row['day']))}：{_look.title(level)}，T* {_score(row['t_star'])}"
        )
    few = len(cells) <= MOST_GLYPHS
    heat = go.Heatmap(
        z=[[None if value != value else int(value) for value in line] for line in codes],
        x=list(x),
        y=list(y),
        text=glyphs.tolist() if few else None,
        texttemplate="%{text}" if few else None,
        textfont={"size": 9},
        customdata=told.tolist(),
        hovertemplate="%{y} %{customdata}<extra></extra>",
        zmin=-0.5,
        zmax=len(ORDER) - 0.5,
        colorscale=_scale(),
        xgap=1,
        ygap=1,
        hoverongaps=False,
        colorbar=_legend(),
    )
    return go.Figure(heat)


def _date(value: object) -> date | None:
    return value if isinstance(value, date) else None


def _score(value: object) -> str:
    return _words.NONE if _words.missing(value) else _words.score(float(str(value)))


def _scale() -> list[list[object]]:
    """Six steps, no blending between levels."""
    step = 1 / len(ORDER)
    fills = [FILL.get(level, _look.LOOKS[level].fill) for level in ORDER]
    return [[edge, fill] for place, fill in enumerate(fills) for edge in (place * step, (place + 1) * step)]


def _legend() -> dict[str, object]:
    words = [f"{_look.LOOKS[level].glyph} {level.value}" for level in ORDER]
    return {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": 1.0,
        "yanchor": "bottom",
        "thickness": 8,
        "lenmode": "pixels",
        "len": 330,
        "tickvals": list(range(len(ORDER))),
        "ticktext": words,
        "tickfont": {"size": 11, "color": _charts.INK},
        "ticklabelposition": "outside top",
        "outlinewidth": 0.5,
    }


def _framed(figure: go.Figure, height: int) -> go.Figure:
    figure.update_yaxes(autorange="reversed", showgrid=False, zeroline=False, ticks="", fixedrange=True)
    figure.update_xaxes(showgrid=False, zeroline=False, fixedrange=True)
    return _charts.plain(figure, height).update_layout(margin={"t": 4})
