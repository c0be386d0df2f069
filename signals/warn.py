"""The warning stage as a pure function: index values, floors and stored states in; platform days and flips
out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from settings.scopes import groups
from signals.calendar import dates, day_numbers
from signals.composite import Bools, Composite, Floats, Rules, composite
from signals.floors import floors
from signals.level_state import DayInput, State
from signals.levels import Step, step, step_provisional
from signals.reasons import Decision, Facts, Reasons, reason_sentence

DAY_COLUMNS = (
    "platform_id",
    "day",
    "t",
    "t_star",
    "q",
    "scope",
    "coverage",
    "level",
    "level_before_grey",
    "since",
    "provisional",
    "reason",
    "floor",
    "state",
)
NUMBERS = ("t", "t_star", "q", "scope", "coverage")
FLIP_COLUMNS = ("platform_id", "day", "level_from", "level_to", "reason", "t", "t_star")


@dataclass(frozen=True)
class Evidence:
    """What is known. None and empty frames mean: nothing of the kind.

    values: index_values rows from `carry_days` before the first day; floor_events: see signals.floors, from
    30 days before it; prior: platform_id, state of the last decided day; sign_offs: platform_id, day;
    failed_since: first day of a failed life-cycle status; facts: platform_id, day, mentions90 [,
    publishers, event], for the sentence only.
    """

    values: pd.DataFrame
    floor_events: pd.DataFrame | None = None
    prior: pd.DataFrame | None = None
    sign_offs: pd.DataFrame | None = None
    failed_since: Mapping[str, date] = field(default_factory=dict)
    facts: pd.DataFrame | None = None


@dataclass(frozen=True)
class Warned:
    """`platform_days`: DAY_COLUMNS, one row per platform and day; `flips`: FLIP_COLUMNS, changes of level
    only."""

    platform_days: pd.DataFrame
    flips: pd.DataFrame


@dataclass(frozen=True)
class Standing:
    """Standing floors as (days, platforms): `score` 0 where none; `row` of the highest in `found`, -1 where
    none."""

    score: Floats
    at_once: Bools
    row: np.ndarray
    found: pd.DataFrame


def warn(
    evidence: Evidence,
    platform_ids: Sequence[str],
    days: Iterable[date],
    rules: Rules,
    *,
    today: date | None = None,
    auto_sign_off: bool = False,
) -> Warned:
    """Decides every platform on every day, in order, from its stored state.

    Args:    days: may have gaps; today: that day is provisional, only official floors flip it, and its
             `state` is the state before it; auto_sign_off: replays sign off red on the first eligible day.
    """
    numbers = np.unique(day_numbers(days))
    if not numbers.size or not len(platform_ids):
        return Warned(_frame([], DAY_COLUMNS), _frame([], FLIP_COLUMNS))
    calendar: list[date] = dates(numbers).tolist()
    whole = composite(evidence.values, platform_ids, numbers, rules)
    standing = standing_floors(evidence.floor_events, platform_ids, numbers, rules)
    inputs = _Inputs(evidence, platform_ids, calendar, whole, standing, auto_sign_off)
    reasons = Reasons(evidence.values, evidence.facts, platform_ids, numbers, rules, whole)
    rows: list[tuple[Any, ...]] = []
    flips: list[tuple[Any, ...]] = []
    for p, platform in enumerate(platform_ids):
        for d, before, result in _walk(inputs, p, rules, today):
            floor = standing.found.iloc[standing.row[d, p]] if standing.row[d, p] >= 0 else None
            reason = reason_sentence(reasons.facts(d, p, _decision(result), inputs.t[d][p], floor))
            rows.append(_row(platform, inputs, d, p, before, result, reason, floor, calendar[d] == today))
            if result.flip:
                change = (result.flip.before.value, result.flip.after.value, reason)
                flips.append((platform, calendar[d], *change, inputs.t[d][p], result.t_star))
    return Warned(_frame(rows, DAY_COLUMNS), _frame(flips, FLIP_COLUMNS))


def warn_scoped(
    evidence: Evidence,
    categories: Mapping[str, str | None],
    days: Iterable[date],
    rules: Rules,
    *,
    today: date | None = None,
    auto_sign_off: bool = False,
) -> Warned:
    """`warn`, each platform by the thresholds of its own scope (settings.scopes).

    Args:    categories: platform id -> its class (None: of no class); rows come in this order.
    """
    parts = [
        warn(
            evidence,
            ids,
            days,
            replace(rules, thresholds=thresholds),
            today=today,
            auto_sign_off=auto_sign_off,
        )
        for thresholds, ids in groups(rules.thresholds, categories)
    ]
    if len(parts) < 2:
        return parts[0] if parts else warn(evidence, (), days, rules)
    return Warned(
        _in_order([part.platform_days for part in parts], categories),
        _in_order([part.flips for part in parts], categories),
    )


def _in_order(parts: Sequence[pd.DataFrame], categories: Mapping[str, str | None]) -> pd.DataFrame:
    whole = pd.concat(parts, ignore_index=True)
    place = pd.Index(list(categories)).get_indexer(pd.Index(whole["platform_id"]))
    return whole.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)


def _frame(rows: list[tuple[Any, ...]], columns: Sequence[str]) -> pd.DataFrame:
    """Numbers as float and bool; words, days and states as objects, None where there is none."""
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    kinds = {**dict.fromkeys(NUMBERS, "float64"), "provisional": "bool"}
    return frame.astype({column: kind for column, kind in kinds.items() if column in columns})


class _Inputs:
    """What `step` asks of each platform and day, as plain Python numbers: half the cost of the walk
    otherwise."""

    def __init__(
        self,
        evidence: Evidence,
        platform_ids: Sequence[str],
        calendar: list[date],
        whole: Composite,
        standing: Standing,
        auto_sign_off: bool,
    ) -> None:
        floor = np.where(standing.row >= 0, standing.score, np.nan)
        self.calendar, self.platform_ids, self.auto_sign_off = calendar, platform_ids, auto_sign_off
        self.t = np.fmax(whole.t, floor).tolist()
        self.seen = np.nan_to_num(np.fmax(whole.seen, floor)).tolist()
        self.q, self.scope, self.coverage = whole.q.tolist(), whole.scope.tolist(), whole.coverage.tolist()
        self.at_once = standing.at_once.tolist()
        self.failed_since = evidence.failed_since
        self.states = _states(evidence.prior)
        self.sign_offs = _sign_offs(evidence.sign_offs)

    def of(self, d: int, p: int) -> DayInput:
        day, platform = self.calendar[d], self.platform_ids[p]
        failed = self.failed_since.get(platform)
        return DayInput(
            day=day,
            t=self.t[d][p],
            seen=self.seen[d][p],
            scope=self.scope[d][p],
            coverage=self.coverage[d][p],
            official=self.at_once[d][p],
            signed=max((s for s in self.sign_offs.get(platform, ()) if s <= day), default=None),
            always_signed=self.auto_sign_off,
            failed=failed is not None and failed <= day,
        )


def _walk(
    inputs: _Inputs, p: int, rules: Rules, today: date | None
) -> Iterator[tuple[int, State | None, Step]]:
    """(day position, state before, outcome) of one platform in order of days."""
    state = inputs.states.get(inputs.platform_ids[p])
    for d, day in enumerate(inputs.calendar):
        decide = step_provisional if day == today else step
        result = decide(state, inputs.of(d, p), rules.thresholds)
        yield d, state, result
        state = result.state


def _row(
    platform: str,
    inputs: _Inputs,
    d: int,
    p: int,
    before: State | None,
    result: Step,
    reason: str,
    floor: pd.Series | None,
    provisional: bool,
) -> tuple[Any, ...]:
    state = result.state
    stored = (before.to_json() if before else {}) if provisional else state.to_json()
    hidden = state.before_grey
    return (
        platform,
        inputs.calendar[d],
        inputs.t[d][p],
        result.t_star,
        inputs.q[d][p],
        inputs.scope[d][p],
        inputs.coverage[d][p],
        state.shown.value,
        hidden.value if hidden else None,
        state.since,
        provisional,
        reason,
        None if floor is None else floor["name"],
        stored,
    )


def _decision(result: Step) -> Decision:
    state = result.state
    return Decision(state.level, state.shown, state.before_grey, result.t_star, state.low)


def standing_floors(
    events: pd.DataFrame | None, platform_ids: Sequence[str], numbers: np.ndarray, rules: Rules
) -> Standing:
    """The highest floor of every day and platform. events: see signals.floors; None: there is none."""
    shape = (numbers.size, len(platform_ids))
    score, at_once = np.zeros(shape), np.zeros(shape, dtype=np.bool_)
    row = np.full(shape, -1)
    if events is None or events.empty:
        return Standing(score, at_once, row, pd.DataFrame())
    found = floors(events, rules.thresholds).sort_values("score", kind="stable").reset_index(drop=True)
    day = pd.Index(numbers).get_indexer(pd.Index(day_numbers(found["day"])))
    column = pd.Index(platform_ids).get_indexer(pd.Index(found["platform_id"]))
    for n, (d, p) in enumerate(zip(day.tolist(), column.tolist(), strict=True)):
        if d >= 0 and p >= 0:  # ascending scores: the highest stays
            score[d, p], row[d, p] = found["score"].iat[n], n
            at_once[d, p] |= bool(found["at_once"].iat[n])
    return Standing(score, at_once, row, found)


def _states(prior: pd.DataFrame | None) -> dict[str, State]:
    if prior is None or prior.empty:
        return {}
    stored = zip(prior["platform_id"], prior["state"], strict=True)
    return {platform: State.from_json(state) for platform, state in stored if state}


def _sign_offs(sign_offs: pd.DataFrame | None) -> dict[str, list[date]]:
    signed: dict[str, list[date]] = {}
    if sign_offs is not None and not sign_offs.empty:
        for platform, day in zip(
            sign_offs["platform_id"], dates(day_numbers(sign_offs["day"])).tolist(), strict=True
        ):
            signed.setdefault(platform, []).append(day)
    return signed


__all__ = ["Evidence", "Facts", "Rules", "Warned", "warn", "warn_scoped"]
