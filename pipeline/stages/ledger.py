"""The end of a run: its row in the ledger, the source's state, validators and failing answers, in one transaction."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from collectors.base import Evidence, SourceConfig, SourceError
from db import read, write
from db.session import Session
from db.write import StoreCounts
from pipeline import health
from pipeline.contract import Tally, breach, widened
from pipeline.prepare import Workplace
from pipeline.reports import RefusalReport
from pipeline.slots import DAY, period
from pipeline.stages.exchange import Exchange, reading
from pipeline.stages.source_days import record_answer, record_silence
from signals.privacy import discreet

NO_PAUSE = "0"
LONGEST_PAUSE = DAY
"""A source that refuses us is asked once a day at last, never given up: it may change its mind."""
SLACK = 0.05
"""A pause ends this share early: a run begins moments after its slot, and would always miss the one it waits for."""
JUDGED_BACK = timedelta(days=14)
JUDGED_RUNS = 20
"""How far back a run with few rows is judged together with earlier ones that brought rows."""


@dataclass
class Outcome:
    """What one run brought."""

    counts: StoreCounts = field(default_factory=StoreCounts)
    tally: Tally = field(default_factory=Tally)
    error: str | None = None
    blocked: bool = False
    breach: str | None = None
    """How the rows break the source's contract; those that were good are stored all the same."""
    unchanged: bool = False
    """Every page answered 304: a success without anything new."""
    retry_at: datetime | None = None
    """Not to be asked again before, and the reason is in `error`."""
    retry_after: float | None = None
    """Seconds for which the site asked to be left alone."""
    unreadable: list[str] = field(default_factory=list)
    """Files of a drop folder of which no row could be used; the others were read all the same."""
    exchange: Exchange | None = None
    _clock: float = field(default_factory=time.monotonic)
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
        """The ledger's word: done, partial (some rows refused, or a contract broken) or failed."""
        if self.error:
            return "failed"
        return "partial" if self.counts.refused or self.unreadable or self.breach else "done"

    @property
    def whole(self) -> bool:
        """Whether nothing at all was lost: only then may a page answer "unchanged" next time."""
        return self.state == "done"

    def seconds(self) -> timedelta:
        """How long the run has taken so far."""
        return timedelta(seconds=time.monotonic() - self._clock)

    def fail(self, error: SourceError, *, blocked: bool) -> None:
        """The run ends in a fault of the source. Its message may quote the page, and a page may name persons."""
        self.error, self.blocked = discreet(str(error)), blocked
        self.retry_after = error.retry_after
        if self.exchange is not None:
            self.exchange.note(error)


def close_run(
    workplace: Workplace, source: SourceConfig, run_id: int, outcome: Outcome, began: datetime
) -> None:
    """Write down how the run ended. A run that failed or broke the contract is silence, never an answer."""
    now = began + outcome.seconds()
    if not source.schedule.manual:  # what people import is judged by the report they get
        outcome.breach = _judged(workplace, source, outcome, began)
    if outcome.exchange is not None and outcome.error is None:
        outcome.unchanged = outcome.exchange.unchanged(outcome.counts.items)
    told = _told(outcome)
    with workplace.database.writing() as session:
        write.finish_run(
            session,
            run_id,
            now=now,
            state=outcome.state,
            counts=outcome.counts,
            error=told,
            undated=outcome.tally.undated,
            undecodable=outcome.tally.undecodable,
            lacking=outcome.tally.lacking,
            unchanged=outcome.unchanged,
        )
        _keep(session, source, run_id, outcome, now)
        _set_state(session, source, outcome, told, began, now)
    if outcome.error is None and outcome.breach is None:
        record_answer(workplace.database, source, began)
    else:
        record_silence(workplace.database, [source], began)


