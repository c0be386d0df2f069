"""States that only time shows: late, off, well again; what was missed while nobody worked; faulty configurations."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest

from collectors.base import SourceConfig
from collectors.config import Schedule
from collectors.expected import waiting_hours
from db import read, write
from pipeline import health, missed
from pipeline.prepare import Workplace, declaration
from pipeline.slots import key, moment_at_or_before, period, slot_of
from pipeline.worker import Worker
from signals.model import Document, Kind
from tests.pipeline.conftest import NOW

HOUR = timedelta(hours=1)


def source(**more: object) -> SourceConfig:
    values: dict[str, object] = {
        "id": "feed_a",
        "name": "示例",
        "kind": "news",
        "reader": "feed",
        "url": "http://example.org/feed",
        "covers": "all",
        "schedule": Schedule(every_minutes=60),
        "freshness_hours": 24,
        "expected": {"holiday_share": 1.0},
    }
    return SourceConfig.model_validate(values | more)


def known(
    workplace: Workplace, config: SourceConfig, *, newest: datetime | None, success: datetime
) -> Workplace:
    """The source as the ledger knows it: its newest document and last success."""
    with workplace.database.writing() as session:
        write.upsert_sources(session, [declaration(config)])
        write.set_source_state(session, config.id, "ok", None, last_success_at=success)
        if newest is not None:
            document = Document(
                config.id, Kind.NEWS, "标题", "正文", published_at=newest, first_seen_at=newest
            )
            write.store_documents(session, [document], now=newest, salt="s", run_id=None, backfill=False)
    return dataclasses.replace(workplace, sources=(config,))


def state(workplace: Workplace, now: datetime) -> tuple[str, str | None]:
    health.refresh(workplace, now)
    with workplace.database.reading() as session:
        row = read.sources(session).set_index("id").loc["feed_a"]
    return str(row["state"]), row["state_reason"]


def test_a_source_that_answers_but_brings_nothing_new_is_late(workplace: Workplace) -> None:
    """Freshness is about what is new, not about answers; the next document makes it well again."""
    here = known(workplace, source(), newest=NOW - 25 * HOUR, success=NOW)
    word, why = state(here, NOW)
    assert word == "late"
    assert "没有新内容" in str(why)
    known(workplace, source(), newest=NOW - HOUR, success=NOW)
    assert state(here, NOW) == ("ok", None)


def test_a_search_that_finds_nothing_is_not_late(workplace: Workplace) -> None:
    """An answer without items is normal there; no answer is not."""
    quiet = known(workplace, source(may_be_empty=True), newest=NOW - 99 * HOUR, success=NOW)
    assert state(quiet, NOW)[0] == "ok"
    word, why = state(quiet, NOW + 25 * HOUR)
    assert word == "late"
    assert "没有成功采集" in str(why)


def test_nobody_is_late_because_of_the_national_day(workplace: Workplace) -> None:
    """1 to 7 October 2026 are holidays: a regulator silent since 30 September is waited for from the 8th on."""
    begin = datetime(2026, 9, 30, 9, 0, tzinfo=UTC)
    rule = source(kind="regulatory", freshness_hours=48)
    here = known(workplace, rule, newest=begin, success=begin + timedelta(days=7))
    assert state(here, begin + timedelta(days=7))[0] == "ok"
    with here.database.writing() as session:
        write.set_source_state(session, "feed_a", "ok", None, last_success_at=begin + timedelta(days=11))
    word, why = state(here, begin + timedelta(days=11))
    assert word == "late"
    assert "周末与节假日不计" in str(why)


def test_whoever_works_on_holidays_is_waited_for_on_holidays() -> None:
    """By the clock where days off bring as much as others."""
    begin, end = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC)
    assert waiting_hours(source(), begin, end) == 48
    assert waiting_hours(source(expected={"holiday_share": 0.3}), begin, end) == 0


@pytest.mark.parametrize(("items", "word"), [(13, "ok"), (8, "late")])
def test_half_of_what_should_have_come_by_now(workplace: Workplace, items: int, word: str) -> None:
    """Of a hundred a day a quarter is due at noon: fewer than half of that is late, and the figures are told."""
    config = source(expected={"news": 100, "holiday_share": 1.0})
    here = known(workplace, config, newest=NOW, success=NOW)
    row = {
        "source_id": "feed_a",
        "day": NOW.date(),
        "kind": "news",
        "answered": True,
        "items": items,
        "expected": 50.0,
    }
    with here.database.writing() as session:
        write.save_source_days(session, [row])
    found, why = state(here, NOW)
    assert found == word
    assert word == "ok" or f"只有 {items} 条" in str(why)


def test_a_switched_off_source_is_off_and_comes_back_as_new(workplace: Workplace) -> None:
    """Whatever its state was: what it says about runs no longer holds."""
    here = known(workplace, source(enabled=False), newest=None, success=NOW)
    assert state(here, NOW) == ("off", None)
    again = dataclasses.replace(here, sources=(source(),))
    assert state(again, NOW)[0] == "new"


@pytest.mark.parametrize("word", ["broken", "blocked"])
def test_only_a_run_makes_a_failing_source_well(workplace: Workplace, word: str) -> None:
    """Time alone mends nothing, and being late is not worse than being refused."""
    here = known(workplace, source(), newest=NOW, success=NOW)
    with here.database.writing() as session:
        write.set_source_state(session, "feed_a", word, "因为")
    assert state(here, NOW + 99 * HOUR) == (word, "因为")


def test_refreshing_twice_changes_nothing(workplace: Workplace) -> None:
    """A worker that looks every minute writes only changes."""
    here = known(workplace, source(), newest=NOW - 25 * HOUR, success=NOW)
    assert health.refresh(here, NOW) == 1
    assert health.refresh(here, NOW) == 0


def test_runs_missed_while_nobody_worked_are_one_row(workplace: Workplace) -> None:
    """How many and from when to when; the slot that has begun is still to run, and then has run."""
    config = source()
    known(workplace, config, newest=None, success=NOW)
    begun = moment_at_or_before(config, NOW)
    with workplace.database.writing() as session:
        run = write.start_run(session, "feed_a", slot_of(config, begun - 5 * HOUR), begun - 5 * HOUR)
        assert run is not None
    assert missed.catch_up(workplace.database, [config], NOW) == frozenset()
    with workplace.database.reading() as session:
        row = read.runs(session, source_id="feed_a").set_index("state").loc["missed"]
    assert row["slot"] == key(begun - period(config))
    assert "错过 4 次计划" in row["error"]
    with workplace.database.writing() as session:
        assert write.start_run(session, "feed_a", slot_of(config, NOW), NOW) is not None
    assert missed.catch_up(workplace.database, [config], NOW) == {"feed_a"}


def test_an_interrupted_run_is_taken_up_again(workplace: Workplace) -> None:
    """Its slot has a row, but nothing was collected for it."""
    config = source()
    known(workplace, config, newest=None, success=NOW)
    with workplace.database.writing() as session:
        assert write.start_run(session, "feed_a", slot_of(config, NOW), NOW) is not None
        assert write.abandon_running(session, NOW) == 1
    assert missed.catch_up(workplace.database, [config], NOW) == frozenset()


def test_a_postponed_run_has_its_row(workplace: Workplace) -> None:
    """While the site wants to be left alone every scheduled slot says so, and the next run is after that."""
    config = source()
    here = known(workplace, config, newest=None, success=NOW)
    until = datetime.now(UTC) + 3 * HOUR
    with here.database.writing() as session:
        write.set_source_state(session, "feed_a", "blocked", "HTTP 429", retry_at=until)
    worker = Worker(here)
    worker._schedule.add(config, datetime.now(UTC), ran=True)
    worker._collect(config, "s1")
    with here.database.reading() as session:
        (row,) = read.runs(session, source_id="feed_a").to_dict("records")
        due = read.sources(session).set_index("id")["next_run_at"]["feed_a"]
    assert (row["state"], row["slot"]) == ("missed", "s1")
    assert "网站要求稍后再来" in row["error"]
    assert until < due <= until + period(config)


def test_faulty_configurations_are_left_for_the_page_without_paths(workplace: Workplace) -> None:
    """File within its folder, and the remedy; where the installation lies is nobody's business."""
    from pipeline.paths import source_folders

    (folder, *_) = source_folders()
    faults = (f"{folder}/city/source.toml：url 缺少，请补上", f"{folder}：文件夹不存在")
    health.remember_faults(dataclasses.replace(workplace, faults=faults))
    with workplace.database.reading() as session:
        found = json.loads(read.fact(session, health.FAULTS) or "[]")
    assert found[0] == {"file": "city/source.toml", "message": "url 缺少，请补上"}
    assert str(folder) not in json.dumps(found)


def test_housekeeping_is_done_once_a_day(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """After midnight, or whenever a worker is next there; a night that failed is not called done."""
    from pipeline import housekeeping

    nights: list[datetime] = []
    monkeypatch.setattr(housekeeping, "nightly", lambda _, now, __: nights.append(now))
    worker = Worker(workplace)
    for hours in (0, 1, 11, 13, 36):  # noon, and past midnight of the next two days
        worker._housekeep(NOW + hours * HOUR)
    assert nights == [NOW, NOW + 13 * HOUR, NOW + 36 * HOUR]
