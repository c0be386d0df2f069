"""What is configured for a whole replay, and on which days it answered: scope and coverage rest on this alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from collectors.base import UnreadableFile
from collectors.dates import BadDate
from pipeline.csv_files import CsvRow, read_csv
from pipeline.replay.documents import moment
from pipeline.stages.source_days import span
from settings.models import IndexSettings, Platform
from signals.coverage import Observation, observe
from signals.index import HORIZON_DAYS
from signals.model import Kind, shanghai_day

EQUAL = 1.0
"""Items expected of a source of which RUNS does not say how many: all such count alike."""
_ANSWERED = {"1": True, "true": True, "是": True, "0": False, "false": False, "否": False}
Row = dict[str, Any]


@dataclass(frozen=True)
class Configured:
    """`declarations` and `source_days` as signals.coverage reads them; `first`: the first day of which anything is
    known, not after the replay's start."""

    declarations: tuple[Row, ...]
    source_days: pd.DataFrame
    first: date

    def observe(
        self, platforms: Sequence[Platform], indices: Sequence[IndexSettings], start: date, end: date
    ) -> Observation:
        """Scope and observation of these platforms from the start of the known past to `end`."""
        begin = max(self.first, start - timedelta(days=HORIZON_DAYS))
        return observe(self.declarations, self.source_days, platforms, indices, begin, end)


def configured(
    kinds: Sequence[Kind], began: Mapping[Kind, date], runs: Sequence[Row], start: date, end: date
) -> Configured:
    """Every kind answers on every day from its first document (at the latest from `start`) on, unless `runs` tells
    of that kind and day.

    Args:    began: day of each kind's first document; one after `start` changes nothing. runs: rows of `read_runs`.
    """
    told = [row for row in runs if row["kind"] in kinds and row["day"] <= end]
    rows = [{**row, "kind": row["kind"].value} for row in told]
    known = {(row["kind"], row["day"]) for row in told}
    firsts = []
    for kind in kinds:
        mine = [row["day"] for row in told if row["kind"] is kind]
        first = min([start, began.get(kind, start), *mine])
        first = max(first, start - timedelta(days=HORIZON_DAYS))
        firsts.append(first)
        rows += [_row(kind, "", day, True) for day in span(first, end) if (kind, day) not in known]
    names = sorted({(row["kind"], row["source_id"]) for row in rows})
    declarations = tuple({"id": name, "kinds": [kind], "covers": "all"} for kind, name in names)
    return Configured(declarations, pd.DataFrame(rows), min(firsts))


def _row(
    kind: Kind, source: str, day: date, answered: bool, items: float = 0.0, expected: float = EQUAL
) -> Row:
    return {
        "source_id": f"{kind.value}:{source}",
        "kind": kind.value,
        "day": day,
        "answered": answered,
        "items": items,
        "expected": expected,
    }


def read_runs(path: Path) -> list[Row]:
    """Columns: kind, day, answered (1/0), optionally source, items, expected. Raises UnreadableFile: row and field."""
    rows: list[Row] = []
    seen: dict[tuple[str, date], int] = {}
    for row in read_csv(path, ("kind", "day", "answered"), ("source", "items", "expected")):
        if row.fault is not None:
            raise UnreadableFile(row.fault)
        try:
            read = _told(row)
        except ValueError as error:
            raise UnreadableFile(f"{path.name} 第 {row.number} 行：{error}") from error
        key = (read["source_id"], read["day"])
        if key in seen:
            raise UnreadableFile(
                f"{path.name} 第 {row.number} 行：与第 {seen[key]} 行是同一来源的同一天，请只保留一行"
            )
        seen[key] = row.number
        rows.append(read)
    return rows


def _told(row: CsvRow) -> Row:
    cells = {name: cell.strip() for name, cell in row.cells.items()}
    if cells["kind"].lower() not in list(Kind):
        raise ValueError(f"kind = {cells['kind']!r}，应为 {'、'.join(Kind)} 之一")
    try:
        day = shanghai_day(moment(cells["day"]))
    except BadDate as error:
        raise ValueError(f"day = {cells['day']!r}：{error}") from error
    if cells["answered"].lower() not in _ANSWERED:
        raise ValueError(f"answered = {cells['answered']!r}，应为 1 或 0")
    kind = Kind(cells["kind"].lower())
    told = _row(kind, cells["source"], day, _ANSWERED[cells["answered"].lower()])
    told |= {name: _number(name, cells[name]) for name in ("items", "expected") if cells[name]}
    return told | {"kind": kind}


def _number(field: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ValueError(f"{field} = {text!r}，应为不小于 0 的数")
    return value
