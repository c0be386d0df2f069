"""Removing what documents say: asked for twice, carried out in short steps, proved afterwards."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from db import read
from db.session import Database, Leader
from pipeline.__main__ import app
from pipeline.prepare import Workplace
from signals.model import shanghai_day
from tests.pipeline.conftest import NOW, Rows

ROOT = Path(__file__).parent.parent.parent
SECRET = "某客户自述的经过"


def row(number: int, day: str = "2026-03-01", **more: str) -> dict[str, str]:
    return {"id": str(number), "title": f"标题{number}", "text": f"{SECRET}{number}。", "date": day, **more}


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["purge", *arguments], input=answer)


@pytest.fixture
def stored(workplace: Workplace, table: Callable[[Rows], Path]) -> Workplace:
    """Three documents of 2025 and two of March 2026, from one source; one of them was corrected since."""
    rows: Rows = [row(n, "2025-06-01") for n in range(3)] + [row(n) for n in (3, 4)]
    for path in (table(rows), table([row(0, "2025-06-01", status="已完成")])):
        done = CliRunner().invoke(app, ["import", str(path), "--source", "import_documents", "--no-analyse"])
        assert done.exit_code == 0, done.output
    return workplace


def texts(workplace: Workplace) -> list[str]:
    """The readable texts, by external id."""
    with workplace.database.reading() as session:
        found = {str(each["external_id"]): str(each["text"]) for each in read.rows(session, "documents")}
    return [found[key] for key in sorted(found)]


def proofs(data_folder: Path) -> list[Path]:
    return sorted((data_folder / "purges").glob("*"))


def test_without_a_selector_nothing_happens(stored: Workplace) -> None:
    """A bare purge would empty the archive: it is bad usage, even with --yes."""
    done = run("--yes")
    assert done.exit_code == 2
    assert "--source" in done.output
    assert all(texts(stored))


def test_a_dry_run_says_what_would_go(stored: Workplace, data_folder: Path) -> None:
    """Count, source, kind and days; nothing is removed and no proof is written."""
    done = run("--source", "import_documents", "--before", "2026-01-01", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "3 篇文档" in done.output
    assert "2025-06-01 至 2025-06-01" in done.output
    assert "import_documents 新闻：3 篇" in done.output
    assert "未清除任何内容" in done.output
    assert all(texts(stored))
    assert proofs(data_folder) == []


def test_nobody_to_ask_means_no(stored: Workplace) -> None:
    """Not at a terminal and without --yes: exit code 2, a message that names --yes, nothing removed."""
    done = run("--source", "import_documents")
    assert done.exit_code == 2
    assert "--yes" in done.output
    assert all(texts(stored))


@pytest.mark.parametrize(("answer", "left"), [(b"n\n", 5), (b"y\n", 0)], ids=["no", "yes"])
def test_a_person_is_asked(stored: Workplace, data_folder: Path, answer: bytes, left: int) -> None:
    """At a real terminal the answer decides."""
    controller, terminal = pty.openpty()
    with os.fdopen(controller, "wb", buffering=0) as keyboard:
        keyboard.write(answer)
        command = [sys.executable, "-m", "pipeline", "purge", "--source", "import_documents"]
        env = {**os.environ, "TRUSTWATCH_DATA": str(data_folder)}
        done = subprocess.run(
            command, cwd=ROOT, env=env, stdin=terminal, capture_output=True, text=True, check=False
        )
        os.close(terminal)
    assert done.returncode == 0, done.stderr
    assert "确定清除" in done.stdout
    assert sum(map(bool, texts(stored))) == left


def test_the_proof_adds_up_and_names_nobody(stored: Workplace, data_folder: Path) -> None:
    """Counts by table, days and digest; 可读内容剩余：0; the text is gone from the very bytes of the database."""
    done = run("--before", "2026-01-01", "--yes")
    assert done.exit_code == 0, done.output
    assert "清空文档 3" in done.output
    assert "删除旧版本 1" in done.output
    assert "可读内容剩余：0" in done.output
    (path,) = proofs(data_folder)
    assert str(path) in done.output.replace("\n", "")
    assert SECRET not in path.read_text("utf-8")
    (entry,) = json.loads(path.read_text("utf-8"))["purges"]
    assert entry["tables"]["documents"] == 3
    assert entry["documents"] == [{"source": "import_documents", "kind": "news", "count": 3}]
    assert (entry["first_day"], entry["still_readable"]) == ("2025-06-01", 0)
    assert entry["sha256_of_identities"] in done.output
    assert texts(stored) == ["", "", "", f"{SECRET}3。", f"{SECRET}4。"]


def test_nothing_is_left_in_the_file(stored: Workplace, data_folder: Path) -> None:
    """Not only unreadable by query: the bytes are gone."""
    done = run("--source", "import_documents", "--yes")
    assert done.exit_code == 0, done.output
    stored.database.close()
    for path in data_folder.glob("trustwatch.db*"):
        assert SECRET.encode() not in path.read_bytes()


def test_it_is_repeatable_and_an_import_brings_nothing_back(
    stored: Workplace, table: Callable[[Rows], Path]
) -> None:
    """A second purge finds nothing to do, and the file imported again is all duplicates."""
    assert run("--source", "import_documents", "--yes").exit_code == 0
    again = run("--source", "import_documents", "--yes")
    assert again.exit_code == 0, again.output
    assert "可读内容剩余：0" in again.output
    path = table([row(3), row(4)])
    done = CliRunner().invoke(app, ["import", str(path), "--source", "import_documents", "--no-analyse"])
    assert "新增 0，重复 2，修订 0" in done.output
    assert not any(texts(stored))


def test_single_documents_by_number(stored: Workplace) -> None:
    """--document takes the number that exports show, and leaves the neighbours alone."""
    with stored.database.reading() as session:
        ids = {each["external_id"]: each["document_id"] for each in read.rows(session, "documents")}
    done = run("--document", str(ids["1"]), "--document", str(ids["3"]), "--yes")
    assert done.exit_code == 0, done.output
    assert [bool(text) for text in texts(stored)] == [True, False, True, False, True]


def test_it_works_while_a_worker_leads(stored: Workplace) -> None:
    """The leader's lock is no obstacle: the purge writes in short transactions of its own."""
    leader = Leader(Database.open(f"sqlite:///{stored.database.where}"))
    assert leader.acquire()
    try:
        assert run("--source", "import_documents", "--yes").exit_code == 0
    finally:
        leader.release()
    assert not any(texts(stored))


