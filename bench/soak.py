"""200 sources, 30 minutes of schedule on a simulated clock, random faults, two worker outages; counts what was lost.

Everything but the clock is real: HTTP on loopback, the fetcher with its retries, the SQLite file, the ledger.
"""

from __future__ import annotations

import os
import random
import resource
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import stamina.instrumentation
from sqlalchemy import select

from bench.sites import Fault, Site, serving, source_toml
from collectors.base import SourceConfig
from collectors.fetch import Fetcher
from db import write
from db.schema import Document, Run
from pipeline import missed
from pipeline.prepare import Workplace, open_workplace
from pipeline.scheduler import FETCH_THREADS
from pipeline.slots import key, moment_at_or_before, moments
from pipeline.stages.collect import collect_source
from pipeline.stages.ledger import postponed

SITES = int(os.environ.get("SOAK_SITES", "200"))
MINUTES = int(os.environ.get("SOAK_MINUTES", "30"))
FAULTY = 0.15
"""Share of the sites that misbehave in any minute."""
OUTAGES = ((8, 12), (20, 23))
"""Simulated minutes in which no worker runs."""
MINUTE = timedelta(minutes=1)


def _status(code: int, headers: tuple[tuple[str, str], ...] = (), body: bytes = b"fault") -> Fault:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def _hang_up(request: BaseHTTPRequestHandler) -> None:
    request.connection.close()


def _cut_short(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "100000")
    request.end_headers()
    request.wfile.write(b'{"data": {"rows": [')


FAULTS: dict[str, Fault] = {
    "500": _status(500),
    "403": _status(403),
    "429 + Retry-After": _status(429, (("Retry-After", "120"),)),
    "503 + Retry-After": _status(503, (("Retry-After", "180"),)),
    "200 and empty": _status(200, body=b'{"data": {"rows": []}}'),
    "redesigned": _status(200, body=b'{"items": {"list": [{"a": 1}]}}'),
    "no JSON": _status(200, body="<html>系统维护中</html>".encode()),
    "redirect inside": _status(302, (("Location", "http://10.0.0.7/list"),)),
    "connection closed": _hang_up,
    "cut short": _cut_short,
}


