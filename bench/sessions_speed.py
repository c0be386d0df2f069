"""What many people cost the web process: its memory over sessions that come and go, and how long thirty wait.

By Streamlit's websocket (bench.viewers), fragments that refresh by themselves included. Memory: BENCH_SESSIONS (500)
sessions, one after the other, each of 总览 and 平台详情; the resident set every tenth part. Viewers: BENCH_VIEWERS (30)
for BENCH_MINUTES (2), each asking for another page or filter after PAUSE seconds of reading, against one alone; and all
of them opening 总览 at the same moment.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from bench.archive import PLATFORMS, archive
from bench.viewers import Viewer, viewer
from bench.web import Served, beat, product
from db.session import Database

SESSIONS = int(os.environ.get("BENCH_SESSIONS", "500"))
VIEWERS = int(os.environ.get("BENCH_VIEWERS", "30"))
MINUTES = float(os.environ.get("BENCH_MINUTES", "2"))
PAUSE = (5.0, 25.0)
"""How long somebody reads before the next click, seconds."""

ALONE = 20
"""Pages that the single viewer asks for."""


@dataclass
class Measured:
    """Seconds that each page took until all of it had come, and what went wrong."""

    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def told(self) -> str:
        """In one line."""
        half, most = statistics.median(self.times), p95(self.times)
        return f"{len(self.times)} pages, median {half:.2f} s, p95 {most:.2f} s, {len(self.errors)} errors"


def p95(times: list[float]) -> float:
    """The time that one in twenty exceeds."""
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.95))]


def run() -> None:
    """Both, over one web process."""
    with (
        archive() as folder,
        product(folder) as served,
        Database.open(f"sqlite:///{folder / 'trustwatch.db'}") as database,
    ):
        asyncio.run(_both(served, database))


async def _both(served: Served, database: Database) -> None:
    async with asyncio.TaskGroup() as group:
        beating = group.create_task(_beat(database))
        await _viewers(served)
        await _memory(served)
        beating.cancel()


async def _beat(database: Database) -> None:
    while True:
        await asyncio.to_thread(beat, database)
        await asyncio.sleep(30)


async def _memory(served: Served) -> None:
    told, errors = [], 0
    begin, busy = time.perf_counter(), served.busy
    for number in range(SESSIONS + 1):
        if number % max(SESSIONS // 10, 1) == 0:
            told.append(served.memory)
        async with viewer(served.url, served.token) as somebody:
            await somebody.look("")
            await somebody.look("platform", f"platform=b-{number * 7 % PLATFORMS:04d}")
            errors += len(somebody.errors)
    print(
        f"{SESSIONS} sessions of two pages in {time.perf_counter() - begin:.0f} s, {served.busy - busy:.0f} s cpu, "
        f"{errors} errors; MB every {max(SESSIONS // 10, 1)}: {' '.join(f'{each:.0f}' for each in told)}",
        flush=True,
    )


async def _viewers(served: Served) -> None:
    alone, together, at_once = Measured(), Measured(), Measured()
    async with viewer(served.url, served.token) as one:
        for page, query in _clicks(random.Random(1), ALONE):
            alone.times.append(await one.look(page, query))
            await asyncio.sleep(0.5)
        alone.errors += one.errors
    print(f"one viewer: {alone.told()}", flush=True)
    async with AsyncExitStack() as stack:
        everybody = [
            await stack.enter_async_context(viewer(served.url, served.token)) for _ in range(VIEWERS)
        ]
        at_once.times += await asyncio.gather(*(each.look("") for each in everybody))
        busy, begin = served.busy, time.perf_counter()
        await asyncio.gather(*(_read(each, number, together) for number, each in enumerate(everybody)))
        share = (served.busy - busy) / (time.perf_counter() - begin)
        for each in everybody:
            together.errors += each.errors
    ratio = p95(together.times) / p95(alone.times)
    print(f"{VIEWERS} viewers reading {PAUSE[0]:.0f}–{PAUSE[1]:.0f} s a page: {together.told()}; ", end="")
    print(f"p95 ×{ratio:.2f} of one viewer's; {share:.2f} of a processor")
    for error in sorted(set(together.errors)):
        print(f"  {error}")
    print(f"{VIEWERS} opening 总览 at the same moment: {at_once.told()}", flush=True)


async def _read(viewer: Viewer, seed: int, into: Measured) -> None:
    rng, end = random.Random(seed + 100), time.monotonic() + MINUTES * 60
    for page, query in _clicks(rng, 10_000):
        await asyncio.sleep(rng.uniform(*PAUSE))
        if time.monotonic() > end:
            return
        into.times.append(await viewer.look(page, query))


def _clicks(rng: random.Random, count: int) -> list[tuple[str, str]]:
    """Pages as people go through them: the list, a platform, a filter."""
    choices = (
        ("", ""),
        ("", "level=橙"),
        ("", "category=众筹"),
        ("platform", ""),
        ("platform", ""),
    )
    found = []
    for _ in range(count):
        page, query = rng.choice(choices)
        if page:
            query = f"platform=b-{rng.randrange(PLATFORMS):04d}"
        found.append((page, query))
    return found


if __name__ == "__main__":
    run()
