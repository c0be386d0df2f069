"""The audit log only grows, one chain whoever writes, and any tampering shows."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db import read, write
from db.read.audit import GENESIS, digest
from db.roles import SYSTEM, Actor, Role
from db.session import Database
from tests.db.builders import LATER, NOW

CHEN = Actor("陈一", Role.ANALYST)


def record(database: Database, number: int, **more: object) -> int:
    with database.writing() as session:
        options: dict[str, object] = {
            "actor": CHEN,
            "action": "correct",
            "detail": {"n": number},
            "reason": "试",
        }
        return write.record(
            session, subject=f"第{number}", now=NOW + timedelta(seconds=number), **(options | more)
        )  # type: ignore[arg-type]


def verdict(database: Database, witnessed: tuple[tuple[int, str], ...] = ()) -> read.AuditVerdict:
    with database.reading() as session:
        return read.verify_audit(session, witnessed)


@pytest.fixture
def chain(database: Database) -> Database:
    """Five entries."""
    for number in range(1, 6):
        record(database, number)
    return database


def tamper(database: Database, *statements: str) -> None:
    """As somebody who owns the database can: past the triggers."""
    with database.engines.writing.begin() as connection:
        if database.is_sqlite:
            connection.execute(text("DROP TRIGGER audit_log_no_update"))
            connection.execute(text("DROP TRIGGER audit_log_no_delete"))
        else:
            connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only"))
        for statement in statements:
            connection.execute(text(statement))
        if not database.is_sqlite:
            connection.execute(text("ALTER TABLE audit_log ENABLE TRIGGER audit_log_append_only"))


def test_an_untouched_log_is_whole(chain: Database) -> None:
    """Numbers without a gap, each chained to the one before, the head as registered."""
    found = verdict(chain)
    assert (found.count, found.faulty) == (5, 0)
    with chain.reading() as session:
        rows = read.audit(session).to_dict("records")[::-1]
    assert [row["id"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["previous"] for row in rows] == [GENESIS, *(row["hash"] for row in rows[:-1])]
    assert found.head == rows[-1]["hash"]


def test_an_empty_log_is_whole(database: Database) -> None:
    """Nothing happened yet."""
    assert (verdict(database).count, verdict(database).faulty) == (0, 0)


COLUMNS = ("at", "actor", "role", "action", "subject", "detail", "reason", "previous")
CHANGED = {"at": "'2026-11-20 03:00:09'", "detail": "'{\"n\": 9}'", "previous": f"'{'f' * 64}'"}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_row_is_found(chain: Database, column: str) -> None:
    """In whatever column."""
    tamper(
        chain, f"UPDATE audit_log SET {column} = {CHANGED.get(column, chr(39) + 'x' + chr(39))} WHERE id = 3"
    )
    assert any("第 3 条的内容与其哈希不符" in fault for fault in verdict(chain).faults)


def test_a_changed_row_with_its_hash_made_anew_is_found(chain: Database) -> None:
    """The next row still covers the old one."""
    with chain.reading() as session:
        row = next(row for row in read.audit(session).to_dict("records") if row["id"] == 3)
    forged = digest(row | {"reason": "伪造"})
    tamper(chain, f"UPDATE audit_log SET reason = '伪造', hash = '{forged}' WHERE id = 3")
    assert verdict(chain).faults == ["第 4 条与上一条不衔接：次序被调换，或上一条被改写"]


def test_a_changed_last_row_with_its_hash_made_anew_is_found(chain: Database) -> None:
    """Nothing follows it, but the head is registered."""
    with chain.reading() as session:
        row = read.audit(session).to_dict("records")[0]
    forged = digest(row | {"reason": "伪造"})
    tamper(chain, f"UPDATE audit_log SET reason = '伪造', hash = '{forged}' WHERE id = 5")
    assert verdict(chain).faults == ["第 5 条（最后一条）与登记的哈希不同：最后一条被改写"]


def test_a_removed_row_is_found(chain: Database) -> None:
    """By the gap in the numbers."""
    tamper(chain, "DELETE FROM audit_log WHERE id = 2")
    assert verdict(chain).faults == ["第 2 条缺失：已被删除"]


def test_a_removed_row_with_the_rest_moved_up_is_found(chain: Database) -> None:
    """Numbers are covered too."""
    tamper(
        chain,
        "DELETE FROM audit_log WHERE id = 2",
        *(f"UPDATE audit_log SET id = {number - 1} WHERE id = {number}" for number in (3, 4, 5)),
    )
    assert verdict(chain).faulty


def test_reordered_rows_are_found(chain: Database) -> None:
    """Two entries that changed places."""
    tamper(
        chain,
        "UPDATE audit_log SET id = 99 WHERE id = 2",
        "UPDATE audit_log SET id = 2 WHERE id = 3",
        "UPDATE audit_log SET id = 3 WHERE id = 99",
    )
    faults = " ".join(verdict(chain).faults)
    assert "第 2 条" in faults
    assert "第 3 条" in faults


def test_a_cut_off_end_is_found(chain: Database) -> None:
    """The head says how many there were."""
    tamper(chain, "DELETE FROM audit_log WHERE id > 3")
    assert verdict(chain).faults == ["登记的条数为 5，末尾只到第 3 条：末尾被截断"]


def test_what_is_written_after_a_cut_does_not_hide_it(chain: Database) -> None:
    """The log goes on where it was, and the gap stays for ever."""
    tamper(chain, "DELETE FROM audit_log WHERE id > 3")
    assert record(chain, 6) == 6
    assert verdict(chain).faults == ["第 4–5 条缺失：已被删除"]


def test_a_cut_off_end_with_its_head_is_found_by_a_witness(chain: Database) -> None:
    """Whoever owns the database can write all of it anew; not what was noted elsewhere."""
    known = verdict(chain)
    with chain.reading() as session:
        third = next(row["hash"] for row in read.audit(session).to_dict("records") if row["id"] == 3)
    tamper(
        chain,
        "DELETE FROM audit_log WHERE id > 3",
        f"UPDATE audit_head SET count = 3, hash = '{third}'",
    )
    assert verdict(chain).faulty == 0
    assert "末尾被截断" in verdict(chain, ((known.count, known.head),)).faults[0]


def test_a_chain_written_anew_is_found_by_a_witness(chain: Database) -> None:
    """Same number of entries, another head."""
    known = verdict(chain)
    tamper(chain, "DELETE FROM audit_log", "DELETE FROM audit_head")
    for number in range(1, 7):
        record(chain, number, reason="改写")
    assert verdict(chain).faulty == 0
    assert "被改写" in verdict(chain, ((known.count, known.head),)).faults[0]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_log SET reason = 'x'", "DELETE FROM audit_log WHERE id = 1"]
)
def test_the_database_refuses_to_change_the_log(chain: Database, statement: str) -> None:
    """Not only our code: any program that is not the owner's tampering."""
    with pytest.raises(DBAPIError, match="append-only"), chain.engines.writing.begin() as connection:
        connection.execute(text(statement))
    assert verdict(chain).faulty == 0


