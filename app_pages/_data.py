"""Cached reads for the pages. Only db.read; every cache has a lifetime and a bound.

Keys carry the address of the database and its stamp: newer levels or a finished request show at once, and two
databases never share an entry. Each read opens a short session, so no page holds one while it draws.
Raises db.session.DatabaseError.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, ParamSpec, TypeVar, cast

import pandas as pd
import streamlit as st

from app_pages._words import FAILED_STAGE, FAILING
from db import read, write
from db.read.freshness import newest_documents, newest_results
from db.roles import Actor
from db.session import Database
from settings.loader import load
from settings.models import Platform, Settings, Thresholds
from signals.composite import Rules
from signals.model import shanghai_day

TTL = timedelta(minutes=2)
"""What no stamp tells (a platform added by hand) shows after this long."""

LOADING = "正在读取数据…"

P = ParamSpec("P")
R = TypeVar("R")


def cached(max_entries: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """st.cache_data with a lifetime and a bound; a read that takes longer than half a second says so meanwhile."""
    return cast(
        Callable[[Callable[P, R]], Callable[P, R]],
        st.cache_data(ttl=TTL, max_entries=max_entries, show_spinner=LOADING),
    )


class Stamp(NamedTuple):
    """What tells one state of the database from the next."""

    url: str
    as_of: datetime | None
    """When the newest level was computed; None before the first computation."""
    finished: datetime | None
    """When the newest request to the worker was finished."""
    busy: bool
    corrected: datetime | None
    """When people last corrected something or took it back."""
    told: datetime | None = None
    """When people last changed statuses, the watch list, notes or meetings."""


@st.cache_resource(max_entries=4, show_spinner=False)
def _database(url: str) -> Database:
    return Database.open(url or None)


def database() -> Database:
    """The open database of this process."""
    return _database(os.environ.get("TRUSTWATCH_DATABASE_URL", ""))


def now() -> datetime:
    """The pages' only clock."""
    return datetime.now(UTC)


def today() -> date:
    """Today in Asia/Shanghai."""
    return shanghai_day(now())


def settings() -> Settings:
    """settings/ as validated once per process."""
    return load()


def index_names() -> list[tuple[str, str]]:
    """(id, name) of the sub-indices in display order."""
    return [(index.id, index.name) for index in settings().indices]


def event_names() -> dict[str, str]:
    """Event id -> Chinese name."""
    return {event.id: event.name for event in settings().events}


def look() -> Stamp:
    """The database's stamp now: a few indexed lookups."""
    with database().reading() as session:
        busy = read.worker_status(session).stage not in (None, FAILED_STAGE)
        url = os.environ.get("TRUSTWATCH_DATABASE_URL", "")
        corrected = read.last_correction(session)
        told = read.last_input(session)
        return Stamp(url, read.data_as_of(session), read.last_finished(session), busy, corrected, told)


def refresh() -> None:
    """Take the stamp that all reads of this drawing of the page share."""
    st.session_state["stamp"] = look()


def stamp() -> Stamp:
    """The stamp of this drawing."""
    if "stamp" not in st.session_state:
        refresh()
    found = st.session_state["stamp"]
    assert isinstance(found, Stamp)
    return found


def worker() -> read.WorkerInfo:
    """The worker's heartbeat and what it is doing; never cached."""
    with database().reading() as session:
        return read.worker_status(session)


@cached(max_entries=4)
def _overview(key: Stamp) -> pd.DataFrame:
    with _database(key.url).reading() as session:
        return read.overview(session)


def overview() -> pd.DataFrame:
    """One row per active platform (db.read.overview), demo and real."""
    return _overview(stamp())


@cached(max_entries=64)
def _platform(key: Stamp, platform_id: str) -> read.PlatformInfo | None:
    with _database(key.url).reading() as session:
        return read.platform(session, platform_id)


def platform(platform_id: str) -> read.PlatformInfo | None:
    """Names, legal entities and statuses of one platform; None if it is not on the watch list."""
    return _platform(stamp(), platform_id)


@cached(max_entries=64)
def _found(key: Stamp, text: str) -> list[read.PlatformInfo]:
    with _database(key.url).reading() as session:
        return read.search_platforms(session, text, limit=12)


def search(text: str) -> list[read.PlatformInfo]:
    """Platforms by part of any of their names."""
    return _found(stamp(), text)


@cached(max_entries=64)
def _days(key: Stamp, platform_id: str, start: date, end: date) -> pd.DataFrame:
    with _database(key.url).reading() as session:
        return read.platform_days(session, platform_id, start, end)


def days(platform_id: str, start: date, end: date) -> pd.DataFrame:
    """Level, T and T* by day, latest versions."""
    return _days(stamp(), platform_id, start, end)


@cached(max_entries=64)
def _values(key: Stamp, platform_id: str, start: date, end: date) -> pd.DataFrame:
    with _database(key.url).reading() as session:
        return read.index_values(session, platform_id, start, end)


