"""What other thresholds would have shown: the same stored indices, judged twice, and what differs.

Both judgements begin with nothing remembered on the first day and sign red off on the first eligible day, so that the
difference is that of the thresholds alone. Every day is judged by what was stored for it and for days before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from settings.models import Floor, IndexSettings, Thresholds
from settings.scopes import groups, resolved
from signals.calendar import Days, dates, day_numbers
from signals.composite import Dense, Gathered, Rules, gathered, weighed
from signals.evaluation.grid import Bools, Floats, Ints
from signals.evaluation.walk import ABSENT, Ranks, Series, lines, walk
from signals.floors import floors

BLOCK = 200
"""Platforms whose indices are held at once in several copies."""


@dataclass(frozen=True)
class History:
    """Stored days, ready to be judged. `categories`: platform id -> class, in the order of the columns, ids ascending.

    `dense`: see signals.composite, every calendar day from `first - carry` to the last; `judged` (days, platforms): the
    day was decided; `floor` (days, platforms): place in `floor_names` of the highest one that stood, -1 = none;
    `floor_events`: see signals.floors; None: the names will do (`told_by_names`); `failed` (days, platforms).
    """

    categories: Mapping[str, str | None]
    first: int
    dense: Dense
    judged: Bools
    floor: Ints
    floor_names: tuple[str, ...]
    failed: Bools
    floor_events: pd.DataFrame | None = None

    @property
    def days(self) -> Days:
        """Day numbers of the judged days, without gaps."""
        return self.first + np.arange(len(self.judged))

    @property
    def carry(self) -> int:
        """Days before the first judged one for which there are values."""
        return len(self.dense.value) - len(self.judged)

    def since(self, place: int) -> History:
        """Without the first `place` days; those before stay what can be carried from."""
        given = self.dense
        return replace(
            self,
            first=self.first + place,
            dense=Dense(given.present[place:], given.value[place:], given.arrived[place:]),
            judged=self.judged[place:],
            floor=self.floor[place:],
            failed=self.failed[place:],
        )


@dataclass(frozen=True)
class Outcome:
    """(days, platforms): `level` as in signals.evaluation.walk, T and T* (NaN = unknown)."""

    level: Ranks
    t: Floats
    t_star: Floats

    def flips(self) -> tuple[Ints, Ints, Ranks, Ranks]:
        """Changes of the level shown: place of the day, of the platform, rank before and after; by platform, then day.

        As in signals.levels: a first day flips, from 正常, only if it is neither calm nor grey.
        """
        level, count = self.level.T, len(self.level)
        latest = np.maximum.accumulate(np.where(level != ABSENT, np.arange(count), -1), axis=1)
        before = np.pad(latest, ((0, 0), (1, 0)), constant_values=-1)[:, :-1]
        former = np.take_along_axis(level, np.maximum(before, 0), axis=1)
        former = np.where(before >= 0, former, np.where(level > 0, 0, level)).astype(np.int8)
        platform, day = np.nonzero((level != ABSENT) & (level != former))
        return day, platform, former[platform, day], level[platform, day]


def judge(
    history: History, versions: Sequence[Thresholds], indices: Sequence[IndexSettings]
) -> list[Outcome]:
    """One outcome per version, each platform by its own scope.

    Raises ValueError if the history has fewer days before the first one than a version's carry_days.
    """
    if (most := max(one.carry_days for one in versions)) > history.carry:
        raise ValueError(f"history has {history.carry} days before the first, {most} are carried")
    ids = list(history.categories)
    parts: list[list[_Composed]] = [[] for _ in versions]
    for begin in range(0, len(ids), BLOCK):
        for part, found in zip(
            parts, _block(history, ids[begin : begin + BLOCK], begin, versions, indices), strict=True
        ):
            part.append(found)
    return [_outcome(history, _joined(part), one) for part, one in zip(parts, versions, strict=True)]


@dataclass(frozen=True)
class _Composed:
    """T, T of what came today, scope and coverage before floors, (days, platforms)."""

    t: Floats
    seen: Floats
    scope: Floats
    coverage: Floats


def _joined(parts: Sequence[_Composed]) -> _Composed:
    names = ("t", "seen", "scope", "coverage")
    return _Composed(
        **{name: np.concatenate([getattr(part, name) for part in parts], axis=1) for name in names}
    )


def _block(
    history: History,
    ids: Sequence[str],
    begin: int,
    versions: Sequence[Thresholds],
    indices: Sequence[IndexSettings],
) -> list[_Composed]:
    """Some neighbouring platforms under every version; what they share is gathered once."""
    columns = slice(begin, begin + len(ids))
    given = history.dense
    dense = Dense(given.present[:, columns], given.value[:, columns], given.arrived[:, columns])
    row = np.arange(history.carry, len(given.value))
    categories = {name: history.categories[name] for name in ids}
    place = {name: n for n, name in enumerate(ids)}
    whole: dict[int, Gathered] = {}
    found = []
    for version in versions:
        if version.carry_days not in whole:
            whole[version.carry_days] = gathered(dense, row, Rules(version, indices))
        parts = _Composed(*(np.full((row.size, len(ids)), np.nan) for _ in range(4)))
        for thresholds, members in groups(version, categories):
            at = [place[name] for name in members]
            mine = whole[version.carry_days]
            if len(at) < len(ids):
                mine = replace(mine, **{name: value[:, at] for name, value in vars(mine).items()})
            done = weighed(mine, Rules(thresholds, indices))
            parts.t[:, at], parts.seen[:, at] = done.t, done.seen
            parts.scope[:, at], parts.coverage[:, at] = done.scope, done.coverage
        found.append(parts)
    return found


def _outcome(history: History, composed: _Composed, version: Thresholds) -> Outcome:
    score, at_once = _floors(history, version)
    series = Series(
        days=history.days,
        judged=history.judged,
        t=np.fmax(composed.t, score),
        seen=np.nan_to_num(np.fmax(composed.seen, score)),
        scope=composed.scope,
        coverage=composed.coverage,
        official=at_once,
        failed=history.failed,
    )
    own = [resolved(version, name, category) for name, category in history.categories.items()]
    walked = walk(series, lines(own), version)
    return Outcome(walked.level, np.where(history.judged, series.t, np.nan), walked.t_star)


def _floors(history: History, version: Thresholds) -> tuple[Floats, Bools]:
    """Standing floors: score (NaN = none) and whether one of them acts at once."""
    shape = history.judged.shape
    score, at_once = np.full(shape, np.nan), np.zeros(shape, dtype=np.bool_)
    column = pd.Index(list(history.categories))
    for thresholds, members in groups(version, history.categories):
        at = column.get_indexer(pd.Index(members))
        if history.floor_events is None:
            standing = [thresholds.floors.get(name) for name in history.floor_names]
            worth = np.array([*(np.nan if one is None else one.score for one in standing), np.nan])
            instant = np.array([*(one is not None and one.at_once for one in standing), False])
            score[:, at], at_once[:, at] = worth[history.floor[:, at]], instant[history.floor[:, at]]
            continue
        events = history.floor_events
        found = floors(events[events["platform_id"].isin(members)], thresholds)
        day, platform = (
            day_numbers(found["day"]) - history.first,
            column.get_indexer(pd.Index(found["platform_id"])),
        )
        keep = (day >= 0) & (day < shape[0]) & (platform >= 0)
        where = (day[keep], platform[keep])
        np.fmax.at(score, where, found["score"].to_numpy("float64")[keep])
        np.logical_or.at(at_once, where, found["at_once"].to_numpy("bool")[keep])
    return score, at_once


def told_by_names(versions: Sequence[Thresholds]) -> bool:
    """Whether the name of the highest floor that stood is all that the floors of these versions need.

    So it is where they differ in scores alone, in the same order, and only the highest one acts at once: another floor
    that stood below it then changes nothing. Otherwise floors must be found anew in the events.
    """
    sets = [floor_set for one in versions for floor_set in _floor_sets(one)]
    return all(
        _conditions(one) == _conditions(sets[0]) and _ranked(one) == _ranked(sets[0]) for one in sets
    ) and all(not floor.at_once for one in sets for floor in sorted(one.values(), key=lambda f: f.score)[:-1])


def _floor_sets(version: Thresholds) -> list[Mapping[str, Floor]]:
    own = version.overrides
    classes = [None, *own.category]
    scopes = [(platform, category) for platform in ("", *own.platform) for category in classes]
    return [resolved(version, platform, category).floors for platform, category in scopes]


def _conditions(found: Mapping[str, Floor]) -> dict[str, Floor]:
    return {name: floor.model_copy(update={"score": 0.0, "at_once": False}) for name, floor in found.items()}


def _ranked(found: Mapping[str, Floor]) -> list[str]:
    return sorted(found, key=lambda name: (found[name].score, name))


def flip_table(history: History, outcome: Outcome) -> pd.DataFrame:
    """platform_id, day, level_from, level_to (ranks) of an outcome."""
    day, platform, before, after = outcome.flips()
    ids = np.array(list(history.categories), dtype=object)
    return pd.DataFrame(
        {
            "platform_id": ids[platform],
            "day": dates(history.first + day),
            "level_from": before.astype(np.int64),
            "level_to": after.astype(np.int64),
        }
    )
