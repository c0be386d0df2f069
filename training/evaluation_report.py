"""docs/evaluation.md: the tables of one run of `training.compare`, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from training.data import Labelled

Numbers = dict[str, float]
Run = dict[str, Any]
"""An entry of `bench.score_speed.measure`."""

TEMPLATE = Path(__file__).with_name("evaluation.md.in")
DOCUMENTS = Path(__file__).parents[1] / "docs"
BASE = "snownlp"
"""The engine whose speed is the unit of the others'."""


class Measured(NamedTuple):
    """An engine: figures by fold kind and task (those of `evaluate.Figures`), and what `measure.speed` found."""

    name: str
    title: str
    figures: dict[str, dict[str, Numbers]]
    speed: Numbers


@dataclass(frozen=True)
class Report:
    """One run. `folds` of `of_folds` folds were judged; `timed` texts of `length` characters were there to be timed."""

    rows: Labelled
    folds: int
    of_folds: int
    measured: Sequence[Measured]
    runs: Sequence[Run]
    timed: int
    length: int
    command: str


def table(report: Report) -> str:
    """The engines side by side: a row for every engine and kind of fold."""
    base = next(one.speed["per_second"] for one in report.measured if one.name == BASE)
    head = (
        *(
            "engine",
            "platforms",
            "texts",
            "document F1 (95 %)",
            "AUC",
            "ECE",
            "platform F1 (95 %)",
            "AUC",
            "ECE",
        ),
        *("documents/s", "× SnowNLP", "memory, MB", "start-up, s"),
    )
    lines = []
    for one in report.measured:
        speed = one.speed
        cells = (
            f"{speed['per_second']:,.0f}",
            f"{speed['per_second'] / base:,.1f}",
            f"{speed['memory']:,.0f}",
            f"{speed['start_up']:.1f}",
        )
        for kind, tasks in one.figures.items():
            document, platform = tasks["document"], tasks.get("platform")
            judged = (*_figures(document), *(_figures(platform) if platform else ("–", "–", "–")))
            lines.append((one.title, kind, f"{document['rows']:,.0f}", *judged, *cells))
            cells = ("", "", "", "")
    return _markdown(head, lines)


def speed_table(report: Report) -> str:
    """The command `score` by length of the watch list."""
    base = next(one.speed["per_second"] for one in report.measured if one.name == BASE)
    head = (
        *("candidates", "watch list", "workers", "documents/s of processor time", "× SnowNLP"),
        *("documents/s on the clock", "start-up, s (clock)", "memory, MB"),
    )
    lines = [
        (
            run["what"],
            run["platforms"],
            str(run["workers"]),
            f"{run['per_second']:,.0f}" if run["per_second"] else "–",
            f"{run['per_second'] / base:,.0f}" if run["per_second"] else "–",
            f"{run['per_clock_second']:,.0f}",
            f"{run['start_up']:.1f} ({run['start_up_clock']:.1f})",
            f"{run['memory']:,.0f}",
        )
        for run in report.runs
    ]
    return _markdown(head, lines)


def render(report: Report) -> str:
    """The whole document."""
    rows = report.rows
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        table=table(report),
        speed_table=speed_table(report),
        command=report.command,
        rows=f"{len(rows.texts):,}",
        negative=f"{int(rows.negative.sum()):,}",
        candidates=f"{sum(map(len, rows.candidates)):,}",
        folds=f"{report.folds} of {report.of_folds}" if report.folds < report.of_folds else f"{report.folds}",
        timed=f"{report.timed:,}",
        length=report.length,
        further="\n".join(_linked()),
    )


def _linked() -> list[str]:
    """The evaluations that have documents of their own, by file name, with their headings."""
    return [
        f"* [{path.read_text('utf-8').splitlines()[0].lstrip('# ')}]({path.name})"
        for path in sorted(DOCUMENTS.glob("evaluation-*.md"))
    ]


def _figures(found: Numbers) -> tuple[str, str, str]:
    interval = f"{_share(found['f1'])} ({_share(found['f1_low'])}–{_share(found['f1_high'])})"
    return interval, _share(found["auc"]), _share(found["ece"])


def _share(value: float) -> str:
    return f"{value:.3f}".replace("0.", ".", 1)


def _markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    ruled = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in ruled)
