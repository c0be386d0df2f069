"""Every other exported table: what it holds, how it is narrowed, and the evidence beside levels."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from db import read, write
from db.roles import SYSTEM, Actor, NotAllowed, Role
from db.schema import Indicator
from db.session import Database
from settings.loader import load
from settings.models import INDUSTRY
from tests.db.builders import (
    LATER,
    NOW,
    TODAY,
    add_platforms,
    add_source,
    analyse_all,
    analyst,
    days,
    document,
    flip_rows,
    index_value_rows,
    platform_day_rows,
    store,
)


@pytest.fixture(scope="module")
def ready(module_database: Database) -> Database:
    """Platforms a and b, seven documents about a over seven days, one row of everything else."""
    database = module_database
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a", "b")
        write.seed_industry(session, INDUSTRY, "全行业", demo=False, now=NOW)
        back = [NOW - timedelta(days=n) for n in range(7)]
        told = [document(n, published_at=moment, first_seen_at=moment) for n, moment in enumerate(back)]
        store(session, told)
    analyse_all(database, "a")
    with database.writing() as session:
        for name in ("a", "b", INDUSTRY):
            write.save_index_values(session, index_value_rows(name, days(3)), NOW)
            write.save_platform_days(session, platform_day_rows(name, days(3)), NOW)
            write.save_flips(session, flip_rows(name, days(1)), NOW, computed=[])
        indicator = Indicator(
            platform_id="a", name="yield", period_end=TODAY, available_at=NOW, available_day=TODAY,
            value=8.0, given=8.0, unit="%", imported_at=NOW,
        )  # fmt: skip
        session.add(indicator)
        write.add_sign_off(session, "a", TODAY, SYSTEM, "已核实", NOW)
        run = write.start_run(session, "news", "first", NOW)
        assert run is not None
        days_of = {"source_id": "news", "kind": "news", "answered": True, "items": 3, "expected": 4.0}
        write.save_source_days(session, [{**days_of, "day": TODAY}])
        events = {event.id: event for event in load().events}
        write.correct(session, 1, "a", "right_link", actor=analyst(), now=LATER, events=events)
    return database


def exported(database: Database, table: str, **filters: Any) -> list[dict[str, Any]]:
    with database.reading() as session:
        return list(read.rows(session, table, **filters))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        *(("indicators", 1), ("industry", 3), ("industry_values", 3), ("corrections", 1), ("sign_offs", 1)),
        *(("source_days", 1), ("runs", 1), ("flips", 2), ("platform_days", 6), ("index_values", 6)),
    ],
)
def test_rows_have_the_declared_columns(ready: Database, table: str, expected: int) -> None:
    """The industry stays out of the platforms' tables and has its own."""
    rows = exported(ready, table)
    assert len(rows) == expected
    assert {tuple(row) for row in rows} == {read.COLUMNS[table]}


@pytest.mark.parametrize("table", read.COLUMNS)
def test_every_table_is_narrowed_by_days(ready: Database, table: str) -> None:
    """Nothing of tomorrow, and nothing of before there was anything."""
    assert exported(ready, table, start=TODAY + timedelta(days=9)) == []
    assert exported(ready, table, end=date(2020, 1, 1)) == []


@pytest.mark.parametrize("table", read.COLUMNS)
def test_a_table_says_which_filters_it_knows(ready: Database, table: str) -> None:
    """What it knows narrows it; what it does not is for the caller to refuse."""
    known = read.narrows(table)
    if "platform_id" in known:
        assert exported(ready, table, platform_id="nobody") == []
    if "source_id" in known:
        assert exported(ready, table, source_id="nobody") == []
    if "demo" in known:
        assert exported(ready, table, demo=True) == []


def test_evidence_is_that_of_the_page(ready: Database) -> None:
    """The same five documents in the same order as `evidence` of the day; nothing later."""
    rows = {row["day"]: row for row in exported(ready, "platform_days", platform_id="a")}
    for day, row in rows.items():
        with ready.reading() as session:
            found = read.evidence(session, "a", day, limit=5)["document_id"]
        assert row["evidence_ids"] == "；".join(str(number) for number in found)
    assert len(rows[TODAY]["evidence_ids"].split("；")) == 5


def test_evidence_of_a_narrowed_export_is_the_same(ready: Database) -> None:
    """The days before the first one are still looked at."""
    whole = [row for row in exported(ready, "flips") if row["platform_id"] == "a"]
    assert exported(ready, "flips", platform_id="a", start=TODAY, end=TODAY) == whole


def test_who_was_not_spoken_of_has_no_evidence(ready: Database) -> None:
    """Nor does it take another's."""
    assert {row["evidence_ids"] for row in exported(ready, "index_values", platform_id="b")} == {None}


def test_the_model_of_the_newest_documents(ready: Database) -> None:
    """What an export is stamped with; None before anything was analysed."""
    with ready.reading() as session:
        assert read.model_version(session) == "m1"


def test_the_audit_log_leaves_only_with_those_who_may_read_it(ready: Database) -> None:
    """An analyst may export everything else."""
    analyst, liaison = Actor("陈一", Role.ANALYST), Actor("李四", Role.LIAISON)
    with ready.writing() as session:
        write.record_export(session, analyst, "documents", {}, now=NOW)
        write.record_export(session, liaison, "audit", {}, now=NOW)
        with pytest.raises(NotAllowed):
            write.record_export(session, analyst, "audit", {}, now=NOW)


def test_levels_of_a_brief(ready: Database) -> None:
    """Active platforms of that kind on the days asked for; what became of them by then; what was seen."""
    with ready.reading() as session:
        found = read.levels_on(session, [TODAY, TODAY - timedelta(days=40)], demo=False)
        assert list(found["platform_id"]) == ["a", "b"]
        assert read.levels_on(session, [TODAY], demo=True).empty
        assert read.newest_day(session, demo=False) == TODAY
        assert read.newest_day(session, demo=True) is None
        assert read.observed(session, TODAY, demo=False)
        assert not read.observed(session, TODAY - timedelta(days=40), demo=False)
        assert read.statuses_upto(session, TODAY) == {}
