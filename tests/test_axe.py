"""Accessibility: axe-core over every page, beside an empty Streamlit page with the same navigation."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from app_pages._menu import GROUPS
from db.passwords import token_hash
from db.schema import Account, SignIn
from db.session import Database
from tests.app_pages import conftest as pages
from tests.test_browser import CHROMIUM, ROOT, free_port

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(300)]
TOKEN = "a-token-of-the-axe-test"
CHECKED = {"exclude": [[".js-plotly-plot svg"]]}
"""Not the thousands of shapes inside charts: each is one figure with a description and a table of its numbers."""
GRAVE = {"serious", "critical"}
QUERIES = {"platform": "?platform=xinghe", "compare": "?platforms=xinghe,yunzhou", "evidence": "?q=提现困难"}
EMPTY = """
import sys
sys.path.insert(0, {root!r})
import streamlit as st
from app_pages._menu import GROUPS
st.set_page_config(page_title="empty", layout="wide", initial_sidebar_state=232)
pages = {{
    group: [st.Page(lambda: None, title=title, url_path=path or "home", default=not path) for path, title in members]
    for group, members in GROUPS.items()
}}
st.navigation(pages, expanded=True).run()
st.title("empty")
"""


@pytest.fixture(scope="module", autouse=True)
def _chromium_or_say_so() -> None:
    """Skipping is loud, and an error where the browser was promised."""
    if CHROMIUM is None:
        if os.environ.get("TRUSTWATCH_REQUIRE_BROWSER"):
            pytest.fail("Chromium is required here and was not found")
        pytest.skip("NO CHROMIUM: accessibility was not tested. Debian: apt install chromium fonts-noto-cjk")


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small fictional database of the page tests, with the industry and an administrator who is signed in."""
    path = tmp_path_factory.mktemp("axe") / "trustwatch.db"
    with Database.open(f"sqlite:///{path}") as database:
        database.migrate()
        with database.writing() as session:
            pages._seed(session)
            account = session.query(Account).filter_by(name="本机用户").one()
            now = datetime.now(UTC)
            ends = now + timedelta(hours=2)
            mine = SignIn(token_hash=token_hash(TOKEN), account_id=account.id, how="local")
            mine.began_at, mine.seen_at, mine.expires_at = now, now, ends
            session.add(mine)
    return path


@contextmanager
def serving(command: list[str], port: int, environment: dict[str, str]) -> Iterator[str]:
    """A web process on a free port, until the end of the block."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if str(port) in line:
                break
        # A full pipe would stop the process in the middle of a page.
        Thread(target=process.stdout.read, daemon=True).start()
        yield url
    finally:
        process.terminate()
        process.wait(30)


def violations(page) -> dict[str, list[str]]:  # type: ignore[no-untyped-def]
    """Rule -> the elements that break it, for rules that keep people out."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=CHECKED).response["violations"]
    return {
        each["id"]: [f"{node['target']} {node['html'][:160]}" for node in each["nodes"]]
        for each in found
        if each["impact"] in GRAVE
    }


def settle(page) -> None:  # type: ignore[no-untyped-def]
    """Until the page stands: its heading is there and no chart or table is still a placeholder."""
    page.locator(".tw-head h1, [data-testid=stHeading] h1").first.wait_for()
    page.wait_for_function("() => !document.querySelector('[data-testid=stSkeleton]')")


@dataclass(frozen=True)
class Checked:
    """A signed-in browser page, the product's address, and what breaks rules in Streamlit's own frame."""

    page: Any
    url: str
    usual: frozenset[str]


@pytest.fixture(scope="module")
def checked(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checked]:
    """One browser and one web process for all pages."""
    from playwright.sync_api import sync_playwright

    script = tmp_path_factory.mktemp("empty") / "empty.py"
    script.write_text(EMPTY.format(root=str(ROOT)), "utf-8")
    bare, ours = free_port(), free_port()
    streamlit = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(bare)]
    environment = {
        "TRUSTWATCH_DATABASE_URL": f"sqlite:///{seeded}",
        "PORT": str(ours),
        "PYTHONUNBUFFERED": "1",
    }
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        page.set_default_timeout(120_000)
        with serving(streamlit, bare, {}) as empty:
            page.goto(empty)
            settle(page)
            usual = frozenset(violations(page))
        with serving([sys.executable, "serve.py"], ours, environment) as url:
            page.context.add_cookies([{"name": "trustwatch", "value": TOKEN, "url": url}])
            yield Checked(page, url, usual)
        chromium.close()


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=title) for group in GROUPS.values() for path, title in group]
)
def test_no_page_keeps_anybody_out(checked: Checked, path: str) -> None:
    """No serious or critical violation on any page beyond those of Streamlit's own frame."""
    checked.page.goto(f"{checked.url}/{path}{QUERIES.get(path, '')}")
    settle(checked.page)
    assert checked.page.get_by_test_id("stException").count() == 0
    worse = {rule: nodes for rule, nodes in violations(checked.page).items() if rule not in checked.usual}
    assert not worse
