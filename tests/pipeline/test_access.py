"""`pipeline users`, `verify-audit` and the first password of `run`, as an administrator types them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from db import read, write
from db.passwords import matches
from db.roles import SYSTEM, Role
from db.session import Database
from pipeline import supervise
from pipeline.__main__ import app
from pipeline.paths import database_url
from settings.access import Access

NOW = datetime.now(UTC)
PASSWORD = re.compile(r"\b[a-z2-9]{5}(?:-[a-z2-9]{5}){3}\b")


def run(*arguments: str, code: int = 0) -> str:
    """What the command printed."""
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == code, ran.output
    return ran.output


@pytest.fixture
def database(data_folder: Path) -> Database:
    """The embedded database of a data folder of its own."""
    database = Database.open(database_url())
    database.migrate()
    return database


def stored(database: Database, name: str) -> str | None:
    with database.reading() as session:
        found: str | None = session.scalar(
            text("SELECT password_hash FROM accounts WHERE name = :name"), {"name": name}
        )
        return found


def test_a_user_is_made_and_listed(database: Database) -> None:
    """The first password is printed, and works."""
    (password,) = PASSWORD.findall(run("users", "add", "王委员", "--role", "viewer"))
    assert matches(stored(database, "王委员"), password)
    assert "王委员\t委员\t待改初始密码\t从未登录\t0 个会话" in run("users", "list")


def test_a_lost_password_is_reset_at_the_command_line(database: Database) -> None:
    """For the day when no administrator can sign in; the log says that it was done there."""
    first = write.first_admin(database, NOW)
    (password,) = PASSWORD.findall(run("users", "reset", "admin", "--why", "遗失"))
    assert password != first
    assert matches(stored(database, "admin"), password)
    with database.reading() as session:
        entry = read.audit(session).to_dict("records")[0]
    assert (entry["action"], entry["actor"], entry["role"], entry["reason"]) == (
        "account_reset",
        "命令行",
        "machine",
        "遗失",
    )


def test_roles_and_locks_are_changed_at_the_command_line(database: Database) -> None:
    """And what cannot be is refused with code 2."""
    write.first_admin(database, NOW)
    run("users", "add", "甲", "--role", "admin")
    assert "甲 的角色是复核" in run("users", "role", "甲", "--role", "approver", "--why", "调任")
    assert "已停用 甲" in run("users", "lock", "甲", "--why", "离职")
    assert "已恢复 甲" in run("users", "unlock", "甲")
    assert "最后一位管理员" in run("users", "lock", "admin", "--why", "x", code=2)
    assert "没有用户" in run("users", "lock", "乙", "--why", "x", code=2)
    assert "已存在" in run("users", "add", "甲", "--role", "viewer", code=2)


def test_a_whole_log_is_confirmed_and_witnessed(database: Database, data_folder: Path) -> None:
    """Its head is printed and kept outside the database; checked again, no line is added."""
    write.first_admin(database, NOW)
    out = run("verify-audit")
    assert "审计日志完整：1 条" in out
    run("verify-audit")
    (line,) = (data_folder / "audit-heads.jsonl").read_text("utf-8").splitlines()
    head = json.loads(line)
    assert f"{head['count']}:{head['hash']}" in out
    run("verify-audit", "--expect", f"{head['count']}:{head['hash']}")


def cut(database: Database, keep: int) -> None:
    """Cut the end off and set the registered head right, as somebody who owns the database can."""
    with database.engines.writing.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_log_no_delete"))
        connection.execute(text("DELETE FROM audit_log WHERE id > :keep"), {"keep": keep})
        connection.execute(
            text("UPDATE audit_head SET count = :keep, hash = (SELECT hash FROM audit_log WHERE id = :keep)"),
            {"keep": keep},
        )


def test_a_log_cut_after_it_was_witnessed_is_found(database: Database) -> None:
    """Even where the registered head was set right: exit code 1, and what to make of a restored backup."""
    for name in ("a", "b"):
        with database.writing() as session:
            write.create_account(session, SYSTEM, name, Role.VIEWER, "h", now=NOW)
    run("verify-audit")
    cut(database, 1)
    out = run("verify-audit", code=1)
    assert "末尾被截断" in out
    assert "备份" in out


def test_a_head_copied_by_hand_serves_as_well(database: Database, data_folder: Path) -> None:
    """Where the file went with the database."""
    for name in ("a", "b"):
        with database.writing() as session:
            write.create_account(session, SYSTEM, name, Role.VIEWER, "h", now=NOW)
    head = re.search(r"链头 (2:[0-9a-f]{64})", run("verify-audit"))
    assert head is not None
    (data_folder / "audit-heads.jsonl").unlink()
    cut(database, 1)
    run("verify-audit", "--expect", head[1], code=1)


def test_what_is_no_head_is_refused(database: Database, data_folder: Path) -> None:
    """Code 2 and the form it should have; a witness file with a broken line is named."""
    assert "条数:64 位哈希" in run("verify-audit", "--expect", "12", code=2)
    (data_folder / "audit-heads.jsonl").write_text("{}\n", "utf-8")
    assert "第 1 行" in run("verify-audit", code=2)


def test_an_export_at_the_command_line_is_logged(database: Database, tmp_path: Path) -> None:
    """With the table and what it was narrowed to."""
    run("export", "flips", str(tmp_path / "flips.csv"), "--start", "2026-01-01")
    with database.reading() as session:
        entry = read.audit(session, action="export").to_dict("records")[0]
    assert (entry["actor"], entry["subject"]) == ("命令行", "flips")
    assert entry["detail"] == {"filters": {"start": "2026-01-01"}, "rows": None}


def test_the_first_run_tells_the_password_once(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Printed by the run that made the account; the next one is silent about it."""
    monkeypatch.setattr(supervise, "run", lambda port, reached: 0)
    monkeypatch.setattr(supervise, "require_free", lambda port: None)
    (password,) = PASSWORD.findall(run("run"))
    with Database.open(database_url()) as database:
        assert matches(stored(database, "admin"), password)
    assert not PASSWORD.findall(run("run"))


def test_a_run_for_others_names_what_is_missing(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is started."""
    monkeypatch.setenv("TRUSTWATCH_ADDRESS", "0.0.0.0")
    assert "TRUSTWATCH_PUBLIC_URL" in run("run", code=2)
    assert Access().local
