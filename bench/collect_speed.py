"""One worker against fast sites: documents parsed and stored a second, each host left its pause. Goal: ≥ 500/s."""

from __future__ import annotations

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from bench.sites import Site, serving, source_toml
from collectors.fetch import Fetcher
from pipeline.prepare import open_workplace
from pipeline.scheduler import FETCH_THREADS
from pipeline.stages.collect import collect_source

SITES = 24
PAGES = 10
PER_PAGE = 100
DELAY = 0.5
"""Seconds between two requests to one host."""


def run() -> None:
    """Every site once, all its pages, in the worker's own number of threads."""
    now = datetime.now(UTC)
    sites = [
        Site(f"speed_{number:03d}", per_page=PER_PAGE, shown=PAGES * PER_PAGE) for number in range(SITES)
    ]
    for site in sites:
        site.publish(now - timedelta(hours=1), PAGES * PER_PAGE)
    with tempfile.TemporaryDirectory() as folder, serving(sites):
        for site in sites:
            home = Path(folder) / "sources" / site.name
            home.mkdir(parents=True)
            (home / "source.toml").write_text(
                source_toml(site, every_minutes=5, pages=PAGES, delay=DELAY), "utf-8"
            )
        os.environ |= {"TRUSTWATCH_DATA": f"{folder}/data", "TRUSTWATCH_SOURCES": f"{folder}/sources"}
        workplace = open_workplace(now)
        get = Fetcher(allow_hosts={"127.0.0.1"})
        sources = [source for source in workplace.sources if source.id.startswith("speed_")]
        began = time.perf_counter()
        with ThreadPoolExecutor(FETCH_THREADS) as pool:
            outcomes = list(
                pool.map(
                    lambda each: collect_source(workplace, each, slot="bench", now=now, get=get), sources
                )
            )
        seconds = time.perf_counter() - began
        workplace.database.close()
    stored = sum(outcome.counts.stored for outcome in outcomes if outcome is not None)
    pauses = [after - before for site in sites for before, after in pairwise(sorted(site.asked))]
    requests = sum(len(site.asked) for site in sites)
    waited = DELAY * (PAGES - 1) * SITES / FETCH_THREADS
    print(f"sites {SITES}, threads {FETCH_THREADS}, requests {requests}, documents stored {stored}")
    print(f"documents/s                    {stored / seconds:10.0f}   (goal: at least 500)")
    print(f"seconds                        {seconds:10.1f}   of which pauses alone {waited:.1f}")
    print(f"least pause between requests   {min(pauses):10.3f} s   (asked for: {DELAY} s)")
