"""The leading worker: collects on schedule, carries every document through the stages, does what people ask."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import structlog

from collectors.base import SourceConfig
from collectors.fetch import Fetcher
from collectors.sources.sample_archive.generate import ArchiveDamaged
from db import write
from db.session import DatabaseError, DatabaseLocked, Leader
from pipeline import health, requests
from pipeline.errors import NotLeader
from pipeline.parent import watch_parent
from pipeline.prepare import SAMPLE, Workplace, extend_sample
from pipeline.progress import Heartbeat
from pipeline.scheduler import Schedule, slot_of
from pipeline.stages.analyse import analyse
from pipeline.stages.collect import collect_source
from pipeline.stages.index import index, open_days
from pipeline.stages.source_days import fill_silence
from pipeline.stages.warn import warn

log = structlog.get_logger()
IDLE_SECONDS = 2.0
BEAT_SECONDS = 10.0
RETRY_SECONDS = 10.0
STOP_SECONDS = 10.0
STAGGER = timedelta(seconds=2)
"""Live sources start one after the other, so that a restart is not a burst."""


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
        self._extend(now)
        files = [s for s in self._work.sources if s.enabled and s.path is not None]
        live = [s for s in self._work.sources if s.enabled and s.path is None and not s.schedule.manual]
        for source in files:
            self._schedule.add(source, now)
        for number, source in enumerate(live, 1):
            self._schedule.add(source, now + number * STAGGER)
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
                self._beat.failed(f"{type(error).__name__}: {error}")
                self._stop.wait(RETRY_SECONDS)

    def _turn(self, now: datetime) -> bool:
        """Requests first, then whatever documents and days wait. Raises NotLeader when the lock is lost."""
        if self._leader is not None and not self._leader.held():
            raise NotLeader("与数据库的连接曾中断，领导权已失去；本进程停止，稍后重新申请。")
        asked = requests.serve(self._work, self._schedule, self._get, now)
        open_days(self._work, now)
        analysed = analyse(self._work, now=now, report=self._guarded)
        indexed = index(self._work, now=now, report=self._guarded)
        warned = warn(self._work, now=now, report=self._guarded)
        health.mark_late(self._work, now)
        return bool(asked or analysed.documents or indexed or warned)

    def _guarded(self, stage: str, done: int, total: int, message: str = "") -> None:
        """Progress between batches; a stop asked for meanwhile ends the stage at a batch border."""
        self._beat(stage, done, total, message)
        if self._stop.is_set():
            raise Stopping

    def _collect(self, source: SourceConfig, slot: str) -> None:
        now = datetime.now(UTC)
        if source.demo:
            self._extend(now)
        outcome = collect_source(self._work, source, slot=slot, now=now, get=self._get, report=self._beat)
        due = self._schedule.next_run(source.id, datetime.now(UTC))
        with self._work.database.writing() as session:
            write.set_next_run(session, source.id, due)
        if outcome is not None and (outcome.counts.stored or outcome.counts.revised):
            self._wake.set()

    def _extend(self, now: datetime) -> None:
        """The archive is a convenience: damage to its files must not keep the real sources waiting."""
        try:
            extend_sample(self._work, now)
        except ArchiveDamaged as error:
            log.error("sample_archive_damaged", error=str(error))
            with self._work.database.writing() as session:
                write.set_source_state(session, SAMPLE, "broken", str(error))

    def _note_missed(self, source_id: str, scheduled: datetime) -> None:
        source = self._work.source(source_id)
        if source is None:
            return
        with self._work.database.writing() as session:
            write.record_missed(
                session, source_id, slot_of(source, scheduled), datetime.now(UTC), "错过计划时间"
            )
        self._wake.set()


class Stopping(Exception):  # not an error: the way out of a stage
    """Raised between batches when the worker was told to stop."""
