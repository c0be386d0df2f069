"""R 监管合规: regulatory documents that name the platform."""

from __future__ import annotations

import pandas as pd

from signals.indices.rollup import by_day, negative
from signals.model import Kind


def _fed(mentions: pd.DataFrame) -> pd.Series:
    return mentions["kind"] == Kind.REGULATORY


def impulses(mentions: pd.DataFrame) -> pd.Series:
    """v of each regulatory mention, 0 for others."""
    return mentions["weight"].where(_fed(mentions), 0.0)


def daily(mentions: pd.DataFrame) -> pd.DataFrame:
    """Penalties, talks, warnings, filed cases, licence actions per platform and day; counts negative ones."""
    return by_day(mentions, _fed(mentions), impulses(mentions), negative(mentions))
