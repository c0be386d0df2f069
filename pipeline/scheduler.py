"""When each source runs. The only user of APScheduler; the ledger in `runs` is the memory, the job store has none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from collectors.base import SourceConfig
from signals.model import SHANGHAI

log = structlog.get_logger()
GRACE_SECONDS = 6 * 3600
"""APScheduler's own default of one second silently skips runs of a busy machine."""
FETCH_THREADS = 4
DROP_FOLDER_MINUTES = 1


def slot_of(source: SourceConfig, moment: datetime) -> str:
    """The ledger key of the scheduled run that `moment` falls into; two workers compute the same one."""
    width = period(source)
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    start = datetime(1970, 1, 1, tzinfo=UTC) + (since // width) * width
    return start.isoformat(timespec="minutes")


def period(source: SourceConfig) -> timedelta:
    """Time between two runs; a drop folder without a schedule of its own is looked at every minute."""
    return timedelta(minutes=source.schedule.every_minutes or (DROP_FOLDER_MINUTES if source.path else 60))


class Schedule:
    """One job a source and one at midnight. `collect` and `midnight` run in pool threads."""

    def __init__(
        self,
        collect: Callable[[SourceConfig, str], None],
        midnight: Callable[[], None],
        missed: Callable[[str, datetime], None],
    ) -> None:
        self._collect = collect
        self._missed = missed
        self._first: dict[str, tuple[datetime, timedelta]] = {}
        self._busy = 0
        self._changed = threading.Condition()
        self._scheduler = BackgroundScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(FETCH_THREADS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE_SECONDS},
            timezone=SHANGHAI,
        )
        self._scheduler.add_listener(self._on_missed, EVENT_JOB_MISSED)
        self._scheduler.add_job(
            midnight, CronTrigger(hour=0, minute=1, timezone=SHANGHAI), id="midnight", name="midnight"
        )

    def add(self, source: SourceConfig, first: datetime) -> None:
        """Run `source` at `first` and then every period."""
        width = period(source)
        self._first[source.id] = (first, width)
        self._scheduler.add_job(
            self._run,
            IntervalTrigger(seconds=int(width.total_seconds()), start_date=first, timezone=SHANGHAI),
            args=(source,),
            id=source.id,
            name=source.id,
            next_run_time=first,
            replace_existing=True,
        )

    def remove(self, source_id: str) -> None:
        """Forget a source's job, where it has one."""
        if self._first.pop(source_id, None) is not None:
            self._scheduler.remove_job(source_id)

    def next_run(self, source_id: str, now: datetime) -> datetime | None:
        """When the source runs next; None when it is not scheduled.

        Reckoned, not asked of the scheduler: its locks are held while it shuts down, and a job that waits for them
        would never end.
        """
        if source_id not in self._first:
            return None
        first, width = self._first[source_id]
        return first if now < first else first + ((now - first) // width + 1) * width

    def start(self) -> None:
        """Begin to run jobs."""
        self._scheduler.start()

    def stop(self, seconds: float) -> bool:
        """Start no more jobs and give running ones some time; whether all of them ended."""
        self._scheduler.shutdown(wait=False)
        with self._changed:
            return self._changed.wait_for(lambda: self._busy == 0, timeout=seconds)

    def _run(self, source: SourceConfig) -> None:
        self._count(1)
        try:
            self._collect(source, slot_of(source, datetime.now(UTC)))
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._changed:
            self._busy += change
            self._changed.notify_all()

    def _on_missed(self, event: JobExecutionEvent) -> None:
        log.warning("run_missed", source=event.job_id, scheduled=str(event.scheduled_run_time))
        self._missed(event.job_id, event.scheduled_run_time)
