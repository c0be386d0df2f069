"""The product as a person meets it: the real two processes, a real Chromium, real clicks, a real download."""

from __future__ import annotations

import csv
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.door import first_sign_in

ROOT = Path(__file__).parent.parent
SCREENSHOTS = ROOT / "tests" / "screenshots"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LEVEL_WORDS = ("红", "橙", "黄", "蓝", "正常", "数据不足")

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(480)]


@pytest.fixture(scope="module", autouse=True)
def _chromium_or_say_so() -> None:
    """Skipping is loud, and an error where the browser was promised."""
    if CHROMIUM is None:
        if os.environ.get("TRUSTWATCH_REQUIRE_BROWSER"):
            pytest.fail("Chromium is required here and was not found")
        pytest.skip("NO CHROMIUM: the browser test did not run. Debian: apt install chromium fonts-noto-cjk")


@dataclass(frozen=True)
class Product:
    """The running product."""

    url: str
    process: subprocess.Popen[str]
    folder: Path
    password: str
    """Of the account admin, as the first run printed it."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(folder: Path) -> Product:
    port = free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "TRUSTWATCH_DATA": str(folder),
        "PYTHONUNBUFFERED": "1",
    }
    environment.pop("TRUSTWATCH_DATABASE_URL", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "run"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    password = ""
    for line in process.stdout:
        if line.strip().startswith("密码"):
            password = line.split()[-1]
        if "已就绪" in line:
            return Product(line.split()[-1], process, folder, password)
    raise AssertionError(f"the product ended before it was ready: {process.wait()}")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = start(tmp_path_factory.mktemp("product") / "data")
    yield running
    running.process.send_signal(signal.SIGTERM)
    running.process.wait(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def session(product: Product) -> str:
    """The token of a browser in which the administrator has signed in and chosen a password."""
    return first_sign_in(product.url, product.password)


@pytest.fixture(autouse=True)
def _pages_are_closed(request: pytest.FixtureRequest) -> Iterator[None]:
    """A page that stays open goes on refreshing itself, beside the tests that follow."""
    yield
    if "browser" in request.fixturenames:
        for context in request.getfixturevalue("browser").contexts:
            context.close()


def page_of(browser, name: str, product: Product, session: str):  # type: ignore[no-untyped-def] # playwright's types need it installed
    """A desktop page of somebody who is signed in."""
    page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN", accept_downloads=True)
    page.context.add_cookies([{"name": "trustwatch", "value": session, "url": product.url}])
    page.set_default_timeout(180_000)
    page.context.set_default_navigation_timeout(180_000)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.keep = lambda step: page.screenshot(path=SCREENSHOTS / f"{name}-{step}.png", full_page=True)
    return page


def test_a_committee_member_finds_level_reason_and_sentence(product: Product, session: str, browser) -> None:  # type: ignore[no-untyped-def]
    """总览 fills by itself; a click opens a platform that shows level, reason and the original words."""
    page = page_of(browser, "committee", product, session)
    page.goto(product.url)
    page.get_by_role("heading", name="总览").wait_for()
    page.keep("1-first-paint")
    page.get_by_text("演示数据").first.wait_for()
    row = page.get_by_role("row").filter(has_text="红").first
    row.wait_for()
    page.keep("2-overview")
    link = row.get_by_role("link").first
    name = link.inner_text().strip()
    link.click()
    page.wait_for_url("**platform=**")
    page.get_by_role("heading", name=name).first.wait_for()
    body = page.locator("section.main, [data-testid=stMain]").first
    page.locator("mark").first.wait_for()
    page.keep("3-platform")
    text = body.inner_text()
    assert any(word in text for word in ("红 特别严重", "特别严重"))
    assert "为什么是红色" in text
    marked = page.locator("mark").first
    sentence = marked.locator("xpath=..").inner_text()
    assert len(sentence) > len(marked.inner_text()) >= 2, "the evidence is a sentence, its span highlighted"
    assert "Traceback" not in text


def test_an_analyst_downloads_a_csv_that_excel_opens(product: Product, session: str, browser) -> None:  # type: ignore[no-untyped-def]
    """The bytes carry the BOM, the header is the first line, Chinese is intact, no cell starts a formula."""
    page = page_of(browser, "analyst", product, session)
    page.goto(f"{product.url}/export")
    page.get_by_role("heading", name="导出").wait_for()
    page.keep("1-export")
    with page.expect_download() as download:
        page.get_by_role("button", name="下载").or_(page.get_by_role("link", name="下载")).first.click()
    data = Path(download.value.path()).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows[0][-4:] == ["schema_version", "settings_hash", "model_version", "data_as_of"]
    assert len(rows) > 1
    assert any("\u4e00" <= letter <= "\u9fff" for row in rows[1:20] for cell in row for letter in cell)
    assert not [cell for row in rows[1:] for cell in row if cell[:1] in {"=", "@", "+"}]


NEW = "霜月优投"
DOUBTFUL = "砚川银行的泊麦优贷怎么申请，利率是多少"
POSTS = (
    "在{0}平台理财的注意了，{0}提现不到账，客服失联，大家小心",
    "{0}靠谱吗？最近{0}提现要排队，老用户说已经等了两周",
    "有人在{0}平台理财吗，今天{0}App打不开了，群里都在问",
)


def bring_posts(product: Product) -> None:
    """Posts about a platform that nobody watches, and one in which a bank's product bears a watched name."""
    now = datetime.now(UTC)
    texts = [text.format(NEW) for text in POSTS] + [DOUBTFUL]
    inbox = product.folder / "posts.csv"
    with inbox.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["id", "text", "date", "publisher", "kind"])
        for number, text in enumerate(texts):
            when = now - timedelta(hours=number + 1)
            writer.writerow([f"post-{number}", text, when.isoformat(), f"示例社区{number}", "social"])
    subprocess.run(
        [sys.executable, "-m", "pipeline", "import", str(inbox), "--source", "import_documents"],
        cwd=ROOT,
        env={**os.environ, "TRUSTWATCH_DATA": str(product.folder)},
        check=True,
    )


