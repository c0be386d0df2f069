"""D 自律与披露: late or missing disclosure, leaving the association, the platform's own bad announcements."""

from __future__ import annotations

import pandas as pd

from signals.indices.rollup import by_day, negative
from signals.model import Kind

EVENTS = frozenset({"disclosure_late", "association_exit", "custody_ended"})
"""What a regulatory document must claim to feed D; an announcement of the platform itself always does."""


def _fed(mentions: pd.DataFrame) -> pd.Series:
    claims = [
        any(hit["id"] in EVENTS and hit["polarity"] not in ("denied", "advert") for hit in hits)
        for hits in mentions["events"]
    ]
    regulatory = (mentions["kind"] == Kind.REGULATORY) & pd.Series(claims, index=mentions.index, dtype="bool")
    return (mentions["kind"] == Kind.DISCLOSURE) | regulatory


def impulses(mentions: pd.DataFrame) -> pd.Series:
    """v of each open disclosure item, 0 for other mentions."""
    return mentions["weight"].where(_fed(mentions), 0.0)


def daily(mentions: pd.DataFrame) -> pd.DataFrame:
    """Open disclosure items per platform and day."""
    return by_day(mentions, _fed(mentions), impulses(mentions), negative(mentions))