class Soak:
    """One run: the sites, the workplace and the simulated clock."""

    def __init__(self, workplace: Workplace, sites: list[Site], start: datetime) -> None:
        self.workplace, self.start, self.random = workplace, start, random.Random(11)
        self.sites = {site.name: site for site in sites}
        self.sources = [source for source in workplace.sources if source.id in self.sites]
        self.get = Fetcher(allow_hosts={"127.0.0.1"}, attempts=2, sleep=lambda _: None)
        self.faults: Counter[str] = Counter()
        self.memory: list[float] = []

    def minute(self, number: int) -> None:
        """The sites go on; then whatever is due in this minute runs, as the worker would run it."""
        now = self.start + number * MINUTE
        for site in self.sites.values():
            self._live(site, now)
        if any(first <= number < last for first, last in OUTAGES):
            return
        due = [(source, moment) for source in self.sources for moment in moments(source, now - MINUTE, now)]
        if any(number == last for _, last in OUTAGES):
            due = self._begun(now - MINUTE) + due
        with ThreadPoolExecutor(FETCH_THREADS) as pool:
            list(pool.map(lambda job: self.collect(*job), due))
        self.memory.append(_resident())

    def _begun(self, back: datetime) -> list[tuple[SourceConfig, datetime]]:
        """A worker that comes back writes down what it missed, and runs the slot that has begun meanwhile."""
        ran = missed.catch_up(self.workplace.database, self.sources, back)
        return [(each, moment_at_or_before(each, back)) for each in self.sources if each.id not in ran]

    def _live(self, site: Site, now: datetime) -> None:
        site.publish(now - timedelta(seconds=self.random.randrange(60)), self.random.choice((0, 0, 1, 2)))
        if site.items and self.random.random() < 0.05:
            item = self.random.choice(site.items[-20:])
            item.text += f"（{now:%H:%M} 更正）"
        word = self.random.choice(sorted(FAULTS)) if self.random.random() < FAULTY else None
        site.fault = FAULTS[word] if word else None
        self.faults.update([word] if word else [])

    def collect(self, source: SourceConfig, moment: datetime) -> None:
        """One scheduled run, or the row that says why there is none."""
        with self.workplace.database.reading() as session:
            wait = postponed(session, source.id, moment)
        if wait is None:
            collect_source(self.workplace, source, slot=key(moment), now=moment, get=self.get)
            return
        with self.workplace.database.writing() as session:
            write.record_missed(session, source.id, key(moment), moment, "网站要求稍后再来")

    def settle(self, now: datetime) -> None:
        """The faults are over: everything that is still shown is collected."""
        for site in self.sites.values():
            site.fault = None
        with ThreadPoolExecutor(FETCH_THREADS) as pool:
            list(
                pool.map(
                    lambda each: collect_source(self.workplace, each, slot="settle", now=now, get=self.get),
                    self.sources,
                )
            )

    def slots_without_row(self, end: datetime) -> int:
        """Scheduled moments that neither a run nor a "missed" row accounts for."""
        with self.workplace.database.reading() as session:
            rows = session.execute(select(Run.source_id, Run.slot, Run.state, Run.error)).all()
        taken = {(row.source_id, row.slot) for row in rows}
        summed: Counter[str] = Counter()
        for row in rows:
            if row.state == "missed" and "错过" in (row.error or "") and "次计划" in row.error:
                summed[row.source_id] += int(row.error.split("错过 ")[1].split(" 次")[0]) - 1
        lacking = 0
        for source in self.sources:
            due = [key(moment) for moment in moments(source, self.start, end)]
            lacking += max(0, sum((source.id, slot) not in taken for slot in due) - summed[source.id])
        return lacking

    def lost_and_doubled(self) -> tuple[int, int, int, int]:
        """Items published; of them not stored, stored twice, and stored in another wording than the last."""
        with self.workplace.database.reading() as session:
            rows = session.execute(select(Document.external_id, Document.text)).all()
        stored = Counter(row.external_id for row in rows)
        texts = {row.external_id: row.text for row in rows}
        wanted = {
            f"{site.name}-{item.number}": item.text for site in self.sites.values() for item in site.items
        }
        lost = sum(name not in stored for name in wanted)
        doubled = sum(count - 1 for name, count in stored.items() if name in wanted)
        stale = sum(texts[name] != text for name, text in wanted.items() if name in texts)
        return len(wanted), lost, doubled, stale


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def run() -> None:
    """The whole exercise, then the figures."""
    stamina.instrumentation.set_on_retry_hooks([])
    start = datetime.now(UTC).replace(hour=2, minute=0, second=0, microsecond=0) - timedelta(days=1)
    sites = [Site(f"soak_{number:03d}") for number in range(SITES)]
    with tempfile.TemporaryDirectory() as folder, serving(sites):
        for number, site in enumerate(sites):
            site.publish(start - timedelta(hours=1), 20)
            home = Path(folder) / "sources" / site.name
            home.mkdir(parents=True)
            told = source_toml(site, every_minutes=2 + number % 4, pages=8, delay=0.0)
            (home / "source.toml").write_text(told, "utf-8")
        os.environ |= {"TRUSTWATCH_DATA": f"{folder}/data", "TRUSTWATCH_SOURCES": f"{folder}/sources"}
        soak = Soak(open_workplace(start), sites, start)
        began = time.perf_counter()
        for number in range(1, MINUTES + 1):
            soak.minute(number)
        end = start + MINUTES * MINUTE
        lacking = soak.slots_without_row(end)
        soak.settle(end + MINUTE)
        published, lost, doubled, stale = soak.lost_and_doubled()
        _print(soak, published, lost, doubled, stale, lacking, time.perf_counter() - began)
        soak.workplace.database.close()


def _print(
    soak: Soak, published: int, lost: int, doubled: int, stale: int, lacking: int, seconds: float
) -> None:
    with soak.workplace.database.reading() as session:
        states = Counter(session.scalars(select(Run.state)))
    print(
        f"sources {len(soak.sources)}, simulated minutes {MINUTES}, {seconds:.0f} s; worker away in minutes {OUTAGES}"
    )
    print(f"faults served        {sum(soak.faults.values()):8d}   {dict(sorted(soak.faults.items()))}")
    print(f"ledger rows          {sum(states.values()):8d}   {dict(sorted(states.items()))}")
    print(f"items published      {published:8d}")
    print(
        f"  lost               {lost:8d}\n  doubled            {doubled:8d}\n  outdated wording   {stale:8d}"
    )
    print(f"slots without a row  {lacking:8d}")
    quarter, last = soak.memory[len(soak.memory) // 4], soak.memory[-1]
    print(f"memory               {quarter:8.0f} MB after a quarter, {last:.0f} MB at the end")
