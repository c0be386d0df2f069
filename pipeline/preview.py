"""What an import would do, row by row, without doing it: the same reading, the same judgement, no write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from collectors.base import Refusal, Row, SourceConfig
from collectors.readers.table import read_file
from db import read, write
from db.session import Database
from db.write import StoreCounts
from pipeline.bulk import bulk
from pipeline.prepare import SALT
from pipeline.progress import Report, silent
from pipeline.stages.collect import BATCH, stamp
from signals.model import Document
from signals.publishers import Publishers

SHOWN = 20
"""Revisions and refusals that are listed one by one; all are counted."""


@dataclass(frozen=True)
class Revision:
    """One row that would revise a stored document: what would change, old and new, by column."""

    row: int
    document: Document
    changes: dict[str, tuple[Any, Any]]


@dataclass
class Preview:
    """Counts as the import would report them, and the first of what a person should look at."""

    counts: StoreCounts = field(default_factory=StoreCounts)
    revisions: list[Revision] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def preview_file(
    database: Database,
    publishers: Publishers,
    source: SourceConfig,
    path: Path,
    *,
    now: datetime,
    mapping: dict[str, str] | None = None,
    report: Report = silent,
) -> Preview:
    """What pipeline.stages.collect.import_file would do with the file now. Raises UnreadableFile, DatabaseError.

    Exact as long as nobody else stores documents of the same source before the import.
    """
    preview = Preview()
    with database.reading() as session:
        start = _rows_done(read.imported_file(session, source.id, str(path)), stamp(path))
        salt = read.fact(session, SALT) or ""
    seen: dict[str, Any] = {}
    with bulk() as batch_done:
        for batch in _batches(read_file(path, source, now, start_row=start, mapping=mapping)):
            taken = [
                (row.number, publishers.fill(row.item)) for row in batch if isinstance(row.item, Document)
            ]
            refused = [row.item for row in batch if isinstance(row.item, Refusal)]
            with database.reading() as session:
                verdicts = write.preview_documents(
                    session, [each for _, each in taken], now=now, salt=salt, backfill=True, seen=seen
                )
            for (number, document), verdict in zip(taken, verdicts, strict=True):
                preview.counts += _COUNTED[verdict.outcome]
                if verdict.outcome == "revised" and len(preview.revisions) < SHOWN:
                    preview.revisions.append(Revision(number, document, dict(verdict.changes)))
            preview.counts += StoreCounts(refused=len(refused))
            preview.refusals += refused[: SHOWN - len(preview.refusals)]
            report("import", preview.counts.items, 0, path.name)
            batch_done()
    return preview


_COUNTED = {
    "new": StoreCounts(stored=1),
    "duplicate": StoreCounts(duplicates=1),
    "revised": StoreCounts(revised=1),
}


def _rows_done(known: read.ImportedFileRow | None, digest: str) -> int:
    """Where the import would begin: behind what an interrupted one of the same content has stored."""
    resumed = known is not None and known.digest == digest and known.finished_at is None
    return known.rows_done if known is not None and resumed else 0


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch
