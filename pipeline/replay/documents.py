"""DOCS.csv: rows in batches, and what each row says as a document, or what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from collectors.dates import EARLIEST, BadDate, parse_date
from pipeline.csv_files import CsvRow, read_csv
from settings.models import Publisher
from signals.model import SHANGHAI, Document, Kind
from signals.privacy import mask
from signals.publishers import Publishers
from signals.text import fold

REQUIRED = ("id", "published_at", "kind", "source", "publisher", "title", "text")
OPTIONAL = ("first_seen_at", "author", "url", "channel", "subject", "official", "reach")
COLUMNS = REQUIRED + OPTIONAL
BATCH = 1000
BATCH_CHARS = 2_000_000
"""Rows, and characters, handed to a worker at once."""
FAR_AHEAD = datetime(2200, 1, 1, tzinfo=UTC)
"""No date is too late to be read: documents after the replay are ignored, whatever day it is today."""
_YEAR = re.compile(r"\d{4}")
_YES, _NO = frozenset({"1", "true", "yes", "是"}), frozenset({"", "0", "false", "no", "否"})
_NO_OFFICE = re.compile(
    r"协会|学会|商会|联盟|促进会|研究院|研究会|报$|报社|日报|晚报|新闻|网$|在线|电视|广播|杂志|周刊|传媒|财经"
)
"""Names under which nobody punishes: associations and press."""


class Cells(NamedTuple):
    """A row as it goes to a worker: its number in the file and the cells of COLUMNS, in that order."""

    number: int
    cells: tuple[str, ...]


class Batch(NamedTuple):
    """Rows to read. `faults`: (row, message) of rows that are no rows; `read`: bytes of the file up to its end."""

    rows: list[Cells]
    faults: list[tuple[int, str]]
    read: int


class RowFault(ValueError):
    """A cell that cannot be; the message names the field."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A document and when it counts: `available` = max(published_at, first_seen_at), UTC."""

    number: int
    id: str
    document: Document
    available: datetime


def batches(path: Path) -> Iterator[Batch]:
    """The rows of a file, in its order. Raises UnreadableFile at the first batch if it cannot be read at all."""
    rows: list[Cells] = []
    faults: list[tuple[int, str]] = []
    chars = read = 0
    for row in read_csv(path, REQUIRED, OPTIONAL):
        read = row.read
        if row.fault is not None:
            faults.append((row.number, row.fault))
            continue
        rows.append(_cells(row))
        chars += len(row.cells["text"])
        if len(rows) >= BATCH or chars >= BATCH_CHARS:
            yield Batch(rows, faults, read)
            rows, faults, chars = [], [], 0
    if rows or faults:
        yield Batch(rows, faults, read)


def _cells(row: CsvRow) -> Cells:
    return Cells(row.number, tuple([row.cells[name] for name in COLUMNS]))


class Reader:
    """From cells to masked documents, as the live pipeline stores them; compiled once."""

    def __init__(self, publishers: tuple[Publisher, ...]) -> None:
        self._publishers = Publishers(publishers)
        self._listed = {fold(name) for each in publishers for name in (each.name, *each.aliases)}
        self._who = lru_cache(maxsize=65536)(self._standing)

    def read(self, row: Cells) -> Dated:
        """The document of a row. Raises RowFault."""
        told = dict(zip(COLUMNS, row.cells, strict=True))
        if not told["id"].strip():
            raise RowFault("id 为空；每篇文档须有自己的 id")
        kind = _kind(told["kind"])
        published, seen = _moment("published_at", told), _moment("first_seen_at", told)
        if published is None and seen is None:
            raise RowFault("published_at 为空；请写成 2018-07-16 或 2018-07-16 14:05")
        publisher = told["publisher"].strip() or None
        reach, official = self._who(publisher, kind, told["official"].strip().lower())
        document = Document(
            source_id=told["source"].strip(),
            kind=kind,
            title=mask(told["title"]),
            text=mask(told["text"]),
            external_id=told["id"],
            url=told["url"].strip() or None,
            publisher=publisher,
            author=told["author"].strip() or None,
            published_at=published,
            first_seen_at=seen,
            reach=_reach(told["reach"]) if told["reach"] else reach,
            official=official,
            channel=_channel(told, kind),
            subject=mask(told["subject"].strip()) or None,
        )
        known = [moment for moment in (published, seen) if moment is not None]
        return Dated(row.number, told["id"], document, max(known))

    def _standing(self, publisher: str | None, kind: Kind, word: str) -> tuple[float | None, bool]:
        """Reach of the publisher, and whether an authority speaks: as the file says; else every regulatory document,
        unless its publisher is listed (the list then decides) or called like an association or the press."""
        if word not in _YES | _NO:
            raise RowFault(f"official = {word!r}，应为 1 或 0")
        filled = self._publishers.fill(Document("", kind, "", "", publisher=publisher, official=word in _YES))
        office = publisher is None or not (fold(publisher) in self._listed or _NO_OFFICE.search(publisher))
        unsaid = not word and kind is Kind.REGULATORY
        return filled.reach, filled.official or (unsaid and office)


def _kind(text: str) -> Kind:
    try:
        return Kind(text.strip().lower())
    except ValueError:
        raise RowFault(f"kind = {text!r}，应为 {'、'.join(Kind)} 之一") from None


def _moment(field: str, told: Mapping[str, str]) -> datetime | None:
    text = told[field].strip()
    if not text:
        return None
    try:
        return _iso(text) or moment(text)
    except BadDate as error:
        raise RowFault(f"{field} = {text!r}：{error}") from error


def _iso(text: str) -> datetime | None:
    """What `moment` says of a complete ISO date with a time, ten times as fast; None for all else."""
    if len(text) < 19 or text[4] != "-" or text[13] != ":":
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    found = (found if found.tzinfo else found.replace(tzinfo=SHANGHAI)).astimezone(UTC)
    return found if EARLIEST <= found < FAR_AHEAD else None


@lru_cache(maxsize=65536)
def moment(text: str) -> datetime:
    """The moment (UTC) that a cell means: with its year, in Shanghai unless it has a zone. Raises BadDate."""
    if not _YEAR.search(text):
        raise BadDate("认不出的日期，请写成 2018-07-16 或 2018-07-16 14:05")
    return parse_date(text, FAR_AHEAD)


def _reach(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        reach = float(text)
    except ValueError:
        reach = -1.0
    if not 0 <= reach <= 1:
        raise RowFault(f"reach = {text!r}，应为 0 到 1 之间的数")
    return reach


def _channel(told: Mapping[str, str], kind: Kind) -> str:
    """Where it is said: as the file says; else the press is one channel, and each other source is one."""
    return told["channel"].strip() or ("news" if kind is Kind.NEWS else told["source"].strip() or kind.value)
