"""Small mention tables, roll-ups and source days for tests of the number side."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from settings.loader import FOLDER, load, read_thresholds
from signals.model import shanghai_day

DAY = date(2025, 3, 3)
"""A Monday far from public holidays."""

INDICES = load().indices
FED_BY_MENTIONS = [index for index in INDICES if index.fed_by == "mentions"]
INDICATORS = load().indicators
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


def month_ends(first: date, last: date) -> list[date]:
    """The last days of the months from the one of `first` to the one of `last`."""
    return [day.date() for day in pd.date_range(first.replace(day=1), last, freq="ME")]


def readings(platforms: Iterable[str], start: date, end: date, *, seed: int = 0) -> pd.DataFrame:
    """Monthly figures of every indicator known 10 days after the month, from nine months before `start`; every seventh
    is revised five weeks later."""
    rng = np.random.default_rng(seed)
    rows = []
    for period_end in month_ends(start - timedelta(days=280), end):
        for platform in platforms:
            for indicator in INDICATORS.indicator:
                known, value = period_end + timedelta(10), float(rng.normal(20, 4))
                if indicator.feeds == "D":
                    value = float(rng.poisson(0.3))
                rows.append((platform, indicator.id, period_end, value, known))
                if rng.random() < 1 / 7:
                    rows.append((platform, indicator.id, period_end, value + 3.0, known + timedelta(35)))
    frame = pd.DataFrame(rows, columns=["platform_id", "name", "period_end", "value", "available_day"])
    return frame[[day <= end for day in frame["available_day"]]].reset_index(drop=True)
