"""When each source runs. The only user of APScheduler; the ledger in `runs` is the memory, the job store has none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

from collectors.base import SourceConfig
from pipeline.slots import key, moment_after, moment_at_or_before, moments, period, slot_of
from signals.model import SHANGHAI

__all__ = ["FETCH_THREADS", "Schedule", "period", "slot_of"]

log = structlog.get_logger()
GRACE_SECONDS = 6 * 3600
"""APScheduler's own default of one second silently skips runs of a busy machine."""
FETCH_THREADS = 8
"""Nearly all the time of a run is waiting: for the site, and for the pause between two requests to it. Two hundred
sources an hour that wait for a minute or two each keep three to seven threads; four starve when some sites are slow."""


class SlotTrigger(BaseTrigger):  # type: ignore[misc] # APScheduler has no types
    """Fires at a source's scheduled moments."""

    def __init__(self, source: SourceConfig) -> None:
        self._source = source

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The first scheduled moment after the one before."""
        return moment_after(self._source, previous_fire_time or now).astimezone(SHANGHAI)


@dataclass
class _Job:
    """One source: `done` is its newest slot that ran; `skipped` are later ones that have their row already."""

    source: SourceConfig
    first: datetime
    done: datetime
    skipped: set[datetime] = field(default_factory=set)


class Schedule:
    """One job a source and one at midnight. `collect` and `midnight` run in pool threads.

    `missed(source id, scheduled moments, reason)` is told of every moment that passed without a run.
    """

    def __init__(
        self,
        collect: Callable[[SourceConfig, str], None],
        midnight: Callable[[], None],
        missed: Callable[[str, Sequence[datetime], str], None],
    ) -> None:
        self._collect = collect
        self._missed = missed
        self._jobs: dict[str, _Job] = {}
        self._busy = 0
        self._changed = threading.Condition()
        self._scheduler = BackgroundScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(FETCH_THREADS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE_SECONDS},
            timezone=SHANGHAI,
        )
        self._scheduler.add_listener(self._on_missed, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
        self._scheduler.add_job(
            midnight, CronTrigger(hour=0, minute=1, timezone=SHANGHAI), id="midnight", name="midnight"
        )

    def add(
        self, source: SourceConfig, now: datetime, *, first: datetime | None = None, ran: bool = False
    ) -> None:
        """Run `source` at every slot from now on; for the slot that has begun at `first` (now), unless it has `ran`."""
        current = moment_at_or_before(source, now)
        before = moment_at_or_before(source, current - period(source) / 2)
        begin = moment_after(source, now) if ran else first or now
        self._jobs[source.id] = _Job(source, begin, current if ran else before)
        self._scheduler.add_job(
            self._run,
            SlotTrigger(source),
            args=(source.id,),
            id=source.id,
            name=source.id,
            next_run_time=begin.astimezone(SHANGHAI),
            replace_existing=True,
        )

    def remove(self, source_id: str) -> None:
        """Forget a source's job, where it has one."""
        if self._jobs.pop(source_id, None) is not None:
            self._scheduler.remove_job(source_id)

    def next_run(self, source_id: str, now: datetime) -> datetime | None:
        """When the source runs next; None when it is not scheduled.

        Reckoned, not asked of the scheduler: its locks are held while it shuts down, and a job that waits for them
        would never end.
        """
        job = self._jobs.get(source_id)
        if job is None:
            return None
        return job.first if now < job.first else moment_after(job.source, now)

    def start(self) -> None:
        """Begin to run jobs."""
        self._scheduler.start()

    def stop(self, seconds: float) -> bool:
        """Start no more jobs and give running ones some time; whether all of them ended."""
        self._scheduler.shutdown(wait=False)
        with self._changed:
            return self._changed.wait_for(lambda: self._busy == 0, timeout=seconds)

    def _run(self, source_id: str) -> None:
        job = self._jobs.get(source_id)
        if job is None:
            return
        self._count(1)
        try:
            slot, passed = self._take(job, datetime.now(UTC))
            if passed:
                self._missed(source_id, passed, "处理不及，已过计划时间")
            self._collect(job.source, key(slot))
        finally:
            self._count(-1)

    def _take(self, job: _Job, now: datetime) -> tuple[datetime, list[datetime]]:
        """The slot that a run which begins now stands for, and those before it that nothing ran for.

        A run that had to wait for a thread keeps its own slot: the one that came due meanwhile has its row already.
        """
        with self._changed:
            due = [moment for moment in moments(job.source, job.done, now) if moment not in job.skipped]
            slot = due[-1] if due else moment_at_or_before(job.source, now)
            job.done = max(job.done, slot)
            job.skipped = {moment for moment in job.skipped if moment > job.done}
            return slot, due[:-1]

    def _count(self, change: int) -> None:
        with self._changed:
            self._busy += change
            self._changed.notify_all()

    def _on_missed(self, event: JobEvent) -> None:
        """A run that APScheduler skipped: too late by GRACE_SECONDS, or the one before has not ended."""
        job = self._jobs.get(event.job_id)
        if job is None:
            return
        if event.code == EVENT_JOB_MISSED:
            times, why = [event.scheduled_run_time], "错过计划时间"
        else:
            times, why = list(event.scheduled_run_times), "上一次采集还没有结束"
        slots = sorted({moment_at_or_before(job.source, moment) for moment in times})
        log.warning("run_missed", source=event.job_id, slots=[key(slot) for slot in slots], why=why)
        with self._changed:
            job.skipped.update(slots)
        self._missed(event.job_id, slots, why)
