"""K 危机事件: mentions of any kind that claim a crisis event."""

from __future__ import annotations

import pandas as pd

from signals.indices.rollup import by_day, negative


def impulses(mentions: pd.DataFrame) -> pd.Series:
    """v of each mention with a crisis event (column `crisis`), 0 for others."""
    return mentions["weight"].where(mentions["crisis"], 0.0)


def daily(mentions: pd.DataFrame) -> pd.DataFrame:
    """Crisis mentions per platform and day; counts the negative claims among them."""
    return by_day(mentions, mentions["crisis"], impulses(mentions), negative(mentions))
