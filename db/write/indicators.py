"""Numeric readings in: append-only, each version with the moment from which it counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from sqlalchemy.orm import Session

from db.read.indicators import ReadingKey, ReadingVersion
from db.schema import Indicator
from db.sql import add
from signals.model import shanghai_day

Fate = Literal["new", "revised", "duplicate", "contradicted"]
SAME = 1e-9
"""Values closer than this, relatively, are the same: 0.05 and 5 % are."""


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """One reading to store. `value` in the indicator's own unit, `given` and `unit` as the input has them.

    `assumed`: the input did not say when the figure became known, and `available_at` is the best guess.
    """

    platform_id: str
    name: str
    period_end: date
    value: float
    given: float
    unit: str
    available_at: datetime
    assumed: bool

    @property
    def key(self) -> ReadingKey:
        """What its versions share."""
        return self.platform_id, self.name, self.period_end


def place_reading(
    row: ReadingRow, versions: Sequence[ReadingVersion], now: datetime
) -> tuple[Fate, ReadingRow]:
    """What becomes of a row beside the stored versions of its period, and the row as it is to be stored.

    Without a moment of its own a value that was known before, at any time, is known; another value is a revision, and
    counts from now: nobody can have known it earlier. With one, the value is compared with what was valid then.
    "contradicted": another value is stored with the same moment.
    """
    if row.assumed:
        if any(_same(row.value, version.value) for version in versions):
            return "duplicate", row
        return ("revised", replace(row, available_at=now, assumed=False)) if versions else ("new", row)
    valid = [version for version in versions if version.available_at <= row.available_at]
    if valid and _same(row.value, valid[-1].value):
        return "duplicate", row
    if valid and valid[-1].available_at == row.available_at:
        return "contradicted", row
    return ("revised" if versions else "new"), row


def store_readings(session: Session, rows: Sequence[ReadingRow], now: datetime) -> None:
    """Append these versions; one that is there already is left as it is."""
    stored = [
        {
            "platform_id": row.platform_id,
            "name": row.name,
            "period_end": row.period_end,
            "available_at": row.available_at,
            "available_day": shanghai_day(row.available_at),
            "value": row.value,
            "given": row.given,
            "unit": row.unit,
            "assumed": row.assumed,
            "imported_at": now,
        }
        for row in rows
    ]
    add(session, Indicator, stored)


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=SAME, abs_tol=SAME)
