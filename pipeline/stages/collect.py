"""sources -> documents. A run is fetched outside any transaction, stored in short ones, written to the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from collectors.base import (
    Context,
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
from db.session import Database
from db.write import StoreCounts
from pipeline.bulk import bulk
from pipeline.paths import data_dir
from pipeline.prepare import SALT, Workplace
from pipeline.progress import Report, silent
from pipeline.reports import RefusalReport
from pipeline.stages.source_days import record_answer
from signals.model import Document

log = structlog.get_logger()
BATCH = 1000
SETTLED_SECONDS = 2.0
"""A file in a drop folder is read once it has stopped changing for this long."""
LOOK_BACK = timedelta(days=30)


@dataclass
class Outcome:
    """What one run brought."""

    counts: StoreCounts = field(default_factory=StoreCounts)
    error: str | None = None
    blocked: bool = False
    unreadable: list[str] = field(default_factory=list)
    """Files of a drop folder of which no row could be used; the others were read all the same."""
    _report: RefusalReport | None = None

    def refusals(self, source_id: str, path: Path | None) -> RefusalReport:
        """A report for refused rows; `report` names it as soon as it has one, whatever happens afterwards."""
        self._report = RefusalReport(source_id, path)
        return self._report

    @property
    def report(self) -> Path | None:
        """The file that lists the refused rows of the last file read."""
        return self._report.path if self._report is not None and self._report.opened else None

    @property
    def state(self) -> str:
        """The ledger's word: done, partial (some rows refused) or failed."""
        if self.error:
            return "failed"
        return "partial" if self.counts.refused or self.unreadable else "done"


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
    outcome = Outcome()
    try:
        if source.path is not None:
            for path in files:
                _read_or_set_aside(workplace, source, path, outcome, now, run_id, report)
        else:
            store(workplace, source, _fetched(workplace, source, now, get), outcome, now=now, run_id=run_id)
    except SourceBlocked as error:
        outcome.error, outcome.blocked = str(error), True
    except (SourceError, UnreadableFile) as error:
        outcome.error = str(error)
    except Exception as error:  # the stage boundary: one bad source must not stop the rest
        log.exception("source_failed", source=source.id)
        outcome.error = f"程序错误：{type(error).__name__}: {error}"
    _close(database, source, run_id, outcome, now)
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
        outcome.unreadable.append(str(error))
        with workplace.database.writing() as session:
            write.save_imported_file(
                session,
                source.id,
                str(path),
                stamp(path),
                0,
                finished_at=datetime.now(UTC),
                report=str(error),
            )


def _fetched(workplace: Workplace, source: SourceConfig, now: datetime, get: Get) -> Iterator[Row]:
    with workplace.database.reading() as session:
        watch_list = read.watch_list(session)

    def known(url: str) -> bool:
        with workplace.database.reading() as session:
            return read.has_url(session, url)

    context = Context(
        get=get, now=now, since=now - LOOK_BACK, data_dir=data_dir(), platforms=watch_list, known=known
    )
    return collect(source, context)


def _close(database: Database, source: SourceConfig, run_id: int, outcome: Outcome, began: datetime) -> None:
    now = datetime.now(UTC)
    with database.writing() as session:
        write.finish_run(
            session,
            run_id,
            now=now,
            state=outcome.state,
            counts=outcome.counts,
            error=outcome.error or "；".join(outcome.unreadable) or None,
        )
        if outcome.unreadable and outcome.error is None:
            write.set_source_state(session, source.id, "broken", "；".join(outcome.unreadable))
        elif outcome.error is None:
            write.set_source_state(session, source.id, "ok", None, last_success_at=now)
        else:
            state = "blocked" if outcome.blocked else "broken"
            write.set_source_state(session, source.id, state, outcome.error)
    if outcome.error is None:
        record_answer(database, source, began)


def waiting_files(database: Database, source: SourceConfig, now: datetime) -> list[Path]:
    """Files of the source's drop folder not read to the end in their present content, oldest name first."""
    folder = data_dir() / Path(source.path or "").parent
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for path in drop_files(source, data_dir()):
        if path.suffix in {".part", ".tmp"}:
            continue
        if now.timestamp() - path.stat().st_mtime < SETTLED_SECONDS and not source.demo:
            continue
        with database.reading() as session:
            known = read.imported_file(session, source.id, str(path))
        if known is None or known.finished_at is None or known.digest != stamp(path):
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
    outcome = Outcome()
    try:
        read_in(
            workplace, source, path.resolve(), outcome, now=now, run_id=run_id, mapping=mapping, report=report
        )
    except BaseException as error:  # also Ctrl-C and a full disk: the ledger must not call it done
        outcome.error = str(error) or type(error).__name__
        raise
    finally:
        if run_id is not None:
            _close(workplace.database, source, run_id, outcome, now)
    return outcome


def stamp(path: Path) -> str:
    """Identity of a file's present content: size, time of change and the digest of its first and last MiB."""
    size, changed = path.stat().st_size, path.stat().st_mtime_ns
    digest = hashlib.sha256(f"{size}:{changed}".encode())
    with path.open("rb") as handle:
        digest.update(handle.read(1 << 20))
        handle.seek(max(0, size - (1 << 20)))
        digest.update(handle.read(1 << 20))
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
) -> None:
    """Store one file, remembering in each transaction how far it is: a restart goes on from there."""
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
                counts = write.store_documents(
                    session,
                    documents,
                    now=now,
                    salt=read.fact(session, SALT) or "",
                    run_id=run_id,
                    backfill=True,
                )
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

    A source's first run finds pages that have been public for weeks. They are backfill: taken for today's news they
    would raise levels on the day of installation.
    """
    refusals = outcome.refusals(source.id, None)
    with workplace.database.reading() as session:
        first = source.id not in read.last_runs(session)
    for batch in _batches(rows, BATCH):
        documents = _sift(workplace, batch, outcome, refusals)
        with workplace.database.writing() as session:
            outcome.counts += write.store_documents(
                session,
                documents,
                now=now,
                salt=read.fact(session, SALT) or "",
                run_id=run_id,
                backfill=first,
            )


def _sift(
    workplace: Workplace, batch: list[Row], outcome: Outcome, refusals: RefusalReport
) -> list[Document]:
    documents = []
    for row in batch:
        if isinstance(row.item, Refusal):
            outcome.counts += StoreCounts(refused=1)
            refusals.add(row.item)
        else:
            documents.append(workplace.publishers.fill(row.item))
    return documents


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """In lists of at most `size`; rows that came before a fault are handed on before it is raised."""
    batch: list[Row] = []
    try:
        for row in rows:
            batch.append(row)
            if len(batch) == size:
                yield batch
                batch = []
    except SourceError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
