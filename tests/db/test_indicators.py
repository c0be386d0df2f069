"""Readings on both databases: versions, what is valid when, and rows that are there already."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import read, write
from db.read import ReadingVersion
from db.session import Database
from db.write import ReadingRow, place_reading
from tests.db.builders import NOW, add_platforms

END = date(2026, 9, 30)
KNOWN = datetime(2026, 10, 10, tzinfo=UTC)
KEY = ("a", "balance", END)


def row(
    value: float = 5.0, at: datetime = KNOWN, *, assumed: bool = False, platform: str = "a"
) -> ReadingRow:
    """A reading of September."""
    return ReadingRow(platform, "balance", END, value, value * 10_000, "元", at, assumed)


@pytest.fixture
def ready(database: Database) -> Database:
    """Two platforms."""
    with database.writing() as session:
        add_platforms(session, "a", "b")
    return database


def test_versions_are_kept_side_by_side(ready: Database) -> None:
    """A revision is a row of its own, and the index step is given both with their days."""
    with ready.writing() as session:
        write.store_readings(session, [row(), row(6.0, KNOWN + timedelta(days=20))], NOW)
    with ready.reading() as session:
        versions = read.reading_versions(session, [KEY])
        found = read.readings(session, ["a", "b"], date(2026, 12, 31))
        early = read.readings(session, ["a"], date(2026, 10, 29))
    assert [version.value for version in versions[KEY]] == [5.0, 6.0]
    assert list(found["available_day"]) == [date(2026, 10, 10), date(2026, 10, 30)]
    assert list(early["value"]) == [5.0]


def test_a_version_written_twice_is_one(ready: Database) -> None:
    """A worker killed after the commit stores it again: nothing happens."""
    for _ in range(2):
        with ready.writing() as session:
            write.store_readings(session, [row()], NOW)
    with ready.reading() as session:
        assert len(read.readings(session, ["a"], date(2026, 12, 31))) == 1


def test_the_day_of_a_reading_is_shanghais(ready: Database) -> None:
    """Known at 16:30 UTC on the 10th is known on the 11th."""
    with ready.writing() as session:
        write.store_readings(session, [row(at=datetime(2026, 10, 10, 16, 30, tzinfo=UTC))], NOW)
    with ready.reading() as session:
        assert read.first_readings(session, ["a", "b"]) == {"a": date(2026, 10, 11)}


def test_who_reports_is_known(ready: Database) -> None:
    """Platforms without a figure cost nothing further."""
    with ready.reading() as session:
        assert not read.has_readings(session)
    with ready.writing() as session:
        write.store_readings(session, [row(platform="b")], NOW)
    with ready.reading() as session:
        assert read.has_readings(session)
        assert read.reporting(session) == {"b"}
        assert read.reading_versions(session, []) == {}


def test_a_class_is_the_active_platforms_of_a_category(ready: Database) -> None:
    """Real and demonstration platforms are classes apart; the industry has no peers."""
    with ready.writing() as session:
        add_platforms(session, "demo", demo=True)
        write.seed_industry(session, "industry", "全行业", demo=False, now=NOW)
    with ready.reading() as session:
        assert read.class_platforms(session, "a")["platform_id"].tolist() == ["a", "b"]
        assert read.class_platforms(session, "demo")["platform_id"].tolist() == ["demo"]
        assert read.class_platforms(session, "industry")["platform_id"].tolist() == ["industry"]


def test_readings_go_with_their_platform(ready: Database) -> None:
    """Nothing is left behind of a platform that is removed."""
    from sqlalchemy import delete

    from db.schema import Platform

    with ready.writing() as session:
        write.store_readings(session, [row()], NOW)
        session.execute(delete(Platform).where(Platform.id == "a"))
    with ready.reading() as session:
        assert not read.has_readings(session)


@pytest.mark.parametrize(
    ("stored", "new", "fate"),
    [
        ([], row(assumed=True), "new"),
        ([(KNOWN, 5.0)], row(assumed=True), "duplicate"),
        ([(KNOWN, 4.0), (KNOWN + timedelta(1), 5.0)], row(4.0, assumed=True), "duplicate"),
        ([(KNOWN, 4.0)], row(assumed=True), "revised"),
        ([(KNOWN, 5.0)], row(), "duplicate"),
        ([(KNOWN, 5.0)], row(5.0, KNOWN + timedelta(9)), "duplicate"),
        ([(KNOWN, 4.0)], row(), "contradicted"),
        ([(KNOWN, 5.0)], row(6.0, KNOWN + timedelta(9)), "revised"),
        ([(KNOWN, 5.0)], row(5.0, KNOWN - timedelta(2)), "revised"),
        ([(KNOWN, 5.0), (KNOWN + timedelta(1), 6.0)], row(5.0, KNOWN + timedelta(9)), "revised"),
    ],
)
def test_what_becomes_of_a_row(stored: list[tuple[datetime, float]], new: ReadingRow, fate: str) -> None:
    """Beside what is stored: without a moment every value ever known is known; with one, what was valid then."""
    assert place_reading(new, [ReadingVersion(*one) for one in stored], NOW)[0] == fate


def test_a_revision_without_a_moment_counts_from_now() -> None:
    """Nobody can have known it earlier."""
    _, placed = place_reading(row(assumed=True), [ReadingVersion(KNOWN, 4.0)], NOW)
    assert (placed.available_at, placed.assumed) == (NOW, False)


rows = st.lists(
    st.builds(
        lambda value, days, assumed: row(float(value), KNOWN + timedelta(days), assumed=assumed),
        st.integers(0, 3),
        st.integers(0, 5),
        st.booleans(),
    ),
    max_size=12,
)


@given(rows)
def test_the_same_rows_again_add_nothing(told: list[ReadingRow]) -> None:
    """Whatever was imported: a second time is all duplicates, or contradictions as before."""
    versions: list[ReadingVersion] = []

    def once() -> int:
        stored = 0
        for one in sorted(told, key=lambda one: one.available_at):
            fate, placed = place_reading(one, versions, NOW)
            if fate in ("new", "revised"):
                versions.append(ReadingVersion(placed.available_at, placed.value))
                versions.sort(key=lambda version: version.available_at)
                stored += 1
        return stored

    once()
    before = list(versions)
    assert once() == 0
    assert versions == before
