"""When sources run: slots that two workers agree on, next runs without the scheduler's locks, a stop that ends."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_MISSED, JobExecutionEvent
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import SourceConfig
from collectors.config import Schedule as Every
from db import read
from pipeline.prepare import Workplace
from pipeline.scheduler import Schedule, period, slot_of
from pipeline.worker import Worker

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
WIDTHS = st.integers(1, 3000)


def source(minutes: int) -> SourceConfig:
    return SourceConfig(
        id="feed",
        name="示例",
        kind="news",
        reader="feed",
        url="http://example.org/feed",
        covers="all",
        schedule=Every(every_minutes=minutes),
    )


@given(MOMENTS, WIDTHS)
def test_a_slot_holds_its_moment(moment: datetime, minutes: int) -> None:
    """The slot begins at most one period before the moment, and everything from its begin on is the same slot."""
    config = source(minutes)
    begin = datetime.fromisoformat(slot_of(config, moment))
    assert timedelta(0) <= moment - begin < timedelta(minutes=minutes)
    assert slot_of(config, begin) == slot_of(config, moment)


@given(MOMENTS, st.integers(0, 10**6), WIDTHS)
def test_the_next_run_is_ahead_and_on_the_grid(first: datetime, seconds: int, minutes: int) -> None:
    """Strictly later than now, by at most one period, and a whole number of periods after the first run."""
    schedule = Schedule(lambda *_: None, lambda: None, lambda *_: None)
    config, now = source(minutes), first + timedelta(seconds=seconds)
    schedule.add(config, first)
    due = schedule.next_run(config.id, now)
    assert due is not None
    assert timedelta(0) < due - now <= period(config)
    assert (due - first) % period(config) == timedelta(0)


def test_a_removed_source_is_not_scheduled() -> None:
    """Removing twice, or what was never there, is no error."""
    schedule = Schedule(lambda *_: None, lambda: None, lambda *_: None)
    schedule.add(source(5), datetime.now(UTC) + timedelta(hours=1))
    schedule.remove("feed")
    schedule.remove("feed")
    assert schedule.next_run("feed", datetime.now(UTC)) is None


def test_a_stop_gives_a_running_job_time_and_says_whether_it_ended() -> None:
    """A job that asks for its next run while the scheduler stops does not lock up with it."""
    started, release, asked = threading.Event(), threading.Event(), threading.Event()

    def collect(config: SourceConfig, slot: str) -> None:
        started.set()
        release.wait(30)
        schedule.next_run(config.id, datetime.now(UTC))
        asked.set()

    schedule = Schedule(collect, lambda: None, lambda *_: None)
    schedule.add(source(60), datetime.now(UTC))
    schedule.start()
    assert started.wait(30)
    assert schedule.stop(0.05) is False
    release.set()
    assert asked.wait(30)


def test_a_missed_run_is_reported_with_its_scheduled_time() -> None:
    """APScheduler tells of a run it had to skip; the worker writes it into the ledger."""
    missed: list[tuple[str, datetime]] = []
    schedule = Schedule(lambda *_: None, lambda: None, lambda name, when: missed.append((name, when)))
    due = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
    schedule._scheduler._dispatch_event(JobExecutionEvent(EVENT_JOB_MISSED, "feed", "default", due))
    assert missed == [("feed", due)]


def test_a_missed_run_has_its_row_in_the_ledger(workplace: Workplace) -> None:
    """The row takes the slot of the run that should have been, and says so."""
    worker = Worker(workplace)
    due = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
    worker._note_missed("sina_finance_roll", due)
    with workplace.database.reading() as session:
        (row,) = read.runs(session, source_id="sina_finance_roll").to_dict("records")
    source_of = workplace.source("sina_finance_roll")
    assert source_of is not None
    assert (row["state"], row["slot"]) == ("missed", slot_of(source_of, due))
