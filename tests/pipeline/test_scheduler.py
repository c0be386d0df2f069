"""When sources run: moments that two workers agree on, next runs without the scheduler's locks, a stop that ends."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.events import (
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    JobExecutionEvent,
    JobSubmissionEvent,
)
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import SourceConfig
from collectors.config import Schedule as Every
from pipeline.scheduler import Schedule
from pipeline.slots import key, moment_after, moment_at_or_before, moments, offset, period, slot_of

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
WIDTHS = st.integers(1, 3000)
CLOCKS = st.lists(
    st.builds(lambda h, m: f"{h:02d}:{m:02d}", st.integers(0, 23), st.integers(0, 59)), min_size=1, max_size=4
)
Missed = list[tuple[str, Sequence[datetime], str]]


def source(
    minutes: int | None = None, *, at: Sequence[str] = (), zone: str = "Asia/Shanghai", name: str = "feed"
) -> SourceConfig:
    return SourceConfig(
        id=name,
        name="示例",
        kind="news",
        reader="feed",
        url="http://example.org/feed",
        covers="all",
        schedule=Every(every_minutes=minutes, at=tuple(at), timezone=zone),
    )


def idle(missed: Missed | None = None) -> Schedule:
    told: Missed = [] if missed is None else missed
    return Schedule(lambda *_: None, lambda: None, lambda *event: told.append(event))


@given(MOMENTS, WIDTHS)
def test_a_slot_holds_its_moment(moment: datetime, minutes: int) -> None:
    """The slot begins at most one period before the moment, and everything from its begin on is the same slot."""
    config = source(minutes)
    begin = datetime.fromisoformat(slot_of(config, moment))
    assert timedelta(0) <= moment - begin < timedelta(minutes=minutes)
    assert slot_of(config, begin) == slot_of(config, moment)


@given(MOMENTS, CLOCKS, st.sampled_from(["Asia/Shanghai", "UTC", "Asia/Tokyo"]))
def test_times_of_the_day_are_those_of_a_cron(moment: datetime, at: list[str], zone: str) -> None:
    """`at` in a time zone means what APScheduler's cron means by it."""
    cron = OrTrigger(
        [CronTrigger(hour=int(each[:2]), minute=int(each[3:]), timezone=ZoneInfo(zone)) for each in at]
    )
    later = moment + timedelta(microseconds=1)  # cron counts `now` itself
    assert moment_after(source(at=at, zone=zone), moment) == cron.get_next_fire_time(None, later)