def await_text(page, text: str) -> None:  # type: ignore[no-untyped-def]
    """Open the page again until the worker has read what was brought."""
    for _ in range(30):
        page.get_by_role("heading", level=1).wait_for()
        with suppress(Exception):
            page.get_by_text(text).first.wait_for(timeout=3_000)
            return
        page.reload()
    raise AssertionError(f"{text} never appeared")


@pytest.mark.long
def test_an_analyst_answers_a_doubtful_link(product: Product, session: str, browser) -> None:  # type: ignore[no-untyped-def]
    """The sentence with the name and why it is doubtful; one click answers, one click takes it back."""
    bring_posts(product)
    page = page_of(browser, "review", product, session)
    page.goto(f"{product.url}/review")
    await_text(page, "砚川银行的")
    page.get_by_text("可能是银行的同名产品").first.wait_for()
    page.keep("1-doubtful")
    page.get_by_role("button", name="不是该平台").first.click()
    undo = page.get_by_role("button", name="撤销")
    undo.first.wait_for()
    page.get_by_text("没有待复核的链接").wait_for()
    page.keep("2-answered")
    undo.first.click()
    page.get_by_role("button", name="不是该平台").first.wait_for()
    assert page.get_by_test_id("stException").count() == 0


@pytest.mark.long
def test_an_analyst_adds_a_new_name_and_takes_it_back(product: Product, session: str, browser) -> None:  # type: ignore[no-untyped-def]
    """A name that nobody watches leads its page; a click puts it on the watch list, another one takes it off."""
    page = page_of(browser, "discovery", product, session)
    page.goto(f"{product.url}/discovery")
    await_text(page, NEW)
    for institution in ("警方", "银行", "市"):
        assert not [name for name in page.locator("h3").all_inner_texts() if name.endswith(institution)]
    page.keep("1-rising")
    page.get_by_role("button", name="加入监测名单").first.click()
    page.get_by_text("已加入监测名单").first.wait_for()
    page.keep("2-added")
    page.get_by_role("button", name="撤销").first.click()
    page.get_by_text("还没有加入或忽略过名称").wait_for()
    page.locator("h3", has_text=NEW).first.wait_for()
    assert page.get_by_test_id("stException").count() == 0


@pytest.mark.long
def test_an_analyst_opens_a_document_and_comes_back(product: Product, session: str, browser) -> None:  # type: ignore[no-untyped-def]
    """From the words to a document with its story and stored text, and back to the same search."""
    from playwright.sync_api import expect

    page = page_of(browser, "evidence", product, session)
    page.goto(f"{product.url}/evidence?words=提现")
    page.locator("h3.tw-found a").first.click()
    page.wait_for_url("**doc=**")
    page.get_by_role("heading", name="入库副本").wait_for()
    page.keep("1-document")
    page.get_by_role("link", name="返回检索结果").click()
    page.locator("h3.tw-found a").first.wait_for()
    # Streamlit fills a box from the address just after it has drawn it.
    expect(page.get_by_role("textbox", name="检索词")).to_have_value("提现")
    assert page.get_by_test_id("stException").count() == 0


@pytest.mark.long
def test_every_page_opens_without_an_error(product: Product, session: str, browser) -> None:  # type: ignore[no-untyped-def]
    """No page shows an exception box, and each names itself."""
    page = page_of(browser, "pages", product, session)
    pages = {"": "总览", "review": "待复核链接", "discovery": "新平台发现", "sources": "数据源"}
    for path, heading in (pages | {"export": "导出", "method": "方法说明"}).items():
        page.goto(f"{product.url}/{path}")
        page.get_by_role("heading", name=heading).first.wait_for()
        page.keep(path or "overview")
        assert page.get_by_test_id("stException").count() == 0


@pytest.mark.long
def test_removing_the_demonstration_takes_one_confirmed_click(
    product: Product, session: str, browser
) -> None:  # type: ignore[no-untyped-def]
    """The worker carries it out; afterwards no page speaks of 演示 any more and no fictional platform is left."""
    page = page_of(browser, "removal", product, session)
    page.goto(f"{product.url}/sources")
    page.get_by_role("heading", name="数据源").wait_for()
    page.get_by_role("button", name="删除演示数据").click()
    page.get_by_role("button", name="确认删除").click()
    page.get_by_text("已删除数据源 sample_archive").first.wait_for()
    page.keep("1-removed")
    page.goto(product.url)
    page.get_by_role("heading", name="总览").wait_for()
    page.get_by_text("数据不足").first.wait_for()
    assert page.get_by_text("演示数据").count() == 0
    page.keep("2-overview")


def children_of(pid: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(line) for line in found.stdout.split()]


def is_alive(pid: int) -> bool:
    """A zombie that nobody has waited for is dead."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()[:1] not in {"", "Z"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda n: n.name)
def test_both_processes_end_with_the_supervisor(tmp_path: Path, number: signal.Signals) -> None:
    """Whatever ends the supervisor, kill -9 included, neither worker nor dashboard is left behind."""
    running = start(tmp_path / "data")
    children = children_of(running.process.pid)
    assert len(children) == 2
    running.process.send_signal(number)
    assert running.process.stdout is not None
    # The children hold the other end of this pipe: it closes when the last of them is gone.
    rest = running.process.stdout.read()
    code = running.process.wait(30)
    assert code == (0 if number != signal.SIGKILL else -signal.SIGKILL), rest
    assert not [pid for pid in children if is_alive(pid)]