def test_many_writers_make_one_chain(database: Database) -> None:
    """Eight threads, on both databases: no fork, no gap, nothing lost."""

    def write_some(thread: int) -> None:
        for number in range(5):
            record(database, thread * 10 + number)

    threads = [threading.Thread(target=write_some, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = verdict(database)
    assert (found.count, found.faulty) == (40, 0)
    with database.reading() as session:
        assert len({row["subject"] for row in read.audit(session).to_dict("records")}) == 40


def twice(database: Database) -> None:
    """One transaction whose second change is refused."""
    with database.writing() as session:
        for _ in range(2):
            write.create_account(session, SYSTEM, "张三", Role.VIEWER, "h", now=NOW)


def test_a_change_rolled_back_leaves_no_entry(database: Database) -> None:
    """The entry is part of the change."""

    with pytest.raises(write.AccountRefused, match="已存在"):
        twice(database)
    assert verdict(database).count == 0


def make_accounts(database: Database) -> None:
    """A change and its entry each time, for a process that will be killed."""
    number = 0
    while True:
        with database.writing() as session:
            write.create_account(session, SYSTEM, f"u{number}", Role.VIEWER, "h", now=NOW)
            print("written", flush=True)
        number += 1


@pytest.mark.slow
def test_kill_9_never_parts_a_change_from_its_entry(database: Database) -> None:
    """Killed between writing and committing: as many accounts as entries, and the chain is whole."""
    code = "import sys; from db.session import Database; from tests.db.test_audit import make_accounts;"
    code += "make_accounts(Database.open(sys.argv[1]))"
    url = database.url.render_as_string(hide_password=False)
    root = Path(__file__).parents[2]
    for lines in (1, 4):
        with database.writing() as session:
            session.execute(text("DELETE FROM accounts"))
        done = verdict(database).count
        process = subprocess.Popen(
            [sys.executable, "-c", code, url], stdout=subprocess.PIPE, text=True, cwd=root
        )
        assert process.stdout is not None
        for _line in range(lines):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with database.reading() as session:
            accounts = len(read.accounts(session, NOW))
        found = verdict(database)
        assert (found.count - done, found.faulty) == (accounts, 0)
        assert accounts >= lines - 1


Filter = dict[str, object]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"actor": "李二"}, [6]),
        ({"action": "export"}, [6]),
        ({"text": "第3"}, [3]),
        ({"text": "%"}, []),
        ({"before": 3}, [2, 1]),
        ({"limit": 1}, [6]),
        ({"start": (LATER + timedelta(days=1)).date()}, [6]),
        ({"end": NOW.date()}, [5, 4, 3, 2, 1]),
    ],
)
def test_the_log_can_be_narrowed(chain: Database, chosen: Filter, expected: list[int]) -> None:
    """By person, act, words and Shanghai days; newest first."""
    with chain.writing() as session:
        li = Actor("李二", Role.LIAISON)
        write.record_export(
            session, li, "flips", {"demo": None, "platform_id": "a"}, now=NOW + timedelta(days=2)
        )
    with chain.reading() as session:
        assert list(read.audit(session, **chosen)["id"]) == expected  # type: ignore[arg-type]


def test_rows_stream_for_an_export(chain: Database) -> None:
    """Oldest first, with the detail as text."""
    with chain.reading() as session:
        rows = list(read.audit_rows(session))
    assert [row["id"] for row in rows] == [1, 2, 3, 4, 5]
    assert rows[0]["detail"] == '{"n": 1}'


JSON = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**53), 2**53) | some.text(max_size=5) | some.floats(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def roundtrip(database: Database) -> Callable[[dict[str, object], str], None]:
    def check(detail: dict[str, object], reason: str) -> None:
        with database.writing() as session:
            write.record(
                session, actor=CHEN, action="note", subject=reason, detail=detail, reason=reason, now=NOW
            )

    return check


def test_whatever_is_recorded_verifies(database: Database) -> None:
    """Any JSON, any text, NUL and NaN included: what is read back is what the hash covers."""
    surrogates = some.characters(blacklist_categories=("Cs",))
    check = given(
        some.dictionaries(some.text(surrogates, max_size=3), JSON, max_size=3),
        some.text(surrogates, max_size=8),
    )
    from hypothesis import settings

    settings(max_examples=25, deadline=None)(check(roundtrip(database)))()
    assert verdict(database).faulty == 0
