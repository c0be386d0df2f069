"""A replay says what the live pipeline would have said: the same documents, brought day by day into a real database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from db import read, write
from db.session import Database
from pipeline.commands.stages import carry
from pipeline.prepare import SALT, Workplace
from pipeline.progress import silent
from pipeline.replay.documents import COLUMNS, Cells, Dated, Reader
from pipeline.stages.source_days import span
from settings import loader
from settings.models import INDUSTRY
from signals.model import day_end, shanghai_day
from signals.publishers import Publishers
from tests.pipeline.streams import HISTORY, KINDS, PLATFORMS, START, Row, order, replay, stream, values

FIRST = START - timedelta(days=HISTORY)
NIGHTS = span(date(2025, 7, 21), date(2025, 7, 27))
"""Days that are carried on one by one: the rumour, its denial and the run of the stream lie among them."""
PIECE = 28
"""Days of history brought at once: within one batch the analyse stage joins copies however old."""
INDICES = ("R", "N", "C", "K", "S", "D")


def rows() -> list[Row]:
    """The stream, each id once, each author's words his own: the stages forget repetitions after two days, and a
    kind that is not configured brings nothing."""
    wanted = [row for row in stream(35) if row["kind"] != "disclosure" and "别的内容" not in row["text"]]
    return [row | {"author": row["id"]} for row in {row["id"]: row for row in wanted}.values()]


def dated(brought: list[Row]) -> list[Dated]:
    """The documents as a collector would hand them over, in the order in which they became available."""
    reader = Reader(loader.load().publishers)
    cells = (tuple(row.get(name, "") for name in COLUMNS) for row in brought)
    found = [reader.read(Cells(number, each)) for number, each in enumerate(cells)]
    return sorted(found, key=lambda each: (each.available, each.id))


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """A database with the four platforms and one source of each kind."""
    database = Database.open(f"sqlite:///{tmp_path / 'live.db'}")
    database.migrate()
    settings = loader.load()
    now = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) - timedelta(days=1)
    watched = order(tmp_path / "watched", rows()).watched
    with database.writing() as session:
        write.seed_thresholds(session, settings.thresholds, now)
        write.set_fact(session, SALT, "test")
        write.seed_industry(session, INDUSTRY, settings.industry.name, demo=False, now=now)
        write.load_platforms(session, watched.platforms, now=now, who="test", evidence=None)
        usual = {"config": {"covers": "all"}, "enabled": True, "demo": False, "verified": True}
        write.upsert_sources(
            session, [{"id": kind.value, "name": kind.value, "kinds": [kind.value]} | usual for kind in KINDS]
        )
    return Workplace(database, settings, (), (), Publishers(settings.publishers))


def bring(workplace: Workplace, documents: list[Dated], days: list[date]) -> None:
    """Store what became available on these days, say that the source answered on them, and carry it on that night."""
    moment = day_end(days[-1]) - timedelta(seconds=1)
    answered = [
        {
            "source_id": kind.value,
            "day": day,
            "kind": kind.value,
            "answered": True,
            "items": 0,
            "expected": 0.0,
        }
        for day in days
        for kind in KINDS
    ]
    with workplace.database.writing() as session:
        write.save_source_days(session, answered)
        told = [each.document for each in documents if days[0] <= shanghai_day(each.available) <= days[-1]]
        write.store_documents(session, told, now=moment, salt="test", backfill=True)
        names = [platform.id for platform in read.watch_list(session)]
        write.add_pending(session, "index", [(name, days[0]) for name in names])
    carry(workplace, moment, silent)
    carry(workplace, moment, silent)  # what a denial took out is computed again
    carry(workplace, moment + timedelta(minutes=10), silent)  # after midnight: the day is decided


def decided(workplace: Workplace, day: date, since: date) -> pd.DataFrame:
    """platform, day, T, composite, level and the indices of the days up to `day`, as they stand now."""
    found = []
    with workplace.database.reading() as session:
        for number, name in enumerate(PLATFORMS):
            identifier = f"p{number:06d}"
            days = read.platform_days(session, identifier, since, day).set_index("day")
            told = read.values_between(session, [identifier], since, day)
            values = told.pivot_table(index="day", columns="index_id", values="value")
            values.index = [pd.Timestamp(each).date() for each in values.index]
            frame = days[["t", "t_star", "level"]].join(values).reset_index().assign(platform=name)
            found.append(frame)
    together = pd.concat(found, ignore_index=True).rename(columns={"t": "T", "t_star": "composite"})
    return together.astype({"day": str})


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_replay_says_what_the_live_pipeline_said_on_each_day(tmp_path: Path, workplace: Workplace) -> None:
    """Every index, T, T* and level of four platforms: a history brought month by month, then night by night a rumour,
    its denial, a run and copies. Each day as it stood when it was decided, before any later correction."""
    brought = rows()
    documents, live = dated(brought), []
    history = span(FIRST, NIGHTS[0] - timedelta(days=1))
    pieces = [history[at : at + PIECE] for at in range(0, len(history), PIECE)]
    for days in [*pieces, *([day] for day in NIGHTS)]:
        bring(workplace, documents, days)
        live.append(decided(workplace, days[-1], days[0]))
    out = replay(tmp_path / "replay", brought, start=FIRST, end=NIGHTS[-1])
    keys = ["platform", "day"]
    found = values(out).merge(pd.concat(live), on=keys, suffixes=("", "_live"), validate="1:1")
    assert len(found) == len(PLATFORMS) * (len(history) + len(NIGHTS))
    for column in ("T", "composite", *INDICES):
        apart = (found[column] - found[f"{column}_live"]).abs()
        assert apart.max() < 1e-5, found.loc[apart.idxmax(), [*keys, column, f"{column}_live"]]
    assert (found["level"] == found["level_live"]).all()
    flips = (out / "flips.csv").read_text("utf-8").splitlines()
    nights = [row for row in flips if any(day.isoformat() in row for day in NIGHTS)]
    assert any(PLATFORMS[1] in row and ",橙," in row.replace("红", "橙") for row in nights), (
        "no denial among the nights"
    )
