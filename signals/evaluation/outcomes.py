"""Hits, lead times, false alarms and exposure, exactly as METHOD section 6 defines them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from signals.evaluation.episodes import Episodes
from signals.evaluation.failures import Failures
from signals.evaluation.grid import Bools, Floats, Grid, Ints

HORIZON = 90
"""Days before a failure in which an episode counts as its warning; lead times are capped there."""


class Outcome(StrEnum):
    """What became of an episode."""

    HIT = "hit"
    EARLY = "early"
    """Began more than 90 days before the failure and still stood: a hit, and by definition a false alarm too."""
    FALSE = "false_alarm"
    UNDECIDED = "undecided"
    """Its 90 days run beyond the replay, and no failure is known in them."""
    LATE = "late"
    """Began on the day of the failure or after it."""


@dataclass(frozen=True)
class Outcomes:
    """Per episode: `outcome`; per platform: `hit`, `lead` (days from the first warning, uncapped; NaN = no hit),
    `exposure` (observed days before failure), `alarm_days` of these, and the numbers of episodes."""

    outcome: np.ndarray
    hit: Bools
    lead: Floats
    exposure: Ints
    alarm_days: Ints
    started: Ints
    """Episodes that began before the failure."""
    false: Ints
    undecided: Ints
    early: Ints


def exposed(grid: Grid, failures: Failures) -> Bools:
    """(platforms, days): observed and before the failure."""
    days = grid.first + np.arange(grid.level.shape[1])
    return np.asarray(grid.seen & (days < failures.day[:, None]), dtype=np.bool_)


def outcomes(found: Episodes, alarm: Bools, exposure: Bools, grid: Grid, failures: Failures) -> Outcomes:
    """Judges every episode; `alarm`, `exposure`: (platforms, days). A failure counts from the replay's second day
    to the day after its last one."""
    failed = failures.day[found.platform]
    known = failures.judged[found.platform]
    gap = failed - found.start
    within = known & (gap >= 1) & (gap <= HORIZON)
    early = known & (gap > HORIZON) & (found.end >= failed - 1)
    late = gap <= 0
    open_end = ~within & ~late & (found.start + HORIZON > grid.last)
    outcome = np.full(len(found), Outcome.FALSE.value, dtype=object)
    for mask, word in ((open_end, Outcome.UNDECIDED), (early, Outcome.EARLY), (within, Outcome.HIT)):
        outcome[mask] = word.value
    outcome[late] = Outcome.LATE.value
    size = len(grid.platforms)
    lead = np.full(size, -1.0)
    hits = within | early
    np.maximum.at(lead, found.platform[hits], gap[hits].astype(np.float64))

    def per_platform(mask: Bools) -> Ints:
        return np.bincount(found.platform[mask], minlength=size).astype(np.int64)

    return Outcomes(
        outcome=outcome,
        hit=lead > 0,
        lead=np.where(lead > 0, lead, np.nan),
        exposure=exposure.sum(axis=1).astype(np.int64),
        alarm_days=(alarm & exposure).sum(axis=1).astype(np.int64),
        started=per_platform(~late),
        false=per_platform((outcome == Outcome.FALSE.value) | early),
        undecided=per_platform(open_end),
        early=per_platform(early),
    )
