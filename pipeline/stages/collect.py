"""sources -> documents. A run is fetched outside any transaction, stored in short ones, written to the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import structlog

from collectors.base import (
    Get,
    Refusal,
    Row,
    SourceBlocked,
    SourceConfig,
    SourceError,
    UnreadableFile,
    collect,
)
from collectors.readers.table import drop_files, read_file
from db import read, write
from db.session import Database, Session
from db.write import StoreCounts
from pipeline.bulk import bulk
from pipeline.contract import Tally
from pipeline.paths import data_dir
from pipeline.prepare import SALT, Workplace
from pipeline.progress import Report, silent
from pipeline.reports import RefusalReport
from pipeline.stages.exchange import Exchange
from pipeline.stages.ledger import Outcome, close_run
from signals.model import Document
from signals.privacy import discreet

__all__ = ["Outcome", "collect_source", "import_file", "read_in", "stamp", "store", "waiting_files"]

log = structlog.get_logger()
BATCH = 1000
Keep = Callable[[Session, Sequence[Document]], StoreCounts]
"""Stores a batch of documents in the transaction that also remembers how far the file is."""
SETTLED_SECONDS = 2.0
"""A file in a drop folder is read once it has stopped changing for this long."""


def collect_source(
    workplace: Workplace,
    source: SourceConfig,
    *,
    slot: str,
    now: datetime,
    get: Get,
    report: Report = silent,
) -> Outcome | None:
    """One run of a source; a fault of the source itself never raises.

    None when the slot was already taken, or when a drop folder holds nothing new: looking is not a run.
    """
    database = workplace.database
    files = waiting_files(database, source, now) if source.path is not None else []
    if source.path is not None and not files:
        return None
    with database.writing() as session:
        run_id = write.start_run(session, source.id, slot, now)
    if run_id is None:
        return None
    outcome = Outcome(tally=Tally(source.contract.fields))
    try:
        if source.path is not None:
            for path in files:
                _read_or_set_aside(workplace, source, path, outcome, now, run_id, report)
        else:
            _fetch(workplace, source, outcome, get=get, now=now, run_id=run_id)
    except SourceError as error:
        outcome.fail(error, blocked=isinstance(error, SourceBlocked))
    except Exception as error:  # the stage boundary: one bad source must not stop the rest
        log.exception("source_failed", source=source.id)
        outcome.error = f"程序错误：{type(error).__name__}: {error}"
    close_run(workplace, source, run_id, outcome, now)
    return outcome


def _read_or_set_aside(
    workplace: Workplace,
    source: SourceConfig,
    path: Path,
    outcome: Outcome,
    now: datetime,
    run_id: int,
    report: Report,
) -> None:
    """A file nobody can read is remembered as done, so that it is not tried again until its content changes."""
    try:
        read_in(workplace, source, path, outcome, now=now, run_id=run_id, report=report)
    except UnreadableFile as error:
        told = discreet(str(error))  # it may quote a first row of data where a header should be
        outcome.unreadable.append(told)
        with workplace.database.writing() as session:
            write.save_imported_file(
                session,
                source.id,
                str(path),
                stamp(path),
                0,
                finished_at=datetime.now(UTC),
                report=told,
            )


def _fetch(
    workplace: Workplace, source: SourceConfig, outcome: Outcome, *, get: Get, now: datetime, run_id: int
) -> None:
    outcome.exchange = Exchange(get)
    rows = collect(source, outcome.exchange.context(workplace, source, now))
    store(workplace, source, rows, outcome, now=now, run_id=run_id)


def waiting_files(database: Database, source: SourceConfig, now: datetime) -> list[Path]:
    """Files of the source's drop folder not read to the end in their present content, oldest name first."""
    folder = data_dir() / Path(source.path or "").parent
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for path in drop_files(source, data_dir()):
        if path.suffix in {".part", ".tmp"}:
            continue
        try:
            unsettled = now.timestamp() - path.stat().st_mtime < SETTLED_SECONDS
            digest = stamp(path)
        except FileNotFoundError:  # taken away since the folder was listed
            continue
        if unsettled and not source.demo:
            continue
        with database.reading() as session:
            known = read.imported_file(session, source.id, str(path))
        if known is None or known.finished_at is None or known.digest != digest:
            found.append(path)
    return found


def import_file(
    workplace: Workplace,
    source: SourceConfig,
    path: Path,
    *,
    now: datetime,
    mapping: dict[str, str] | None = None,
    report: Report = silent,
) -> Outcome:
    """One file a person names, as one run in the ledger. Raises UnreadableFile; what was stored before it stays."""
    with workplace.database.writing() as session:
        run_id = write.start_run(session, source.id, f"import-{now.isoformat()}", now)
    outcome = Outcome(tally=Tally(source.contract.fields))
    try:
        read_in(
            workplace, source, path.resolve(), outcome, now=now, run_id=run_id, mapping=mapping, report=report
        )
    except BaseException as error:  # also Ctrl-C and a full disk: the ledger must not call it done
        outcome.error = str(error) or type(error).__name__
        raise
    finally:
        if run_id is not None:
            close_run(workplace, source, run_id, outcome, now)
    return outcome


