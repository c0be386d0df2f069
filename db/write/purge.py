"""Remove what documents say, and prove it: the content goes, what rests on it stays, and nothing brings it back."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session

from db.schema import Document, DocumentRevision, KeptResponse, Source, StoryBand, StoryDigest
from db.search import GRAMS
from db.session import Database
from db.sql import among, changed_rows, chunks, table
from db.write.search import remove_from_search, searchable
from db.write.versions import LABEL_FIELDS
from signals.model import day_start

BATCH = 1_000
MADE_OF = (DocumentRevision, StoryBand, StoryDigest)
"""Rows that hold a document's words, or numbers made of them, and go with its content."""
Progress = Callable[[int, int], None]
Condition = ColumnElement[bool]
UNREAD = "purged"
"""`analysed_with` of a document that was purged before anybody read it: it waits for nobody."""


class NothingChosen(ValueError):
    """A purge without source, day or documents would empty the whole archive."""


@dataclass(slots=True)
class PurgeReport:
    """What a purge removed, or with `dry_run` would remove, and the proof of it.

    `tables`: rows emptied (documents) or deleted (the others) by table. `digest`: SHA-256 over the identities of the
    documents, one a line, in the order of removal. `still_readable`: what a fresh query found afterwards of all that
    was to go; 0 is the proof. `compacted`, `wal_cleared`: whether SQLite's file was written anew and its log emptied
    (None: not SQLite, or nothing removed); False = no room, not asked for, or somebody was reading: removed bytes may
    still be found there until it is done.
    """

    dry_run: bool
    purged_at: datetime
    tables: Counter[str] = field(default_factory=Counter)
    by_source: Counter[tuple[str, str]] = field(default_factory=Counter)
    first_day: date | None = None
    last_day: date | None = None
    digest: str = hashlib.sha256().hexdigest()
    still_readable: int = 0
    compacted: bool | None = None
    wal_cleared: bool | None = None
    backups: str = (
        "此前生成的备份、恢复时另存的旧库、导出文件和 data/reports 中的拒收报告不受影响，需要时请另行删除。"
    )

    @property
    def documents(self) -> int:
        """How many documents were emptied."""
        return self.tables["documents"]


@dataclass(slots=True)
class _Run:
    """A purge under way. `key` lives as long as it does: nobody can link a hash made with it to the former one."""

    report: PurgeReport
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    digest: Any = field(default_factory=hashlib.sha256)
    ids: array[int] = field(default_factory=lambda: array("q"))
    """Eight bytes a document: what the verification goes over."""


def purge(
    database: Database,
    *,
    source_id: str | None = None,
    before: date | None = None,
    document_ids: Collection[int] | None = None,
    now: datetime,
    dry_run: bool = False,
    progress: Progress | None = None,
    compact: bool = True,
) -> PurgeReport:
    """Empty the documents that meet all conditions: of this source, available before this day, these (all versions).

    Title, text, subject, other fields than a complaint's progress, former versions, band keys, digests and kept
    responses go.
    Identity, address, hashes, mentions and weights stay: finished days are not rewritten, and a repeated import is a
    duplicate. Authors become hashes under a key that nobody keeps: people counted apart stay apart, and lead nowhere.

    A transaction per thousand documents; a killed run goes on where it stopped.

    Args:    progress: called with (documents emptied so far, all), outside any transaction. compact: write SQLite's
             file anew afterwards. Removed bytes are overwritten anyway, but where rows had moved from page to page long
             before, fragments of an old place may be left: without this a search of the raw file might find some. It
             needs free space of the file's size, and others wait to write meanwhile.
    Raises:  NothingChosen.
    """
    if source_id is None and before is None and document_ids is None:
        raise NothingChosen("请指定要清除的数据源、日期或文档，不指定会清空全部内容")
    run = _Run(PurgeReport(dry_run, now))
    chosen = list(_chosen(database, source_id, before, document_ids))
    with database.reading() as session:
        total = sum(_count(session, condition) for condition in chosen)
    for condition in chosen:
        for emptied in _look(database, run, condition) if dry_run else _empty(database, run, condition):
            run.report.tables["documents"] += emptied
            if progress is not None:
                progress(run.report.documents, total)
    if not dry_run:
        _remove_responses(database, run, source_id, before)
        if sum(run.report.tables.values()):
            _clear(database, run.report, compact)
        _verify(database, run, chosen)
    run.report.digest = run.digest.hexdigest()
    return run.report


def _chosen(
    database: Database, source_id: str | None, before: date | None, document_ids: Collection[int] | None
) -> Iterator[Condition]:
    """Conditions that together choose the documents, each by an index."""
    with database.reading() as session:
        if document_ids is None:
            named = [source_id] if source_id is not None else session.scalars(select(Source.id)).all()
            pieces = [Document.source_id == name for name in named]
        else:
            pieces = [
                among(session, Document.id, ids) for ids in chunks(_versions(session, document_ids), BATCH)
            ]
            if source_id is not None:
                pieces = [piece & (Document.source_id == source_id) for piece in pieces]
    for piece in pieces:
        yield piece if before is None else piece & (Document.available_at < day_start(before))


