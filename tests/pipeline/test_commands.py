"""The command line: what it says, and the exit codes that scripts rely on."""

from __future__ import annotations

import csv
import io
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from db.schema import SCHEMA_VERSION
from pipeline.__main__ import app

ROOT = Path(__file__).parent.parent.parent


def pipeline(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command within this process: starting another costs many times what most commands do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRUSTWATCH_DATA", str(folder))
        patch.delenv("TRUSTWATCH_DATABASE_URL", raising=False)
        for name, value in environment.items():
            patch.setenv(name, value)
        ran = CliRunner().invoke(app, arguments)
    assert ran.exception is None or isinstance(ran.exception, SystemExit), "a person would see a traceback"
    return subprocess.CompletedProcess(arguments, ran.exit_code, ran.stdout, ran.stderr)


def process(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a person starts it."""
    env = {**os.environ, "TRUSTWATCH_DATA": str(folder), **environment}
    if "TRUSTWATCH_DATABASE_URL" not in environment:
        env.pop("TRUSTWATCH_DATABASE_URL", None)
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def documents(tmp_path: Path, text: str, name: str = "文档.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


GOOD = "id,title,text,published_at\n1,标题,某平台发布月度公告，一切正常。,2026-03-01\n"
ONE_BAD = GOOD + "2,标题,日期写错的一行。,二月三十\n"
BUSY = """
id = "busy"
name = "示例订阅"
kind = "news"
reader = "feed"
url = "{url}"
covers = "all"
[schedule]
every_minutes = 60
"""


def only_it(folder: Path) -> None:
    """Marks every other source as removed, so that a test of collecting everything reaches no site."""
    with sqlite3.connect(folder / "trustwatch.db") as database:
        database.execute("UPDATE sources SET removed_at = '2026-01-01 00:00:00' WHERE id != 'busy'")
    database.close()


def test_help_names_every_verb_and_the_exit_codes(tmp_path: Path) -> None:
    """A newcomer finds the way from --help alone."""
    done = process(tmp_path, "--help")
    assert done.returncode == 0
    for verb in (
        "run",
        "work",
        "collect",
        "analyse",
        "index",
        "warn",
        "import",
        "export",
        "doctor",
        "backup",
        "new-source",
        "try-source",
        "purge",
    ):
        assert verb in done.stdout
    assert "退出码" in done.stdout


def test_good_rows_are_kept_and_refused_ones_listed(tmp_path: Path) -> None:
    """Exit code 1, counts that add up, and a report with file, row, field, value and reason."""
    done = pipeline(
        tmp_path / "d", "import", str(documents(tmp_path, ONE_BAD)), "--source", "import_documents"
    )
    assert done.returncode == 1, done.stderr
    assert "读取 2 行：新增 1，重复 0，修订 0，拒收 1" in done.stdout
    (report,) = (tmp_path / "d" / "reports").glob("*.csv")
    header, line = csv.reader(io.StringIO(report.read_text("utf-8-sig")))
    assert header == ["文件", "行", "字段", "值", "原因"]
    assert line[:4] == ["文档.csv", "3", "发布时间（published_at）", "二月三十"]
    assert line[4]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("空.csv", b"", "空"),
        ("图片.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "不是"),
        ("缺列.csv", "编号,城市\n1,杭州\n".encode(), "列"),
        ("文档.docx", b"PK\x03\x04", "扩展名"),
    ],
)
def test_a_file_nobody_can_use_ends_with_code_2(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """One message that names the file and the remedy; no traceback, nothing stored."""
    path = tmp_path / name
    path.write_bytes(content)
    done = pipeline(tmp_path / "d", "import", str(path), "--source", "import_documents")
    assert done.returncode == 2
    assert name in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_source_names_those_there_are(tmp_path: Path) -> None:
    """A typo in the id is mended from the message."""
    done = pipeline(tmp_path / "d", "import", str(documents(tmp_path, GOOD)), "--source", "import_document")
    assert done.returncode == 2
    assert "import_documents" in done.stderr


def test_a_faulty_source_is_explained_when_it_is_to_be_collected(tmp_path: Path) -> None:
    """The key at fault, instead of a source that is not known."""
    (tmp_path / "sources" / "broken").mkdir(parents=True)
    (tmp_path / "sources" / "broken" / "source.toml").write_text('id = "broken"\nnmae = "拼错"\n', "utf-8")
    sources = {"TRUSTWATCH_SOURCES": str(tmp_path / "sources")}
    done = pipeline(tmp_path / "d", "collect", "--source", "broken", **sources)
    assert done.returncode == 2
    assert "nmae" in done.stderr
    assert "没有 id" not in done.stderr


def test_a_removed_source_says_how_it_comes_back(tmp_path: Path) -> None:
    """Neither unknown nor collected: removed, with the command that enables it again."""
    folder = tmp_path / "d"
    assert pipeline(folder, "forget-source", "import_documents").returncode == 0
    for command in (
        ("collect", "--source", "import_documents"),
        ("import", str(documents(tmp_path, GOOD)), "--source", "import_documents", "--dry-run"),
    ):
        done = pipeline(folder, *command)
        assert done.returncode == 2
        assert "enable-source import_documents" in done.stderr


def test_a_removal_at_the_command_line_is_in_the_audit_log(tmp_path: Path) -> None:
    """Whoever has a shell removes sources without a page: the log tells of it all the same."""
    folder = tmp_path / "d"
    assert pipeline(folder, "forget-source", "import_documents").returncode == 0
    with sqlite3.connect(folder / "trustwatch.db") as database:
        rows = database.execute(
            "SELECT actor, subject FROM audit_log WHERE action = 'source_forget'"
        ).fetchall()
    database.close()
    assert rows == [("命令行", "import_documents")]


def test_a_source_that_asked_for_time_is_left_alone(tmp_path: Path) -> None:
    """429 with Retry-After: collecting everything skips the source and says until when; naming it asks again."""
    from tests.collectors.loopback import Answer, serving

    folder, own = tmp_path / "d", tmp_path / "sources" / "busy"
    own.mkdir(parents=True)
    with serving() as server:
        url = server.add("/feed", Answer(b"slow down", 429, {"Retry-After": "7200"}))
        (own / "source.toml").write_text(BUSY.format(url=url), "utf-8")
        env = {"TRUSTWATCH_SOURCES": str(tmp_path / "sources"), "TRUSTWATCH_ALLOW_HOSTS": "127.0.0.1"}
        first = pipeline(folder, "collect", "--source", "busy", **env)
        assert first.returncode == 1
        assert "429" in first.stdout
        only_it(folder)
        asked = server.asked.count("/feed")
        everything = pipeline(folder, "collect", **env)
        assert "busy：网站要求" in everything.stdout
        assert server.asked.count("/feed") == asked
        assert "之前不采集" in pipeline(folder, "sources", COLUMNS="240", **env).stdout
        pipeline(folder, "collect", "--source", "busy", **env)
        assert server.asked.count("/feed") > asked


def test_a_mapping_option_that_is_none_is_explained(tmp_path: Path) -> None:
    """--map takes target=column."""
    path = str(documents(tmp_path, GOOD))
    done = pipeline(tmp_path / "d", "import", path, "--source", "import_documents", "--map", "published_at")
    assert done.returncode == 2
    assert "--map" in done.stderr


def test_export_opens_in_excel(tmp_path: Path) -> None:
    """utf-8-sig bytes with the stamp columns, and no half-written file under the target's name."""
    folder = tmp_path / "d"
    pipeline(folder, "import", str(documents(tmp_path, GOOD)), "--source", "import_documents")
    target = tmp_path / "out.csv"
    done = pipeline(folder, "export", "documents", str(target))
    assert done.returncode == 0, done.stderr
    data = target.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [row["text"] for row in rows] == ["某平台发布月度公告，一切正常。"]
    assert rows[0]["schema_version"] == SCHEMA_VERSION
    assert list(tmp_path.glob(".*.part")) == []


def test_a_backup_is_not_overwritten_and_comes_back(tmp_path: Path) -> None:
    """Backup, lose a document, restore: it is there again, and the lost state is kept aside."""
    folder, kept = tmp_path / "d", tmp_path / "backup.db"
    pipeline(folder, "import", str(documents(tmp_path, GOOD)), "--source", "import_documents")
    assert pipeline(folder, "backup", str(kept)).returncode == 0
    assert pipeline(folder, "backup", str(kept)).returncode == 2
    assert pipeline(folder, "forget-source", "import_documents").returncode == 0
    done = pipeline(folder, "restore", str(kept))
    assert done.returncode == 0, done.stderr
    pipeline(folder, "export", "documents", str(tmp_path / "after.csv"))
    assert "一切正常" in (tmp_path / "after.csv").read_text("utf-8-sig")
    assert "原数据库保存在" in done.stdout


def test_a_database_of_the_future_is_refused(tmp_path: Path) -> None:
    """A programme rolled back must not write into a newer schema."""
    folder = tmp_path / "d"
    assert pipeline(folder, "migrate").returncode == 0
    with sqlite3.connect(folder / "trustwatch.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    done = process(folder, "migrate")
    assert done.returncode == 4
    assert "比程序" in done.stderr
    assert "升级程序" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_password_never_reaches_a_message(tmp_path: Path) -> None:
    """A database that cannot be reached is named without its secret."""
    url = "postgresql://watch:geheim123@127.0.0.1:9/trust"
    done = process(tmp_path / "d", "migrate", TRUSTWATCH_DATABASE_URL=url)
    assert done.returncode == 4
    assert "geheim123" not in done.stdout + done.stderr
    assert "TRUSTWATCH_DATABASE_URL" in done.stderr


def test_a_second_worker_ends_with_code_3(tmp_path: Path) -> None:
    """One database, one leader; stages by hand are refused while it works."""
    from db.session import Database, Leader

    folder = tmp_path / "d"
    assert pipeline(folder, "migrate").returncode == 0
    leader = Leader(Database.open(f"sqlite:///{folder / 'trustwatch.db'}"))
    assert leader.acquire()
    try:
        assert process(folder, "work").returncode == 3
        assert process(folder, "analyse").returncode == 3
    finally:
        leader.release()


def test_doctor_says_what_is_there(tmp_path: Path) -> None:
    """On a sound installation only extras may be missing; a broken source.toml is named."""
    folder = tmp_path / "d"
    pipeline(folder, "migrate")
    sources = tmp_path / "sources" / "broken"
    sources.mkdir(parents=True)
    (sources / "source.toml").write_text('id = "broken"\nnmae = "拼错"\n', "utf-8")
    done = pipeline(folder, "doctor", TRUSTWATCH_SOURCES=str(tmp_path / "sources"), COLUMNS="200")
    assert done.returncode == 4
    assert "nmae" in done.stdout
    assert pipeline(folder, "doctor").returncode == 0


def test_sources_lists_those_that_ran_and_those_that_never_did(tmp_path: Path) -> None:
    """The ordinary state of an installation: one source has brought something, others not yet."""
    folder = tmp_path / "d"
    pipeline(folder, "import", str(documents(tmp_path, GOOD)), "--source", "import_documents")
    done = pipeline(folder, "sources", COLUMNS="200")
    assert done.returncode == 0, done.stderr
    assert "import_documents" in done.stdout
    assert "未运行" in done.stdout


@pytest.mark.parametrize(
    "command", [("import", "nowhere.csv", "--source", "import_documents"), ("export", "flips", "/")]
)
def test_a_path_that_is_none_is_bad_input(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Exit code 2 and a sentence, not an error number."""
    done = pipeline(tmp_path / "d", *command)
    assert done.returncode == 2
    assert "Errno" not in done.stderr


def test_a_sign_off_needs_something_to_sign(tmp_path: Path) -> None:
    """Nobody is led to believe that a signature lowered what is not red."""
    done = pipeline(tmp_path / "d", "sign-off", "alipay", "--who", "某人", "--why", "核查完毕")
    assert done.returncode == 2
    assert "红" in done.stderr
