"""States that every page must have: a database that is held, down, or behind; part of the world unheard."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app_pages import _data, _links, _parts
from db import engines, read
from db.session import Database

Visit = Callable[..., AppTest]
Said = Callable[[AppTest], str]
WATCHING = "app_pages/watching.py"
HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE worker_status SET message = 'writing'")
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


@contextmanager
def held(database: Database) -> Iterator[subprocess.Popen[str]]:
    """Another process in the middle of a long write to the same file."""
    command = [sys.executable, "-c", HOLD, str(database.url.database)]
    writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "held\n"
    try:
        yield writer
    finally:
        writer.communicate("\n")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, database: Database) -> Iterator[Database]:
    """The pages' own connection, which gives up waiting for the write lock at once."""
    monkeypatch.setattr(engines, "LOCK_WAIT_SECONDS", 0)
    _data._database.clear()
    yield database
    _data._database.clear()


def test_every_page_opens_while_another_process_writes(impatient: Database, visit: Visit, said: Said) -> None:
    """Readers wait for nobody: not an exception, not a word of the lock."""
    with held(impatient):
        for page in _links.PAGES.values():
            app = visit(page)
            html = said(app)
            assert not app.exception, page
            assert "暂时读不到数据" not in html, page
            assert "locked" not in html, page


def test_a_click_that_finds_the_lock_held_says_what_to_do(
    impatient: Database, visit: Visit, said: Said
) -> None:
    """In Chinese, without the database's own words; nothing is stored, and the page stays."""
    app = visit(WATCHING)
    with held(impatient):
        app.multiselect[0].select("xinghe").run()
        html = said(app)
    assert not app.exception
    assert "数据库正被别的程序占用" in html
    assert "请稍后重试" in html
    assert "database is locked" not in html
    with impatient.reading() as session:
        assert read.watched(session, "本机用户") == frozenset()


def test_a_click_waits_for_a_writer_that_ends(database: Database, visit: Visit) -> None:
    """A worker's batch delays it; it is done then, and the person hears nothing of it."""
    app = visit(WATCHING)
    with held(database) as writer:
        assert writer.stdin is not None
        ending = threading.Timer(0.3, lambda: (writer.stdin.write("\n"), writer.stdin.flush()))
        ending.start()
        app.multiselect[0].select("xinghe").run()
        ending.join()
    assert "refused" not in app.session_state
    with database.reading() as session:
        assert read.watched(session, "本机用户") == {"xinghe"}


def test_a_database_that_goes_away_is_told_on_every_page(
    database: Database, visit: Visit, said: Said, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One sentence and a way to try again, wherever one is."""
    monkeypatch.setenv("TRUSTWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'gone' / 'x.db'}")
    for page in ("app_pages/overview.py", WATCHING, "app_pages/health.py"):
        app = visit(page)
        assert not app.exception
        assert "暂时读不到数据" in said(app)
        assert app.button(key="retry")


def test_platforms_seen_in_part_are_told_above_every_page(
    database: Database, visit: Visit, said: Said
) -> None:
    """云舟贷 was seen for a tenth: what is missing is not taken for calm, and where to look is told."""
    for page in ("app_pages/overview.py", "app_pages/method.py"):
        html = said(visit(page))
        assert "覆盖不完整" in html
        assert "1 个平台" in html
        assert 'data-tw-page="sources"' in html


@pytest.mark.parametrize(
    ("coverage", "told"), [(0.0, False), (0.2, True), (0.5, False), (float("nan"), False)]
)
def test_partial_is_neither_full_nor_nothing(coverage: float, told: bool) -> None:
    """Of platforms that nothing was seen of, another sentence tells; unknown is not partial."""
    assert bool(_parts.partial(pd.DataFrame({"coverage": [coverage]}), 0.5)) is told