def _versions(session: Session, document_ids: Collection[int]) -> list[int]:
    """All versions of the pages that these documents are versions of."""
    pages = select(func.coalesce(Document.root_id, Document.id)).where(
        among(session, Document.id, document_ids)
    )
    roots = set(session.scalars(pages))
    found = select(Document.id).where(
        or_(among(session, Document.id, roots), among(session, Document.root_id, roots))
    )
    return sorted(session.scalars(found))


def _count(session: Session, condition: Condition) -> int:
    return session.scalar(select(func.count()).where(condition, Document.purged_at.is_(None))) or 0


COLUMNS = (
    *(Document.id, Document.identity, Document.source_id, Document.kind, Document.available_day),
    *(Document.author_hash, Document.fields, Document.revision, Document.analysed_with),
)


def _look(database: Database, run: _Run, condition: Condition) -> Iterator[int]:
    statement = (
        select(*COLUMNS).where(condition, Document.purged_at.is_(None)).order_by(Document.available_at)
    )
    with database.reading() as session:
        result = session.execute(statement, execution_options={"yield_per": BATCH})
        for rows in result.partitions():
            _note(run, rows)
            yield len(rows)


def _empty(database: Database, run: _Run, condition: Condition) -> Iterator[int]:
    """Batch by batch; what was emptied leaves the index of what was not, so each batch is found at once."""
    statement = select(*COLUMNS).where(condition, Document.purged_at.is_(None))
    statement = statement.order_by(Document.available_at).limit(BATCH)
    while True:
        with database.writing() as session:
            rows = session.execute(statement).all()
            if rows:
                _empty_documents(session, run, rows)
        if not rows:
            return
        _note(run, rows)
        yield len(rows)


def _note(run: _Run, rows: Sequence[Any]) -> None:
    report = run.report
    for row in rows:
        run.digest.update(f"{row.identity}\n".encode())
        run.ids.append(row.id)
        report.by_source[row.source_id, row.kind] += 1
    days = [row.available_day for row in rows]
    report.first_day = min(days if report.first_day is None else [*days, report.first_day])
    report.last_day = max(days if report.last_day is None else [*days, report.last_day])


def _empty_documents(session: Session, run: _Run, rows: Sequence[Any]) -> None:
    target = table(Document)
    ids = [row.id for row in rows]
    remove_from_search(session, ids)
    values = [_emptied(run, row) for row in rows]
    names = [name for name in values[0] if name != "key"]
    statement = update(target).where(target.c.id == bindparam("key"))
    session.execute(statement.values({name: bindparam(name) for name in names}), values)
    for model in MADE_OF:
        gone = delete(model).where(among(session, model.document_id, ids))
        run.report.tables[model.__tablename__] += changed_rows(session.execute(gone))


def _emptied(run: _Run, row: Any) -> dict[str, Any]:
    author = row.author_hash and hmac.new(run.key, row.author_hash.encode(), hashlib.sha256).hexdigest()[:32]
    return {
        "key": row.id,
        "title": "",
        "text": "",
        "subject": None,
        "author_hash": author,
        "fields": {name: row.fields[name] for name in LABEL_FIELDS if name in row.fields},
        "revision": row.revision + 1,  # whoever is reading the old content now cannot save what it found
        "analysed_with": row.analysed_with or UNREAD,
        "purged_at": run.report.purged_at,
    }


def _remove_responses(database: Database, run: _Run, source_id: str | None, before: date | None) -> None:
    sources = {source for source, _ in run.report.by_source} | ({source_id} - {None})
    with database.writing() as session:
        kept = delete(KeptResponse).where(among(session, KeptResponse.source_id, sources))
        if before is not None:
            kept = kept.where(KeptResponse.kept_at < day_start(before))
        run.report.tables["kept_responses"] += changed_rows(session.execute(kept))


def _verify(database: Database, run: _Run, chosen: Sequence[Condition]) -> None:
    """A fresh look, in a transaction of its own."""
    with database.reading() as session:
        left = sum(_count(session, condition) for condition in chosen)
        run.report.still_readable = left + sum(_readable(session, ids) for ids in chunks(run.ids, BATCH))


def _readable(session: Session, ids: Sequence[int]) -> int:
    """Rows that still hold content of these documents."""
    content = or_(Document.title != "", Document.text != "", Document.subject.is_not(None))
    counted = [select(func.count()).where(among(session, Document.id, ids), content)]
    for model in MADE_OF:
        counted.append(select(func.count()).where(among(session, model.document_id, ids)))
    return searchable(session, ids) + sum(session.scalar(each) or 0 for each in counted)


def _clear(database: Database, report: PurgeReport, compact: bool) -> None:
    """Leave no removed byte in SQLite's files; a server overwrites freed space by itself (VACUUM)."""
    if not database.is_sqlite:
        return
    with closing(database.engines.writing.raw_connection()) as connection:
        driver: Any = connection.driver_connection
        report.compacted = compact and _compacted(driver)
        (busy, _, _) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        report.wal_cleared = not busy


def _compacted(driver: sqlite3.Connection) -> bool:
    """Write the file anew; False where there is no room for that or somebody writes all the time."""
    try:
        # What was taken out of the search index is marked there until its pieces are merged.
        driver.execute(f"INSERT INTO {GRAMS}({GRAMS}) VALUES ('optimize')")  # noqa: S608 # our own words
        driver.execute("VACUUM")
    except sqlite3.OperationalError:
        return False
    return True
