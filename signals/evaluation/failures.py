"""The list of failures laid over a replay: which rows can be judged, and why the others cannot."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from signals.calendar import day_numbers
from signals.evaluation.grid import Grid, Ints

NEVER = 2**40
"""Day number of a failure that did not happen."""


class Status(StrEnum):
    """What became of a row of the list."""

    JUDGED = "judged"
    UNKNOWN = "unknown_platform"
    REPEATED = "repeated"
    BEFORE = "before_replay"
    AFTER = "after_replay"
    UNOBSERVED = "not_observed"


@dataclass(frozen=True)
class Failures:
    """`day` (platforms): day number of the first failure, NEVER where none; `reason` (platforms): its reason, "";
    `judged` (platforms): it counts for POD. `rows`: the list as given with `status` and `place` (row of the
    grid, -1 = unknown)."""

    day: Ints
    reason: tuple[str, ...]
    judged: np.ndarray
    rows: pd.DataFrame


def lay(listed: pd.DataFrame, over: Grid) -> Failures:
    """Joins a list (platform, day, reason) with the replay; a platform's first failure counts.

    Judged: the replay reaches from before the failure to its eve at least, and the platform was observed (not
    grey) on some day before it. A platform that failed before the replay has no exposure. Names are compared as
    written, else without width, case and blanks at the ends.
    """
    place = _places(listed["platform"], over.platforms)
    number = day_numbers(listed["day"])
    day = np.full(len(over.platforms), NEVER, dtype=np.int64)
    reason = [""] * len(over.platforms)
    judged = np.zeros(len(over.platforms), dtype=np.bool_)
    status = np.full(len(listed), Status.UNKNOWN.value, dtype=object)
    for n in np.argsort(number, kind="stable"):
        p = int(place[n])
        if p < 0:
            continue
        if day[p] != NEVER:
            status[n] = Status.REPEATED.value
            continue
        day[p], reason[p] = number[n], str(listed["reason"].iat[n])
        status[n] = _status(over, p, int(number[n])).value
        judged[p] = status[n] == Status.JUDGED.value
    rows = listed.assign(status=status, place=place)
    return Failures(day, tuple(reason), judged, rows)


def _status(over: Grid, platform: int, day: int) -> Status:
    if day <= over.first:
        return Status.BEFORE
    if day > over.last + 1:
        return Status.AFTER
    return Status.JUDGED if over.seen[platform, : day - over.first].any() else Status.UNOBSERVED


def _places(names: pd.Series, platforms: tuple[str, ...]) -> Ints:
    exact = {name: n for n, name in enumerate(platforms)}
    alike: dict[str, int] = {}
    for name, n in exact.items():
        alike[_plain(name)] = -1 if _plain(name) in alike else n  # two platforms read alike: only as written
    return np.array([exact.get(name, alike.get(_plain(name), -1)) for name in names], dtype=np.int64)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()
