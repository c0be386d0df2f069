"""Warning levels as a pure state machine: one platform, one day at a time (METHOD section 5).

Entering tests T, leaving tests T* (the decaying memory of the peak). Order of rules: an official floor
raises at once; T may raise on what was observed; low coverage allows no fall and holds; then grey, the last
level kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from settings.models import LevelRule, Thresholds
from signals.level_state import DayInput, State
from signals.model import LADDER, Level

NAN = float("nan")

_RULES: dict[Level, Callable[[Thresholds], LevelRule]] = {
    Level.BLUE: attrgetter("blue"),
    Level.YELLOW: attrgetter("yellow"),
    Level.ORANGE: attrgetter("orange"),
    Level.RED: attrgetter("red"),
}


@dataclass(frozen=True, slots=True)
class Flip:
    """A change of the level shown."""

    day: date
    before: Level
    after: Level


@dataclass(frozen=True, slots=True)
class Step:
    """Outcome of one day: the state after it, T*, and the flip if there was one."""

    state: State
    t_star: float
    flip: Flip | None


def rule_of(level: Level, thresholds: Thresholds) -> LevelRule:
    """The rule of a level above 正常."""
    return _RULES[level](thresholds)


def decayed_peak(peak: float, age_days: int, thresholds: Thresholds) -> float:
    """The peak after `age_days`: unchanged on the plateau, then halving."""
    beyond = max(age_days - thresholds.memory_plateau_days, 0)
    return peak * math.pow(2.0, -beyond / thresholds.memory_half_life_days)


def step(state: State | None, today: DayInput, thresholds: Thresholds) -> Step:
    """Decides one day. `state` None: the platform's first day. Days may be skipped: ages are calendar
    differences."""
    before = None if state is None else state.shown
    state = _first(today, thresholds) if state is None else state
    t_star, peak, peak_day = _remember(state, today, thresholds)
    full = _fit(today, thresholds)
    recent = _recent(state, today, full, thresholds)
    target = _target(recent, today, thresholds)
    low, low_since = _low_run(state, today, full, t_star, thresholds)
    level, grey = _decide(state, today, full, target, low, low_since, thresholds)
    if level != state.level:
        low, low_since = 0, None
    shown = Level.UNKNOWN if grey else level
    after = State(
        level=level,
        grey=grey,
        since=state.since if shown == before else today.day,
        day=today.day,
        fit_day=today.day if full else state.fit_day,
        peak=peak,
        peak_day=peak_day,
        recent=recent,
        low=low,
        low_since=low_since,
    )
    return Step(after, t_star, _flip(before, shown, today.day))


def step_provisional(state: State | None, today: DayInput, thresholds: Thresholds) -> Step:
    """Today while it runs: only an official floor flips. The day is not decided: what the next one starts from is
    the outcome of `step` after midnight, so the state returned here is for showing only."""
    before = None if state is None else state.shown
    start = _first(today, thresholds) if state is None else state
    t_star, peak, peak_day = _remember(start, today, thresholds)
    level, grey = start.level, start.grey if state is not None else not _fit(today, thresholds)
    target = _at_once(today, thresholds)
    if target is not None and (grey or target.rank > level.rank):
        level, grey = max(level, target, key=lambda one: one.rank), False
    shown = Level.UNKNOWN if grey else level
    since = start.since if shown == before else today.day
    after = State(
        level, grey, since, today.day, start.fit_day, peak, peak_day, start.recent, start.low, start.low_since
    )
    return Step(after, t_star, _flip(before, shown, today.day))


def _first(today: DayInput, thresholds: Thresholds) -> State:
    return State(Level.NORMAL, False, today.day, today.day, None, 0.0, today.day)


def _fit(today: DayInput, thresholds: Thresholds) -> bool:
    """Observed well enough to count for entering and leaving."""
    return today.coverage >= thresholds.coverage_min and today.scope >= thresholds.scope_min


def _remember(state: State, today: DayInput, thresholds: Thresholds) -> tuple[float, float, date]:
    """(T*, peak, its day)."""
    faded = decayed_peak(state.peak, (today.day - state.peak_day).days, thresholds)
    if math.isnan(today.t):
        return (faded if state.peak > 0 else NAN), state.peak, state.peak_day
    if today.t >= faded:
        return today.t, today.t, today.day
    return faded, state.peak, state.peak_day


def _recent(
    state: State, today: DayInput, full: bool, thresholds: Thresholds
) -> tuple[tuple[date, float, bool], ...]:
    """Days that count for entering, today's last: all observed ones, and poorly observed ones by what they
    show."""
    rules = [rule_of(level, thresholds) for level in LADDER[1:]]
    longest = max(rule.window_days for rule in rules)
    reach = longest + thresholds.coverage_hold_days
    kept = [entry for entry in state.recent if (today.day - entry[0]).days <= reach]
    score = today.t if full else today.seen
    if full or score >= thresholds.blue.enter:
        kept.append((today.day, score, full))
    return tuple(kept)


def _target(
    recent: tuple[tuple[date, float, bool], ...], today: DayInput, thresholds: Thresholds
) -> Level | None:
    """The highest level whose entering rule holds today, or None. A poorly observed day speaks only for a
    rise."""
    target = _at_once(today, thresholds)
    for level in reversed(LADDER[1:]):
        if target is not None and target.rank >= level.rank:
            break
        rule = rule_of(level, thresholds)
        counted = [(day, t >= rule.enter) for day, t, full in recent if full or t >= rule.enter]
        window = counted[-rule.window_days :]
        today_in = bool(window) and window[-1] == (today.day, True)
        if today_in and sum(entered for _, entered in window) >= rule.need_days:
            return level
    return target


def _at_once(today: DayInput, thresholds: Thresholds) -> Level | None:
    """The level an official floor gives without waiting."""
    if not today.official:
        return None
    entered = (level for level in reversed(LADDER[1:]) if today.t >= rule_of(level, thresholds).enter)
    return next(entered, None)


def _low_run(
    state: State, today: DayInput, full: bool, t_star: float, thresholds: Thresholds
) -> tuple[int, date | None]:
    """Observed days running with T* under the line; a poorly observed day can break the run, not lengthen
    it."""
    if state.level is Level.NORMAL:
        return 0, None
    line = rule_of(state.level, thresholds).enter - thresholds.leave_margin
    if not full:
        return (0, None) if today.seen >= line else (state.low, state.low_since)
    if not t_star < line:
        return 0, None
    return state.low + 1, state.low_since or today.day


def _decide(
    state: State,
    today: DayInput,
    full: bool,
    target: Level | None,
    low: int,
    low_since: date | None,
    thresholds: Thresholds,
) -> tuple[Level, bool]:
    """(level, grey)."""
    if target is not None and target.rank > state.level.rank:
        return target, False
    if not full:
        confirmed = target is state.level
        return state.level, not confirmed and _is_dark(state, today, thresholds)
    return _fall(state, today, low, low_since, thresholds), False


def _is_dark(state: State, today: DayInput, thresholds: Thresholds) -> bool:
    """Nothing can be said any more: scope too small, never observed, or unobserved beyond the hold."""
    if today.scope < thresholds.scope_min or state.fit_day is None:
        return True
    return (today.day - state.fit_day).days > thresholds.coverage_hold_days


def _fall(state: State, today: DayInput, low: int, low_since: date | None, thresholds: Thresholds) -> Level:
    """The level, or the one below it once the run is long enough and, where asked, a person has signed."""
    if state.level is Level.NORMAL or (today.failed and state.level is Level.BLUE):
        return state.level
    rule = rule_of(state.level, thresholds)
    signed = today.always_signed or (
        today.signed is not None and low_since is not None and today.signed >= low_since
    )
    if low >= rule.leave_days and (signed or not rule.sign_off):
        return LADDER[state.level.rank - 1]
    return state.level


def _flip(before: Level | None, shown: Level, day: date) -> Flip | None:
    """A platform's first day flips only if it is not calm: from 正常, since nothing was shown before."""
    if before is None:
        return Flip(day, Level.NORMAL, shown) if shown not in (Level.NORMAL, Level.UNKNOWN) else None
    return Flip(day, before, shown) if shown is not before else None
