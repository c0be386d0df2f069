"""The level state machine, by example and by property."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.level_state import DayInput, State
from signals.levels import Step, decayed_peak, rule_of, step, step_provisional
from signals.model import LADDER, Level
from tests.mention_tables import DAY, THRESHOLDS

NORMAL, BLUE, YELLOW, ORANGE, RED = LADDER
GREY = Level.UNKNOWN


def day(n: int, t: float, **changes: Any) -> DayInput:
    """A fully observed day."""
    return DayInput(
        **{"day": DAY + timedelta(n), "t": t, "seen": t, "scope": 1.0, "coverage": 1.0, **changes}
    )


def dark(n: int, t: float = 0.0, **changes: Any) -> DayInput:
    """A day on which nothing was observed; `t` is what is carried."""
    return day(n, t, **{"seen": 0.0, "coverage": 0.0, **changes})


def run(*inputs: DayInput, state: State | None = None) -> list[Step]:
    """Steps through the days."""
    steps: list[Step] = []
    for today in inputs:
        steps.append(step(state, today, THRESHOLDS))
        state = steps[-1].state
    return steps


def shown(*inputs: DayInput) -> list[Level]:
    """The levels people see."""
    return [one.state.shown for one in run(*inputs)]


def test_blue_needs_two_of_three_days() -> None:
    """Today must be among them."""
    assert shown(*(day(n, t) for n, t in enumerate((30, 0, 30)))) == [NORMAL, NORMAL, BLUE]
    assert shown(*(day(n, t) for n, t in enumerate((30, 0, 0, 30)))) == [NORMAL] * 4


def test_orange_needs_two_days_running() -> None:
    """A day between breaks the run."""
    assert shown(*(day(n, t) for n, t in enumerate((62, 40, 62, 62))))[-2:] == [YELLOW, ORANGE]


def test_up_may_jump() -> None:
    """From 正常 to red in one flip."""
    steps = run(day(0, 90), day(1, 90))
    assert steps[-1].flip is not None
    assert (steps[-1].flip.before, steps[-1].flip.after) == (NORMAL, RED)


def test_an_official_floor_raises_at_once() -> None:
    """No second day is asked for, whatever the coverage."""
    assert shown(day(0, 80, official=True)) == [RED]
    assert shown(day(0, 0), dark(1, 80, seen=80.0, official=True)) == [NORMAL, RED]


def test_one_level_down_at_a_time() -> None:
    """Orange left after 7 low days goes to yellow, and yellow serves its own time."""
    low = [day(n, 0) for n in range(2, 120)]
    levels = shown(day(0, 65), day(1, 65), *low)
    falls = [b for a, b in itertools.pairwise(levels) if a is not b]
    assert falls == [ORANGE, YELLOW, BLUE, NORMAL]


def test_memory_holds_the_level() -> None:
    """T falls to 0 at once; T* keeps its 7-day plateau, so orange lasts 7 + decay + 7 days."""
    steps = run(day(0, 60), day(1, 60), *(day(n, 0) for n in range(2, 40)))
    last_orange = max(n for n, one in enumerate(steps) if one.state.shown is ORANGE)
    below = next(n for n, one in enumerate(steps) if one.t_star < 55)
    assert last_orange == below + 7 - 2
    assert below > 1 + 7


def test_decay_of_the_peak() -> None:
    """Flat for 7 days, half after 30 more."""
    assert decayed_peak(80, 7, THRESHOLDS) == 80
    assert decayed_peak(80, 37, THRESHOLDS) == pytest.approx(40)


def test_red_falls_only_with_a_signature() -> None:
    """Fourteen low days are not enough; a sign-off during the low run is; an old one is not."""
    rise = [day(0, 80), day(1, 80)]
    low = [day(n, 0) for n in range(2, 60)]
    assert shown(*rise, *low)[-1] is RED
    signed = [replace(one, signed=DAY + timedelta(30)) for one in low]
    assert shown(*rise, *signed)[-1] is not RED
    too_early = [replace(one, signed=DAY + timedelta(1)) for one in low]
    assert shown(*rise, *too_early)[-1] is RED


def test_a_replay_signs_by_itself() -> None:
    """On the first eligible day."""
    low = [day(n, 0, always_signed=True) for n in range(2, 60)]
    assert shown(day(0, 80), day(1, 80), *low)[-1] is not RED


def test_low_coverage_holds_three_days_then_greys() -> None:
    """No fall, three days held, then 数据不足 with the last level kept."""
    steps = run(day(0, 30), day(1, 30), *(dark(n) for n in range(2, 7)))
    assert [one.state.shown for one in steps] == [NORMAL, BLUE, BLUE, BLUE, BLUE, GREY, GREY]
    assert steps[-1].state.before_grey is BLUE


def test_small_scope_is_grey_at_once() -> None:
    """Less than 30 % of the weight configured says nothing."""
    assert shown(day(0, 0), day(1, 0, scope=0.2)) == [NORMAL, GREY]


def test_never_observed_is_grey_without_a_past() -> None:
    """A platform's first days without data hide no level, and flip nothing."""
    first = run(dark(0))[0]
    assert (first.state.shown, first.state.before_grey, first.flip) == (GREY, None, None)


def test_grey_ends_with_the_level_it_hid() -> None:
    """Data back: the last level is shown again and runs on."""
    steps = run(day(0, 30), day(1, 30), *(dark(n) for n in range(2, 7)), day(7, 22))
    assert steps[-1].state.shown is BLUE
    assert steps[-1].flip is not None


def test_unobserved_days_neither_count_nor_break() -> None:
    """High, dark, high: two days running as far as anybody could see."""
    assert shown(day(0, 62), dark(1, 50), day(2, 62))[-1] is ORANGE


