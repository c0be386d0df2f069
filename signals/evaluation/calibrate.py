"""Fits weights, the single-index share, the lines and c on replays with known failures, by a stated loss.

Loss = μ·(1 − POD) + (1 − μ)·(share of calm platform-weeks in alarm) + PENALTY·(false alarms per platform-year
above the budget) + RANKING·(1 − AUROC) + ridge·(mean squared distance from the starting values). The first two
terms are those of Alessi & Detken 2011 and Sarlin 2013; the ranking term tells apart settings with the same
alarms; the ridge keeps what the data do not speak of where it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from settings.models import LevelRule, Thresholds
from signals.evaluation.episodes import episodes, standing
from signals.evaluation.failures import Failures
from signals.evaluation.grid import Bools, Floats, Ints
from signals.evaluation.measures import YEAR
from signals.evaluation.outcomes import exposed, outcomes
from signals.evaluation.ranking import Ranking
from signals.evaluation.recompute import Material, alarms, lifted, score
from signals.evaluation.weeks import Weeks, lowest_where_unknown, weeks

PENALTY, RANKING = 0.5, 0.2
ROUNDS = 4
FACTOR, SHARE, LINE = 0.5, 0.08, 8.0
"""First steps of the search: log of a weight or of c, the single-index share, the orange line; halved each round."""
LINES, SHARES, FACTORS = (40.0, 75.0), (0.5, 0.9), 4.0
"""Bounds; a weight or c moves by FACTORS at most, up or down."""


@dataclass(frozen=True)
class Goal:
    """`preference`: μ, the weight of a missed failure, 0..1; `budget`: false alarms per platform-year; `ridge`."""

    preference: float = 0.8
    budget: float = 1.0
    ridge: float = 0.02


@dataclass(frozen=True)
class Case:
    """A replay with its failures laid over it, and what does not depend on the settings."""

    material: Material
    failures: Failures
    exposure: Bools
    weeks: Weeks


@dataclass(frozen=True)
class Score:
    """What a setting gives on some platforms; `loss` without the ridge."""

    loss: float
    pod: float
    failures: int
    false_alarms_per_year: float
    calm_share: float
    auroc: float


@dataclass(frozen=True)
class Knobs:
    """Distances from the starting values: logs of the weights, the share, the orange line, logs of c."""

    weights: Floats
    share: float
    line: float
    c: Floats


@dataclass(frozen=True)
class _Tally:
    """Per platform of all cases, and per platform-week."""

    failures: Floats
    hits: Floats
    false: Floats
    days: Floats
    calm_alarms: Floats
    calm_weeks: Floats
    platform: Ints
    label: Bools
    t: Floats


def case(given: Material, failures: Failures) -> Case:
    """A replay ready for calibration."""
    return Case(given, failures, exposed(given.grid, failures), weeks(given.grid, failures))


def changed(base: Thresholds, ids: Sequence[str], knobs: Knobs) -> Thresholds:
    """The thresholds that the knobs stand for, rounded as they would be written.

    Weights keep their sum. Blue and yellow move in proportion to orange, red keeps its relative place between
    orange and 100; floors are lifted to the line of the level that they reached.
    """
    weights = dict(base.weights)
    moved = {
        i: base.weights[i] * float(np.exp(k)) for i, k in zip(ids, knobs.weights, strict=True) if i in weights
    }
    fitted = sum(base.weights[i] for i in moved)
    weights |= {i: round(w * fitted / sum(moved.values()), 3) for i, w in moved.items()}
    line = round(float(np.clip(base.orange.enter + knobs.line, *LINES)), 1)
    share = round(float(np.clip(base.single_index_share + knobs.share, *SHARES)), 3)
    ratio = line / base.orange.enter
    red = 100 - (100 - base.red.enter) * (100 - line) / (100 - base.orange.enter)
    after = base.model_copy(
        update={
            "weights": weights,
            "single_index_share": share,
            "blue": _enter(base.blue, base.blue.enter * ratio),
            "yellow": _enter(base.yellow, base.yellow.enter * ratio),
            "orange": _enter(base.orange, line),
            "red": _enter(base.red, red),
        }
    )
    scores = {name: float(lifted(np.array(floor.score), base, after)) for name, floor in base.floors.items()}
    floors = {name: floor.model_copy(update={"score": scores[name]}) for name, floor in base.floors.items()}
    return Thresholds.model_validate(after.model_copy(update={"floors": floors}).model_dump())


def _enter(rule: LevelRule, line: float) -> LevelRule:
    return rule.model_copy(update={"enter": round(line, 1)})


def tally(cases: Sequence[Case], base: Thresholds, knobs: Knobs) -> _Tally:
    """Every count of every platform under the knobs; c rescales I as if it were all level: 1 − I' = (1 − I)^(1/f)."""
    parts = []
    offset = 0
    for one in cases:
        given, grid = one.material, one.material.grid
        thresholds = changed(base, given.index_ids, knobs)
        used = given.used
        if knobs.c.any():
            used = 100 * (1 - (1 - np.clip(used, 0, 100) / 100) ** np.exp(-knobs.c))
        moved = replace(given, floor=lifted(given.floor, base, thresholds))
        t = score(moved, thresholds, used)
        alarm = alarms(t, moved, thresholds)
        found = outcomes(episodes(alarm, grid.seen, grid.first), alarm, one.exposure, grid, one.failures)
        week_alarm = one.weeks.of(standing(alarm, grid.seen)).astype(np.bool_)
        size = len(grid.platforms)
        calm = ~one.weeks.label

        def count(mask: Bools, where: Ints = one.weeks.platform, size: int = size) -> Floats:
            return np.bincount(where[mask], minlength=size).astype(np.float64)

        parts.append(
            _Tally(
                failures=one.failures.judged.astype(np.float64),
                hits=(one.failures.judged & found.hit).astype(np.float64),
                false=found.false.astype(np.float64),
                days=found.exposure.astype(np.float64),
                calm_alarms=count(calm & week_alarm),
                calm_weeks=count(calm),
                platform=one.weeks.platform + offset,
                label=one.weeks.label,
                t=lowest_where_unknown(one.weeks.of(t)),
            )
        )
        offset += size
    return _Tally(
        *(np.concatenate(column) for column in zip(*(vars(p).values() for p in parts), strict=True))
    )


