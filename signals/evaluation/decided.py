"""Levels of many days at once, begun with nothing remembered: what a replay tells.

The same decisions as signals.warn, all platforms of a day together; a reason is put into words only where it is asked
for. tests/signals/test_decided.py holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from settings.models import Thresholds
from settings.scopes import groups
from signals.calendar import Days, day_number
from signals.composite import Composite, Floats, Rules, composite
from signals.evaluation.grid import UNSEEN
from signals.evaluation.walk import Ranks, Series, Walked, lines, walk
from signals.model import LADDER, Level
from signals.reasons import Decision, Reasons, reason_sentence
from signals.warn import Evidence, Standing, standing_floors


@dataclass(frozen=True)
class Decided:
    """(days, platforms). `t` with floors, `t_star`: NaN = unknown; `level`: rank shown, UNSEEN = 数据不足."""

    t: Floats
    t_star: Floats
    scope: Floats
    coverage: Floats
    level: Ranks
    parts: tuple[_Part, ...]
    where: NDArray[np.int64]
    """(2, platforms): the part that decided a platform, and its place there."""

    def reason(self, d: int, p: int) -> str:
        """The sentence of a day."""
        part, place = (int(at) for at in self.where[:, p])
        return self.parts[part].reason(d, place)


class _Part:
    """Platforms that are judged by the same constants."""

    def __init__(self, evidence: Evidence, ids: Sequence[str], days: Days, rules: Rules) -> None:
        self._rules = rules
        self.whole = composite(evidence.values, ids, days, rules)
        self._standing = standing_floors(evidence.floor_events, ids, days, rules)
        floor = np.where(self._standing.row >= 0, self._standing.score, np.nan)
        self.t = np.fmax(self.whole.t, floor)
        self.walked = _walked(evidence, ids, days, rules.thresholds, self.whole, self._standing, self.t)
        self._reasons = Reasons(evidence.values, evidence.facts, ids, days, rules, self.whole)

    def reason(self, d: int, p: int) -> str:
        row = int(self._standing.row[d, p])
        floor = self._standing.found.iloc[row] if row >= 0 else None
        return reason_sentence(
            self._reasons.facts(d, p, _decision(self.walked, d, p), float(self.t[d, p]), floor)
        )


def decide(evidence: Evidence, categories: Mapping[str, str | None], days: Days, rules: Rules) -> Decided:
    """Every platform on every day from nothing remembered; red is signed off on the first eligible day.

    Args:    evidence: without `prior` and `sign_offs`; categories: platform id -> its class (None: of no class), the
             columns in this order; days: ascending day numbers.
    """
    column = {name: place for place, name in enumerate(categories)}
    shape = (len(days), len(column))
    t, t_star, scope, coverage = (np.full(shape, np.nan) for _ in range(4))
    level, where = np.full(shape, UNSEEN, dtype=np.int8), np.zeros((2, len(column)), dtype=np.int64)
    parts: list[_Part] = []
    for thresholds, ids in groups(rules.thresholds, categories):
        part = _Part(evidence, ids, days, replace(rules, thresholds=thresholds))
        at = [column[name] for name in ids]
        t[:, at], t_star[:, at], level[:, at] = part.t, part.walked.t_star, part.walked.level
        scope[:, at], coverage[:, at] = part.whole.scope, part.whole.coverage
        where[0, at], where[1, at] = len(parts), np.arange(len(at))
        parts.append(part)
    return Decided(t, t_star, scope, coverage, level, tuple(parts), where)


def _walked(
    evidence: Evidence,
    ids: Sequence[str],
    days: Days,
    thresholds: Thresholds,
    whole: Composite,
    standing: Standing,
    t: Floats,
) -> Walked:
    began = [evidence.failed_since.get(name) for name in ids]
    failed = [np.inf if day is None else day_number(day) for day in began]
    floor = np.where(standing.row >= 0, standing.score, np.nan)
    series = Series(
        days=days,
        judged=np.ones(t.shape, dtype=np.bool_),
        t=t,
        seen=np.nan_to_num(np.fmax(whole.seen, floor)),
        scope=whole.scope,
        coverage=whole.coverage,
        official=standing.at_once,
        failed=days[:, None] >= np.array(failed)[None, :],
    )
    return walk(series, lines([thresholds] * len(ids)), thresholds)


def _decision(walked: Walked, d: int, p: int) -> Decision:
    level, shown = LADDER[walked.ladder[d, p]], int(walked.level[d, p])
    grey = shown == UNSEEN
    return Decision(
        level=level,
        shown=Level.UNKNOWN if grey else LADDER[shown],
        before_grey=level if grey and walked.known[d, p] else None,
        t_star=float(walked.t_star[d, p]),
        low=int(walked.low[d, p]),
    )
