"""Small mention tables, roll-ups and source days for tests of the number side."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd

from settings.loader import FOLDER, load, read_thresholds
from signals.model import shanghai_day

DAY = date(2025, 3, 3)
"""A Monday far from public holidays."""

INDICES = load().indices
EVENTS = load().events
THRESHOLDS = read_thresholds(FOLDER / "levels.toml")
KINDS = ["regulatory", "news", "social", "complaint", "disclosure"]


def at(day: int = 0, hour: float = 12.0) -> datetime:
    """A Shanghai moment, `day` days after DAY, in UTC."""
    return datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC) + timedelta(days=day, hours=hour - 8)


def mention(document: int, **changes: Any) -> dict[str, Any]:
    """One row of the mention table: a plain negative news item, with `changes`."""
    row: dict[str, Any] = {
        "document_id": document,
        "platform_id": "p",
        "available_at": at(),
        "kind": "news",
        "publisher": f"媒体{document}",
        "author": None,
        "story_id": document,
        "official": False,
        "channel": "web",
        "reach": 1.0,
        "relevance": 1.0,
        "negative": 1.0,
        "severity": 1.0,
        "polarity": "asserted",
        "events": [],
        "content_hash": f"h{document}",
        "unresolved": False,
        **changes,
    }
    return {**row, "day": pd.Timestamp(shanghai_day(row["available_at"]))}


def event(event_id: str, polarity: str = "asserted") -> list[dict[str, str]]:
    """The `events` cell of a mention with one event."""
    return [{"id": event_id, "polarity": polarity}]


def table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """A mention table; empty with all columns where there are no rows."""
    rows = list(rows)
    frame = pd.DataFrame(rows or [mention(0)])
    frame["available_at"] = pd.to_datetime(frame["available_at"], utc=True).astype("datetime64[us, UTC]")
    return frame if rows else frame.iloc[:0]


def days(count: int, start: date = DAY) -> list[date]:
    """`count` days in a row."""
    return [start + timedelta(n) for n in range(count)]


def source_days(span: Iterable[date], *, source: str = "s", silent: Iterable[date] = ()) -> pd.DataFrame:
    """Rows of one source of all kinds that answers on every day but the silent ones."""
    quiet = set(silent)
    return pd.DataFrame(
        [
            {
                "source_id": source,
                "day": day,
                "kind": kind,
                "answered": day not in quiet,
                "items": 0 if day in quiet else 10,
                "expected": 10.0,
            }
            for day in span
            for kind in KINDS
        ]
    )


def roll_ups(rows: Iterable[tuple[str, date, str, float, int]]) -> pd.DataFrame:
    """Rows of index_days from (platform, day, index, impulse, count)."""
    frame = pd.DataFrame(list(rows), columns=["platform_id", "day", "index_id", "impulse", "count"])
    return frame.assign(raw=frame["count"])