def test_backups_made_before_are_named(stored: Workplace, data_folder: Path) -> None:
    """They still hold the content, and the message says where they lie."""
    assert CliRunner().invoke(app, ["backup"]).exit_code == 0
    (backup,) = (data_folder / "backups").glob("*")
    done = run("--source", "import_documents", "--yes")
    assert str(backup) in done.output.replace("\n", "")
    with sqlite3.connect(backup) as connection:
        assert connection.execute("SELECT count(*) FROM documents WHERE text != ''").fetchone() == (5,)
    connection.close()


def test_a_purge_is_in_the_audit_log_and_a_dry_run_is_not(stored: Workplace) -> None:
    """What was chosen and how many documents it met, by the command line."""
    run("--source", "import_documents", "--dry-run")
    with stored.database.reading() as session:
        assert read.audit(session, action="purge").empty
    run("--source", "import_documents", "--yes")
    with stored.database.reading() as session:
        (entry,) = read.audit(session, action="purge").to_dict("records")
    assert (entry["actor"], entry["subject"]) == ("命令行", "import_documents")
    assert entry["detail"]["documents"] > 0


def test_the_proof_goes_where_it_is_wanted(stored: Workplace, tmp_path: Path) -> None:
    """--proof FILE; one that exists is not overwritten, and nothing is removed before that is known."""
    target = tmp_path / "proof.json"
    target.write_text("older", "utf-8")
    refused = run("--source", "import_documents", "--yes", "--proof", str(target))
    assert refused.exit_code == 2
    assert all(texts(stored))
    target.unlink()
    assert run("--source", "import_documents", "--yes", "--proof", str(target)).exit_code == 0
    assert json.loads(target.read_text("utf-8"))["purges"][0]["source"] == "import_documents"


def test_expired_is_what_retention_would_remove(workplace: Workplace, table: Callable[[Rows], Path]) -> None:
    """heimao_export keeps 1,095 days: of a document one day younger and one a day older, only the latter goes."""
    today = shanghai_day(NOW.now(NOW.tzinfo))
    ages = {"10001": 1094, "10002": 1096}
    rows: Rows = [
        {
            "链接": f"https://tousu.sina.com.cn/complaint/view/{number}/",
            "投诉标题": "标题",
            "投诉详情": SECRET,
            "投诉对象": "岚桥优贷",
            "投诉时间": (today - timedelta(days=age)).isoformat(),
        }
        for number, age in ages.items()
    ]
    CliRunner().invoke(app, ["import", str(table(rows)), "--source", "heimao_export", "--no-analyse"])
    done = run("--expired", "--yes")
    assert done.exit_code == 0, done.output
    assert [bool(text) for text in texts(workplace)] == [True, False]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--source", "import_document"], "import_documents"),
        (["--before", "1.1.2026"], "2026-01-31"),
        (["--expired", "--before", "2026-01-01"], "--expired"),
        (["--expired", "--source", "nfra_news"], "保留期限"),
    ],
)
def test_a_selector_that_cannot_be_is_explained(stored: Workplace, arguments: list[str], said: str) -> None:
    """Exit code 2 and the remedy; nothing removed."""
    done = run(*arguments, "--yes")
    assert done.exit_code == 2
    assert said in done.output
    assert all(texts(stored))


def test_exports_show_an_emptied_row(stored: Workplace, tmp_path: Path) -> None:
    """The row stays, so that counts of finished days do not change; what it said is gone."""
    run("--source", "import_documents", "--yes")
    target = tmp_path / "out.csv"
    CliRunner().invoke(app, ["export", "documents", str(target)])
    rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8-sig"))))
    assert [each["text"] for each in rows] == [""] * 5
    assert date.fromisoformat(rows[0]["published_at"][:10]) < date(2026, 4, 1)
