"""The tables that `evaluate` prints: ours beside what a user would look at instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
from rich import box
from rich.cells import cell_len
from rich.markup import escape
from rich.table import Column, Table

from signals.evaluation import words
from signals.evaluation.evaluate import OURS, Evaluation, Plan
from signals.evaluation.usefulness import PREFERENCES
from signals.evaluation.words import GROUPS, METHOD_NAMES, Metric


def tables(done: Evaluation, plan: Plan) -> Iterator[Table]:
    """One table for each question."""
    figures = done.figures.set_index(["method", "metric"])
    methods = [name for name in METHOD_NAMES if name in figures.index.get_level_values(0)]
    line = f"{plan.level.value}及以上为预警"
    for title, metrics in GROUPS:
        yield _table(f"{title}？（{line}）", metrics, methods, figures)
    preferences = [Metric(f"usefulness@{p:g}", f"μ = {p:g}", "area") for p in PREFERENCES]
    yield _table("有没有用？（Sarlin 相对有用性：1 完美，0 等于不看信号）", preferences, methods, figures)
    yield _reasons(figures)


def _table(title: str, metrics: Sequence[Metric], methods: Sequence[str], figures: pd.DataFrame) -> Table:
    columns = (Column(METHOD_NAMES[name], no_wrap=True) for name in methods)
    widest = max(cell_len(metric.label) for metric in metrics)
    table = Table(
        Column("指标", no_wrap=True, min_width=widest),
        *columns,
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    for metric in metrics:
        cells = [_cell(figures, name, metric) for name in methods]
        table.add_row(metric.label, *cells)
    return table


def _cell(figures: pd.DataFrame, method: str, metric: Metric) -> str:
    if (method, metric.name) not in figures.index:
        return words.NONE
    row = figures.loc[(method, metric.name)]
    value, low, high = float(row["value"]), float(row["low"]), float(row["high"])
    return escape(words.told_with_interval(value, low, high, metric.kind))


def _reasons(figures: pd.DataFrame) -> Table:
    """POD and lead time per type of failure, ours."""
    table = Table(
        "出险类型",
        "参评",
        "命中率",
        "提前天数 中位数",
        title="哪类出险预警得到？（本系统）",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    ours = figures.loc[OURS]
    kinds = [name for name in ours.index if name.startswith("pod[")]
    for name in sorted(kinds, key=lambda one: (-float(ours.loc[one, "n"]), one)):
        lead = "lead_median" + name.removeprefix("pod")
        table.add_row(
            escape(name.removeprefix("pod[").removesuffix("]")),
            words.told(float(ours.loc[name, "n"]), "count"),
            _cell(figures, OURS, Metric(name, "", "share")),
            _cell(figures, OURS, Metric(lead, "", "days")),
        )
    return table
