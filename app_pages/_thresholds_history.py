"""What previews judge: the stored days, held once for all sessions and read ahead while somebody edits."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from app_pages import _data, _evaluations
from db import read
from db.read.history import HistoryStore, Wanted, kept_at, wanted
from db.session import DatabaseError, Session
from settings.models import Thresholds
from signals.calendar import dates
from signals.evaluation.preview import Preview, course, preview
from signals.evaluation.whatif import History, told_by_names
from signals.floors import DENIAL_DAYS, event_ids

COURSES = 40
"""Platforms whose days are kept for the chart: those with most changes."""

DEMO = {"全部": None, "真实": False, "演示": True}
_reading = ThreadPoolExecutor(1, thread_name_prefix="history")


@dataclass(frozen=True)
class Shown:
    """What a page keeps of a preview: tables, not the days of a thousand platforms.

    `courses`: platform -> day, before_t_star, after_t_star, before_level, after_level.
    """

    start: date
    end: date
    number: int
    flips: pd.DataFrame
    platforms: pd.DataFrame
    months: pd.DataFrame
    measures: pd.DataFrame | None
    listed: pd.DataFrame | None
    courses: dict[str, pd.DataFrame]


@st.cache_resource(max_entries=4, show_spinner=False)
def _store_of(url: str) -> HistoryStore:
    return HistoryStore(kept_at(_evaluations.root().parent, url))


def store() -> HistoryStore:
    """The one of this process and database; its file lies in the data folder."""
    return _store_of(os.environ.get("TRUSTWATCH_DATABASE_URL", ""))


def asked_of(demo: bool | None, carry: int) -> Wanted:
    """The active platforms, and the days."""
    with _data.database().reading() as session:
        watched = read.watch_list(session, demo=demo)
    return wanted(watched, [index.id for index in _data.settings().indices], _data.today(), carry)


def read_ahead(demo: bool | None, carry: int) -> Future[None]:
    """Begin to read, aside."""
    asked, database, held = asked_of(demo, carry), _data.database(), store()

    def go() -> None:
        try:
            with held.lock, database.reading() as session:
                held.of(session, asked)
        except DatabaseError:
            return  # whoever asks for a preview is told

    return _reading.submit(go)


def look(base: Thresholds, edited: Thresholds, demo: bool | None, failures: pd.DataFrame) -> Shown | None:
    """The preview; None: no finished day is stored. Raises DatabaseError."""
    asked = asked_of(demo, max(base.carry_days, edited.carry_days))
    held = store()
    with held.lock, _data.database().reading() as session:
        history = held.of(session, asked)
        if not history.judged.any():
            return None
        versions = [base, edited, *(one.thresholds for one in read.threshold_history(session))]
        if not told_by_names(versions):
            history = _with_events(session, history, asked, versions)
        begun = history.since(int(history.judged.any(axis=1).argmax()))
        found = preview(begun, base, edited, _data.settings().indices, failures)
        first, last = dates(begun.days[[0, -1]])
        return Shown(
            first,
            last,
            len(asked.platforms),
            found.flips,
            found.platforms,
            found.months,
            found.measures,
            found.listed,
            {name: _course(begun, found, name) for name in _most_changed(found)},
        )


def _with_events(session: Session, history: History, asked: Wanted, versions: list[Thresholds]) -> History:
    """Floors found anew in mentions: their conditions differ."""
    events = sorted({event for one in versions for event in event_ids(one, _data.settings().events)})
    found = read.floor_events(
        session, list(asked.platforms), asked.start - timedelta(days=DENIAL_DAYS), asked.end, events
    )
    return replace(history, floor_events=found)


def _most_changed(found: Preview) -> list[str]:
    rows = found.platforms
    changed = rows["added"] + rows["removed"]
    order = changed.sort_values(ascending=False, kind="stable").index
    return [str(rows["platform_id"][n]) for n in order[:COURSES] if changed[n]]


def _course(history: History, found: Preview, name: str) -> pd.DataFrame:
    both = course(history, found.before, name).merge(
        course(history, found.after, name), on="day", suffixes=("_before", "_after")
    )
    columns = {
        "t_star_before": "before_t_star",
        "t_star_after": "after_t_star",
        "level_before": "before_level",
        "level_after": "after_level",
    }
    return both.rename(columns=columns)[["day", *columns.values()]]
