"""Preview of other thresholds over two years of a thousand platforms: reading what is stored, then judging it twice.

Goal: ≤ 5 s. `first ever` reads everything: the page begins with it while a person edits, and keeps it in a file with
which `a new process` begins. `again` asks whether anything changed and judges; `a new day` is the first preview after
midnight. Processor time, for the clock counts others too.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import insert, text

from db import read, write
from db.read.history import HistoryStore, Wanted
from db.schema import IndexValue, PlatformDay
from db.session import Database
from db.sql import table
from settings.loader import load
from settings.models import LevelLines, Override, Overrides, Platform, Thresholds
from signals.evaluation.preview import Preview, preview

PLATFORMS = int(os.environ.get("BENCH_PREVIEWED", "1000"))
START, END = date(2024, 1, 1), date(2025, 12, 30)
CLASSES = ("网络借贷", "消费金融", "第三方支付", "众筹")
SEED = 17
STATE = {
    "recent": [["2025-01-01", 20.123456789, True]] * 6,
    "level": "正常",
    "peak": 20.123456789,
    "low_since": None,
}
SETTINGS = load()
BASE = SETTINGS.thresholds
IDS = tuple(index.id for index in SETTINGS.indices)


def fill(database: Database, rng: np.random.Generator) -> None:
    """Every index of every platform on every day: the dense case, with a crisis here and there."""
    days = [
        START - timedelta(days=BASE.carry_days) + timedelta(days=n) for n in range((END - START).days + 5)
    ]
    platforms = [
        Platform(id=f"b-{n:04d}", name=f"基准{n}", category=CLASSES[n % len(CLASSES)])
        for n in range(PLATFORMS)
    ]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with database.writing() as session:
        write.seed_thresholds(session, BASE, at)
        write.load_platforms(session, platforms, now=at, who="bench", evidence=None)
    for platform in platforms:
        height = np.minimum(rng.gamma(1.2, 12, (len(days), len(IDS))) + _crises(rng, len(days))[:, None], 100)
        with database.writing() as session:
            session.execute(insert(table(IndexValue)), _values(platform.id, days, height, at))
            session.execute(insert(table(PlatformDay)), _platform_days(platform.id, days, at))
    with database.writing() as session:
        session.execute(text("ANALYZE"))


def _crises(rng: np.random.Generator, days: int) -> np.ndarray:
    """Height added by day: a bump of two weeks about once in two years."""
    bump = np.zeros(days)
    for begin in rng.integers(0, days, size=rng.poisson(1)):
        bump[begin : begin + 14] += rng.uniform(20, 60)
    return bump


def _values(name: str, days: list[date], height: np.ndarray, at: datetime) -> list[dict[str, object]]:
    return [
        {
            "platform_id": name, "day": day, "index_id": index, "as_of": at, "value": value, "level_part": value / 100,
            "surprise_part": 0.0, "accumulated": 1.0, "saturation": 2.0, "count": 1, "expected": 1.0, "observed": True,
        }
        for day, row in zip(days, height.tolist(), strict=True)
        for index, value in zip(IDS, row, strict=True)
    ]  # fmt: skip


def _platform_days(name: str, days: list[date], at: datetime) -> list[dict[str, object]]:
    return [
        {
            "platform_id": name, "day": day, "as_of": at, "t": 20.0, "t_star": 20.0, "q": 20.0, "scope": 1.0,
            "coverage": 1.0, "level": "正常", "since": day, "provisional": False, "reason": "", "state": STATE,
            "threshold_version": 1, "settings_hash": "bench",
        }
        for day in days
    ]  # fmt: skip


def edits() -> dict[str, Thresholds]:
    """What people try: a line, weights, and exceptions for a class and for twenty platforms."""
    orange = BASE.orange.model_copy(update={"enter": 55.0})
    lines = LevelLines(
        blue=BASE.blue, yellow=BASE.yellow, orange=orange, red=BASE.red, leave_margin=BASE.leave_margin
    )
    overrides = Overrides(
        category={CLASSES[0]: Override(lines=lines)},
        platform={f"b-{n:04d}": Override(weights={**BASE.weights, "R": 0.4}) for n in range(20)},
    )
    return {
        "a line": BASE.model_copy(update={"orange": orange}),
        "weights": BASE.model_copy(update={"weights": {**BASE.weights, "C": 0.1, "N": 0.24}}),
        "21 exceptions": BASE.model_copy(update={"overrides": overrides}),
    }


def once(database: Database, store: HistoryStore, edited: Thresholds, end: date) -> Preview:
    """All that a click on 预览 costs."""
    with database.reading() as session:
        watched = read.watch_list(session)
        platforms = {one.id: (one.category, None) for one in watched}
        history = store.of(session, Wanted(platforms, IDS, START, end, BASE.carry_days))
        return preview(history, BASE, edited, SETTINGS.indices)


def run() -> None:
    """A line per case."""
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("BENCH_DATABASE_URL") or f"sqlite:///{Path(folder) / 'preview.db'}"
        with Database.open(url) as database:
            database.migrate()
            fill(database, np.random.default_rng(SEED))
            count = (END - START).days + 1
            print(f"{PLATFORMS} platforms × {count} days × {len(IDS)} indices, seed {SEED}")
            path = Path(folder) / "history.npz"
            store, tried = HistoryStore(path), edits()
            _line("first ever, a line", database, store, tried["a line"], END - timedelta(days=1))
            _line("a new day, a line", database, store, tried["a line"], END)
            _line("a new process, a line", database, HistoryStore(path), tried["a line"], END)
            for what, edited in tried.items():
                _line(f"again, {what}", database, store, edited, END)
            print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _line(what: str, database: Database, store: HistoryStore, edited: Thresholds, end: date) -> None:
    cpu, begin = time.process_time(), time.perf_counter()
    found = once(database, store, edited, end)
    busy, wall = time.process_time() - cpu, time.perf_counter() - begin
    changed = f"{len(found.flips)} flips differ"
    print(f"{what:24} {busy:6.2f} s cpu {wall:6.2f} s on the clock   {changed}", flush=True)
