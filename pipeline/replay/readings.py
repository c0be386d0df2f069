"""INDICATORS.csv: what numeric indicators say of each platform and day, known only from when each figure was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from collectors.base import Refusal
from pipeline.csv_files import read_csv
from pipeline.indicator_rows import OPTIONAL, REQUIRED, Reader, folded
from pipeline.replay.documents import FAR_AHEAD
from settings.models import Platform, Settings
from signals.model import shanghai_day
from signals.open_items import standing_days

COLUMNS = ("platform_id", "name", "period_end", "value", "available_day", "available_at")


@dataclass(frozen=True)
class Told:
    """`readings`: COLUMNS, of the replay's platforms; `strangers`: rows of others; `faults`: what else is wrong."""

    readings: pd.DataFrame
    strangers: int
    faults: tuple[str, ...]


def read_readings(path: Path, platforms: Sequence[Platform], settings: Settings) -> Told:
    """Columns: platform, name, period_end, value, unit, optionally available_at; without it a figure is known when it
    is due. Raises UnreadableFile."""
    reader = Reader.of(platforms, settings.indicators.indicator, settings.industry, FAR_AHEAD)
    rows, faults, strangers = [], [], 0
    for row in read_csv(path, REQUIRED, OPTIONAL):
        if row.fault is not None:
            faults.append(row.fault)
            continue
        if row.cells["platform"].strip() and folded(row.cells["platform"]) not in reader.platforms:
            strangers += 1
            continue
        read = reader.read(path.name, row.number, row.cells)
        if isinstance(read, Refusal):
            faults.append(str(read))
            continue
        available = shanghai_day(read.available_at)
        rows.append((read.platform_id, read.name, read.period_end, read.value, available, read.available_at))
    return Told(pd.DataFrame(rows, columns=COLUMNS), strangers, tuple(faults))


def standing(
    readings: pd.DataFrame, platforms: Sequence[Platform], settings: Settings, start: date, end: date
) -> pd.DataFrame:
    """What stands on each day (signals.open_items.standing_days) for the levels from `start` to `end`."""
    classes = pd.DataFrame(
        [(platform.id, platform.category) for platform in platforms], columns=["platform_id", "category"]
    )
    begin = start - timedelta(days=settings.thresholds.carry_days)
    return standing_days(readings, classes, settings.indicators, settings.indices, (begin, end))