def scored(given: _Tally, goal: Goal, chosen: Bools | None = None) -> Score:
    """The loss and its parts over the chosen platforms (None = all)."""
    w = np.ones(given.days.size) if chosen is None else chosen.astype(np.float64)
    failures, years = float(w @ given.failures), float(w @ given.days) / YEAR
    pod = float(w @ given.hits) / failures if failures else float("nan")
    false = float(w @ given.false) / years if years else float("nan")
    calm = float(w @ given.calm_weeks)
    share = float(w @ given.calm_alarms) / calm if calm else float("nan")
    auroc, _ = Ranking(given.label, given.t).areas(w[given.platform])
    terms = (
        (goal.preference, 1 - pod),
        (1 - goal.preference, share),
        (PENALTY, max(false - goal.budget, 0.0)),
        (RANKING, 1 - auroc),
    )
    loss = sum(weight * term for weight, term in terms if term == term)
    return Score(loss, pod, int(failures), false, share, auroc)


def folds(cases: Sequence[Case], number: int) -> Ints:
    """Fold of each platform: by the hash of its name, failing ones dealt out first so that every fold has some. A
    platform of several replays is always in the same fold."""
    names = [name for one in cases for name in one.material.grid.platforms]
    fails: dict[str, bool] = {}
    for name, judged in zip(
        names, np.concatenate([one.failures.judged for one in cases]).tolist(), strict=True
    ):
        fails[name] = fails.get(name, False) or judged
    order = sorted(fails, key=lambda name: (not fails[name], hashlib.sha256(name.encode()).hexdigest()))
    fold = {name: place % number for place, name in enumerate(order)}
    return np.array([fold[name] for name in names], dtype=np.int64)


@dataclass(frozen=True)
class Fit:
    """The fitted knobs, and what they and the starting values give."""

    knobs: Knobs
    before: Score
    after: Score
    held_out: Score
    """Every platform judged by a fit that did not see it."""


