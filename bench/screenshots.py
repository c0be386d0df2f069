"""The pictures of README.md and docs/screens.md: `make screenshots`.

A product of its own in a temporary folder, on the demonstration archive; waits for what must be seen.
The archive ends today, so the dates in the pictures are those of the day on which they were taken.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

from PIL import Image

from db.passwords import token_hash
from db.roles import Role
from db.schema import Account, SignIn
from db.session import Database

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "images"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
DESK, TELEPHONE = (1280, 860), (390, 844)
COLOURS = 256
"""Of the palette of each picture, chosen so that a level's few points of colour stay what they are."""
TOKEN = "token-of-the-screenshots"
PATIENCE = 240_000
"""Milliseconds for the archive to be read and judged, on a slow machine."""
REPLAYED = 300
"""Days of the replay that 回放与评估 shows."""


@dataclass(frozen=True)
class Product:
    """The running product."""

    url: str
    folder: Path


@contextmanager
def product() -> Iterator[Product]:
    """Worker and dashboard on an empty folder; both ended and the folder removed afterwards."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        sign_in(Path(folder))
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        given = {**os.environ, "PORT": str(port), "TRUSTWATCH_DATA": folder, "PYTHONUNBUFFERED": "1"}
        given.pop("TRUSTWATCH_DATABASE_URL", None)
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "run"], cwd=ROOT, env=given, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        try:
            if not any("已就绪" in line for line in process.stdout):
                raise SystemExit("the product ended before it was ready")
            Thread(target=process.stdout.read, daemon=True).start()  # a full pipe would stop it
            yield Product(f"http://127.0.0.1:{port}", Path(folder))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def sign_in(folder: Path) -> None:
    """A session of an administrator, to whom every page is open; before the worker begins to write."""
    now = datetime.now(UTC)
    with Database.open(f"sqlite:///{folder / 'trustwatch.db'}") as database:
        database.migrate()
        with database.writing() as session:
            account = Account(
                name="示例用户",
                folded="示例用户",
                role=str(Role.ADMIN),
                password_hash="x",
                created_at=now,
                created_by="示例",
            )
            session.add(account)
            session.flush()
            mine = SignIn(token_hash=token_hash(TOKEN), account_id=account.id, how="local")
            mine.began_at, mine.seen_at, mine.expires_at = now, now, now + timedelta(hours=2)
            session.add(mine)


def command(folder: Path, *arguments: str) -> None:
    """`python -m pipeline …` on the folder's data."""
    given = {**os.environ, "TRUSTWATCH_DATA": str(folder)}
    given.pop("TRUSTWATCH_DATABASE_URL", None)
    subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=ROOT,
        env=given,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def exported(folder: Path, table: str, start: date) -> list[dict[str, str]]:
    """Rows of the demonstration, as `export` writes them."""
    target = folder / f"{table}.csv"
    command(folder, "export", table, str(target), "--demo", "--start", start.isoformat())
    return list(csv.DictReader(io.StringIO(target.read_text("utf-8-sig"), newline="")))