def stamp(path: Path) -> str:
    """Identity of a file's present content: size, time of change and the digest of its first and last MiB.

    A file that may not be opened has one too: it is set aside, and tried again once it may.
    """
    size, changed = path.stat().st_size, path.stat().st_mtime_ns
    digest = hashlib.sha256(f"{size}:{changed}".encode())
    try:
        with path.open("rb") as handle:
            digest.update(handle.read(1 << 20))
            handle.seek(max(0, size - (1 << 20)))
            digest.update(handle.read(1 << 20))
    except PermissionError:
        digest.update(b"closed")
    return digest.hexdigest()


def read_in(
    workplace: Workplace,
    source: SourceConfig,
    path: Path,
    outcome: Outcome,
    *,
    now: datetime,
    run_id: int | None,
    mapping: dict[str, str] | None = None,
    report: Report = silent,
    keep: Keep | None = None,
) -> None:
    """Store one file, remembering in each transaction how far it is: a restart goes on from there.

    Args:    keep: stores each batch; None = as an import, `write.store_documents`.
    """
    database, digest = workplace.database, stamp(path)
    with database.reading() as session:
        known = read.imported_file(session, source.id, str(path))
    resumed = known is not None and known.digest == digest and known.finished_at is None
    start = known.rows_done if known is not None and resumed else 0
    refusals = outcome.refusals(source.id, path)
    rows = read_file(path, source, now, start_row=start, mapping=mapping)
    last = start
    with bulk() as batch_done:
        for batch in _batches(rows, BATCH):
            last = max(row.number for row in batch)
            documents = _sift(workplace, batch, outcome, refusals)
            with database.writing() as session:
                if keep is None:
                    salt = read.fact(session, SALT) or ""
                    counts = write.store_documents(
                        session, documents, now=now, salt=salt, run_id=run_id, backfill=True
                    )
                else:
                    counts = keep(session, documents)
                write.save_imported_file(session, source.id, str(path), digest, last)
            outcome.counts += counts
            report("import", outcome.counts.items, 0, path.name)
            batch_done()
    with database.writing() as session:
        write.save_imported_file(
            session,
            source.id,
            str(path),
            digest,
            last,
            finished_at=datetime.now(UTC),
            report=str(refusals.path) if refusals.opened else None,
        )


def store(
    workplace: Workplace,
    source: SourceConfig,
    rows: Iterable[Row],
    outcome: Outcome,
    *,
    now: datetime,
    run_id: int,
) -> None:
    """Store what a live source brings, batch by batch: what came before a fault stays.

    What a source published before it was first read may have been public for weeks. It is backfill, whichever run
    finds it: taken for today's news it would raise levels on the day of installation.
    """
    refusals = outcome.refusals(source.id, None)
    for batch in _batches(rows, BATCH):
        documents = _sift(workplace, batch, outcome, refusals)
        with workplace.database.writing() as session:
            counts = _store_batch(session, source, documents, now, run_id)
        outcome.counts += counts
    with workplace.database.writing() as session:  # a run that found nothing has read the source, too
        write.begin_reading(session, source.id, now)


def _store_batch(
    session: Session, source: SourceConfig, documents: list[Document], now: datetime, run_id: int
) -> StoreCounts:
    began = write.begin_reading(session, source.id, now)
    old: list[Document] = []
    live: list[Document] = []
    for document in documents:
        published = document.published_at
        (old if published is not None and published < began else live).append(document)
    counts = StoreCounts()
    for rows, backfill in ((old, True), (live, False)):
        counts += write.store_documents(
            session,
            rows,
            now=now,
            salt=read.fact(session, SALT) or "",
            run_id=run_id,
            backfill=backfill,
            # One page found twice by the first run was not edited in between.
            correcting=backfill and began == now,
        )
    return counts


def _sift(
    workplace: Workplace, batch: list[Row], outcome: Outcome, refusals: RefusalReport
) -> list[Document]:
    documents = []
    for row in batch:
        outcome.tally.add(row.item)
        if isinstance(row.item, Refusal):
            outcome.counts += StoreCounts(refused=1)
            refusals.add(row.item)
        else:
            documents.append(workplace.publishers.fill(row.item))
    return documents


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """In lists of about `size`; rows that came before a fault are handed on before it is raised.

    Rows of one number are one page and stay together: with half of it stored, the page would pass for known.
    """
    batch: list[Row] = []
    try:
        for row in rows:
            if len(batch) >= size and row.number != batch[-1].number:
                yield batch
                batch = []
            batch.append(row)
    except SourceError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
