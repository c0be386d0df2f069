"""The door in a real Chromium: first password, roles, and an identity provider that really runs on this machine."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db import read, write
from db.session import Database

ROOT = Path(__file__).parent.parent
SCREENSHOTS = ROOT / "tests" / "screenshots"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OWN = "my own password 2026"

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(420)]


@pytest.fixture(scope="module", autouse=True)
def _chromium_or_say_so() -> None:
    """Skipping is loud, and an error where the browser was promised."""
    if CHROMIUM is None:
        if os.environ.get("TRUSTWATCH_REQUIRE_BROWSER"):
            pytest.fail("Chromium is required here and was not found")
        pytest.skip(
            "NO CHROMIUM: the sign-in journeys did not run. Debian: apt install chromium fonts-noto-cjk"
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(database: Database, **environment: str) -> Iterator[str]:
    """The web process on this database; the address of its pages."""
    port = free_port()
    url = database.url.render_as_string(hide_password=False)
    given = {**os.environ, "PORT": str(port), "TRUSTWATCH_DATABASE_URL": url, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "serve.py"],
        cwd=ROOT,
        env=given | environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "看板地址" in line:
                break
        else:
            raise AssertionError(f"ended before it listened: {process.wait()}")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(f"sqlite:///{tmp_path / 'web.db'}") as database:
        database.migrate()
        yield database


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-sync", "--no-first-run"],
        )
        yield chromium
        chromium.close()


@pytest.fixture(autouse=True)
def _pages_are_closed(request: pytest.FixtureRequest) -> Iterator[None]:
    """A page that stays open goes on refreshing itself, beside the tests that follow."""
    yield
    if "browser" in request.fixturenames:
        for context in request.getfixturevalue("browser").contexts:
            context.close()


def page_of(browser, width: int = 1440, height: int = 900):  # type: ignore[no-untyped-def] # playwright's types need it installed
    """A browser that nobody used before."""
    page = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN").new_page()
    page.set_default_timeout(180_000)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.keep = lambda step: page.screenshot(path=SCREENSHOTS / f"door-{step}.png", full_page=True)
    return page


def enter(page, name: str, password: str) -> None:  # type: ignore[no-untyped-def]
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录", exact=True).click()


def test_from_the_first_password_to_a_colleague(database: Database, browser) -> None:  # type: ignore[no-untyped-def]
    """The printed password leads to choosing one's own; a reload stays in; a new colleague sees less; out is out."""
    first = write.first_admin(database, datetime.now(UTC)) or ""
    with serving(database) as url:
        page = page_of(browser)
        page.goto(f"{url}/users")
        page.get_by_role("button", name="登录", exact=True).wait_for()
        page.keep("1-sign-in")
        assert page.get_by_role("link", name="总览").count() == 0, "nothing is shown to nobody"
        enter(page, "admin", "falsch")
        page.get_by_role("alert").wait_for()
        enter(page, "admin", first)
        page.get_by_text("请先修改密码").wait_for()
        page.keep("2-first-password")
        page.get_by_label("当前密码").fill(first)
        page.get_by_label("新密码（").fill(OWN)
        page.get_by_label("再次输入").fill(OWN)
        page.get_by_role("button", name="修改密码").click()
        page.get_by_role("heading", name="新建用户").wait_for()
        (cookie,) = [each for each in page.context.cookies() if each["name"] == "trustwatch"]
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        assert "trustwatch=" not in page.evaluate("document.cookie")
        page.reload()
        page.get_by_role("heading", name="新建用户").wait_for()
        page.get_by_label("用户名").fill("王委员")
        page.get_by_role("button", name="新建用户").click()
        page.get_by_text("只显示这一次").wait_for()
        page.keep("3-new-user")
        given = page.locator("code").first.inner_text().strip()

        guest = page_of(browser, 390, 844)
        guest.goto(f"{url}/users")
        guest.get_by_role("button", name="登录", exact=True).wait_for()
        guest.keep("4-sign-in-narrow")
        enter(guest, "王委员", given)
        guest.get_by_label("当前密码").fill(given)
        guest.get_by_label("新密码（").fill(OWN + "!")
        guest.get_by_label("再次输入").fill(OWN + "!")
        guest.get_by_role("button", name="修改密码").click()
        guest.get_by_text("没有权限").wait_for()
        guest.keep("5-no-permission")
        assert guest.get_by_role("link", name="用户").count() == 0

        with database.writing() as session:
            admin = read.accounts(session, datetime.now(UTC)).set_index("name").loc["admin"]
            assert admin["open"] == 1
        page.goto(f"{url}/audit")
        page.get_by_role("button", name="核对哈希链").click()
        page.get_by_text("核对通过").wait_for()
        page.keep("6-audit")
        page.get_by_role("button", name="退出登录").click()
        page.get_by_role("button", name="登录", exact=True).wait_for()
        page.go_back()
        page.get_by_role("button", name="登录", exact=True).wait_for()
        assert not [each for each in page.context.cookies() if each["name"] == "trustwatch"]


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A real OpenID Connect provider with an analyst, and a stranger without a group of ours."""
    from oidc_provider_mock import User, run_server_in_thread

    people = (
        User(sub="lisi", claims={"preferred_username": "李四", "groups": ["all", "risk-analysts"]}),
        User(sub="stranger", claims={"preferred_username": "路人", "groups": ["all"]}),
    )
    with run_server_in_thread(user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


def settings_of(provider: str) -> dict[str, str]:
    return {
        "TRUSTWATCH_OIDC_URL": f"{provider}/.well-known/openid-configuration",
        "TRUSTWATCH_OIDC_CLIENT_ID": "trustwatch",
        "TRUSTWATCH_OIDC_CLIENT_SECRET": "client secret",
        "TRUSTWATCH_OIDC_ROLES": "risk-analysts=analyst,risk-admins=admin",
    }


def test_an_identity_provider_vouches_for_people(database: Database, provider: str, browser) -> None:  # type: ignore[no-untyped-def]
    """Through st.login and back: the role comes of the groups, the session is ours, and out is out."""
    with serving(database, **settings_of(provider)) as url:
        page = page_of(browser)
        page.goto(f"{url}/export")
        page.get_by_role("button", name="使用单位账号登录").click()
        page.keep("7-provider")
        page.get_by_role("button", name="lisi").click()
        page.get_by_role("button", name="退出登录").wait_for()
        page.keep("8-vouched")
        names = {each["name"] for each in page.context.cookies()}
        assert "trustwatch" in names
        assert not {name for name in names if name.startswith("_streamlit_user")}
        assert page.get_by_role("link", name="导出").count() == 1
        assert page.get_by_role("link", name="用户").count() == 0
        with database.reading() as session:
            people = read.accounts(session, datetime.now(UTC))
            acts = list(read.audit(session)["action"])
        assert people[["name", "role", "local"]].values.tolist() == [["李四", "analyst", False]]
        assert acts[::-1] == ["account_create", "sign_in"]
        page.get_by_role("button", name="退出登录").click()
        page.get_by_role("button", name="使用单位账号登录").wait_for()


def test_who_has_no_role_there_does_not_get_in(database: Database, provider: str, browser) -> None:  # type: ignore[no-untyped-def]
    """The provider knows the person, but gives no group of ours: told, and no account is made."""
    with serving(database, **settings_of(provider)) as url:
        page = page_of(browser)
        page.goto(url)
        page.get_by_role("button", name="使用单位账号登录").click()
        page.get_by_role("button", name="stranger").click()
        page.get_by_text("没有分配 TrustWatch 的角色").wait_for()
        page.keep("9-no-role")
        with database.reading() as session:
            assert read.accounts(session, datetime.now(UTC)).empty


def test_a_session_ended_elsewhere_takes_the_page_away(database: Database, browser) -> None:  # type: ignore[no-untyped-def]
    """Signed out in one place, an open page elsewhere turns into the door by itself."""
    from db.roles import SYSTEM

    first = write.first_admin(database, datetime.now(UTC)) or ""
    opened = write.sign_in(database, "admin", first, address="t", presented=None, now=datetime.now(UTC))
    opened = write.change_password(database, opened.token, first, OWN, now=datetime.now(UTC))
    with serving(database) as url:
        page = page_of(browser)
        page.context.add_cookies([{"name": "trustwatch", "value": opened.token, "url": url}])
        page.goto(f"{url}/method")
        page.get_by_role("button", name="退出登录").wait_for()
        with database.writing() as session:
            write.sign_out_everywhere(session, SYSTEM, "admin", now=datetime.now(UTC))
        page.get_by_role("button", name="登录", exact=True).wait_for()