def _judged(workplace: Workplace, source: SourceConfig, outcome: Outcome, began: datetime) -> str | None:
    """How the source breaks its contract: by this run's rows and, where they are few, by those of the runs before.

    Known articles yield no row: a source that publishes little brings one or two a run, and is judged all the same.
    """
    tally, enough = outcome.tally, source.contract.from_rows
    if outcome.error is None and tally.rows < enough:
        with workplace.database.reading() as session:
            found = read.runs_with_rows(session, source.id, began - JUDGED_BACK, JUDGED_RUNS)
        tally = widened(tally, [_tally(row) for row in found], enough)
    return breach(source.contract, tally)


def _tally(row: read.RunRows) -> Tally:
    return Tally(
        documents=row.items - row.refused,
        refused=row.refused,
        undated=row.undated,
        undecodable=row.undecodable,
        lacking=row.lacking,
    )


def _told(outcome: Outcome) -> str | None:
    """What was wrong, for people."""
    faults = [outcome.error] if outcome.error else [*outcome.unreadable, *filter(None, [outcome.breach])]
    return discreet("；".join(faults)) or None


def _keep(session: Session, source: SourceConfig, run_id: int, outcome: Outcome, now: datetime) -> None:
    exchange = outcome.exchange
    if exchange is None:
        return
    if outcome.whole:
        pages = {url: (found.etag, found.last_modified) for url, found in exchange.remembered.items()}
        write.save_validators(session, source.id, reading(source), pages, now)
    failing: list[tuple[Evidence, str]] = list(exchange.failing)
    if outcome.breach and outcome.tally.rows and exchange.first is not None:
        failing.append((exchange.first, outcome.breach))
    for shown, reason in failing:
        write.keep_response(
            session,
            source.id,
            run_id,
            url=shown.url,
            status=shown.status,
            reason=reason,
            headers=shown.headers,
            body=shown.body,
            cut=shown.cut,
            now=now,
        )


def _set_state(
    session: Session,
    source: SourceConfig,
    outcome: Outcome,
    told: str | None,
    began: datetime,
    now: datetime,
) -> None:
    if outcome.error is None:
        success = None if told else now
        why = told or health.lateness(session, source, success, now)
        state = "broken" if told else "late" if why else "ok"
        write.set_source_state(session, source.id, state, why, last_success_at=success, retry_at=None)
        _end_pause(session, source.id)
        return
    outcome.retry_at = _retry_at(session, source, outcome, began, now)
    state = "blocked" if outcome.blocked else "broken"
    write.set_source_state(session, source.id, state, told, retry_at=outcome.retry_at)


def _retry_at(
    session: Session, source: SourceConfig, outcome: Outcome, began: datetime, now: datetime
) -> datetime | None:
    """When a source may be asked again: never before it said, and a refusing one each time twice as late.

    None: at the next scheduled run.
    """
    wished = now + timedelta(seconds=outcome.retry_after) if outcome.retry_after else None
    if not outcome.blocked:
        return wished
    before = timedelta(seconds=float(read.fact(session, _pause(source.id)) or 0))
    pause = min(LONGEST_PAUSE, max(period(source), before * 2))
    write.set_fact(session, _pause(source.id), str(pause.total_seconds()))
    ours = began + pause * (1 - SLACK)
    return max(ours, wished) if wished else ours


def _pause(source_id: str) -> str:
    """The fact that holds for how many seconds a source that refuses us was left alone last time."""
    return f"pause:{hashlib.sha256(source_id.encode()).hexdigest()[:16]}"


def _end_pause(session: Session, source_id: str) -> None:
    """It answers again: the next refusal is the first."""
    if read.fact(session, _pause(source_id)) not in (None, NO_PAUSE):
        write.set_fact(session, _pause(source_id), NO_PAUSE)


def postponed(session: Session, source_id: str, now: datetime) -> datetime | None:
    """Until when a source must be left alone; None when it may be asked."""
    known = read.sources(session).set_index("id")
    found = known["retry_at"].get(source_id)
    return found if isinstance(found, datetime) and found == found and found > now else None
