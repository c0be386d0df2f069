"""indicators -> what they say of each day: the standing part of Y and the open items of D, kept in `index_days`.

The stored rows are the history that allowances and memory rest on, so that a day costs the readings and no past day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import pandas as pd

from db import read
from db.session import Session
from settings.models import INDUSTRY, INDUSTRY_DEMO, Platform, Settings
from signals.indicators import COLUMNS, liquidity_days
from signals.open_items import open_item_days

OPEN_ITEMS = "d"
"""`index_id` under which `index_days` keeps the open items of D: no index of its own, and apart from its mentions."""
STANDING = {"Y": "Y", OPEN_ITEMS: "D"}
"""What `index_days` calls it -> the index that it feeds."""


def standing(
    session: Session,
    settings: Settings,
    watch_list: Mapping[str, Platform],
    names: Sequence[str],
    days: tuple[date, date],
) -> pd.DataFrame:
    """What indicators say of these platforms on days[0]..days[1], as `signals.index.index_values` takes it.

    Judged among all platforms of their classes; demonstration platforms are classes of their own.
    """
    nothing = pd.DataFrame({column: [] for column in COLUMNS})
    if not read.has_readings(session) or not read.reporting(session) & set(names):
        return nothing
    classes = _classes(watch_list, names)
    readings = read.readings(session, list(classes["platform_id"]), days[1])
    indicators, judgement = settings.indicators.indicator, settings.indicators.judgement
    frames = [
        compute(readings, classes, indicators, *days, judgement=judgement, wanted=names)
        for compute in (liquidity_days, open_item_days)
    ]
    frames = [frame for frame in frames if not frame.empty]
    return pd.concat(frames, ignore_index=True) if frames else nothing


def _classes(watch_list: Mapping[str, Platform], names: Collection[str]) -> pd.DataFrame:
    """The platforms of the classes that `names` belong to; what is read of the industry itself has no peers."""
    classes = {name: f"{one.demo}:{one.category}" for name, one in watch_list.items()}
    wanted = {classes[name] for name in names if name in classes}
    rows = [(name, of) for name, of in classes.items() if of in wanted]
    rows += [(name, name) for name in names if name in (INDUSTRY, INDUSTRY_DEMO)]
    return pd.DataFrame(rows, columns=["platform_id", "category"])


def stored_rows(standing_days: pd.DataFrame) -> pd.DataFrame:
    """Rows of `index_days` for it: only what was observed; raw = 1, so that sums tell of how many platforms."""
    kept = standing_days.dropna(subset="impulse")
    kinds = {index: kind for kind, index in STANDING.items()}
    return kept.assign(
        index_id=kept["index_id"].map(kinds).astype(object), count=kept["count"].astype("int64"), raw=1
    )


def read_again(index_days: pd.DataFrame) -> pd.DataFrame:
    """The rows that `stored_rows` made, as `signals.index.index_values` takes them."""
    kept = index_days[index_days["index_id"].isin(STANDING)]
    return kept.assign(index_id=kept["index_id"].map(STANDING).astype(object))[list(COLUMNS)]
