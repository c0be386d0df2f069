"""Documents in: masked, hashed, recognised when they come again, kept in full when they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from db.schema import Document as Stored
from db.schema import DocumentRevision, Source
from db.sql import add, insert, table
from db.write.rows import document_row
from db.write.search import add_to_search, remove_from_search
from db.write.versions import Fate, Row, former_content, judge, stored_versions
from signals.model import Document, shanghai_day

OF_THE_FIRST = ("identity", "source_id", "external_id", "run_id", "root_id")
"""Columns that a revision in place leaves alone."""


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """What became of handed-over rows. `refused` is the caller's: the store refuses none."""

    stored: int = 0
    duplicates: int = 0
    revised: int = 0
    refused: int = 0

    @property
    def items(self) -> int:
        """All rows seen."""
        return self.stored + self.duplicates + self.revised + self.refused

    def __add__(self, other: StoreCounts) -> StoreCounts:
        return StoreCounts(
            self.stored + other.stored,
            self.duplicates + other.duplicates,
            self.revised + other.revised,
            self.refused + other.refused,
        )


def store_documents(
    session: Session,
    documents: Sequence[Document],
    *,
    now: datetime,
    salt: str,
    run_id: int | None = None,
    backfill: bool = False,
    correcting: bool | None = None,
) -> StoreCounts:
    """Store what is new, revise what changed, count what was there. Best in batches of 500 to 1,000.

    Args:    now: when it is seen, for documents that do not say. salt: local secret mixed into author hashes.
             backfill: documents without first_seen_at become 回填, available when published.
             correcting: what changed is set right in place, on finished days too, as people's imports do; None =
             `backfill`. False for old pages of a live source: what the site changes later counts from that day.
    A document that changed keeps its former content in `document_revisions`, its first_seen_at unless the input gives
    another, and waits for analysis again. One that a site changed after its day was over becomes a document of its
    own, available now, with the first one's id in `root_id`; it counts as revised. Purged content does not come back.
    """
    rows = [document_row(document, now, salt, run_id, backfill, correcting) for document in documents]
    counts = StoreCounts()
    while rows:  # the same document twice in a batch: the later one meets the earlier one in the next round
        first: dict[str, Row] = {}
        again = [row for row in rows if first.setdefault(row["identity"], row) is not row]
        counts += _store_distinct(session, first, now)
        rows = again
    return counts


def _store_distinct(session: Session, rows: Mapping[str, Row], now: datetime) -> StoreCounts:
    known, today = stored_versions(session, list(rows)), shanghai_day(now)
    fates = [judge(row, known.get(identity, ()), today) for identity, row in rows.items()]
    stored = _insert(session, [fate.row for fate in fates if fate.outcome == "new"])
    revised = [fate for fate in fates if fate.outcome == "revised"]
    _insert(session, [fate.row for fate in revised if fate.target is None])
    _revise(session, [fate for fate in revised if fate.target is not None], now)
    return StoreCounts(stored, len(rows) - stored - len(revised), len(revised))


def _insert(session: Session, rows: Sequence[Row]) -> int:
    """Insert what is not there yet, count it for its source and make it searchable; returns how many."""
    statement = insert(session, table(Stored)).on_conflict_do_nothing(index_elements=["identity"])
    statement = statement.returning(table(Stored).c.id)  # the drivers' row counts cannot be relied on here
    counting = update(table(Source)).where(Source.id == bindparam("of"))
    stored: list[int] = []
    for source, group in groupby(sorted(rows, key=itemgetter("source_id")), itemgetter("source_id")):
        ids = session.scalars(statement, [_columns(row) for row in group]).all()
        session.execute(counting.values(documents=Source.documents + len(ids)), {"of": source})
        stored += ids
    add_to_search(session, stored)
    return len(stored)


def _revise(session: Session, changed: Sequence[Fate], now: datetime) -> None:
    if not changed:
        return
    former = [
        {
            "document_id": fate.target.id,
            "revision": fate.target.revision,
            "replaced_at": now,
            "content": former_content(fate.target),
        }
        for fate in changed
    ]
    add(session, DocumentRevision, former)
    target = table(Stored)
    values = [_replaced(fate) for fate in changed]
    names = [name for name in values[0] if name != "key"]
    statement = update(target).where(target.c.id == bindparam("key"))
    ids = [fate.target.id for fate in changed]
    remove_from_search(session, ids)
    session.execute(statement.values({name: bindparam(name) for name in names}), values)
    add_to_search(session, ids)


def _replaced(fate: Fate) -> Row:
    row = {name: value for name, value in _columns(fate.row).items() if name not in OF_THE_FIRST}
    return row | {"key": fate.target.id, "analysed_with": None}


def _columns(row: Mapping[str, Any]) -> Row:
    return {name: value for name, value in row.items() if not name.startswith("_")}
