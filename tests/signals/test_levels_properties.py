"""What must hold of levels whatever happens: the properties of METHOD section 5 over random courses of days."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from signals.level_state import DayInput, State
from signals.levels import Step, rule_of, step, step_provisional
from signals.model import LADDER, Level
from tests.mention_tables import DAY, THRESHOLDS

NORMAL, BLUE, YELLOW, ORANGE, RED = LADDER
LINE = {level: rule_of(level, THRESHOLDS).enter - THRESHOLDS.leave_margin for level in LADDER[1:]}

one_day = st.tuples(
    st.one_of(st.floats(0, 100), st.sampled_from([0.0, 24.0, 25.0, 50.0, 55.0, 60.0, 75.0, 90.0])),
    st.sampled_from([0.0, 0.3, 0.49, 0.5, 1.0]),
    st.integers(0, 9).map(lambda n: n == 0),
)
courses = st.lists(one_day, min_size=1, max_size=70)
Drawn = list[tuple[float, float, bool]]


def inputs(drawn: Drawn, *, always_signed: bool = False) -> list[DayInput]:
    """Days of random T and coverage; T over 80 rests on an official floor now and then."""
    return [
        DayInput(
            day=DAY + timedelta(n),
            t=t,
            seen=t if coverage >= 0.5 else t * coverage,
            scope=1.0,
            coverage=coverage,
            official=official and t >= 80,
            always_signed=always_signed,
        )
        for n, (t, coverage, official) in enumerate(drawn)
    ]


def run(days: list[DayInput], state: State | None = None) -> list[Step]:
    """Steps through the days."""
    steps: list[Step] = []
    for today in days:
        steps.append(step(state, today, THRESHOLDS))
        state = steps[-1].state
    return steps


def levels(days: list[DayInput]) -> list[Level]:
    """The levels behind any grey."""
    return [one.state.level for one in run(days)]


@settings(deadline=None)
@given(courses)
def test_at_most_one_fall_per_dwell_time(drawn: Drawn) -> None:
    """Between a fall and the change before it lie at least the days which leaving that level takes; one step each."""
    found = levels(inputs(drawn, always_signed=True))
    changed = 0
    for n, (before, now) in enumerate(itertools.pairwise(found), 1):
        if now.rank < before.rank:
            assert before.rank - now.rank == 1
            assert n - changed >= rule_of(before, THRESHOLDS).leave_days
        if now is not before:
            changed = n


@settings(deadline=None)
@given(st.lists(st.sampled_from([24.9, 25.0, 19.9, 20.1]), min_size=2, max_size=60))
def test_a_score_that_trembles_at_a_line_does_not_flap(scores: list[float]) -> None:
    """Around the line of blue the level changes at most once each way within any dwell time: enter > leave."""
    found = levels(inputs([(t, 1.0, False) for t in scores]))
    changes = [n for n, (a, b) in enumerate(itertools.pairwise(found)) if a is not b]
    assert all(
        later - earlier >= THRESHOLDS.blue.leave_days for earlier, later in itertools.pairwise(changes)
    )


@settings(deadline=None)
@given(courses, st.integers(0, 69))
def test_an_official_floor_raises_at_once(drawn: Drawn, at: int) -> None:
    """On any day, after any course, whatever was observed: the level of its T is reached that very day."""
    days = inputs(drawn)
    n = at % len(days)
    days[n] = replace(days[n], t=80.0, seen=80.0, official=True)
    steps = run(days)
    assert steps[n].state.shown.rank >= RED.rank
    before = steps[n - 1].state if n else None
    assert step_provisional(before, days[n], THRESHOLDS).state.shown.rank >= RED.rank


@settings(deadline=None)
@given(courses, st.sets(st.integers(0, 69)), st.floats(60, 100))
def test_a_floor_never_lowers(drawn: Drawn, under: set[int], floor: float) -> None:
    """A floor under some days: no day has a lower level than without it."""
    plain = inputs(drawn)
    lifted = [
        replace(one, t=max(one.t, floor), seen=max(one.seen, floor)) if n in under else one
        for n, one in enumerate(plain)
    ]
    assert all(a.rank <= b.rank for a, b in zip(levels(plain), levels(lifted), strict=True))


@settings(deadline=None)
@given(courses, st.lists(st.floats(0, 1), min_size=70, max_size=70))
def test_a_denial_recomputes_to_no_higher_level(drawn: Drawn, left: list[float]) -> None:
    """With the denied evidence out of any days (and their at-once floors with it), no day of the corrected history is
    higher, in level or in T*: the memory of what was denied goes, too."""
    before = inputs(drawn)
    corrected = [
        replace(one, t=one.t * share, seen=one.seen * share, official=one.official and one.t * share >= 80)
        for one, share in zip(before, left, strict=False)
    ]
    for old, new in zip(run(before), run(corrected), strict=True):
        assert new.state.level.rank <= old.state.level.rank
        assert new.t_star <= old.t_star + 1e-9


@settings(deadline=None)
@given(courses, st.integers(0, 69), st.integers(1, 20))
def test_red_is_left_only_with_a_signature_given_since_it_ran_low(
    drawn: Drawn, signed: int, low: int
) -> None:
    """Whenever red falls, a signature of the present low run is there, and the run has lasted its fourteen days."""
    on = DAY + timedelta(signed)
    days = [
        replace(
            one,
            signed=on if one.day >= on else None,
            t=0.0 if n > low else 90.0,
            seen=0.0 if n > low else 90.0,
        )
        for n, one in enumerate(inputs(drawn))
    ]
    state: State | None = None
    for today in days:
        after = step(state, today, THRESHOLDS).state
        if state is not None and state.level is RED and after.level is not RED:
            since = state.low_since or today.day
            assert today.signed is not None
            assert today.signed >= since
            assert state.low + 1 >= THRESHOLDS.red.leave_days
        state = after


@settings(deadline=None)
@given(courses)
def test_without_a_signature_red_stays_red(drawn: Drawn) -> None:
    """Once there, always there: behind grey, too."""
    found = levels(inputs(drawn))
    assert all(b is RED for a, b in itertools.pairwise(found) if a is RED)


@settings(deadline=None)
@given(courses)
def test_a_replay_signs_on_the_first_eligible_day(drawn: Drawn) -> None:
    """Fourteen observed days under the line, and red is left that very day."""
    state: State | None = None
    for today in inputs(drawn, always_signed=True):
        taken = step(state, today, THRESHOLDS)
        if state is not None and state.level is RED and taken.state.level is RED:
            fit = today.coverage >= THRESHOLDS.coverage_min
            assert not (fit and taken.t_star < LINE[RED] and state.low + 1 >= THRESHOLDS.red.leave_days)
        state = taken.state


@settings(deadline=None)
@given(courses)
def test_unobserved_days_neither_raise_nor_lower(drawn: Drawn) -> None:
    """A day on which nothing was seen and no floor stands leaves the level as it is, however high its carried T."""
    blind = [replace(one, seen=0.0, official=False) if one.coverage < 0.5 else one for one in inputs(drawn)]
    before: Level | None = None
    for today, one in zip(blind, run(blind), strict=True):
        if today.coverage < 0.5 and before is not None:
            assert one.state.level is before
        before = one.state.level


@settings(deadline=None)
@given(courses)
def test_the_course_in_two_parts_is_the_course(drawn: Drawn) -> None:
    """Stopped after any day and taken up from the stored state, nothing is different."""
    days = inputs(drawn)
    whole = run(days)
    half = len(days) // 2
    if half:
        state = State.from_json(whole[half - 1].state.to_json())
        assert run(days[half:], state) == whole[half:]
