"""What must stand before any stage runs: schema, thresholds, watch list, sources, sample archive."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from collectors.base import SourceConfig, load_sources
from collectors.sources.sample_archive import generate
from db import read, write
from db.session import Database, Session
from pipeline.paths import data_dir, database_url, source_folders
from settings import loader
from settings.models import INDUSTRY, INDUSTRY_DEMO, Settings
from signals.indices import resolve
from signals.model import shanghai_day
from signals.publishers import Publishers

SAMPLE = "sample_archive"
ANCHOR = "sample_archive_anchor"
REMOVED = "sample_archive_removed"
SALT = "author_salt"


@dataclass(frozen=True)
class Workplace:
    """Everything a stage is handed besides its data: opened database, settings, sources and their faults."""

    database: Database
    settings: Settings
    sources: tuple[SourceConfig, ...]
    faults: tuple[str, ...]
    publishers: Publishers

    def source(self, source_id: str) -> SourceConfig | None:
        """The configured source of that id."""
        return next((source for source in self.sources if source.id == source_id), None)


def open_workplace(now: datetime, url: str | None = None) -> Workplace:
    """Migrate, seed and load. Idempotent; raises DatabaseError, SettingsError and UnknownIndexFunction."""
    settings = loader.load()
    for index in settings.indices:
        resolve(index.function)
    database = Database.open(url or database_url())
    database.migrate()
    folders = source_folders()
    sources, faults = load_sources(folders)
    missing = [
        f"{folder}：TRUSTWATCH_SOURCES 指向的文件夹不存在" for folder in folders if not folder.is_dir()
    ]
    with database.writing() as session:
        _seed(session, settings, now)
        removed = bool(read.fact(session, REMOVED))
        wanted = [source for source in sources if not (removed and source.demo)]
        write.upsert_sources(session, [declaration(source) for source in wanted])
        known = read.sources(session)
        gone = set(known.loc[known["removed"], "id"])
        kept = tuple(source for source in wanted if source.id not in gone)
        if not removed:
            _seed_sample(session, settings, now)
    return Workplace(
        database,
        settings,
        kept,
        (*missing, *(fault.message for fault in faults)),
        Publishers(settings.publishers),
    )


def declaration(source: SourceConfig) -> dict[str, object]:
    """The row of `sources` for a configured source."""
    return {
        "id": source.id,
        "name": source.name,
        "kinds": [str(kind) for kind in source.kinds],
        "config": {**source.model_dump(mode="json"), "covers": covers_of(source)},
        "enabled": source.enabled,
        "demo": source.demo,
        "verified": source.verified,
    }


def covers_of(source: SourceConfig) -> object:
    """As signals.coverage reads it: "all", a list of platform ids (maybe empty), {"category": …} or {"demo": true}."""
    covers = source.covers
    if covers.all:
        return "all"
    if covers.none or covers.platforms:
        return list(covers.platforms)
    return {"demo": True} if covers.demo else {"category": covers.category}


def _seed(session: Session, settings: Settings, now: datetime) -> None:
    write.seed_thresholds(session, settings.thresholds, now)
    write.load_platforms(session, settings.platforms, now=now, who="platforms.toml", evidence=None)
    write.seed_industry(session, INDUSTRY, settings.industry.name, demo=False, now=now)
    if read.fact(session, SALT) is None:
        write.set_fact(session, SALT, secrets.token_hex(16))


def _seed_sample(session: Session, settings: Settings, now: datetime) -> None:
    write.seed_industry(session, INDUSTRY_DEMO, f"{settings.industry.name}（演示）", demo=True, now=now)
    anchor = read.fact(session, ANCHOR) or shanghai_day(now).isoformat()
    write.set_fact(session, ANCHOR, anchor)
    platforms = generate.platforms(date.fromisoformat(anchor))
    write.load_platforms(session, platforms, now=now, who=SAMPLE, evidence="合成演示数据")


def extend_sample(workplace: Workplace, now: datetime) -> None:
    """Write the archive's files up to `now`, where it is still wanted; the ordinary reader picks them up."""
    with workplace.database.reading() as session:
        anchor = read.fact(session, ANCHOR)
        removed = read.fact(session, REMOVED)
    if anchor is not None and not removed:
        generate.write_archive(data_dir() / SAMPLE, date.fromisoformat(anchor), now)
