"""Full-text search over synthetic documents: what cutting one costs, and what a question costs. Processor time.

Goal: ≤ 200 ms for a thousand matches of a common two-character word at 200,000 documents. BENCH_DATABASE_URL names a
server instead of a file; its own processor time is not seen from here, so the clock is printed too.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from sqlalchemy import insert, text

from db import read, write
from db.read import SearchFilters
from db.schema import Document, Mention
from db.search import GRAMS, restart
from db.session import Database
from db.sql import chunks, table
from settings.models import Platform
from signals.bigrams import parse
from signals.model import shanghai_day

DOCUMENTS = int(os.environ.get("BENCH_SEARCHED", "200000"))
DAYS, PLATFORMS = 730, 1_000
BEGIN = datetime(2024, 1, 1, 4, tzinfo=UTC)
WORDS = {"提现": 0.2, "逾期": 0.1, "兑付": 0.02, "跑路": 0.005, "暴雷": 0.0005, "提现困难": 0.03}
"""Word -> share of the documents that hold it."""
QUERIES = {
    "common, two characters": "提现",
    "two common words": "提现 逾期",
    "rare, two characters": "暴雷",
    "four characters": "提现困难",
    "without a word": "逾期 -提现",
    "one character": "兑",
    "absent": "鑫鑫鑫",
    "nothing typed": "",
}
FILTERS = {
    "all": SearchFilters(),
    "a platform": SearchFilters(platform_id="b-1"),
    "polarity": SearchFilters(polarity="denied"),
    "an event": SearchFilters(event_id="withdrawal_difficulty"),
    "a month": SearchFilters(start=shanghai_day(BEGIN), end=shanghai_day(BEGIN + timedelta(days=30))),
}


def texts(rng: random.Random, count: int) -> Iterator[str]:
    """About 240 characters each: invented words, as frequent as words are (Zipf), among which those of WORDS."""
    letters = [chr(0x4E00 + place) for place in rng.sample(range(15_000), 2_500)]
    lengths = (1, 2, 2, 2, 2, 3)
    vocabulary = ["".join(rng.choices(letters, k=rng.choice(lengths))) for _ in range(8_000)]
    weights = list(accumulate(1 / (place + 3) for place in range(len(vocabulary))))
    for _ in range(count):
        words = rng.choices(vocabulary, cum_weights=weights, k=120)
        words[::9] = ["，"] * len(words[::9])
        words += [word for word, share in WORDS.items() if rng.random() < share]
        rng.shuffle(words)
        yield "".join(words)


def fill(database: Database, rng: random.Random) -> None:
    """Documents with a mention each, not cut yet."""
    declared = {
        "id": "s", "name": "基准", "kinds": ["news"], "config": {}, "enabled": True, "demo": False, "verified": True
    }  # fmt: skip
    platforms = [Platform(id=f"b-{n}", name=f"基准{n}", category="基准") for n in range(PLATFORMS)]
    with database.writing() as session:
        write.upsert_sources(session, [declared])
        write.load_platforms(session, platforms, now=BEGIN, who="bench", evidence=None)
    for rows in chunks((_document(n, words) for n, words in enumerate(texts(rng, DOCUMENTS), 1)), 5_000):
        with database.writing() as session:
            session.execute(insert(table(Document)), rows)
            session.execute(insert(table(Mention)), [_mention(row, rng) for row in rows])
    with database.writing() as session:
        restart(session.connection())
        session.execute(text("ANALYZE"))


def _document(number: int, words: str) -> dict[str, object]:
    at = BEGIN + timedelta(days=DAYS) * ((number * 7_919) % DOCUMENTS / DOCUMENTS)
    return {
        "id": number, "identity": str(number), "source_id": "s", "kind": "news", "title": words[:20], "text": words,
        "first_seen_at": at, "available_at": at, "available_day": shanghai_day(at), "content_hash": str(number),
        "fields": {}, "analysed_with": "v1",
    }  # fmt: skip


def _mention(row: dict[str, object], rng: random.Random) -> dict[str, object]:
    event = [{"id": "withdrawal_difficulty", "polarity": "asserted"}] if rng.random() < 0.1 else []
    return {
        "document_id": row["id"], "platform_id": f"b-{int(rng.paretovariate(1)) % PLATFORMS}", "as_of": BEGIN,
        "available_day": row["available_day"], "kind": "news", "relevance": 1.0, "negative": 0.5, "severity": 0.0,
        "polarity": "denied" if rng.random() < 0.05 else "asserted", "events": event, "spans": [],
        "model_version": "bench",
    }  # fmt: skip


def measured(work: Callable[[], object], times: int = 5) -> tuple[float, float]:
    """Median processor and clock time of `work`, ms."""
    busy, wall = [], []
    for _ in range(times):
        cpu, begin = time.process_time(), time.perf_counter()
        work()
        busy.append((time.process_time() - cpu) * 1_000)
        wall.append((time.perf_counter() - begin) * 1_000)
    return statistics.median(busy), statistics.median(wall)


def cut_all(database: Database) -> tuple[float, float]:
    """Seconds of processor and clock that cutting every document takes, in the worker's batches."""
    cpu, begin = time.process_time(), time.perf_counter()
    left = True
    while left:
        with database.writing() as session:
            left = bool(write.extend_search(session).done)
    return time.process_time() - cpu, time.perf_counter() - begin


def ask(database: Database, typed: str, filters: SearchFilters) -> read.Found:
    """What a page asks first: up to 1,001 matches and the texts of the first twenty."""
    with database.reading() as session:
        found = read.find(session, parse(typed), filters)
        read.found_documents(session, found.ids[:20])
        return found


def _size(database: Database) -> str:
    if not database.is_sqlite:
        statement = f"SELECT pg_total_relation_size('{GRAMS}')"
    else:
        statement = f"SELECT sum(length(block)) FROM {GRAMS}_data"
    with database.reading() as session:
        return f"{(session.scalar(text(statement)) or 0) / 1e6:.0f} MB"


def run() -> None:
    """Cost of cutting, size of the index, and a line per query and filter."""
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("BENCH_DATABASE_URL") or f"sqlite:///{Path(folder) / 'search.db'}"
        with Database.open(url) as database:
            database.migrate()
            fill(database, random.Random(17))
            cpu, wall = cut_all(database)
            each = 1e6 / DOCUMENTS
            print(
                f"{DOCUMENTS} documents: cut in {cpu:.1f} s cpu, {wall:.1f} s on the clock: {cpu * each:.0f} µs cpu, ",
                end="",
            )
            print(f"{wall * each:.0f} µs on the clock each; index {_size(database)}")
            for what, typed in QUERIES.items():
                _line(database, f"{what} {typed}", typed, SearchFilters())
            for what, filters in FILTERS.items():
                _line(database, f"提现, {what}", "提现", filters)


def _line(database: Database, what: str, typed: str, filters: SearchFilters) -> None:
    found = ask(database, typed, filters)
    busy, wall = measured(lambda: ask(database, typed, filters))
    more = "+" if found.rest else ""
    print(f"{what:32} {len(found.keys):6d}{more:1} matches {busy:8.1f} ms cpu {wall:8.1f} ms", flush=True)