def fit(
    cases: Sequence[Case],
    base: Thresholds,
    goal: Goal,
    *,
    number_of_folds: int = 5,
    start: Knobs | None = None,
    free: Callable[[Sequence[str]], list[str]] | None = None,
    step: Callable[[int, int], None] = lambda done, total: None,
) -> Fit:
    """Coordinate search from the starting values, and the same in cross-validation over platforms.

    Args: start: knobs to start from (None = the base); free: which of w.<id>, share, line, c.<id> may move (None =
          all but c).
    """
    ids = cases[0].material.index_ids
    origin = start or Knobs(np.zeros(len(ids)), 0.0, 0.0, np.zeros(len(ids)))
    names = (free or thresholds_only)(ids)
    counts = _remembering(cases, base)
    whole = _descend(counts, ids, goal, origin, names, None)
    step(1, number_of_folds + 1)
    fold = folds(cases, number_of_folds)
    pieces = []
    for number in range(number_of_folds):
        knobs = _descend(counts, ids, goal, origin, names, fold != number)
        pieces.append((fold == number, counts(knobs)))
        step(number + 2, number_of_folds + 1)
    return Fit(
        whole,
        scored(counts(origin), goal),
        scored(counts(whole), goal),
        scored(_patched(pieces), goal),
    )


def thresholds_only(ids: Sequence[str]) -> list[str]:
    """Everything that a threshold version holds."""
    return [*(f"w.{index}" for index in ids), "share", "line"]


def c_only(ids: Sequence[str]) -> list[str]:
    """The saturation constants alone."""
    return [f"c.{index}" for index in ids]


def _remembering(cases: Sequence[Case], base: Thresholds) -> Callable[[Knobs], _Tally]:
    """`tally`, computed once for each setting: the folds try many of the same."""
    known: dict[bytes, _Tally] = {}

    def counts(knobs: Knobs) -> _Tally:
        key = np.concatenate((knobs.weights, [knobs.share, knobs.line], knobs.c)).tobytes()
        if key not in known:
            known[key] = tally(cases, base, knobs)
        return known[key]

    return counts


def _patched(pieces: Sequence[tuple[Bools, _Tally]]) -> _Tally:
    """Each platform's counts from the fit that did not see it."""
    first = pieces[0][1]
    per_platform = {
        name: sum(np.where(mask, getattr(one, name), 0.0) for mask, one in pieces)
        for name in ("failures", "hits", "false", "days", "calm_alarms", "calm_weeks")
    }
    t = np.zeros(first.t.size)
    for mask, one in pieces:
        t = np.where(mask[one.platform], one.t, t)
    return replace(first, **per_platform, t=t)  # type: ignore[arg-type]  # arrays by field name


def _descend(
    counts: Callable[[Knobs], _Tally],
    ids: Sequence[str],
    goal: Goal,
    origin: Knobs,
    names: Sequence[str],
    chosen: Bools | None,
) -> Knobs:
    """Tries each knob up and down, keeps what lowers the loss, halves the steps. Deterministic."""

    def value(knobs: Knobs) -> float:
        return scored(counts(knobs), goal, chosen).loss + goal.ridge * _distance(knobs, ids)

    best, lowest = origin, value(origin)
    for halving in range(ROUNDS):
        for name in names:
            for sign in (1.0, -1.0):
                tried = _moved(best, name, ids, sign * 0.5**halving)
                if tried is not None and (found := value(tried)) < lowest - 1e-9:
                    best, lowest = tried, found
                    break
    return best


def _moved(knobs: Knobs, name: str, ids: Sequence[str], by: float) -> Knobs | None:
    """The knobs with one turned by `by` steps; None beyond its bounds."""
    if name == "share":
        return replace(knobs, share=knobs.share + by * SHARE)
    if name == "line":
        return replace(knobs, line=knobs.line + by * LINE)
    kind, index = name.split(".")
    old = knobs.weights if kind == "w" else knobs.c
    new = old.copy()
    new[list(ids).index(index)] += by * FACTOR
    if np.abs(new).max() > np.log(FACTORS) + 1e-9:
        return None
    return replace(knobs, weights=new) if kind == "w" else replace(knobs, c=new)


def _distance(knobs: Knobs, ids: Sequence[str]) -> float:
    """Mean of squares, each in units of one first step."""
    logs = np.concatenate((knobs.weights, knobs.c)) / FACTOR
    others = np.array([knobs.share / SHARE, knobs.line / LINE])
    return float(np.concatenate((logs, others)) @ np.concatenate((logs, others)) / (len(ids) + 2))
