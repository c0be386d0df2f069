"""A database as large as the pages must carry: platforms × days of indices and levels, and documents by the million.

Sizes by the environment: BENCH_PLATFORMS (1000), BENCH_DAYS (730), BENCH_DOCUMENTS (2000000). The last day is today:
what is kept in BENCH_ARCHIVE (a folder) is taken up again as long as sizes and day are the same, else filled anew.
All names and texts are invented. Rows are handed to the driver as they are, for the models would take an hour.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from bench.search_speed import texts
from db import write
from db.schema import Document, Flip, IndexDay, IndexValue, Mention, PlatformDay, SourceDay, Story
from db.schema import Platform as Watched
from db.search import restart
from db.session import Database
from db.sql import chunks, table
from settings.loader import load
from settings.models import INDUSTRY, Platform
from signals.model import day_start, shanghai_day

PLATFORMS = int(os.environ.get("BENCH_PLATFORMS", "1000"))
DAYS = int(os.environ.get("BENCH_DAYS", "730"))
DOCUMENTS = int(os.environ.get("BENCH_DOCUMENTS", "2000000"))
CLASSES = ("网络借贷", "消费金融", "第三方支付", "众筹")
KINDS = ("regulatory", "news", "social", "complaint")
SOURCES = {f"bench-{kind}": kind for kind in KINDS}
SETTINGS = load()
IDS = tuple(index.id for index in SETTINGS.indices)
LINES = SETTINGS.thresholds
TEXT_LENGTH = 100
POOL = 20_000
"""Texts that halves are taken from: two halves make a text of its own."""
GONE_DARK = 0.02
"""Share of the platforms that nothing was seen of in the last weeks: 数据不足."""


@contextmanager
def archive() -> Iterator[Path]:
    """A data folder with the database in it; a temporary one unless BENCH_ARCHIVE names where it is kept."""
    kept = os.environ.get("BENCH_ARCHIVE")
    if kept:
        yield filled(Path(kept))
        return
    with tempfile.TemporaryDirectory(prefix="trustwatch-bench-") as folder:
        yield filled(Path(folder))


def filled(folder: Path) -> Path:
    """The folder with a database of these sizes as of today."""
    today = shanghai_day(datetime.now(UTC))
    about = {"platforms": PLATFORMS, "days": DAYS, "documents": DOCUMENTS, "today": today.isoformat()}
    note = folder / "about.json"
    if note.exists() and json.loads(note.read_text("utf-8")) == about:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    began = time.perf_counter()
    with Database.open(f"sqlite:///{folder / 'trustwatch.db'}") as database:
        database.migrate()
        _Filler(database, today).run()
    size = (folder / "trustwatch.db").stat().st_size / 1e9
    print(
        f"{PLATFORMS} platforms × {DAYS} days, {DOCUMENTS} documents: {size:.1f} GB "
        f"written in {time.perf_counter() - began:.0f} s",
        flush=True,
    )
    note.write_text(json.dumps(about), "utf-8")
    return folder


class _Filler:
    """Writes one table after the other."""

    def __init__(self, database: Database, today: date) -> None:
        self.database, self.today = database, today
        self.file = sqlite3.connect(database.where)
        self.file.execute("PRAGMA synchronous=OFF")  # whoever pulls the plug fills it again
        self.file.execute("PRAGMA cache_size=-200000")
        self.days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
        self.told = [day.isoformat() for day in self.days]
        self.at = day_start(today) + timedelta(minutes=10)
        self.numbers = np.random.default_rng(23)
        self.ids = [f"b-{number:04d}" for number in range(PLATFORMS)]

    def run(self) -> None:
        """All tables."""
        self._frame()
        for at, platform in enumerate([*self.ids, INDUSTRY]):
            self._platform(platform, dark=platform != INDUSTRY and at % int(1 / GONE_DARK) == 7)
        self._documents()
        self.file.close()
        with self.database.writing() as session:
            restart(session.connection())
        left = True
        while left:
            with self.database.writing() as session:
                left = bool(write.extend_search(session, limit=5_000).done)

    def _frame(self) -> None:
        platforms = [
            Platform(id=name, name=f"基准平台{number}", category=CLASSES[number % len(CLASSES)])
            for number, name in enumerate(self.ids)
        ]
        sources = [
            {"id": name, "name": f"基准来源{kind}", "kinds": [kind], "config": {"covers": "all"}, "enabled": True,
             "demo": False, "verified": True}
            for name, kind in SOURCES.items()
        ]  # fmt: skip
        with self.database.writing() as session:
            write.seed_thresholds(session, LINES, self.at - timedelta(days=DAYS))
            write.load_platforms(session, platforms, now=self.at, who="bench", evidence=None)
            session.add(Watched(id=INDUSTRY, name="全行业", category="行业", active=False, added_at=self.at))
            write.upsert_sources(session, sources)
        days = (
            {"source_id": name, "day": day, "kind": kind, "answered": True, "items": 9, "expected": 5.0}
            for name, kind in SOURCES.items()
            for day in self.told
        )
        self._insert(SourceDay, days)

    def _platform(self, name: str, *, dark: bool) -> None:
        """Indices with a crisis here and there, T* with its memory, levels and their changes."""
        height = np.minimum(self.numbers.gamma(1.2, 9, (DAYS, len(IDS))) + self._crises()[:, None], 100.0)
        t = np.average(height, axis=1, weights=[LINES.weights[index] for index in IDS])
        t_star = np.empty(DAYS)
        memory = 0.0
        for at in range(DAYS):
            memory = max(t[at], memory * 0.5 ** (1 / LINES.memory_half_life_days))
            t_star[at] = memory
        unseen = np.zeros(DAYS, dtype=bool)
        unseen[-20 if dark else DAYS :] = True
        indices = IDS if name != INDUSTRY else (*IDS, SETTINGS.industry.policy.id)
        if name == INDUSTRY:
            height = np.column_stack([height, height[:, 0]])
        self._insert(IndexValue, self._values(name, indices, height, unseen))
        self._insert(IndexDay, self._roll_ups(name))
        levels = self._levels(t_star, unseen)
        self._insert(PlatformDay, self._platform_days(name, t, t_star, levels, unseen))
        self._insert(Flip, self._flips(name, t, t_star, levels))

    def _crises(self) -> np.ndarray:
        bump = np.zeros(DAYS)
        for begin in self.numbers.integers(0, DAYS, size=self.numbers.poisson(1.5)):
            length = int(self.numbers.integers(5, 25))
            bump[begin : begin + length] += self.numbers.uniform(10, 60)
        return bump

    def _values(
        self, name: str, indices: Sequence[str], height: np.ndarray, unseen: np.ndarray
    ) -> Iterator[dict[str, object]]:
        for at, row in enumerate(height.tolist()):
            for index, value in zip(indices, row, strict=True):
                seen = not unseen[at]
                yield {
                    "platform_id": name, "day": self.told[at], "index_id": index, "as_of": self.at,
                    "value": value if seen else None, "level_part": value / 200, "surprise_part": value / 250,
                    "accumulated": 1.0, "saturation": 2.0, "count": 1, "expected": 1.0, "observed": seen,
                }  # fmt: skip

    def _roll_ups(self, name: str) -> Iterator[dict[str, object]]:
        counts = self.numbers.poisson(0.6, (DAYS, 4))
        for at, which in np.argwhere(counts > 0):
            count = int(counts[at, which])
            yield {
                "platform_id": name, "day": self.told[at], "index_id": "NCKS"[which], "impulse": count * 0.2,
                "count": count, "raw": count * 2,
            }  # fmt: skip

    def _levels(self, t_star: np.ndarray, unseen: np.ndarray) -> list[str]:
        lines = [LINES.blue.enter, LINES.yellow.enter, LINES.orange.enter, LINES.red.enter]
        words = ("正常", "蓝", "黄", "橙", "红")
        found = [words[place] for place in np.searchsorted(lines, t_star, side="right")]
        return ["数据不足" if dark else level for level, dark in zip(found, unseen, strict=True)]

    def _platform_days(
        self, name: str, t: np.ndarray, t_star: np.ndarray, levels: Sequence[str], unseen: np.ndarray
    ) -> Iterator[dict[str, object]]:
        since, before, last_known = self.told[0], levels[0], levels[0]
        for at, level in enumerate(levels):
            if level != before:
                since, before = self.told[at], level
            if level != "数据不足":
                last_known = level
            score = None if unseen[at] else round(float(t_star[at]), 9)
            recent = [[day, score, True] for day in self.told[max(0, at - 5) : at + 1]]
            state = {"recent": recent, "level": level, "peak": score, "low_since": None}
            yield {
                "platform_id": name, "day": self.told[at], "as_of": self.at,
                "t": None if unseen[at] else float(t[at]), "t_star": score, "q": score, "scope": 1.0,
                "coverage": 0.0 if unseen[at] else 1.0, "level": level,
                "level_before_grey": last_known if level == "数据不足" else None, "since": since, "provisional": False,
                "reason": "投诉指数与舆情指数同时上升，独立来源三家；较七日前上升，主要来自提现困难的投诉。",
                "floor": None, "state": json.dumps(state, ensure_ascii=False), "threshold_version": 1,
                "settings_hash": "bench",
            }  # fmt: skip

    def _flips(
        self, name: str, t: np.ndarray, t_star: np.ndarray, levels: Sequence[str]
    ) -> Iterator[dict[str, object]]:
        for at in range(1, DAYS):
            if levels[at] != levels[at - 1]:
                yield {
                    "platform_id": name, "day": self.told[at], "as_of": self.at, "level_from": levels[at - 1],
                    "level_to": levels[at], "reason": "综合分越过等级线，主要来自投诉。", "t": float(t[at]),
                    "t_star": float(t_star[at]), "withdrawn": False, "threshold_version": 1, "settings_hash": "bench",
                }  # fmt: skip

    def _documents(self) -> None:
        """Each with its mention; every fourth is a copy of the one before it, so the two are one story."""
        rng = random.Random(29)
        share = 1 / np.arange(1, PLATFORMS + 1) ** 0.5  # some are spoken of a lot, none not at all
        whose = self.numbers.choice(PLATFORMS, size=DOCUMENTS, p=share / share.sum())
        pool = [words[:TEXT_LENGTH] for words in texts(rng, POOL)]
        half = TEXT_LENGTH // 2
        for numbers in chunks(range(1, DOCUMENTS + 1), 50_000):
            rows = [
                self._document(number, rng.choice(pool)[:half] + rng.choice(pool)[half:])
                for number in numbers
            ]
            own = [row for row in rows if row["story_id"] == row["id"]]
            self._insert(
                Story,
                ({"id": row["id"], "first_available_at": row["available_at"], "copies": 1 + (row["id"] % 4 == 2),
                  "publishers": 1} for row in own),
            )  # fmt: skip
            self._insert(Document, rows)
            self._insert(Mention, (self._mention(row, self.ids[whose[row["id"] - 1]], rng) for row in rows))

    def _document(self, number: int, words: str) -> dict[str, object]:
        """Ids ascend with the days, as they do where documents come in by themselves."""
        day = self.days[(number - 1) * DAYS // DOCUMENTS]
        at = day_start(day) + timedelta(seconds=(number * 7_919) % 86_000)
        kind = KINDS[number % len(KINDS)]
        return {
            "id": number, "identity": f"{number:032x}", "source_id": f"bench-{kind}", "kind": kind,
            "title": words[:16], "text": words, "url": f"https://example.invalid/{number}",
            "canonical_url": f"example.invalid/{number}", "publisher": f"基准媒体{number % 400}",
            "official": kind == "regulatory", "published_at": at, "first_seen_at": at, "available_at": at,
            "available_day": day.isoformat(), "backfilled": False, "content_hash": f"{number:032x}",
            "story_id": number - 1 if number % 4 == 3 else number, "revision": 1,
            "fields": '{"status": "处理中"}' if kind == "complaint" else "{}", "replaced_share": 0.0,
            "analysed_with": "bench", "snownlp": 0.3 if number % 97 == 0 else None,
        }  # fmt: skip

    def _mention(self, row: Mapping[str, object], platform: str, rng: random.Random) -> dict[str, object]:
        events = [
            {"id": "withdrawal_difficulty", "polarity": "asserted", "part": "text", "start": 2, "end": 6}
        ]
        return {
            "document_id": row["id"], "platform_id": platform, "as_of": row["available_at"],
            "available_day": row["available_day"], "kind": row["kind"], "relevance": 1.0,
            "negative": round(rng.random(), 3), "severity": 0.4, "polarity": "asserted",
            "events": json.dumps(events if rng.random() < 0.1 else []), "spans": "[]", "needs_review": False,
            "removed": False, "weight": round(rng.random(), 4), "model_version": "bench",
        }  # fmt: skip

    def _insert(self, model: type, rows: Iterable[Mapping[str, object]]) -> None:
        """Rows with the same columns, in one transaction."""
        given = iter(rows)
        first = next(given, None)
        if first is None:
            return
        columns = list(first)
        named = ", ".join(f'"{name}"' for name in columns)
        places = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table(model).name} ({named}) VALUES ({places})"  # our own words

        def plain() -> Iterator[tuple[object, ...]]:
            yield tuple(map(_plain, first.values()))
            for row in given:
                yield tuple(map(_plain, row.values()))

        with self.file:
            self.file.executemany(statement, plain())


def _plain(value: object) -> object:
    """As db.schema.Utc stores a moment."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return value


if __name__ == "__main__":
    with archive() as folder:
        print(folder)