@given(MOMENTS, CLOCKS, st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York"]))
def test_moments_before_and_after_are_neighbours(moment: datetime, at: list[str], zone: str) -> None:
    """Nothing lies between the newest moment and the next, in zones with daylight saving too."""
    config = source(at=at, zone=zone)
    before, after = moment_at_or_before(config, moment), moment_after(config, moment)
    assert before <= moment < after
    assert moment_after(config, before) == after
    assert timedelta(0) < after - before <= timedelta(hours=25)


def test_a_daily_source_runs_at_its_local_time() -> None:
    """08:30 in Shanghai is 00:30 UTC."""
    config = source(at=["08:30", "17:00"])
    assert moment_after(config, datetime(2026, 3, 10, 1, 0, tzinfo=UTC)) == datetime(
        2026, 3, 10, 9, 0, tzinfo=UTC
    )
    assert slot_of(config, datetime(2026, 3, 10, 4, 0, tzinfo=UTC)) == "2026-03-10T00:30:00+00:00"
    assert period(config) == timedelta(hours=8, minutes=30)


def test_two_hundred_sources_do_not_start_together() -> None:
    """Each has its own place in the period, the same after every restart; no minute of the hour holds a tenth."""
    places = [offset(source(60, name=f"feed_{n}")) for n in range(200)]
    assert places == [offset(source(60, name=f"feed_{n}")) for n in range(200)]
    minutes = [place // timedelta(minutes=1) for place in places]
    assert max(minutes.count(minute) for minute in minutes) < 20


@given(MOMENTS, st.integers(0, 10**6), WIDTHS)
def test_the_next_run_is_ahead_and_a_scheduled_moment(first: datetime, seconds: int, minutes: int) -> None:
    """Strictly later than now, by at most one period."""
    schedule, config = idle(), source(minutes)
    now = first + timedelta(seconds=seconds)
    schedule.add(config, first, ran=True)
    due = schedule.next_run(config.id, now)
    assert due is not None
    assert timedelta(0) < due - now <= period(config)
    assert due == moment_at_or_before(config, due)


def test_a_removed_source_is_not_scheduled() -> None:
    """Removing twice, or what was never there, is no error."""
    schedule = idle()
    schedule.add(source(5), datetime.now(UTC), ran=True)
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


def test_a_first_run_takes_the_slot_that_has_begun() -> None:
    """A fresh installation does not wait for an hour, and the slot it takes is the one a restart would find taken."""
    ran: list[str] = []
    done = threading.Event()

    def collect(config: SourceConfig, slot: str) -> None:
        ran.append(slot)
        done.set()

    schedule, now, config = (
        Schedule(collect, lambda: None, lambda *_: None),
        datetime.now(UTC),
        source(60 * 24),
    )
    schedule.add(config, now)
    schedule.start()
    assert done.wait(30)
    assert schedule.stop(30)
    assert ran == [slot_of(config, now)]


def test_a_run_that_waited_for_a_thread_keeps_its_own_slot() -> None:
    """While it waited the next came due and was skipped: that one has its row, and neither is lost."""
    told: Missed = []
    schedule, config = idle(told), source(60)
    first = moment_at_or_before(config, datetime(2026, 3, 10, 4, 0, tzinfo=UTC))
    second = first + period(config)
    schedule.add(config, first)
    event = JobSubmissionEvent(EVENT_JOB_MAX_INSTANCES, "feed", "default", [second])
    schedule._scheduler._dispatch_event(event)
    slot, passed = schedule._take(schedule._jobs["feed"], second + timedelta(minutes=5))
    assert (slot, passed) == (first, [])
    assert [(name, list(slots)) for name, slots, _ in told] == [("feed", [second])]
    third = second + period(config)
    assert schedule._take(schedule._jobs["feed"], third) == (third, [])


def test_moments_that_the_machine_slept_through_are_told() -> None:
    """A run stands for the newest of them; the others passed without one."""
    schedule, config = idle(), source(60)
    first = moment_at_or_before(config, datetime(2026, 3, 10, 4, 0, tzinfo=UTC))
    schedule.add(config, first)
    slot, passed = schedule._take(schedule._jobs["feed"], first + 3 * period(config))
    assert slot == first + 3 * period(config)
    assert passed == [first + n * period(config) for n in range(3)]


@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=20)])
def test_a_missed_run_is_reported_with_its_slot(late: timedelta) -> None:
    """APScheduler tells of a run it had to skip, by the time it meant to start it."""
    told: Missed = []
    schedule, config = idle(told), source(60)
    slot = moment_at_or_before(config, datetime(2026, 3, 10, 4, 0, tzinfo=UTC))
    schedule.add(config, slot)
    schedule._scheduler._dispatch_event(JobExecutionEvent(EVENT_JOB_MISSED, "feed", "default", slot + late))
    assert told == [("feed", [slot], "错过计划时间")]


@given(MOMENTS, st.integers(1, 200), st.integers(1, 30))
def test_moments_between_are_every_slot_once(start: datetime, minutes: int, count: int) -> None:
    """After the one, up to the other: a ledger checked against them has no hole."""
    config = source(minutes)
    found = list(moments(config, start, start + count * period(config)))
    assert len(found) == count
    assert [slot_of(config, moment) for moment in found] == [key(moment) for moment in found]


def test_a_time_that_the_clocks_skip_still_runs_once_that_day() -> None:
    """02:30 does not exist in Berlin on the last Sunday of March; the source runs that day all the same."""
    config = source(at=["02:30"], zone="Europe/Berlin")
    start, end = (datetime.combine(date(2026, 3, day), datetime.min.time(), UTC) for day in (27, 31))
    assert len(list(moments(config, start, end))) == 4
