"""Sources, the run ledger, what they brought, files read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db import read, write
from db.roles import SYSTEM
from db.schema import Run
from db.session import Database
from db.write import StoreCounts
from tests.db.builders import LATER, NOW, TODAY, add_source, count, days, document, store


@pytest.fixture
def ready(database: Database) -> Database:
    """One source is known."""
    with database.writing() as session:
        add_source(session)
    return database


def test_a_slot_is_taken_once(ready: Database) -> None:
    """Two schedulers, a reload, a second worker: one run per source and slot."""
    with ready.writing() as session:
        assert write.start_run(session, "news", "2026-11-20T11", NOW) is not None
        assert write.start_run(session, "news", "2026-11-20T11", NOW) is None
        assert write.start_run(session, "news", "2026-11-20T12", NOW) is not None


def test_a_run_is_recorded(ready: Database) -> None:
    """What became of its rows, when, and with which result."""
    with ready.writing() as session:
        run = write.start_run(session, "news", "s", NOW)
        assert run is not None
        write.finish_run(session, run, now=LATER, state="partial", counts=StoreCounts(5, 4, 3, 2), error=None)
    with ready.reading() as session:
        row = read.runs(session, source_id="news").iloc[0]
    assert (row["stored"], row["duplicates"], row["revised"], row["refused"], row["items"]) == (
        5,
        4,
        3,
        2,
        14,
    )
    assert (row["state"], row["source_name"]) == ("partial", "来源news")
    assert row["finished_at"].to_pydatetime() == LATER


def test_missed_slots_are_recorded_once(ready: Database) -> None:
    """A slot that ran was not missed; a missed one is not counted twice."""
    with ready.writing() as session:
        write.start_run(session, "news", "ran", NOW)
        for slot in ("ran", "missed", "missed"):
            write.record_missed(session, "news", slot, NOW, "错过计划时间")
        assert count(session, Run) == 2
        assert set(read.runs(session)["state"]) == {"running", "missed"}


def test_runs_of_a_dead_worker_fail_and_may_be_repeated(ready: Database) -> None:
    """kill -9 in a run: it is failed, with the reason, and its slot is free for the restart."""
    with ready.writing() as session:
        run = write.start_run(session, "news", "s", NOW)
        assert write.abandon_running(session, LATER) == 1
        assert write.abandon_running(session, LATER) == 0
        assert "中断" in read.runs(session)["error"].iloc[0]
        assert write.start_run(session, "news", "s", LATER) == run
        assert write.start_run(session, "news", "s", LATER) is None


def test_a_failed_run_is_not_repeated(ready: Database) -> None:
    """A source that raised had its chance in this slot."""
    with ready.writing() as session:
        run = write.start_run(session, "news", "s", NOW)
        assert run is not None
        write.finish_run(session, run, now=NOW, state="failed", counts=StoreCounts(), error="HTTP 500")
        assert write.start_run(session, "news", "s", LATER) is None


def test_sources_show_their_health(ready: Database) -> None:
    """State, reason, what is stored, the last run: everything the page 数据源 says."""
    with ready.writing() as session:
        store(session, [document(n) for n in range(4)])
        run = write.start_run(session, "news", "s", NOW)
        assert run is not None
        write.finish_run(session, run, now=NOW, state="failed", counts=StoreCounts(), error="HTTP 403")
        write.set_source_state(session, "news", "blocked", "对方拒绝访问", last_success_at=NOW)
        write.set_next_run(session, "news", LATER)
        add_source(session, "quiet", enabled=False)
    with ready.reading() as session:
        found = read.sources(session).set_index("id")
    news = found.loc["news"]
    assert (news["state"], news["state_reason"], news["documents"]) == ("blocked", "对方拒绝访问", 4)
    assert (news["last_run_state"], news["last_run_error"]) == ("failed", "HTTP 403")
    assert news["next_run_at"].to_pydatetime() == LATER
    assert news["expected"] == {"news": 3.0}
    assert (found.loc["quiet", "state"], found.loc["quiet", "documents"]) == ("off", 0)


def test_loading_sources_again_keeps_their_state(ready: Database) -> None:
    """source.toml says what a source is; how it fares is not in there."""
    with ready.writing() as session:
        write.set_source_state(session, "news", "ok", None, last_success_at=NOW)
        add_source(session, name="新名称")
    with ready.reading() as session:
        row = read.sources(session).iloc[0]
        assert read.last_runs(session) == {"news": NOW}
    assert (row["name"], row["state"]) == ("新名称", "ok")


def test_declarations_leave_out_removed_sources(ready: Database) -> None:
    """A forgotten source feeds nothing and covers nobody."""
    with ready.writing() as session:
        add_source(session, "gone")
    write.forget_source(ready, "gone", now=NOW)
    with ready.reading() as session:
        declared = read.source_declarations(session)
        assert [row["id"] for row in declared] == ["news"]
        assert (declared[0]["covers"], declared[0]["kinds"]) == ("all", ["news"])
        assert read.sources(session).set_index("id")["removed"].to_dict() == {"gone": True, "news": False}


def test_days_of_a_source_are_overwritten(ready: Database) -> None:
    """Silence in the morning, an answer at noon: the last word counts."""
    row = {"source_id": "news", "day": TODAY, "kind": "news", "answered": False, "items": 0, "expected": 3.0}
    with ready.writing() as session:
        write.save_source_days(session, [row, row | {"day": days(2)[0]}])
        write.save_source_days(session, [row | {"answered": True, "items": 2}])
    with ready.reading() as session:
        found = read.source_days(session, days(2)[0], TODAY)
        assert read.last_source_days(session) == {"news": TODAY}
    assert found["answered"].tolist() == [False, True]
    assert found["items"].tolist() == [0, 2]


def test_documents_are_counted_by_day_and_kind(ready: Database) -> None:
    """What a source brought, by the day it became available."""
    yesterday = NOW - timedelta(days=1)
    with ready.writing() as session:
        store(session, [document(n) for n in range(3)])
        store(session, [document(9, published_at=yesterday, first_seen_at=yesterday, kind="social")])
    with ready.reading() as session:
        found = read.document_counts(session, "news")
        today = read.document_counts(session, "news", start=TODAY)
        none = read.document_counts(session, "nobody")
    assert found.values.tolist() == [[days(2)[0], "social", 1], [TODAY, "news", 3]]
    assert today.values.tolist() == [[TODAY, "news", 3]]
    assert none.empty


def test_a_file_is_resumed_where_it_stopped(ready: Database) -> None:
    """Rows and progress are one transaction: a crash neither skips nor repeats."""
    with ready.writing() as session:
        assert read.imported_file(session, "news", "a.csv") is None
        write.save_imported_file(session, "news", "a.csv", "digest", 500)

    def crash() -> None:
        with ready.writing() as session:
            store(session, [document(1)])
            write.save_imported_file(session, "news", "a.csv", "digest", 501)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()
    with ready.reading() as session:
        found = read.imported_file(session, "news", "a.csv")
    assert found is not None
    assert (found.digest, found.rows_done, found.finished_at) == ("digest", 500, None)


def test_a_source_is_first_read_once(ready: Database) -> None:
    """The moment stands, also for a source that was read before it was remembered."""
    with ready.writing() as session:
        assert write.begin_reading(session, "news", NOW) == NOW
        assert write.begin_reading(session, "news", LATER) == NOW
        add_source(session, "older")
        run = write.start_run(session, "older", "s", NOW)
        assert run is not None
        write.finish_run(session, run, now=NOW, state="done", counts=StoreCounts())
        assert write.begin_reading(session, "older", LATER) == NOW


def test_an_enabled_source_begins_anew(ready: Database) -> None:
    """Removed and enabled again: neither its last success, nor a pause, nor its first reading is remembered."""
    with ready.writing() as session:
        write.begin_reading(session, "news", NOW)
        write.set_source_state(session, "news", "blocked", "403", last_success_at=NOW, retry_at=LATER)
    write.forget_source(ready, "news", now=NOW)
    with ready.writing() as session:
        assert write.enable_source(session, "news", actor=SYSTEM, now=NOW)
        assert write.begin_reading(session, "news", LATER) == LATER
        known = read.sources(session).set_index("id").loc["news"]
    assert known[["last_success_at", "retry_at"]].isna().all()


def test_runs_without_rows_are_left_out(ready: Database) -> None:
    """What the rows of the newest runs lacked, newest first; a run that brought none says nothing."""
    with ready.writing() as session:
        for number, rows in enumerate([2, 0, 3]):
            run = write.start_run(session, "news", f"s{number}", NOW + timedelta(hours=number))
            assert run is not None
            counts = StoreCounts(stored=rows, refused=rows and 1)
            write.finish_run(session, run, now=LATER, state="done", counts=counts, undated=rows)
        found = read.runs_with_rows(session, "news", NOW, 20)
        assert [(row.items, row.refused, row.undated) for row in found] == [(4, 1, 3), (3, 1, 2)]
        assert read.runs_with_rows(session, "news", NOW + timedelta(hours=1), 20) == found[:1]
        assert read.runs_with_rows(session, "news", NOW, 1) == found[:1]
