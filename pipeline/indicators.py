"""Import of numeric indicators: every row accounted for, a repeated import counts nothing twice, a killed one goes on.

Rows and the days that have to be computed for them are written in the same transaction.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from collectors.base import Refusal, UnreadableFile
from db import read, write
from db.session import Database, Session
from db.write import ReadingRow
from pipeline.csv_files import encoding_of, read_csv
from pipeline.indicator_rows import HEADERS, OPTIONAL, REQUIRED, Reader
from pipeline.progress import Report, silent
from pipeline.reports import RefusalReport
from settings.models import INDUSTRY, Platform, Settings
from signals.model import shanghai_day

BATCH = 1000
EXAMPLES = 20
SOURCE = "indicators"
"""How the report of refused rows is named."""
_CONTRADICTED = "同一平台、指标和期末在同一获知时间已有另一个值；若是修订，请给出更晚的 available_at"
_TWICE = "本次导入中同一平台、指标和期末出现了两个值；若是修订，请给出各自的 available_at"

Keep = Callable[[Session, Sequence[ReadingRow], datetime], None]
"""Stores the chosen rows of a batch in its transaction."""
Told = tuple[int, Mapping[str, str] | str]
"""Row number, and its cells by field, or the fault of the row."""


@dataclass
class Imported:
    """What an import did, or would do. `assumed`: new rows whose availability is the day they were due."""

    rows: int = 0
    stored: int = 0
    revised: int = 0
    duplicates: int = 0
    refused: int = 0
    assumed: int = 0
    report: Path | None = None
    examples: list[Refusal] = field(default_factory=list)
    """The first refused rows of a dry run, which writes no report."""
    seen: dict[read.ReadingKey, float] = field(default_factory=dict, repr=False)
    """Values of this import that came without a moment of their own: two of them contradict each other."""


def csv_rows(path: Path) -> Iterator[Told]:
    """The rows of a CSV file by field, under the English or Chinese column names. Raises UnreadableFile."""
    names = _columns(path.name, _header(path))
    required = [names[one] for one in REQUIRED]
    for row in read_csv(path, required, [names[one] for one in OPTIONAL if one in names]):
        yield row.number, row.fault or _cells(names, row.cells)


def query_rows(where: str, records: Iterable[Mapping[str, str]]) -> Iterator[Told]:
    """The rows of a query by field, numbered from 1. Raises UnreadableFile: a column is missing."""
    names: dict[str, str] = {}
    for number, record in enumerate(records, 1):
        plain = {name.strip().lower(): text for name, text in record.items()}
        names = names or _columns(where, list(plain))
        yield number, _cells(names, plain)


def _cells(names: Mapping[str, str], cells: Mapping[str, str]) -> dict[str, str]:
    return {one: cells[names[one]] if one in names else "" for one in (*REQUIRED, *OPTIONAL)}


def _header(path: Path) -> list[str]:
    with path.open("r", encoding=encoding_of(path), errors="replace", newline="") as handle:
        try:
            return [name.strip().lower() for name in next(csv.reader(handle), [])]
        except csv.Error as error:
            raise UnreadableFile(f"{path.name} 第 1 行：表头读不懂，请检查引号是否成对") from error


def _columns(where: str, header: Sequence[str]) -> dict[str, str]:
    """Field -> the name its column has here."""
    found: dict[str, str] = {}
    for one, names in HEADERS.items():
        present = [name for name in names if name in header]
        if len(present) > 1:
            raise UnreadableFile(f"{where}：列 {'、'.join(present)} 是同一项，请只保留一列")
        if present:
            found[one] = present[0]
    if missing := [HEADERS[one][0] for one in REQUIRED if one not in found]:
        there = "、".join(filter(None, header)) or "（无）"
        named = "；".join(f"{'、'.join(HEADERS[one][:3])}" for one in REQUIRED if one not in found)
        raise UnreadableFile(f"{where}：缺少列 {'、'.join(missing)}（可写作 {named}）；文件中的列有：{there}")
    return found


def import_rows(
    database: Database,
    settings: Settings,
    where: str,
    rows: Iterable[Told],
    *,
    now: datetime,
    dry_run: bool = False,
    report: Report = silent,
    keep: Keep = write.store_readings,
) -> Imported:
    """Store what is new and ask for the days it changes; with `dry_run` only tell what would be done.

    Args:    where: the file's name (or what was asked), as messages call it. keep: stores the rows of a batch.
    """
    done, refusals = Imported(), RefusalReport(SOURCE, Path(where))
    with database.reading() as session:
        watch_list = {one.id: one for one in read.watch_list(session)}
    reader = Reader.of(watch_list.values(), settings.indicators.indicator, settings.industry, now)
    told = iter(rows)
    while batch := list(islice(told, BATCH)):
        good: list[tuple[int, ReadingRow]] = []
        for number, cells in batch:
            done.rows += 1
            made = (
                Refusal(where, number, "整行", "", cells.partition("：")[2])
                if isinstance(cells, str)
                else reader.read(where, number, cells)
            )
            if isinstance(made, Refusal):
                _refuse(done, refusals, made, dry_run)
            else:
                good.append((number, made))
        if dry_run:
            with database.reading() as session:
                _placed(session, good, done, (where, refusals, dry_run), now)
        else:
            with database.writing() as session:
                chosen = _placed(session, good, done, (where, refusals, dry_run), now)
                keep(session, chosen, now)
                write.add_pending(session, "index", touched(session, chosen, watch_list, shanghai_day(now)))
        report("import", done.rows, 0, where)
    done.report = refusals.path if refusals.opened else None
    return done


def _refuse(done: Imported, refusals: RefusalReport, refusal: Refusal, dry_run: bool) -> None:
    done.refused += 1
    if not dry_run:
        refusals.add(refusal)
    elif len(done.examples) < EXAMPLES:
        done.examples.append(refusal)


def _placed(
    session: Session,
    rows: Sequence[tuple[int, ReadingRow]],
    done: Imported,
    sink: tuple[str, RefusalReport, bool],
    now: datetime,
) -> list[ReadingRow]:
    """The rows to store, each beside what is stored and what came before it: by their moments, not by their lines."""
    where, refusals, dry_run = sink
    versions = read.reading_versions(session, {row.key for _, row in rows})
    chosen = []
    for number, row in sorted(rows, key=lambda one: (one[1].available_at, one[0])):
        mine = versions.setdefault(row.key, [])
        if row.assumed and done.seen.setdefault(row.key, row.value) != row.value:
            _refuse(done, refusals, Refusal(where, number, "value", f"{row.given:g}", _TWICE), dry_run)
            continue
        fate, placed = write.place_reading(row, mine, now)
        if fate == "contradicted":
            _refuse(done, refusals, Refusal(where, number, "value", f"{row.given:g}", _CONTRADICTED), dry_run)
            continue
        if fate == "duplicate":
            done.duplicates += 1
            continue
        done.stored += fate == "new"
        done.revised += fate == "revised"
        done.assumed += placed.assumed
        mine.append(read.ReadingVersion(placed.available_at, placed.value))
        mine.sort(key=lambda version: version.available_at)
        chosen.append(placed)
    return chosen


def touched(
    session: Session, rows: Sequence[ReadingRow], watch_list: Mapping[str, Platform], today: date
) -> set[tuple[str, date]]:
    """Platforms and the days from which their figures change: those told of, and whoever is judged beside them."""
    own: dict[str, date] = {}
    for row in rows:
        day = min(shanghai_day(row.available_at), today)
        own[row.platform_id] = min(day, own.get(row.platform_id, day))
    classes: dict[tuple[bool, str], date] = {}
    for name, day in own.items():
        if name in watch_list:
            key = (watch_list[name].demo, watch_list[name].category)
            classes[key] = min(day, classes.get(key, day))
    beside = {
        (name, classes[key])
        for name in read.reporting(session) & set(watch_list)
        if (key := (watch_list[name].demo, watch_list[name].category)) in classes
    }
    return beside | {(name, day) for name, day in own.items() if name in watch_list or name == INDUSTRY}
