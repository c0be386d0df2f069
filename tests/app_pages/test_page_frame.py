"""What all pages share: navigation, troubles of the database, and what the web process may load."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app_pages import _links, _parts
from app_pages._menu import GROUPS
from db.session import Database

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("page", list(_links.PAGES.values()))
def test_every_page_opens(visit: Visit, page: str) -> None:
    """Without an exception, each with its heading."""
    assert not visit(page).exception


def test_every_page_file_is_in_the_navigation() -> None:
    """A page that nobody can reach is dead code; the two lists cannot drift apart."""
    files = {f"app_pages/{path.name}" for path in (ROOT / "app_pages").glob("[a-z]*.py")}
    assert files == set(_links.PAGES.values())
    assert {address for members in GROUPS.values() for address, _ in members} == set(_links.PAGES)


def test_a_database_never_migrated_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, visit: Visit, said: Said
) -> None:
    """One sentence and a way to try again; no traceback."""
    monkeypatch.setenv("TRUSTWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")
    app = visit()
    assert not app.exception
    assert "暂时读不到数据" in said(app)
    assert app.button(key="retry")


def test_a_file_that_is_no_database_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, visit: Visit, said: Said
) -> None:
    """What is wrong and what to do, in Chinese."""
    path = tmp_path / "text.db"
    path.write_text("这不是数据库" * 500, "utf-8")
    monkeypatch.setenv("TRUSTWATCH_DATABASE_URL", f"sqlite:///{path}")
    app = visit()
    assert not app.exception
    assert "不是有效的数据库" in said(app)


def test_pages_read_while_a_worker_writes(database: Database, visit: Visit, said: Said) -> None:
    """A held write lock delays no reader."""
    with database.writing():
        app = visit()
    assert not app.exception
    assert "星河聚财" in said(app)


def test_the_web_process_loads_no_language_model(database: Database) -> None:
    """Segmentation, dictionaries and models stay in the worker: the pages are light and start fast."""
    heavy = [
        "jieba",
        "rjieba",
        "snownlp",
        "signals.nlp",
        "signals.negativity",
        "signals.analyse",
        "sklearn",
        "scipy",
    ]
    code = (
        "import sys, serve\n"
        "from streamlit.testing.v1 import AppTest\n"
        "from app_pages import _links, _who\n"
        "_who.token = lambda: 'token of 本机用户'\n"
        "app = AppTest.from_file('dashboard.py', default_timeout=60).run()\n"
        "for page in _links.PAGES.values():\n"
        "    assert not app.switch_page(page).run().exception\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert ran.stdout.splitlines()[-1] == "[]"


def test_nothing_is_sent_anywhere_and_nothing_watches() -> None:
    """The shipped configuration: this machine only, no statistics, no file watcher, no English tracebacks."""
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["server"]["address"] == "127.0.0.1"
    assert config["server"]["headless"] is True
    assert config["server"]["fileWatcherType"] == "none"
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"


def test_old_data_is_told_even_while_the_worker_beats() -> None:
    """A missed night shows; fresh data with a living worker says nothing."""
    assert _parts.staleness(NOW, NOW - timedelta(hours=30), NOW) == (
        "数据截至 2026-11-20 08:00，已超过一天没有更新。"
    )
    assert _parts.staleness(NOW - timedelta(minutes=1), NOW - timedelta(hours=1), NOW) == ""


def test_work_is_told_once() -> None:
    """The worker's message is added only where it says more than the stage."""
    assert _parts.working("index", 0, 0, "指数")[0] == "正在处理：计算指数"
    assert _parts.working("import", 0, 0, "a.csv")[0] == "正在处理：导入　a.csv"
