"""C 用户投诉: complaints, with failed withdrawals and unresolved ones weighing more."""

from __future__ import annotations

import numpy as np
import pandas as pd

from signals.indices.rollup import by_day, negative
from signals.model import Kind
from signals.weight import UNKNOWN

WITHDRAWAL = "withdrawal_difficulty"
WITHDRAWAL_SEVERITY = 0.8
UNRESOLVED = 1.25
"""Factor of a complaint still unresolved after 15 days."""


def _fed(mentions: pd.DataFrame) -> pd.Series:
    return mentions["kind"] == Kind.COMPLAINT


def _about_withdrawal(mentions: pd.DataFrame) -> pd.Series:
    about = [any(hit["id"] == WITHDRAWAL for hit in hits) for hits in mentions["events"]]
    return pd.Series(about, index=mentions.index, dtype="bool")


def impulses(mentions: pd.DataFrame) -> pd.Series:
    """v of each complaint, 0 for others; severity at least .8 for failed withdrawals; × 1.25 unresolved."""
    severity = mentions["severity"].astype("float64").fillna(UNKNOWN).clip(0.01, 1)
    raised = severity.where(~_about_withdrawal(mentions), severity.clip(lower=WITHDRAWAL_SEVERITY))
    factor = np.sqrt(raised / severity) * np.where(mentions["unresolved"].astype("bool"), UNRESOLVED, 1.0)
    return (mentions["weight"] * factor).where(_fed(mentions), 0.0)


def daily(mentions: pd.DataFrame) -> pd.DataFrame:
    """Complaints per platform and day; counts those of distinct complainants."""
    return by_day(mentions, _fed(mentions), impulses(mentions), negative(mentions))
