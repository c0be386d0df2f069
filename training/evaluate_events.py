"""How well events and their subjects are read, on labelled rows: precision, recall, F1 with bootstrap intervals.

    python -m training.evaluate_events --data ../shared/data/events_dev.csv

Rows (id, text, event, entity) carry one event type and its subject each. They are halved by subject, so that no
company stands in both halves: `tune` served to find the phrases, `held` is reported. event_mapping.toml says which
of our events mean which of their types. Candidates of a text are all labelled subjects that it names.
"""

from __future__ import annotations

import argparse
import csv
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from settings.loader import load, read_toml
from settings.models import Platform
from signals.attribution import Attributor
from signals.events import EventFinder
from signals.linking import Linker
from signals.text import Reading, fold

MAPPING = Path(__file__).parent / "event_mapping.toml"
ENOUGH = 30
"""Rows from which on a type counts in the means."""
_DRAWS = 500
_COLUMNS = {"id", "text", "event", "entity"}
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class DataError(ValueError):
    """The file of labelled rows is not what the evaluation needs."""


class Row(NamedTuple):
    """A labelled text; `entity` is "" where nothing befell anybody."""

    id: str
    text: str
    event: str
    entity: str


class Type(NamedTuple):
    """One of their event types: the ids of ours that mean it, and their types whose texts regularly hold it too."""

    name: str
    events: frozenset[str]
    beside: frozenset[str]


class F1(NamedTuple):
    """F1, 0..1, and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Figures:
    """One type: `strict` takes the row's one label for the whole truth, `f1` forgives the types of `beside`.

    `precision` and `recall` belong to `f1`: of the rows at whose labelled subject the type was laid, those labelled
    with it; and the reverse. `subject` is the F1 of the names at whose door the type was laid, in its own rows.
    """

    name: str
    rows: int
    precision: float
    recall: float
    f1: F1
    strict: float
    subject: F1


def read_rows(path: Path) -> list[Row]:
    """Raises: DataError: a column is missing."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or _COLUMNS - set(rows[0]):
        raise DataError(f"{path}: 需要列 {', '.join(sorted(_COLUMNS))}")
    return [Row(row["id"], row["text"], row["event"], row["entity"]) for row in rows]


def read_mapping(path: Path = MAPPING) -> list[Type]:
    """The types that have a counterpart among our events."""
    return [
        Type(block["name"], frozenset(block["events"]), frozenset(block.get("beside", ())))
        for block in read_toml(path)["type"]
        if "events" in block
    ]


def held_out(row: Row) -> bool:
    """Whether a row belongs to the half that is reported; all rows of a subject share their half."""
    return zlib.crc32((row.entity or row.id).encode()) % 2 == 1


class Reader:
    """Events of a text and the candidates they befell."""

    def __init__(self, names: Sequence[str], types: Sequence[Type]) -> None:
        settings = load()
        self._types = types
        self._names = list(names)
        self._linker = Linker(
            [Platform(id=str(n), name=name, category="-", brand=(name,)) for n, name in enumerate(names)]
        )
        self._finder = EventFinder(settings.events, settings.lexicons)
        self._attributor = Attributor(settings.lexicons)

    def read(self, text: str) -> list[set[str]]:
        """For each type the candidates at whose door one of its events was laid, whatever its polarity."""
        reading = Reading.of("", text)
        found = self._linker.find(reading)
        account = self._finder.read(reading)
        places = self._attributor.places(reading, account, found)
        shares = self._attributor.attribute(reading, account, places, len(found))
        told = [{hit.event.id for hit in hits} for hits in shares]
        names = [self._names[int(one.platform_id)] for one in found]
        return [
            {name for name, events in zip(names, told, strict=True) if events & kind.events}
            for kind in self._types
        ]