def test_what_was_observed_can_raise_at_low_coverage() -> None:
    """Two days of T ≥ 60 seen at 40 % coverage raise to orange and are not greyed."""
    thin = [day(n, 62, coverage=0.4) for n in range(2)]
    assert shown(*thin)[-1] is ORANGE


def test_carried_values_do_not_raise() -> None:
    """Two days of T ≥ 60 that nobody observed raise nothing."""
    assert shown(day(0, 0), dark(1, 70), dark(2, 70)) == [NORMAL] * 3


def test_a_failed_platform_never_returns_to_normal() -> None:
    """It stops at blue."""
    low = [day(n, 0, failed=True) for n in range(2, 200)]
    assert shown(day(0, 65), day(1, 65), *low)[-1] is BLUE


def test_skipped_days_age_by_the_calendar() -> None:
    """A fortnight not computed counts as a fortnight of memory, and as unobserved."""
    steps = run(day(0, 60), day(1, 60), day(31, 0))
    assert steps[-1].t_star == pytest.approx(decayed_peak(60, 30, THRESHOLDS))
    assert run(day(0, 30), day(1, 30), dark(20))[-1].state.shown is GREY


def test_state_survives_json() -> None:
    """What is stored comes back whole."""
    state = run(day(0, 65), day(1, 65), day(2, 0), dark(3))[-1].state
    assert State.from_json(state.to_json()) == state


def test_since_is_the_first_day_of_what_is_shown() -> None:
    """It moves with flips only."""
    steps = run(day(0, 0), day(1, 30), day(2, 30), day(3, 30))
    assert [one.state.since for one in steps] == [DAY, DAY, DAY + timedelta(2), DAY + timedelta(2)]


def test_today_moves_only_on_an_official_floor() -> None:
    """A provisional day shows T and T*, but other rises and all falls wait for midnight."""
    calm = run(day(0, 30))[-1].state
    assert step_provisional(calm, day(1, 90), THRESHOLDS).flip is None
    assert step_provisional(calm, day(1, 90), THRESHOLDS).t_star == 90
    official = step_provisional(calm, day(1, 80, official=True), THRESHOLDS)
    assert official.state.shown is RED


def test_a_provisional_morning_is_not_grey() -> None:
    """Few documents by nine o'clock are no outage."""
    calm = run(day(0, 0))[-1].state
    assert step_provisional(calm, dark(1), THRESHOLDS).state.shown is NORMAL


observed = st.tuples(st.floats(0, 100), st.sampled_from([0.0, 0.4, 1.0]), st.booleans())
courses = st.lists(observed, min_size=1, max_size=80)


def course(days: list[tuple[float, float, bool]], lift: float = 0.0) -> list[DayInput]:
    """Days of random T and coverage; on poorly covered ones only part of T was observed."""
    inputs = []
    for n, (t, coverage, signed) in enumerate(days):
        t = min(t + lift, 100.0)
        seen = t if coverage == 1.0 else t * coverage
        one = day(n, t, seen=seen, coverage=coverage, signed=DAY + timedelta(n) if signed else None)
        inputs.append(one)
    return inputs


@settings(deadline=None)
@given(courses)
def test_no_flapping(days: list[tuple[float, float, bool]]) -> None:
    """A level is left downwards only after its dwell time since it was reached."""
    level, reached = NORMAL, 0
    for n, one in enumerate(run(*course(days))):
        now = one.state.level
        if now.rank < level.rank:
            assert level.rank - now.rank == 1
            assert n - reached >= rule_of(level, THRESHOLDS).leave_days
        if now is not level:
            level, reached = now, n


@settings(deadline=None)
@given(courses, st.floats(0, 60))
def test_more_evidence_never_lowers_the_level(days: list[tuple[float, float, bool]], lift: float) -> None:
    """T higher on every day: the level is at least as high on every day."""
    plain, lifted = run(*course(days)), run(*course(days, lift))
    assert all(a.state.level.rank <= b.state.level.rank for a, b in zip(plain, lifted, strict=True))


@settings(deadline=None)
@given(courses, st.sets(st.integers(0, 79)))
def test_a_rise_is_never_delayed_by_missing_data(
    days: list[tuple[float, float, bool]], lost: set[int]
) -> None:
    """Poor coverage of days whose evidence was seen all the same: the level is at least as high on every day."""
    full = [replace(one, coverage=1.0, seen=one.t) for one in course(days)]
    thin = [replace(one, coverage=0.3) if n in lost else one for n, one in enumerate(full)]
    pairs = zip(run(*full), run(*thin), strict=True)
    assert all(a.state.level.rank <= b.state.level.rank for a, b in pairs)


@settings(deadline=None)
@given(courses)
def test_grey_beats_green(days: list[tuple[float, float, bool]]) -> None:
    """After the hold an unobserved platform is never shown as 正常."""
    inputs = course(days)
    last_fit = None
    for today, one in zip(inputs, run(*inputs), strict=True):
        last_fit = today.day if today.coverage >= 0.5 else last_fit
        if last_fit is None or (today.day - last_fit).days > THRESHOLDS.coverage_hold_days:
            assert one.state.shown is not NORMAL


@settings(deadline=None)
@given(courses)
def test_flips_are_the_changes_shown(days: list[tuple[float, float, bool]]) -> None:
    """One flip for each change of what is shown, none otherwise."""
    level: Level | None = None
    for one in run(*course(days)):
        now = one.state.shown
        if level is not None:
            assert (one.flip is not None) == (now is not level)
        level = now


@settings(deadline=None)
@given(courses)
def test_t_star_is_at_least_t(days: list[tuple[float, float, bool]]) -> None:
    """Memory only adds."""
    for today, one in zip(course(days), run(*course(days)), strict=True):
        assert math.isnan(today.t) or one.t_star >= today.t
