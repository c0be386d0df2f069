"""Charts of what was counted: who repeats whom, how far complaints got, how much regulators publish. Pure."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app_pages import _charts, _days
from db.read.mentions import RESOLVED

LONG = 200
"""Days from which bars are weeks: a bar narrower than three pixels shows nothing."""
ANSWERED = RESOLVED | {"已回复", "处理完成", "待评价", "replied"}
STEPS = ("收到投诉", "写明处理进度", "平台已回复", "已解决")
"""The funnel of complaints, each a part of the one before."""


def spread_days(roll_ups: pd.DataFrame, index_id: str = "S") -> pd.DataFrame:
    """day, documents (negative news and posts, copies too), publishers (independent ones): db.read.index_days."""
    part = roll_ups[roll_ups["index_id"] == index_id].sort_values("day")
    return pd.DataFrame(
        {"day": list(part["day"]), "documents": list(part["raw"]), "publishers": list(part["count"])}
    )


def by_week(days: pd.DataFrame, span: int) -> pd.DataFrame:
    """Sums by week (its Monday) where `span` days are too many to be drawn one by one; else as they are."""
    if span <= LONG or days.empty:
        return days
    monday = [day - timedelta(days=day.weekday()) for day in days["day"]]
    return days.assign(day=monday).groupby("day", as_index=False).sum()


def spread(days: pd.DataFrame) -> go.Figure:
    """All documents as wide pale bars, independent publishers as narrow dark ones before them.

    Args: days: spread_days, or its weeks.
    """
    figure = go.Figure()
    for column, name, colour, width, pattern in (
        ("documents", "全部篇数（含转载）", "#B9CDD2", 0.9, "/"),
        ("publishers", "独立发布者", "#0B5C6B", 0.45, ""),
    ):
        figure.add_bar(
            x=list(days["day"]),
            y=list(days[column]),
            name=name,
            marker={"color": colour, "pattern": {"shape": pattern, "fgcolor": "#7E9AA1", "size": 4}},
            width=_width(days) * width,
            hovertemplate="%{y}",
        )
    figure.update_layout(barmode="overlay")
    figure.update_yaxes(gridcolor=_charts.GRID, rangemode="tozero", tickformat="d")
    return _charts.few(_charts.dressed(figure, 240), days["day"])


def _width(days: pd.DataFrame) -> float:
    """Milliseconds of a bar: a day, or a week where the rows are weeks."""
    ordered = sorted(days["day"])
    steps = {(after - before).days for before, after in pairwise(ordered)}
    weekly = bool(steps) and all(step % 7 == 0 for step in steps)
    return 86_400_000.0 * (7 if weekly else 1)


def funnel_steps(statuses: pd.DataFrame) -> pd.DataFrame:
    """step, count, share (0..1 of the first): how far complaints got (STEPS).

    Args: statuses: status (None = not told), count: db.read.complaint_statuses.
    """
    told = statuses["status"].notna()
    answered, resolved = statuses["status"].isin(ANSWERED), statuses["status"].isin(RESOLVED)
    counts = [int(statuses.loc[keep, "count"].sum()) for keep in (told | ~told, told, answered, resolved)]
    first = counts[0] or 1
    return pd.DataFrame({"step": STEPS, "count": counts, "share": [count / first for count in counts]})


def funnel(steps: pd.DataFrame) -> go.Figure:
    """The steps as bars that get shorter, number and share written out."""
    figure = go.Figure(
        go.Funnel(
            y=steps["step"],
            x=steps["count"],
            text=[
                f"{count:,}（{share:.0%}）"
                for count, share in zip(steps["count"], steps["share"], strict=True)
            ],
            textinfo="text",
            textposition="auto",
            insidetextfont={"color": "#FFFFFF"},
            outsidetextfont={"color": _charts.INK},
            marker={"color": ["#0B5C6B", "#2F7582", "#4C8A96", "#1B5E20"]},
            connector={"fillcolor": "#EEF3F4", "line": {"width": 0}},
            hovertemplate="%{y}：%{text}<extra></extra>",
        )
    )
    return _charts.plain(figure, 220)


def policy(values: pd.DataFrame) -> go.Figure:
    """政策强度 above, the week's regulatory documents against the usual number below.

    Args: values: day, value (0..80, NaN = not observed), count, expected (NaN = not judged), ascending.
    """
    shown = _days.thin(values, "value")
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.12, row_heights=[0.5, 0.5])
    strength = _charts.line(shown["day"], shown["value"], "政策强度（0–80）", "#7A4E9C", width=2)
    weekly = _charts.line(
        shown["day"], shown["count"].astype("float64"), "近 7 天监管文件", _charts.INK, width=1.6
    )
    usual = _charts.line(shown["day"], shown["expected"], "往常", _charts.MUTE, width=1.2, dash="dash")
    figure.add_trace(strength, row=1, col=1)
    figure.add_trace(weekly, row=2, col=1)
    figure.add_trace(usual, row=2, col=1)
    figure.update_yaxes(gridcolor=_charts.GRID, zeroline=False, rangemode="tozero")
    figure.update_yaxes(range=[0, 83], tickvals=[0, 40, 80], row=1, col=1)
    return _charts.few(_charts.dressed(figure, 300).update_xaxes(nticks=4), values["day"])
