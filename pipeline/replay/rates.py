"""How many complaints each source usually brings a day: up to that many authorless texts count as distinct people's."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from pipeline.replay.reading import KINDS
from pipeline.replay.runs import Configured
from signals.calendar import day_number, day_numbers
from signals.model import Kind
from signals.rates import daily_rate

COLUMNS = ("source", "number", "daily_rate")


def usual_complaints(counts: pd.DataFrame, configured: Configured, end: date) -> pd.DataFrame:
    """Columns COLUMNS: source (digest), day number, items a day (NaN = not known) of every day with a complaint.

    Args:    counts: see Table. A source without a complaint on a day on which complaints were answered brought none.
    """
    filed = counts[counts["kind"] == KINDS.index(Kind.COMPLAINT)]
    days = configured.source_days
    heard = days[(days["kind"] == Kind.COMPLAINT.value) & days["answered"]]
    answered = np.unique(day_numbers(heard["day"]))
    parts = []
    for source, rows in filed.groupby("source", sort=True):
        items = rows.set_index("day")["items"]
        known = answered[(answered >= items.index.min()) & (answered <= day_number(end))]
        brought = items.reindex(known, fill_value=0).rename_axis("day").reset_index().assign(source_id="it")
        asked = pd.DataFrame({"source_id": "it", "day": items.index})
        rates = daily_rate(asked, brought, {})
        parts.append(pd.DataFrame({"source": source, "number": items.index, "daily_rate": rates}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({name: [] for name in COLUMNS})
