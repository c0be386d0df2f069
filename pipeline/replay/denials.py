"""A clarification takes mentions out as of its moment: earlier days keep what was known on them, later ones rest on the
corrected history. Each platform's history is therefore told once for every such moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.replay.table import shanghai_days
from signals.calendar import day_number, day_numbers
from signals.floors import apply_denials

Ints = NDArray[np.int64]
KEY = ["document_id", "platform_id"]


@dataclass(frozen=True)
class Told:
    """One telling of a platform's history, as known from day number `since` on, under the name `id`."""

    id: str
    platform_id: str
    since: int


@dataclass(frozen=True)
class Tellings:
    """All tellings, those of a platform one after the other in order of time, and the mentions and events of each.

    The frames' platform_id is a telling's id.
    """

    tellings: tuple[Told, ...]
    mentions: pd.DataFrame
    floor_events: pd.DataFrame

    def shown(self, platform_ids: Sequence[str], days: Ints) -> Ints:
        """(days, platforms): the place of the telling that was the newest at the end of each day."""
        shown = np.zeros((days.size, len(platform_ids)), dtype=np.int64)
        column = {platform: at for at, platform in enumerate(platform_ids)}
        for place, told in enumerate(self.tellings):
            shown[days >= told.since, column[told.platform_id]] = place
        return shown


def floor_events(mentions: pd.DataFrame, wanted: Sequence[str]) -> pd.DataFrame:
    """One row per mention and event of those wanted, as db.read.floor_events gives them."""
    wanted_ids = set(wanted)
    some = [any(event["id"] in wanted_ids for event in events) for events in mentions["events"]]
    found = mentions[np.array(some, dtype=np.bool_) & (mentions["negative"] > 0).to_numpy("bool")]
    found = found.explode("events", ignore_index=True)
    found["event_id"] = pd.Series([event["id"] for event in found["events"]], dtype=object)
    found["polarity"] = pd.Series([event["polarity"] for event in found["events"]], dtype=object)
    return found[found["event_id"].isin(wanted_ids)].drop(columns="events").reset_index(drop=True)


def tellings(
    mentions: pd.DataFrame, events: pd.DataFrame, platform_ids: Sequence[str], start: date, end: date
) -> Tellings:
    """Every history that was true of a day from `start` to `end`.

    Args:    mentions: mention table; events: its floor events.
    """
    gone = _removed(mentions, events)
    first, last = day_number(start), day_number(end)
    gone = gone[gone["since"] <= last]
    always = (gone["since"] <= np.maximum(gone["day"], first)).to_numpy("bool")
    later = gone[~always]
    moments = {str(name): sorted(set(rows["since"])) for name, rows in later.groupby("platform_id")}
    told = tuple(
        Told(f"{platform}~{since}" if since else platform, platform, since)
        for platform in platform_ids
        for since in (0, *moments.get(platform, ()))
    )
    base = gone[always][KEY]
    return Tellings(told, _retold(mentions, told, base, later), _retold(events, told, base, later))


def _removed(mentions: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """KEY, `since` and `day`: from which day number on a mention does not count any more, and its own day number."""
    denied = apply_denials(events).dropna(subset="denied_at")
    at = pd.DatetimeIndex(denied["denied_at"]).as_unit("us").asi8
    rows = denied[[*KEY]].assign(since=shanghai_days(at), day=day_numbers(denied["day"]))
    return rows.groupby(KEY, as_index=False, sort=True).min()


def _retold(
    frame: pd.DataFrame, told: Sequence[Told], always: pd.DataFrame, later: pd.DataFrame
) -> pd.DataFrame:
    """The rows of every telling, one telling after the other."""
    kept = frame[~_among(frame, always)]
    if later.empty:
        return kept.reset_index(drop=True)
    unchanged = kept[~kept["platform_id"].isin(later["platform_id"])]
    parts = [unchanged]
    by_platform = dict(iter(kept.groupby("platform_id")))
    for one in told:
        if one.platform_id in set(later["platform_id"]) and one.platform_id in by_platform:
            mine = by_platform[one.platform_id]
            out = later[(later["platform_id"] == one.platform_id) & (later["since"] <= one.since)]
            parts.append(mine[~_among(mine, out)].assign(platform_id=one.id))
    return pd.concat(parts, ignore_index=True)


def _among(frame: pd.DataFrame, keys: pd.DataFrame) -> NDArray[np.bool_]:
    if keys.empty:
        return np.zeros(len(frame), dtype=np.bool_)
    wanted = pd.MultiIndex.from_frame(keys[KEY])
    return np.asarray(pd.MultiIndex.from_frame(frame[KEY]).isin(wanted), dtype=np.bool_)
