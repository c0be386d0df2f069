"""Charts of a preview: alarms per month, and one platform's T* before and after. Pure DataFrame -> Figure."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app_pages._charts import GRID, dressed, line, plain
from app_pages._look import LOOKS
from settings.models import Thresholds
from signals.levels import rule_of
from signals.model import LADDER

BEFORE, AFTER = "#8A8F98", "#0B5C6B"


def alarms(months: pd.DataFrame) -> go.Figure:
    """Bars of `month`, `before`, `after`; told apart by pattern too."""
    figure = go.Figure()
    words = [f"{month[:4]}年{int(month[5:])}月" for month in months["month"]]
    for name, word, colour, shape in (("before", "现行", BEFORE, "/"), ("after", "修改后", AFTER, "")):
        figure.add_bar(
            x=words,
            y=months[name],
            name=word,
            marker={"color": colour, "pattern": {"shape": shape, "bgcolor": colour, "fgcolor": "#FFFFFF"}},
            hovertemplate="%{x}：%{y} 起<extra>" + word + "</extra>",
        )
    top = int(months[["before", "after"]].to_numpy().max(initial=0))
    figure.update_yaxes(
        title_text="当月开始的预警（起）", gridcolor=GRID, tickformat="d", dtick=max(1, -(-top // 5))
    )
    figure.update_xaxes(tickangle=0, nticks=8)
    return plain(figure.update_layout(barmode="group"), 280, legend=True, right=24)


def course(days: pd.DataFrame, before: Thresholds, after: Thresholds) -> go.Figure:
    """T* under both with both sets of entering lines, and the level shown as a step below.

    Args:    days: day, before_t_star, after_t_star, before_level, after_level (ranks, -1 = 数据不足).
    """
    figure = go.Figure()
    for name, word, colour, dash, rules in (
        ("before", "现行", BEFORE, "dash", before),
        ("after", "修改后", AFTER, "solid", after),
    ):
        figure.add_trace(
            line(days["day"], days[f"{name}_t_star"], f"T*（{word}）", colour, width=1.8, dash=dash)
        )
        _flips(figure, days, name, word, colour)
        for level in LADDER[1:]:
            y = rule_of(level, rules).enter
            figure.add_hline(y=y, line={"color": LOOKS[level].fill, "width": 1, "dash": dash})
            if name == "after":
                figure.add_annotation(
                    x=1, xref="paper", y=y, text=level.value, showarrow=False, xanchor="left", font_size=11
                )
    figure.update_yaxes(range=[0, 100], gridcolor=GRID, title_text="T*")
    return dressed(figure, 320)


def _flips(figure: go.Figure, days: pd.DataFrame, name: str, word: str, colour: str) -> None:
    """A mark where the level shown changes, in the level's shape."""
    rank = days[f"{name}_level"]
    changed = days[(rank != rank.shift(1)) & (days.index > days.index.min()) & (rank >= 0)]
    if changed.empty:
        return
    reached = [LADDER[int(one)] for one in changed[f"{name}_level"]]
    figure.add_scatter(
        x=list(changed["day"]),
        y=changed[f"{name}_t_star"],
        name=f"等级变化（{word}）",
        mode="markers",
        marker={
            "symbol": [LOOKS[one].symbol for one in reached],
            "color": [LOOKS[one].fill for one in reached],
            "size": 10 if name == "after" else 7,
            "line": {"color": colour, "width": 1.5},
        },
        text=[one.value for one in reached],
        hovertemplate="%{x}：转为%{text}<extra>" + word + "</extra>",
    )
