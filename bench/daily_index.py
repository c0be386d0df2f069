"""One more day for 1,000 platforms with two years behind them. Goal: ≤ 10 s, the same at ten times the documents."""

from __future__ import annotations

import os
import tempfile
import time
from datetime import UTC, date, datetime, timedelta

import numpy as np
from sqlalchemy import insert

from db import write
from db.schema import Document, IndexDay
from pipeline.prepare import Workplace, open_workplace
from pipeline.stages.index import index
from pipeline.stages.warn import warn
from settings.models import Platform
from signals.model import day_start, shanghai_day

PLATFORMS = 1000
DAYS = 730


def seed(workplace: Workplace, today: date, now: datetime, old_documents: int) -> None:
    """Two years of roll-ups and source days, and `old_documents` documents that the step must not read."""
    generator = np.random.default_rng(3)
    watch_list = [Platform(id=f"b-{n}", name=f"基准平台{n}", category="基准") for n in range(PLATFORMS)]
    source = {"id": "bench", "name": "基准", "kinds": ["regulatory", "news", "social", "complaint"]}
    with workplace.database.writing() as session:
        write.load_platforms(session, watch_list, now=now, who="bench", evidence=None)
        write.upsert_sources(
            session,
            [{**source, "config": {"covers": "all"}, "enabled": True, "demo": False, "verified": True}],
        )
        days = [today - timedelta(days=n) for n in range(DAYS, -1, -1)]
        write.save_source_days(
            session,
            [
                {
                    "source_id": "bench",
                    "day": day,
                    "kind": kind,
                    "answered": True,
                    "items": 9,
                    "expected": 5.0,
                }
                for day in days
                for kind in source["kinds"]
            ],
        )
        rows = []
        for platform in watch_list:
            counts = generator.poisson(1.5, size=(len(days), 3))
            rows += [
                {
                    "platform_id": platform.id,
                    "day": days[at],
                    "index_id": "NCK"[which],
                    "impulse": float(counts[at, which]) * 0.2,
                    "count": int(counts[at, which]),
                    "raw": int(counts[at, which]) * 2,
                }
                for at, which in np.argwhere(counts > 0)
            ]
        session.execute(insert(IndexDay), rows)
        add_documents(session, today, old_documents)


def add_documents(session: object, today: date, number: int) -> None:
    """Old documents without mentions of today: weight that the daily step has to carry without reading it."""
    for begin in range(0, number, 20_000):
        rows = []
        for n in range(begin, min(number, begin + 20_000)):
            day = today - timedelta(days=30 + n % 600)
            rows.append(
                {
                    "identity": f"bench-{n}",
                    "source_id": "bench",
                    "kind": "news",
                    "title": f"标题{n}",
                    "text": "正文" * 50,
                    "first_seen_at": day_start(day),
                    "available_at": day_start(day),
                    "available_day": day,
                    "content_hash": f"{n:032x}",
                    "fields": {},
                    "analysed_with": "bench",
                }
            )
        session.execute(insert(Document), rows)  # type: ignore[attr-defined]


def run() -> None:
    """The step twice: with few and with ten times as many old documents."""
    for old in (50_000, 500_000):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["TRUSTWATCH_DATA"] = folder
            now = datetime.now(UTC)
            today = shanghai_day(now)
            workplace = open_workplace(now)
            seed(workplace, today, now, old)
            with workplace.database.writing() as session:
                write.add_pending(session, "index", [(f"b-{n}", today) for n in range(PLATFORMS)])
            begin = time.perf_counter()
            written = index(workplace, now=now)
            middle = time.perf_counter()
            judged = warn(workplace, now=now)
            end = time.perf_counter()
            workplace.database.close()
        print(
            f"{old:>8} old documents: index {middle - begin:5.2f} s ({written} values), "
            f"warn {end - middle:5.2f} s ({judged} platform days); goal ≤ 10 s"
        )
