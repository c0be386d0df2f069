"""Charts of an evaluation: how early, and at what cost. Pure DataFrame -> Figure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app_pages._charts import GRID, plain
from app_pages._look import LOOKS
from signals.evaluation.outcomes import HORIZON
from signals.evaluation.words import METHOD_NAMES
from signals.model import Level

STEP = 10
STYLES = {
    "trustwatch": ("#0B5C6B", "solid", 2.4),
    "negative_count": ("#7A4E9C", "dash", 1.6),
    "complaint_count": ("#8A5A00", "dashdot", 1.6),
    "snownlp_mean": ("#59636E", "dot", 1.6),
    "random": ("#8A8F98", "longdash", 1.2),
}
"""Colour, dash and width of each method: told apart without colour too."""
FEWEST, TICKS = 0.01, (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
"""False alarms per platform-year: fewer are drawn at the left edge of the logarithmic axis."""


def lead_bins(failures: pd.DataFrame) -> pd.DataFrame:
    """lead (words), failures: hits by days between the start of the warning and the failure."""
    hit = failures[failures["hit"] == 1]
    over = int((hit["over_90"] == 1).sum())
    lead = hit.loc[hit["over_90"] != 1, "lead_days"].to_numpy("float64")
    edges = np.arange(0, HORIZON + STEP, STEP)
    counts = np.histogram(lead, bins=edges + 0.5)[0]
    names = [f"{low + 1}–{low + STEP}" for low in edges[:-1]]
    return pd.DataFrame({"lead": [*names, f"超过 {HORIZON}"], "failures": [*counts.tolist(), over]})


def lead_times(bins: pd.DataFrame) -> go.Figure:
    """Bars of `lead_bins`."""
    figure = go.Figure(
        go.Bar(
            x=bins["lead"],
            y=bins["failures"],
            marker_color="#0B5C6B",
            text=[str(n) if n else "" for n in bins["failures"]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="提前 %{x} 天：%{y} 家<extra></extra>",
        )
    )
    top = int(bins["failures"].max()) if len(bins) else 0
    figure.update_yaxes(
        range=[0, max(top * 1.2, 1)],
        gridcolor=GRID,
        title_text="命中的出险平台（家）",
        tickformat="d",
        dtick=max(1, -(-top // 5)),
    )
    figure.update_xaxes(tickangle=0, title_text="从预警开始到出险（天）")
    return plain(figure, 360, right=24)


def cost(curve: pd.DataFrame) -> go.Figure:
    """POD against false alarms, each level as the line of alarm; up and to the left is better."""
    figure = go.Figure()
    for method, (colour, dash, width) in STYLES.items():
        mine = curve[curve["method"] == method]
        if mine.empty:
            continue
        figure.add_scatter(
            x=np.maximum(mine["false_alarms_per_platform_year"], FEWEST),
            customdata=mine["false_alarms_per_platform_year"],
            y=100 * mine["pod"],
            name=METHOD_NAMES[method],
            mode="lines+markers+text" if method == "trustwatch" else "lines+markers",
            text=mine["level"],
            textposition="top center",
            line={"color": colour, "dash": dash, "width": width},
            marker={
                "symbol": [LOOKS[Level(word)].symbol for word in mine["level"]],
                "size": 9,
                "color": colour,
            },
            hovertemplate="%{text}及以上：命中率 %{y:.1f}%，误报 %{customdata:.2f} 次/平台年<extra>"
            + METHOD_NAMES[method]
            + "</extra>",
        )
    figure.update_xaxes(
        type="log",
        title_text="误报（次 / 平台年，对数刻度）",
        gridcolor=GRID,
        tickvals=TICKS,
        ticktext=[f"{tick:g}" if tick > FEWEST else f"≤{FEWEST:g}" for tick in TICKS],
    )
    figure.update_yaxes(title_text="命中率（%）", gridcolor=GRID, range=[0, 108])
    return plain(figure, 360, legend=True, right=24)
