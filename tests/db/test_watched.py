"""我的关注: marked once, by name of the person, and gone with the mark."""

from __future__ import annotations

import pytest

from db import read, write
from db.passwords import hash_password
from db.roles import SYSTEM, Actor, NotAllowed, Role
from db.session import Database
from tests.db.builders import NOW, add_platforms

HASHED = hash_password("一个足够长的口令 123")
LI = Actor("李二", Role.VIEWER)


@pytest.fixture
def two(database: Database) -> Database:
    """Two platforms, two people."""
    with database.writing() as session:
        add_platforms(session, "a", "b")
        for name in ("李二", "陈一"):
            write.create_account(session, SYSTEM, name, Role.VIEWER, HASHED, now=NOW)
    return database


def mine(database: Database, who: str) -> frozenset[str]:
    with database.reading() as session:
        return read.watched(session, who)


def test_a_mark_is_the_persons_own(two: Database) -> None:
    """Nobody else sees it."""
    with two.writing() as session:
        assert write.watch(session, LI, "a", now=NOW)
    assert mine(two, "李二") == {"a"}
    assert mine(two, "陈一") == frozenset()


def test_marking_twice_is_marking_once(two: Database) -> None:
    """A double click changes nothing and is logged once."""
    with two.writing() as session:
        assert write.watch(session, LI, "a", now=NOW)
        assert not write.watch(session, LI, "a", now=NOW)
    with two.reading() as session:
        assert list(read.audit(session, actor="李二")["action"]) == ["watch"]


def test_the_mark_can_be_taken_away(two: Database) -> None:
    """Once; taking away what is not there is no act."""
    with two.writing() as session:
        write.watch(session, LI, "a", now=NOW)
        assert write.unwatch(session, LI, "a", now=NOW)
        assert not write.unwatch(session, LI, "a", now=NOW)
    assert mine(two, "李二") == frozenset()
    with two.reading() as session:
        found = read.audit(session, actor="李二")
    assert list(found["action"]) == ["unwatch", "watch"]
    assert list(found["subject"]) == ["平台a", "平台a"]


@pytest.mark.parametrize("actor", [SYSTEM, Actor("未登录", Role.VIEWER)], ids=["worker", "onlooker"])
def test_only_people_with_an_account_keep_a_list(two: Database, actor: Actor) -> None:
    """There would be nobody to show it to."""
    with two.writing() as session, pytest.raises(NotAllowed, match="请先登录"):
        write.watch(session, actor, "a", now=NOW)


def test_an_unknown_platform_is_an_error(two: Database) -> None:
    """No row is left behind."""
    with two.writing() as session, pytest.raises(KeyError):
        write.watch(session, LI, "zzz", now=NOW)
