"""The three groups' ways through the product, in a real Chromium, on a desk and on a telephone: one start for all."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from db.passwords import token_hash
from db.schema import Account, Flip, PlatformDay, SignIn
from db.session import Database
from tests.app_pages import conftest as pages
from tests.test_axe import CHROMIUM, _chromium_or_say_so, free_port, serving, settle
from tests.test_browser import SCREENSHOTS

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(300)]
SIZES = {"desk": (1440, 900), "telephone": (390, 844)}
sizes = pytest.mark.parametrize("size", SIZES)
chromium_or_say_so = _chromium_or_say_so
"""The fixture of tests.test_axe: skipping is loud."""


def token(name: str) -> str:
    """Of a person's browser: a cookie holds no Chinese."""
    return f"journey-of-{name.encode().hex()}"


def signed_in(account: Account) -> SignIn:
    """A session of an account, for the hours of the test."""
    now = datetime.now(UTC)
    mine = SignIn(token_hash=token_hash(token(account.name)), account_id=account.id, how="local")
    mine.began_at, mine.seen_at, mine.expires_at = now, now, now + timedelta(hours=2)
    return mine


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The web process on the small fictional database of the page tests, with one platform at orange."""
    path = tmp_path_factory.mktemp("journeys") / "trustwatch.db"
    with Database.open(f"sqlite:///{path}") as database:
        database.migrate()
        with database.writing() as session:
            pages._seed(session)
            session.execute(update(PlatformDay).where(PlatformDay.level == "红").values(level="橙"))
            session.execute(update(Flip).where(Flip.level_to == "红").values(level_to="橙"))
            for account in session.scalars(select(Account)):
                session.add(signed_in(account))
    port = free_port()
    given = {
        "TRUSTWATCH_DATABASE_URL": f"sqlite:///{path}",
        "TRUSTWATCH_DATA": str(path.parent),
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    with serving([sys.executable, "serve.py"], port, given) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium
        chromium.close()


def person(browser: Any, url: str, name: str, size: str) -> Any:
    """A page of somebody of tests.app_pages.conftest.PEOPLE, who is signed in."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    context.add_cookies([{"name": "trustwatch", "value": token(name), "url": url}])
    page = context.new_page()
    page.set_default_timeout(60_000)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.keep = lambda step: page.screenshot(path=SCREENSHOTS / f"journey-{size}-{step}.png")
    return page


def title(page: Any, name: str) -> None:
    page.get_by_role("heading", name=name, level=1).first.wait_for()


def sound(page: Any) -> None:
    """No error box, and nothing that has to be scrolled sideways to be read."""
    assert page.get_by_test_id("stException").count() == 0
    main = page.get_by_test_id("stMain")
    assert main.evaluate("node => node.scrollWidth <= node.clientWidth + 1")


@sizes
def test_a_committee_member_asks_why_and_comes_back(url: str, browser: Any, size: str) -> None:
    """From 总览 with a filter to the orange platform, why, the stored text; back twice to the same filter."""
    page = person(browser, url, "某委员", size)
    page.goto(f"{url}/?level=橙")
    title(page, "总览")
    page.locator("td a[data-tw-page=platform]").first.click()
    page.wait_for_url("**/platform?platform=xinghe")
    page.get_by_role("heading", name="为什么是橙色").wait_for()
    page.locator("mark").first.wait_for()
    sound(page)
    page.keep("committee-platform")
    page.get_by_role("link", name="全文与同一报道").first.click()
    page.wait_for_url("**/evidence?doc=*")
    page.get_by_role("heading", name="入库副本").wait_for()
    sound(page)
    page.go_back()
    page.get_by_role("heading", name="为什么是橙色").wait_for()
    page.go_back()
    title(page, "总览")
    page.locator("td a[data-tw-page=platform]").first.wait_for()
    assert "level=" in page.url
    assert page.locator("table").first.locator("tbody tr").count() == 1, "the filter still holds"
    sound(page)


@sizes
def test_an_analyst_corrects_and_takes_it_back(url: str, browser: Any, size: str) -> None:
    """Two characters find a text; its story; a label corrected with two clicks, undone with one; the file."""
    page = person(browser, url, "某分析员", size)
    page.goto(f"{url}/evidence")
    page.get_by_role("textbox", name="检索词").fill("提现")
    page.get_by_role("textbox", name="检索词").press("Enter")
    page.wait_for_url("**words=**")
    page.locator("h3.tw-found mark, h3.tw-found a").first.wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()  # what is drawn anew takes a click away
    with page.expect_download() as download:
        page.get_by_role("button", name="下载 CSV").click()
    data = Path(download.value.path()).read_bytes()
    head, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert {"document_id", "platform_id", "schema_version"} <= set(head)
    assert rows
    page.locator("h3.tw-found a").first.click()
    page.get_by_role("heading", name="谁发布了同一报道").wait_for()
    page.keep("analyst-story")
    page.get_by_role("button", name="更正").first.click()
    page.get_by_role("button", name="不是该平台").click()
    page.get_by_role("button", name="撤销").wait_for()
    page.keep("analyst-corrected")
    page.get_by_role("button", name="撤销").click()
    page.get_by_role("button", name="撤销").wait_for(state="detached")
    assert page.get_by_role("button", name="更正").count() == 1
    sound(page)


@sizes
def test_a_liaison_officer_changes_a_threshold(url: str, browser: Any, size: str) -> None:
    """Edit, preview, submit with a reason; another person approves; the diff and the audit log tell of it."""
    page = person(browser, url, "某联络岗", size)
    value, why = {"desk": ("77", "演练：提高红线"), "telephone": ("78", "演练：再提高红线")}[size]
    page.goto(f"{url}/thresholds?view=修改&data=演示")
    settle(page)
    field = page.get_by_label("进入线（T ≥）").first
    field.fill(value)
    field.press("Enter")
    page.get_by_role("heading", name="改了什么？（1）").wait_for()
    page.get_by_role("button", name="预览影响").click()
    page.get_by_role("heading", name="每月会有几起橙色及以上预警").wait_for()
    sound(page)
    page.keep("liaison-preview")
    reason = page.get_by_label("理由（必填")
    reason.fill(why)
    reason.press("Control+Enter")
    page.get_by_role("button", name="提交复核").click()
    page.get_by_text("还没有修改").wait_for()

    other = person(browser, url, "某复核", size)
    other.goto(f"{url}/thresholds?view=版本")
    other.get_by_text(why).first.wait_for()
    sound(other)
    other.keep("approver-decides")
    other.get_by_role("button", name="通过", exact=True).click()
    other.get_by_role("heading", name="复核", exact=True).wait_for(state="detached")
    other.get_by_role("heading", name="改了什么？（1）").wait_for()
    other.goto(f"{url}/audit")
    title(other, "审计")
    text = other.get_by_role("table").first.inner_text()
    assert "改动 红：进入线（T ≥） " in text, "in words, without raw names"
    assert f" → {value}" in text
    assert "通过阈值" in text
    assert "提交阈值" in text
    assert why in text
    sound(other)
    other.keep("audit")