def values(platform_id: str, start: date, end: date) -> pd.DataFrame:
    """Sub-indices by day, long."""
    return _values(stamp(), platform_id, start, end)


@cached(max_entries=64)
def _flips(key: Stamp, platform_id: str | None, start: date, end: date) -> pd.DataFrame:
    with _database(key.url).reading() as session:
        return read.flips(session, platform_id=platform_id, start=start, end=end)


def flips(start: date, end: date, platform_id: str | None = None) -> pd.DataFrame:
    """Changes of level between two days, both included."""
    return _flips(stamp(), platform_id, start, end)


@cached(max_entries=64)
def _evidence(key: Stamp, platform_id: str, day: date) -> pd.DataFrame:
    with _database(key.url).reading() as session:
        return read.evidence(session, platform_id, day, days=30, limit=10)


def evidence(platform_id: str, day: date) -> pd.DataFrame:
    """The ten strongest mentions of the 30 days up to `day`."""
    return _evidence(stamp(), platform_id, day)


@cached(max_entries=64)
def _compared(key: Stamp, platform_id: str, day: date) -> read.Compared:
    with _database(key.url).reading() as session:
        return read.compared(session, platform_id, day)


def compared(platform_id: str, day: date) -> read.Compared:
    """SnowNLP beside ours over the sampled documents of the 30 days up to `day`."""
    return _compared(stamp(), platform_id, day)


def thresholds() -> tuple[int, Thresholds]:
    """Version and content of the thresholds in force. Raises db.read.NoThresholds before the first worker."""
    with database().reading() as session:
        return read.active_thresholds(session, now())


def rules() -> Rules:
    """What T is computed by: thresholds in force, indices, events."""
    return Rules(thresholds()[1], settings().indices, settings().events)


def sources() -> pd.DataFrame:
    """Every source that was not removed, with its state; not cached, people watch it change.

    The columns of db.read.sources, and: items_today and due_today (brought and expected by now, NaN = nothing known of
    today), newest (when its newest document became available, NaT = none), rows, refused, undated, undecodable,
    lacking (of the newest run that read rows, NaN = none yet).
    """
    with database().reading() as session:
        found = read.sources(session)
        days = read.source_days(session, today(), today())
        newest = newest_documents(session)
        results = newest_results(session)
    brought = days.groupby("source_id")[["items", "expected"]].sum()
    names = {"items": "items_today", "expected": "due_today"}
    found = found.merge(brought.rename(columns=names), how="left", left_on="id", right_index=True)
    counted = results.rename(columns={"items": "rows"}).drop(columns="started_at").set_index("source_id")
    found = found.merge(counted, how="left", left_on="id", right_index=True)
    found["newest"] = pd.to_datetime(found["id"].map(newest), utc=True)
    return found[~found["removed"]]


def source_faults() -> list[dict[str, str]]:
    """Configurations that could not be loaded when the worker started: file and message with remedy."""
    with database().reading() as session:
        told = read.fact(session, "source_faults")
    return list(json.loads(told)) if told else []


def kept_responses(source_id: str | None) -> pd.DataFrame:
    """The newest five failing responses, masked when they were kept."""
    with database().reading() as session:
        return read.kept_responses(session, source_id, limit=5)


@cached(max_entries=4)
def _failing(key: Stamp) -> int:
    with _database(key.url).reading() as session:
        found = read.sources(session)
    return int((found["enabled"] & ~found["removed"] & ~found["demo"] & found["state"].isin(FAILING)).sum())


def failing_sources() -> int:
    """How many real sources should bring something and do not."""
    return _failing(stamp())


def runs(source_id: str | None) -> pd.DataFrame:
    """The newest 50 runs of the ledger."""
    with database().reading() as session:
        return read.runs(session, source_id=source_id, limit=50)


def requests() -> pd.DataFrame:
    """The newest requests to the worker."""
    with database().reading() as session:
        return read.requests(session, limit=10)


def ask(what: str, arguments: dict[str, object], actor: Actor) -> int:
    """Leave work for the worker; the number of the request. Raises db.roles.NotAllowed."""
    with database().writing() as session:
        return write.ask(session, what, arguments, actor, now())


@cached(max_entries=4)
def _watch_list(key: Stamp, archived: bool) -> list[read.PlatformInfo]:
    with _database(key.url).reading() as session:
        return read.platform_infos(session, active=not archived)


def watch_list(archived: bool = False) -> list[read.PlatformInfo]:
    """Platforms that are watched (or archived) with all their names, by name."""
    return _watch_list(stamp(), archived)


def managed(platform_id: str) -> read.PlatformInfo | None:
    """One platform as it is now, archived ones too; not cached: somebody is about to change it."""
    with database().reading() as session:
        return read.platform(session, platform_id)


def entry(platform_id: str) -> Platform | None:
    """A watched platform as settings know it, now; None = unknown or archived."""
    with database().reading() as session:
        return next((each for each in read.watch_list(session) if each.id == platform_id), None)
