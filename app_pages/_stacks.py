"""What T* is made of: over time as stacked areas, on one day as a waterfall. Pure: frame -> Figure."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from app_pages import _charts, _days, _words
from signals.shares import MEMORY, RAISED

COLOURS = {
    "R": "#332288", "K": "#882255", "C": "#CC6677", "S": "#DDCC77", "N": "#117733", "D": "#88CCEE", "Y": "#44AA99",
    RAISED: "#555B63", MEMORY: "#C3C9D0",
}  # fmt: skip
"""Paul Tol's muted scheme: told apart by all common kinds of colour vision; each has its hatching too."""
PATTERNS = {
    "R": "", "K": "/", "C": "x", "S": ".", "N": "\\", "D": "-", "Y": "|", RAISED: "+", MEMORY: ".",
}  # fmt: skip
NAMES = {RAISED: "单一指数规则与底线", MEMORY: "近期峰值记忆"}
OTHER = "#59636E"


def named(names: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Column of daily_shares -> what the legend says."""
    return {index: f"{index} {name}" for index, name in names} | NAMES


def stacked(shares: pd.DataFrame, names: Sequence[tuple[str, str]]) -> go.Figure:
    """Areas that together are T*; a day without T* is a gap.

    Args: shares: signals.shares.daily_shares over every calendar day; names: (id, name) in display order.
    """
    words = named(names)
    columns = [column for column in words if column in shares and shares[column].fillna(0).gt(1e-9).any()]
    shown = _days.thin(shares.assign(total=shares[list(columns)].sum(axis=1, min_count=1)), "total")
    figure = go.Figure()
    for run, part in enumerate(_runs(shown)):
        for column in columns:
            figure.add_scatter(
                x=list(part["day"]),
                y=[round(float(value), 3) for value in part[column]],
                name=words[column],
                mode="lines" if len(part) > 1 else "markers",
                line={"width": 0.6, "color": COLOURS.get(column, OTHER)},
                stackgroup=f"run{run}",
                fillpattern={
                    "shape": PATTERNS.get(column, ""),
                    "bgcolor": COLOURS.get(column, OTHER),
                    "fgcolor": "rgba(255,255,255,.55)",
                    "size": 6,
                },
                legendgroup=column,
                showlegend=run == 0,
                hovertemplate="%{y:.1f}",
            )
    figure.update_yaxes(range=[0, 103], tickvals=[0, 25, 50, 75, 100], gridcolor=_charts.GRID, zeroline=False)
    return _charts.few(_charts.dressed(figure, 320), shares["day"])


def _runs(shares: pd.DataFrame) -> list[pd.DataFrame]:
    """Stretches of days with a T*: plotly would draw a stack right through a gap."""
    known = shares["total"].notna()
    return [part for _, part in shares[known].groupby((~known).cumsum()[known])]


def waterfall(bars: pd.DataFrame, t_star: float) -> go.Figure:
    """Each cause adds its points, the last column is T*.

    Args: bars: name, points, in display order; together t_star.
    """
    figure = go.Figure(
        go.Waterfall(
            y=[*bars["name"], "T*"],
            x=[*bars["points"], t_star],
            orientation="h",
            measure=["relative"] * len(bars) + ["total"],
            text=[_words.change(value) for value in bars["points"]] + [_words.score(t_star)],
            textposition="outside",
            cliponaxis=False,
            increasing={"marker": {"color": "#0B5C6B"}},
            decreasing={"marker": {"color": "#8A8F98"}},
            totals={"marker": {"color": _charts.INK}},
            connector={"line": {"color": "#8A8F98", "width": 1, "dash": "dot"}},
            hovertemplate="%{y}：%{text} 分<extra></extra>",
        )
    )
    top = max(float(t_star), float(bars["points"].cumsum().max()) if len(bars) else 0.0, 1.0)
    figure.update_xaxes(
        range=[0, top * 1.15], gridcolor=_charts.GRID, title_text="分（累加到 T*）", zeroline=False
    )
    figure.update_yaxes(autorange="reversed")
    return _charts.plain(figure, 30 * (len(bars) + 1) + 80)
