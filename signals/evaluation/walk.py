"""The level machine of signals.levels for all platforms at once: previews walk two years of a thousand platforms.

Day by day the same rules in the same order, as arrays over platforms; red is signed off on the first eligible day, as
in a replay. tests/signals/test_decided.py and test_whatif.py hold it against signals.levels.step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from settings.models import Thresholds
from signals.calendar import Days
from signals.evaluation.grid import UNSEEN, Bools, Floats, Ints
from signals.levels import decayed_peak, rule_of
from signals.model import LADDER

Ranks = NDArray[np.int8]
ABSENT = -2
"""Rank of a day that was not judged."""
_NEVER = -(2**40)


@dataclass(frozen=True)
class Series:
    """What days bring, (days, platforms): see signals.level_state.DayInput. `days`: ascending day numbers.

    `t` NaN without scope; `seen`: never NaN; `judged`: the day is decided for the platform at all.
    """

    days: Days
    judged: Bools
    t: Floats
    seen: Floats
    scope: Floats
    coverage: Floats
    official: Bools
    failed: Bools


@dataclass(frozen=True)
class Lines:
    """Rules of the four levels, mildest first, (levels, platforms); `margin` (platforms)."""

    enter: Floats
    need: Ints
    window: Ints
    leave: Ints
    margin: Floats


@dataclass(frozen=True)
class Walked:
    """(days, platforms). `level`: rank of what is shown, UNSEEN where grey, ABSENT; `t_star`: NaN where unknown.

    `ladder`: rank also behind grey; `low`: observed days running with T* below the line; `known`: observed well enough
    at least once up to that day.
    """

    level: Ranks
    t_star: Floats
    ladder: Ranks
    low: NDArray[np.int32]
    known: Bools


def lines(each: Iterable[Thresholds]) -> Lines:
    """The rules of platforms, each with its own resolved thresholds."""
    own = list(each)
    rules = [[rule_of(level, one) for one in own] for level in LADDER[1:]]

    def of(name: str, kind: type) -> np.ndarray:
        return np.array([[getattr(rule, name) for rule in row] for row in rules], dtype=kind)

    return Lines(
        of("enter", np.float64),
        of("need_days", np.int64),
        of("window_days", np.int64),
        of("leave_days", np.int64),
        np.array([one.leave_margin for one in own], dtype=np.float64),
    )


def walk(given: Series, rules: Lines, common: Thresholds) -> Walked:
    """Every platform from its first judged day on, with nothing remembered.

    Args:    common: memory, coverage and scope, which are the same for all platforms.
    """
    machine = _Machine(given, rules, common)
    shape = given.t.shape
    level, star = np.full(shape, ABSENT, dtype=np.int8), np.full(shape, np.nan)
    ladder, low, known = np.zeros(shape, np.int8), np.zeros(shape, np.int32), np.zeros(shape, np.bool_)
    for d in np.flatnonzero(given.judged.any(axis=1)).tolist():
        here = given.judged[d]
        shown, t_star = machine.step(d)
        level[d], star[d] = np.where(here, shown, ABSENT), np.where(here, t_star, np.nan)
        ladder[d], low[d], known[d] = machine.level, machine.low, machine.fit_day != _NEVER
    return Walked(level, star, ladder, low, known)


class _Machine:
    """State of all platforms after the last day; see signals.level_state.State."""

    def __init__(self, given: Series, rules: Lines, common: Thresholds) -> None:
        self.given, self.rules, self.common = given, rules, common
        count = given.t.shape[1]
        self.columns = np.arange(count)
        self.level, self.low = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
        self.fit_day = np.full(count, _NEVER)
        self.peak, self.peak_day = np.zeros(count), np.full(count, int(given.days[0]), dtype=np.int64)
        width = int(rules.window.max(initial=1))
        self.inside = np.arange(width)[:, None] < rules.window[:, None, :]
        self.ring_day = np.full((len(rules.enter), width, count), _NEVER)
        self.ring_high = np.zeros(self.ring_day.shape, dtype=np.bool_)
        self.reach = rules.window.max(axis=0, initial=1) + common.coverage_hold_days
        span = int(given.days[-1] - given.days[0]) + 1
        self.fading = np.array([decayed_peak(1.0, age, common) for age in range(span)])

    def step(self, d: int) -> tuple[Ints, Floats]:
        """(rank shown, T*) of a day; platforms that are not judged on it stay as they are."""
        given, common, day = self.given, self.common, int(self.given.days[d])
        here, t, seen = given.judged[d], given.t[d], given.seen[d]
        full = (given.coverage[d] >= common.coverage_min) & (given.scope[d] >= common.scope_min)
        t_star = self._remember(day, here, t)
        target = self._target(day, here, full, np.where(full, t, seen))
        reached = (given.official[d] & (t >= self.rules.enter)).sum(axis=0)  # lines ascend
        target = np.maximum(target, np.where(reached > 0, reached, -1))
        low = self._low(full, seen, t_star)
        dark = (given.scope[d] < common.scope_min) | (day - self.fit_day > common.coverage_hold_days)
        up = target > self.level
        grey = ~up & ~full & (target != self.level) & dark
        eligible = (self.level > 0) & ~(given.failed[d] & (self.level == 1))
        fall = ~up & full & eligible & (low >= self._of_level(self.rules.leave))
        after = np.where(up, target, self.level - fall)
        self.low = np.where(here, np.where(after == self.level, low, 0), self.low)
        self.level = np.where(here, after, self.level)
        self.fit_day = np.where(here & full, day, self.fit_day)
        return np.where(grey, UNSEEN, self.level), t_star

    def _remember(self, day: int, here: Bools, t: Floats) -> Floats:
        faded = self.peak * self.fading[day - self.peak_day]
        new = here & (t >= faded)
        unknown = np.where(self.peak > 0, faded, np.nan)
        t_star = np.where(np.isnan(t), unknown, np.where(new, t, faded))
        self.peak, self.peak_day = np.where(new, t, self.peak), np.where(new, day, self.peak_day)
        return np.asarray(t_star)

    def _target(self, day: int, here: Bools, full: Bools, score: Floats) -> Ints:
        """Rank of the highest level whose entering rule holds, -1 where none."""
        high = score >= self.rules.enter
        counted = here & (full | high)
        for ring, today in ((self.ring_day, np.full(high.shape, day)), (self.ring_high, high)):
            older = np.concatenate([today[:, None, :], ring[:, :-1, :]], axis=1)
            np.copyto(ring, older, where=counted[:, None, :])
        recent = self.inside & (self.ring_day >= day - self.reach)
        enough = (self.ring_high & recent).sum(axis=1) >= self.rules.need
        ranks = np.arange(1, len(high) + 1)[:, None]
        reached: Ints = np.where(counted & high & enough, ranks, -1).max(axis=0)
        return reached

    def _low(self, full: Bools, seen: Floats, t_star: Floats) -> Ints:
        line = self._of_level(self.rules.enter) - self.rules.margin
        run = np.where(full, np.where(t_star < line, self.low + 1, 0), np.where(seen >= line, 0, self.low))
        return np.where(self.level > 0, run, 0)

    def _of_level(self, values: np.ndarray) -> np.ndarray:
        """Of each platform's present level; of the mildest where it has none."""
        return np.asarray(values[np.maximum(self.level - 1, 0), self.columns])
