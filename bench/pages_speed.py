"""How soon 总览 and 平台详情 paint what they are for, against an empty Streamlit page with one chart.

Both are asked in turn by the same Chromium. Cold: the first viewer after the worker wrote, nothing cached in the
process; warm: somebody has looked before. Time is the browser's own, from the start of the navigation to the frame
after the table's rows (总览), level and chart (平台详情), the chart (empty page) stood on the screen. A filter change
counts from the click. BENCH_REPEATS (7) pages of each.
"""

from __future__ import annotations

import os
import shutil
import statistics
from collections import defaultdict

from playwright.sync_api import BrowserContext, Page, sync_playwright

from bench.archive import archive
from bench.web import Served, beat, computed, empty_page, product
from db.session import Database

REPEATS = int(os.environ.get("BENCH_REPEATS", "7"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SIZE = {"width": 1440, "height": 900}
CHART = ".js-plotly-plot .main-svg"
WATCH = """(wanted => {
  const shown = css => [...document.querySelectorAll(css)].some(it => it.getBoundingClientRect().height > 0);
  const look = () => wanted.every(shown)
    ? requestAnimationFrame(() => { window.painted = performance.now(); })
    : requestAnimationFrame(look);
  requestAnimationFrame(look);
})(%s);"""
CHANGED = """told => {
  const before = eval(told);
  let begin = null;
  document.addEventListener('click', () => { begin = performance.now(); }, {capture: true, once: true});
  window.changed = new Promise(done => {
    const look = () => {
      const now = eval(told);
      if (begin !== null && now && now !== before) {
        requestAnimationFrame(() => done(performance.now() - begin));
      } else {
        requestAnimationFrame(look);
      }
    };
    requestAnimationFrame(look);
  });
}"""
ROWS = "document.querySelector('.tw-table tbody')?.textContent"
COURSE = (
    "document.querySelector('[data-testid=stPlotlyChart] .main-svg') &&"
    " document.querySelector('[data-testid=stPlotlyChart]').ariaLabel"
)


class Case:
    """A page, and the selectors that must all stand on the screen."""

    def __init__(self, name: str, server: Served, path: str, *wanted: str) -> None:
        self.name, self.server, self.path, self.wanted = name, server, path, wanted

    def paint(self, context: BrowserContext) -> float:
        """Milliseconds from the start of the navigation."""
        page = context.new_page()
        page.add_init_script(WATCH % list(self.wanted))
        page.goto(self.server.url + self.path, wait_until="commit")
        page.wait_for_function("window.painted !== undefined", timeout=60_000)
        found = float(page.evaluate("window.painted"))
        page.wait_for_timeout(
            1_500
        )  # until it has come to rest: the next one is not to share the processor with it
        page.close()
        return found


def run() -> None:
    """A line per page and state, and per filter."""
    with (
        archive() as folder,
        product(folder) as served,
        empty_page() as empty,
        sync_playwright() as playwright,
        Database.open(f"sqlite:///{folder / 'trustwatch.db'}") as database,
    ):
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        context = browser.new_context(viewport=SIZE)
        context.add_cookies([{"name": "trustwatch", "value": served.token, "url": served.url}])
        cases = (
            Case("empty page, one chart", empty, "/", CHART),
            Case("总览", served, "/", ".tw-counts", ".tw-table tbody tr"),
            Case("平台详情", served, "/platform?platform=b-0003", ".tw-badge.tw-big", ".tw-facts", CHART),
        )
        _paints(cases, context, database)
        _filters(context, served, database)
        browser.close()


def _paints(cases: tuple[Case, ...], context: BrowserContext, database: Database) -> None:
    for case in cases:
        case.paint(context)  # the browser's own cache, and imports
    for state in ("cold", "warm"):
        times: dict[str, list[float]] = defaultdict(list)
        for _ in range(REPEATS):
            for case in cases:
                beat(database)
                if state == "cold":
                    computed(database)
                times[case.name].append(case.paint(context))
        base = statistics.median(times[cases[0].name])
        for name, found in times.items():
            middle = statistics.median(found)
            print(
                f"{state}  {middle:6.0f} ms  ×{middle / base:4.2f}  ({min(found):.0f}–{max(found):.0f})  {name}",
                flush=True,
            )


def _filters(context: BrowserContext, served: Served, database: Database) -> None:
    """Clicks in turn on two choices; done when the table's rows, or the chart and its description, are others."""
    for what, path, told, choices in (
        ("总览: a level, on and off", "/", ROWS, ("橙", "橙")),
        ("平台详情: the span of days", "/platform?platform=b-0003", COURSE, ("90 天", "2 年")),
    ):
        for state in ("cold", "warm"):
            beat(database)
            page = context.new_page()
            page.goto(served.url + path)
            page.wait_for_function(told, timeout=60_000)
            page.wait_for_timeout(3_000)
            _report(
                state, what, [_click(page, choices[n % 2], told, database, state) for n in range(REPEATS)]
            )
            page.close()


def _click(page: Page, choice: str, told: str, database: Database, state: str) -> float:
    """Milliseconds from the click to the change; cold: the worker wrote a moment ago, and nobody asked since."""
    if state == "cold":
        computed(database)
    page.evaluate(CHANGED, told)
    page.locator("[data-testid=stButtonGroup] button", has_text=choice).first.click()
    found = float(page.evaluate("window.changed"))
    page.wait_for_timeout(1_500)
    return found


def _report(state: str, what: str, found: list[float]) -> None:
    print(
        f"filter, {state} {statistics.median(found):6.0f} ms  ({min(found):.0f}–{max(found):.0f})  {what}",
        flush=True,
    )


if __name__ == "__main__":
    run()
