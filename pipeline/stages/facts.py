"""What the overview's sentence may say of a platform: how often it was mentioned, and what is told of it most."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from db import read
from db.session import Session
from signals.model import Kind, Polarity

MENTION_DAYS = 90
EVENT_DAYS = 7
BY_KIND = ("R", "N", "C")
"""Roll-ups of these three count every regulatory, news, social and complaint mention exactly once."""
TOLD = frozenset({Polarity.ASSERTED, Polarity.QUOTED})


def facts(session: Session, platform_ids: Sequence[str], start: date, end: date) -> pd.DataFrame:
    """platform_id, day, mentions90, event, publishers: one row per platform and day from `start` to `end`.

    `event` is the id of the gravest event told in the last 7 days (None: none), `publishers` how many independent
    ones tell it.
    """
    rolled = read.index_days(session, platform_ids, start - timedelta(days=MENTION_DAYS - 1), end)
    counted = mentions90(rolled, platform_ids, start, end)
    mentions = read.mention_table(session, platform_ids, (start - timedelta(days=EVENT_DAYS - 1), end))
    found = counted.merge(gravest(mentions), how="left", on=["platform_id", "day"])
    nothing = found["event"].isna()
    return found.assign(
        publishers=found["publishers"].where(~nothing, 0).astype(int),
        event=found["event"].astype(object).where(~nothing, None),
    )


def mentions90(rolled: pd.DataFrame, platform_ids: Sequence[str], start: date, end: date) -> pd.DataFrame:
    """Mentions of the 90 days that end on each day, from roll-ups."""
    days = pd.date_range(start - timedelta(days=MENTION_DAYS - 1), end, unit="s")
    kept = rolled[rolled["index_id"].isin(BY_KIND)]
    daily = (
        kept.assign(day=pd.to_datetime(kept["day"]).astype("datetime64[s]"))
        .pivot_table(index="day", columns="platform_id", values="raw", aggfunc="sum", fill_value=0)
        .reindex(index=days, columns=list(platform_ids), fill_value=0)
    )
    sums = daily.rolling(MENTION_DAYS, min_periods=1).sum().loc[pd.Timestamp(start) :]
    tidy = sums.rename_axis(index="day", columns="platform_id").stack().rename("mentions90").reset_index()
    return tidy.assign(mentions90=tidy["mentions90"].astype(int))


def gravest(mentions: pd.DataFrame) -> pd.DataFrame:
    """platform_id, day, event, publishers for every day within a week after an asserted or quoted event."""
    columns = ["platform_id", "day", "event", "publishers"]
    told = mentions[mentions["negative"] >= 0.5].explode("events").dropna(subset="events")
    if told.empty:
        return pd.DataFrame(columns=columns)
    told = told[[event["polarity"] in TOLD for event in told["events"]]]
    told = told.assign(event=[event["id"] for event in told["events"]])
    publisher = told["publisher"].where(told["kind"] != Kind.COMPLAINT)
    told = told.assign(publisher=publisher, grave=told["severity"] * told["negative"])
    spread = pd.concat(
        [told.assign(day=told["day"] + pd.Timedelta(days=n)) for n in range(EVENT_DAYS)], ignore_index=True
    )
    summed = spread.groupby(["platform_id", "day", "event"], as_index=False).agg(
        grave=("grave", "sum"), publishers=("publisher", "nunique")
    )
    ranked = summed.sort_values(["platform_id", "day", "grave", "event"], ascending=[True, True, False, True])
    return ranked.drop_duplicates(["platform_id", "day"])[columns]
