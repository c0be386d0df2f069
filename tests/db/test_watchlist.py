"""The watch list: loaded once, edited by people, rebuilt as settings know it."""

from __future__ import annotations

from datetime import date

import pytest

from db import read, write
from db.session import Database, Session
from db.write import LoadCounts
from settings.models import AmbiguousAlias, Platform
from tests.db.builders import NOW, TODAY, add_platforms

FULL = Platform(
    id="mofang",
    name="魔方付",
    category="支付",
    legal_entities=("魔方支付有限公司",),
    full=("魔方付", "魔方支付"),
    brand=("魔方",),
    ambiguous=(AmbiguousAlias(text="方付", context=("支付", "提现")),),
    not_this=("魔方玩具",),
    old_names=("方块付",),
    status="立案",
    status_since=date(2026, 3, 1),
    status_evidence="公安机关通报",
)
PLAIN = Platform(id="pingan_dai", name="平安丘贷", category="网贷")


def load(session: Session, *platforms: Platform, replace: bool = False) -> LoadCounts:
    """load_platforms as the seeding calls it."""
    return write.load_platforms(
        session, platforms, now=NOW, who="platforms.toml", evidence=None, replace=replace
    )


def test_watch_list_comes_back_as_it_went_in(database: Database) -> None:
    """Every name in its tier, with context, status and evidence."""
    with database.writing() as session:
        assert load(session, FULL, PLAIN) == LoadCounts(2, 0, 0)
    with database.reading() as session:
        assert read.watch_list(session) == (FULL, PLAIN)


def test_loading_twice_changes_nothing(database: Database) -> None:
    """Every start seeds again."""
    for expected in (LoadCounts(2, 0, 0), LoadCounts(0, 0, 2)):
        with database.writing() as session:
            assert load(session, FULL, PLAIN) == expected


def test_seeding_keeps_peoples_edits(database: Database) -> None:
    """Once loaded the database is the truth: a changed file changes nothing unless asked to."""
    edited = FULL.model_copy(update={"brand": ("魔方", "魔方钱包")})
    with database.writing() as session:
        load(session, FULL)
        assert load(session, edited) == LoadCounts(0, 0, 1)
        assert read.watch_list(session) == (FULL,)
        assert load(session, edited, replace=True) == LoadCounts(0, 1, 0)
        assert load(session, edited, replace=True) == LoadCounts(0, 0, 1)
        assert read.watch_list(session) == (edited,)


def test_status_history_is_kept(database: Database) -> None:
    """A later status adds to the history; the latest counts."""
    later = FULL.model_copy(update={"status": "清盘", "status_since": TODAY, "status_evidence": "清算组公告"})
    with database.writing() as session:
        load(session, FULL)
        load(session, later, replace=True)
    with database.reading() as session:
        info = read.platform(session, "mofang")
    assert info is not None
    assert [entry.status for entry in info.statuses] == ["立案", "清盘"]
    assert (info.status, info.status_since) == ("清盘", TODAY)
    assert info.legal_entities == ("魔方支付有限公司",)


def test_unknown_platform_is_none(database: Database) -> None:
    """A mistyped deep link."""
    with database.reading() as session:
        assert read.platform(session, "nobody") is None


def test_platform_without_status_operates(database: Database) -> None:
    """No entry means 在营, since when is not known."""
    with database.writing() as session:
        load(session, PLAIN)
        info = read.platform(session, "pingan_dai")
    assert info is not None
    assert (info.status, info.status_since, info.statuses) == ("在营", None, ())


@pytest.mark.parametrize("text", ["魔方", "方块", " 魔方支付有限 ", "方付"])
def test_search_finds_any_name(database: Database, text: str) -> None:
    """By part of the name, an alias, an old name or the company."""
    with database.writing() as session:
        load(session, FULL, PLAIN)
        assert [info.id for info in read.search_platforms(session, text)] == ["mofang"]


@pytest.mark.parametrize("text", ["", "  ", "%", "_", "魔方玩具", "'; DROP TABLE platforms"])
def test_search_takes_text_as_text(database: Database, text: str) -> None:
    """Wildcards and quotes mean themselves; a "not this" name leads nowhere."""
    with database.writing() as session:
        load(session, FULL, PLAIN)
        assert read.search_platforms(session, text) == []


def test_search_ignores_case_and_is_limited(database: Database) -> None:
    """Latin brand names in any case; the shortest name first."""
    with database.writing() as session:
        names = [Platform(id=f"x{n}", name="PayX" + "长" * n, category="支付") for n in range(9, 0, -1)]
        load(session, *names)
        found = read.search_platforms(session, "payx", limit=2)
    assert [info.id for info in found] == ["x1", "x2"]


def test_demo_and_real_are_told_apart(database: Database) -> None:
    """The filter 演示 / 真实."""
    with database.writing() as session:
        add_platforms(session, "real")
        assert not read.has_demo(session)
        add_platforms(session, "demo", demo=True)
        assert read.has_demo(session)
        assert [p.id for p in read.watch_list(session, demo=True)] == ["demo"]
        assert [p.id for p in read.watch_list(session, demo=False)] == ["real"]


def test_thousands_load_in_one_go(database: Database) -> None:
    """A list of thousands goes the same way, and comes back whole."""
    names = tuple(
        Platform(id=f"p{n:04d}", name=f"平台{n}", category="网贷", full=(f"平台{n}",)) for n in range(7000)
    )
    with database.writing() as session:
        assert load(session, *names).added == 7000
    with database.reading() as session:
        assert read.watch_list(session) == names