def figures(kind: Type, rows: Sequence[Row], befell: Sequence[set[str]], seed: int = 0) -> Figures:
    """Figures of one type over rows with a subject; `befell` are the names at whose door it was laid."""
    laid = np.array(
        [any(_same(name, row.entity) for name in names) for row, names in zip(rows, befell, strict=True)]
    )
    own = np.array([row.event == kind.name for row in rows])
    other = np.array([row.event != kind.name and row.event not in kind.beside for row in rows])
    wrong = np.array(
        [sum(not _same(name, row.entity) for name in names) for row, names in zip(rows, befell, strict=True)]
    )
    found = own & np.array([bool(names) for names in befell])
    counts = np.stack([own & laid, own, laid & other, laid & ~own, found, found * wrong]).astype(np.float64)
    total = counts.sum(axis=1)
    draws = _draws(counts, seed)
    return Figures(
        kind.name,
        int(total[1]),
        _ratio(total[0], total[0] + total[2]),
        _ratio(total[0], total[1]),
        _interval(_f1(total[0], total[2], total[1]), _f1(draws[0], draws[2], draws[1])),
        float(_f1(total[0], total[3], total[1])),
        _interval(_f1(total[0], total[5], total[4]), _f1(draws[0], draws[5], draws[4])),
    )


def _same(one: str, other: str) -> bool:
    """Whether two names mean one subject: one is a longer form of the other (某某 and 某某集团)."""
    left, right = fold(one), fold(other)
    return left in right or right in left


def _draws(counts: Floats, seed: int) -> Floats:
    """Sums of the counts (6, rows) over bootstrap samples of rows: (6, draws)."""
    rng = np.random.default_rng(seed)
    size = counts.shape[1]
    return np.stack(
        [counts @ np.bincount(rng.integers(size, size=size), minlength=size) for _ in range(_DRAWS)], axis=1
    )


def _f1(hit: Floats, false: Floats, labelled: Floats) -> Floats:
    return 2 * hit / np.maximum(hit + false + labelled, 1e-9)


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0


def _interval(value: Floats, draws: Floats) -> F1:
    low, high = np.quantile(draws, (0.025, 0.975))
    return F1(float(value), float(low), float(high))


def evaluate(rows: Sequence[Row], names: Sequence[str], types: Sequence[Type]) -> tuple[list[Figures], float]:
    """Figures of every type, and the share of rows without a subject in which something was laid at some name."""
    reader = Reader(names, types)
    befell = [reader.read(row.text) for row in rows]
    named = [number for number, row in enumerate(rows) if row.entity]
    table = [
        figures(kind, [rows[n] for n in named], [befell[n][which] for n in named])
        for which, kind in enumerate(types)
    ]
    nobody = [any(befell[number]) for number, row in enumerate(rows) if not row.entity]
    return table, _ratio(sum(nobody), len(nobody))


def report(table: Sequence[Figures], idle: float) -> str:
    """The figures as a Markdown table with the means over types of at least ENOUGH rows."""
    lines = [
        "| 类型 | 行数 | 精确率 | 召回率 | F1（95 % 区间） | 严格 F1 | 主体 F1（95 % 区间） |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.name} | {one.rows} | {one.precision:.3f} | {one.recall:.3f} | {_shown(one.f1)}"
        f" | {one.strict:.3f} | {_shown(one.subject)} |"
        for one in table
    ]
    big = [one for one in table if one.rows >= ENOUGH]
    lines += [
        "",
        f"宏平均（≥ {ENOUGH} 行的 {len(big)} 类）: F1 {np.mean([one.f1.value for one in big]):.3f},"
        f" 严格 F1 {np.mean([one.strict for one in big]):.3f},"
        f" 主体 F1 {np.mean([one.subject.value for one in big]):.3f}",
        f"无主体的行中, 仍有事件归到某个名称的占 {idle:.3f}",
    ]
    return "\n".join(lines)


def _shown(score: F1) -> str:
    return f"{score.value:.3f}（{score.low:.3f}–{score.high:.3f}）"


def main() -> None:
    """Print the figures of one half."""
    parser = argparse.ArgumentParser(description="事件与主体识别的评测")
    parser.add_argument("--data", type=Path, required=True, help="events_dev.csv")
    parser.add_argument("--half", choices=("held", "tune"), default="held", help="评测哪一半（默认 held）")
    arguments = parser.parse_args()
    rows = read_rows(arguments.data)
    names = sorted({row.entity for row in rows if row.entity})
    half = [row for row in rows if held_out(row) == (arguments.half == "held")]
    print(report(*evaluate(half, names, read_mapping())))


if __name__ == "__main__":
    main()
