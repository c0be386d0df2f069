"""The leading worker: collects on schedule, carries every document through the stages, does what people ask."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import structlog

from collectors.base import SourceConfig
from collectors.fetch import Fetcher
from collectors.sources.sample_archive.generate import ArchiveDamaged
from db import read, write
from db.session import DatabaseError, DatabaseLocked, Leader
from pipeline import health, housekeeping, missed, requests, turns
from pipeline.brief.schedule import make_due
from pipeline.errors import NotLeader
from pipeline.heartbeat import Heartbeat
from pipeline.parent import watch_parent
from pipeline.prepare import SAMPLE, Workplace, extend_sample
from pipeline.scheduler import Schedule
from pipeline.stages.analyse import analyse
from pipeline.stages.collect import Outcome, collect_source
from pipeline.stages.coverage import follow
from pipeline.stages.index import index, open_days
from pipeline.stages.ledger import postponed
from pipeline.stages.previews import keep_history
from pipeline.stages.search import extend
from pipeline.stages.source_days import fill_silence, record_silence
from pipeline.stages.warn import warn
from signals.model import SHANGHAI, shanghai_day

log = structlog.get_logger()
IDLE_SECONDS = 2.0
BEAT_SECONDS = 10.0
RETRY_SECONDS = 10.0
STOP_SECONDS = 10.0
STAGGER = timedelta(seconds=2)
"""Live sources start one after the other, so that a restart is not a burst."""
CHECK_EVERY = timedelta(seconds=60)
"""Health is judged this often, and at once after a run that did not end well."""
HOUSEKEEP_RETRY = timedelta(hours=1)
"""Housekeeping that failed is tried again after this long; the stages before it go on meanwhile."""
HOUSEKEPT = "housekeeping_day"
"""Fact: the Shanghai day of the newest housekeeping that ended."""


@contextmanager
def leading(workplace: Workplace) -> Iterator[Leader]:
    """Hold the leader lock. Raises NotLeader when another process has it."""
    leader = Leader(workplace.database)
    if not leader.acquire():
        raise NotLeader("另一个工作进程正在运行，本进程不重复处理。")
    try:
        yield leader
    finally:
        leader.release()


class Worker:
    """One leader's life, from taking over what a predecessor left to a clean stop."""

    def __init__(self, workplace: Workplace) -> None:
        self._work = workplace
        self._get = Fetcher()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._leader: Leader | None = None
        self._check_at = self._housekeep_at = self._brief_at = datetime.min.replace(tzinfo=UTC)
        self._beat = Heartbeat(workplace.database, f"{socket.gethostname()}:{os.getpid()}")
        self._schedule = Schedule(self._collect, self._wake.set, self._note_missed)

    def run(self) -> bool:
        """Work until SIGTERM, SIGINT or the parent's death; False when a slow site still holds a thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        watch_parent(self.stop)
        for fault in self._work.faults:
            log.error("source_not_loaded", fault=fault)
        with leading(self._work) as leader:
            self._leader = leader
            self._take_over()
            self._schedule.start()
            try:
                self._loop()
            finally:
                ended = self._schedule.stop(STOP_SECONDS)
        return ended

    def stop(self) -> None:
        """End after the present batch."""
        self._stop.set()
        self._wake.set()

    def _take_over(self) -> None:
        now = datetime.now(UTC)
        with self._work.database.writing() as session:
            write.abandon_running(session, now)
            write.reopen_requests(session)
        self._beat.idle()
        health.remember_faults(self._work)
        self._extend(now)
        enabled = [source for source in self._work.sources if source.enabled]
        live = [source for source in enabled if source.path is None and not source.schedule.manual]
        ran = missed.catch_up(self._work.database, live, now)
        for source in enabled:
            if source.path is not None:
                self._schedule.add(source, now)
        for number, source in enumerate(live, 1):
            self._schedule.add(source, now, first=now + number * STAGGER, ran=source.id in ran)
        fill_silence(self._work.database, self._work.sources, now)

    def _loop(self) -> None:
        last_beat = datetime.min.replace(tzinfo=UTC)
        while not self._stop.is_set():
            self._wake.wait(IDLE_SECONDS)
            self._wake.clear()
            if self._stop.is_set():
                return
            now = datetime.now(UTC)
            try:
                worked = self._turn(now)
                if worked or now - last_beat > timedelta(seconds=BEAT_SECONDS):
                    self._beat.idle()
                    last_beat = now
            except Stopping:
                return
            except DatabaseLocked as error:
                log.warning("database_locked", error=str(error))
            except (DatabaseError, NotLeader):
                raise
            except Exception as error:  # the stage boundary: the page shows it, the next turn tries again
                log.exception("turn_failed")
                why = f"{type(error).__name__}: {error}"
                self._beat.failed(why)
                turns.remember_failure(self._work.database, why, now)
                self._stop.wait(RETRY_SECONDS)

    def _turn(self, now: datetime) -> bool:
        """Requests first, then whatever documents and days wait. Raises NotLeader when the lock is lost."""
        if self._leader is not None and not self._leader.held():
            raise NotLeader("与数据库的连接曾中断，领导权已失去；本进程停止，稍后重新申请。")
        asked = requests.serve(self._work, self._schedule, self._get, now)
        open_days(self._work, now)
        self._check(now)
        analysed = analyse(self._work, now=now, report=self._guarded)
        indexed = index(self._work, now=now, report=self._guarded)
        warned = warn(self._work, now=now, report=self._guarded)
        cut = extend(self._work, report=self._guarded)
        done = {"analyse": analysed.documents, "index": indexed, "warn": warned, "search": cut}
        turns.remember(self._work.database, done, now)
        self._housekeep(now)
        self._briefs(now)
        return bool(asked or analysed.documents or indexed or warned or cut)

    def _check(self, now: datetime) -> None:
        """What only time shows: sources that are late, and coverage that fell without a document to tell of it."""
        if now < self._check_at:
            return
        self._check_at = now + CHECK_EVERY
        record_silence(self._work.database, self._work.sources, now)
        health.refresh(self._work, now)
        follow(self._work, now)

    def _housekeep(self, now: datetime) -> None:
        """Once a day, after midnight or whenever the worker is next there."""
        today = shanghai_day(now).isoformat()
        if now < self._housekeep_at:
            return
        with self._work.database.reading() as session:
            if read.fact(session, HOUSEKEPT) == today:
                return
        self._housekeep_at = now + HOUSEKEEP_RETRY
        housekeeping.nightly(self._work, now, self._guarded)
        keep_history(self._work, now, self._guarded)
        with self._work.database.writing() as session:
            write.set_fact(session, HOUSEKEPT, today)
        self._housekeep_at = now

    def _briefs(self, now: datetime) -> None:
        """Briefs that are due; one that failed is tried again later, and the stages before it go on meanwhile."""
        if now < self._brief_at:
            return
        self._brief_at = now + HOUSEKEEP_RETRY
        make_due(self._work, now)
        self._brief_at = now + CHECK_EVERY

    def _guarded(self, stage: str, done: int, total: int, message: str = "") -> None:
        """Progress between batches; a stop asked for meanwhile ends the stage at a batch border."""
        self._beat(stage, done, total, message)
        if self._stop.is_set():
            raise Stopping

    def _collect(self, source: SourceConfig, slot: str) -> None:
        now = datetime.now(UTC)
        if source.demo:
            self._extend(now)
        with self._work.database.reading() as session:
            wait = postponed(session, source.id, now)
        if wait is None:
            outcome = collect_source(self._work, source, slot=slot, now=now, get=self._get, report=self._beat)
            wait = outcome.retry_at if outcome is not None else None
            if outcome is not None:
                self._after(outcome)
        else:
            why = f"网站要求稍后再来：{wait.astimezone(SHANGHAI):%m-%d %H:%M} 之前不采集"
            with self._work.database.writing() as session:
                write.record_missed(session, source.id, slot, now, why)
        now = datetime.now(UTC)
        due = self._schedule.next_run(source.id, max(now, wait or now))
        with self._work.database.writing() as session:
            write.set_next_run(session, source.id, due)

    def _after(self, outcome: Outcome) -> None:
        """New documents are carried on at once, and so is what a failed run does to coverage."""
        if outcome.state != "done":
            self._check_at = datetime.min.replace(tzinfo=UTC)
        if outcome.counts.stored or outcome.counts.revised or outcome.state != "done":
            self._wake.set()

    def _extend(self, now: datetime) -> None:
        """The archive is a convenience: damage to its files must not keep the real sources waiting."""
        try:
            extend_sample(self._work, now)
        except ArchiveDamaged as error:
            log.error("sample_archive_damaged", error=str(error))
            with self._work.database.writing() as session:
                write.set_source_state(session, SAMPLE, "broken", str(error))

    def _note_missed(self, source_id: str, slots: Sequence[datetime], why: str) -> None:
        source = self._work.source(source_id)
        if source is not None:
            missed.record(self._work.database, source, slots, why, datetime.now(UTC))
            self._wake.set()


class Stopping(Exception):  # not an error: the way out of a stage
    """Raised between batches when the worker was told to stop."""
