"""N 负面舆情: negative mentions in news and social media."""

from __future__ import annotations

import pandas as pd

from signals.indices.rollup import by_day, negative
from signals.model import Kind


def _fed(mentions: pd.DataFrame) -> pd.Series:
    return mentions["kind"].isin([Kind.NEWS, Kind.SOCIAL])


def impulses(mentions: pd.DataFrame) -> pd.Series:
    """v of each news or social mention, 0 for others."""
    return mentions["weight"].where(_fed(mentions), 0.0)


def daily(mentions: pd.DataFrame) -> pd.DataFrame:
    """Negative opinion per platform and day; `raw` tells all news and social mentions."""
    return by_day(mentions, _fed(mentions), impulses(mentions), negative(mentions))