def written(path: Path, rows: list[dict[str, str]]) -> str:
    """A CSV of these rows; its path."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def replay(folder: Path) -> None:
    """What 回放与评估 shows: the archive replayed, judged by the statuses that it tells of."""
    end = date.today() - timedelta(days=1)
    start = end - timedelta(days=REPLAYED)
    same = (
        "published_at",
        "first_seen_at",
        "kind",
        "publisher",
        "title",
        "text",
        "url",
        "subject",
        "official",
    )
    documents = [
        {
            "id": row["document_id"],
            "source": row["channel"] or row["source_id"],
            **{name: row[name] for name in same},
        }
        for row in exported(folder, "documents", start - timedelta(days=100))
    ]
    names = {row["platform_name"] for row in exported(folder, "platform_days", end)}
    platforms = [{"platform": name} for name in sorted(names)]
    failed = [
        {"platform": row["platform_name"], "problem_date": row["since"]}
        for row in exported(folder, "statuses", start)
        if row["status"] != "在营"
    ]
    out = folder / "replays" / "演示"
    command(
        folder, "replay", "--documents", written(folder / "documents-in.csv", documents),
        "--platforms", written(folder / "platforms-in.csv", platforms), "--start", start.isoformat(),
        "--end", end.isoformat(), "--out", str(out),
    )  # fmt: skip
    command(folder, "evaluate", "--replay", str(out), "--failures", written(folder / "failed.csv", failed))


def heading(page: Any, name: str) -> None:
    page.get_by_role("heading", name=name).first.wait_for()


def overview(page: Any) -> None:
    heading(page, "近一年全行业哪些日子不平静")


def platform(page: Any) -> None:
    heading(page, "这一天的分数由什么组成")


def evidence(page: Any) -> None:
    page.locator("h3.tw-found mark").first.wait_for()


def thresholds(page: Any) -> None:
    """Orange from 55 on instead of 60, and what that would have changed."""
    heading(page, "等级线")
    settled(page)  # fields are drawn as they arrive: only then is the second one that of orange
    field = page.get_by_label("进入线（T ≥）").nth(1)
    field.fill("55")
    field.press("Enter")
    heading(page, "改了什么？（1）")
    page.get_by_role("button", name="预览影响").click()
    heading(page, "每月会有几起橙色及以上预警")
    heading(page, "这一家会怎样走")
    page.get_by_role("heading", name="如果过去就用它").evaluate("node => node.scrollIntoView()")


def replays(page: Any) -> None:
    page.locator(".js-plotly-plot").first.wait_for()


def industry(page: Any) -> None:
    heading(page, "监管最近发得多吗")


def brief(page: Any) -> None:
    """Without waiting for the hour at which the worker makes it by itself."""
    page.locator("iframe").first.wait_for()


@dataclass(frozen=True)
class Shot:
    """A picture: file, address, size, and what must be there first."""

    name: str
    address: str
    ready: Callable[[Any], None]
    size: tuple[int, int] = DESK


SHOTS = (
    Shot("overview", "", overview),
    Shot("platform", "platform?platform=demo-lutong", platform),
    Shot("evidence", "evidence?words=提现", evidence),
    Shot("thresholds", "thresholds?view=修改&data=演示", thresholds),
    Shot("replays", "replays", replays),
    Shot("industry", "industry?data=演示", industry),
    Shot("brief", "brief", brief),
    Shot("telephone", "", overview, TELEPHONE),
)


def settled(page: Any) -> None:
    """Nothing runs, nothing is a placeholder, every chart on screen is drawn."""
    page.wait_for_function(
        """() => !document.querySelector('[data-testid=stSkeleton], [data-testid=stStatusWidget], .tw-banner.work')
          && [...document.querySelectorAll('[data-testid=stPlotlyChart]')].every((one) => one.querySelector('svg'))
          && document.fonts.status === 'loaded'"""
    )
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def take(chromium: Any, shot: Shot, url: str) -> None:
    """One picture, with a palette."""
    width, height = shot.size
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )
    context.add_cookies([{"name": "trustwatch", "value": TOKEN, "url": url}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{url}/{shot.address}")
    shot.ready(page)
    settled(page)
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        target = FOLDER / f"{shot.name}.png"
        picture.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            target, optimize=True
        )
    print(f"{target.relative_to(ROOT)}  {target.stat().st_size // 1024} KB", flush=True)
    context.close()


def await_archive(chromium: Any, url: str) -> None:
    """The archive is read and judged: its crisis stands at red, and the worker rests."""
    context = chromium.new_context()
    context.add_cookies([{"name": "trustwatch", "value": TOKEN, "url": url}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(url)
    page.get_by_role("row").filter(has_text="鹭桐财富").filter(has_text="红").wait_for()
    page.locator(".tw-banner.work").wait_for(state="detached")
    context.close()


def main() -> None:
    """Take all, or those named on the command line."""
    from playwright.sync_api import sync_playwright

    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        sys.exit("no Chromium; Debian: apt install chromium fonts-noto-cjk")
    wanted = [shot for shot in SHOTS if not sys.argv[1:] or shot.name in sys.argv[1:]]
    with product() as running, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        )
        await_archive(chromium, running.url)
        if any(shot.name == "replays" for shot in wanted):
            replay(running.folder)
        if any(shot.name == "brief" for shot in wanted):
            command(running.folder, "brief", "--daily", "--demo")
        for shot in wanted:
            take(chromium, shot, running.url)
        chromium.close()


if __name__ == "__main__":
    main()
