"""The evaluation of a replay against a list of failures, beside what a user would look at instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from signals.calendar import dates
from signals.evaluation import baselines
from signals.evaluation.episodes import Episodes, episodes, standing
from signals.evaluation.failures import NEVER, Failures, Status, lay
from signals.evaluation.grid import UNSEEN, Bools, Floats, Grid
from signals.evaluation.measures import Measured, Measures, intervals, spread, weekly
from signals.evaluation.outcomes import HORIZON, Outcomes, exposed, outcomes
from signals.evaluation.ranking import Ranking
from signals.evaluation.weeks import Weeks, lowest_where_unknown, weeks
from signals.model import LADDER, Level

OURS, RANDOM = "trustwatch", "random"
METHODS = (OURS, *baselines.NAMES, RANDOM)
FIGURE_COLUMNS = ("method", "metric", "value", "low", "high", "n")
CURVE_COLUMNS = ("method", "level", "pod", "false_alarms_per_platform_year", "alarm_day_share")
Step = Callable[[int, int], None]
"""Called with how many parts of the work are done, and of how many."""


@dataclass(frozen=True)
class Plan:
    """What is asked: the lowest level that counts as an alarm, the draws of bootstrap and chance, their seed."""

    level: Level = Level.ORANGE
    draws: int = 500
    random_draws: int = 200
    seed: int = 20180716


@dataclass(frozen=True)
class Evaluation:
    """`figures`: FIGURE_COLUMNS; `episodes` and `failures`: one row per episode of ours and per row of the list;
    `curve`: CURVE_COLUMNS, every level as the line of alarm."""

    figures: pd.DataFrame
    episodes: pd.DataFrame
    failures: pd.DataFrame
    curve: pd.DataFrame


@dataclass(frozen=True)
class _Method:
    name: str
    alarm: Bools
    score: Floats


@dataclass(frozen=True)
class _Ground:
    """What all methods are judged on."""

    grid: Grid
    failures: Failures
    exposure: Bools
    weeks: Weeks


def evaluate(
    grid: Grid,
    listed: pd.DataFrame,
    counted: pd.DataFrame | None,
    plan: Plan,
    step: Step = lambda done, total: None,
) -> Evaluation:
    """All figures of METHOD section 6.

    Args: listed: failures (platform, day, reason); counted: baselines.csv (platform, day, negative_count,
          complaint_count, snownlp_mean) or None, then only chance is compared.
    """
    failures = lay(listed, grid)
    ground = _Ground(grid, failures, exposed(grid, failures), weeks(grid, failures))
    ours = _Method(OURS, grid.level >= plan.level.rank, grid.t)
    scores = {}
    if counted is not None:
        scores = {name: baselines.score(counted, column, grid) for name, column in baselines.NAMES.items()}
    methods = [ours, *_matched(ours, scores, ground)]
    rows: list[tuple[object, ...]] = []
    for number, method in enumerate(methods):
        rows += _figures(method, ground, plan)
        step(number + 1, len(methods) + 2)
    rows += _by_chance(ours, ground, plan)
    step(len(methods) + 1, len(methods) + 2)
    curve = pd.DataFrame(_curve(grid, scores, ground, plan), columns=list(CURVE_COLUMNS))
    found = episodes(ours.alarm, grid.seen, grid.first)
    judged = outcomes(found, ours.alarm, ground.exposure, grid, failures)
    step(len(methods) + 2, len(methods) + 2)
    return Evaluation(
        pd.DataFrame(rows, columns=list(FIGURE_COLUMNS)),
        _episode_rows(found, judged, ground),
        _failure_rows(judged, ground),
        curve,
    )


def _matched(ours: _Method, scores: dict[str, Floats], ground: _Ground) -> Iterator[_Method]:
    days = int((ours.alarm & ground.exposure).sum())
    for name, score in scores.items():
        yield _Method(name, baselines.matched_alarm(score, ground.exposure, days), score)


def _measures(method: _Method, ground: _Ground, *, ranked: bool = True) -> Measures:
    grid = ground.grid
    found = episodes(method.alarm, grid.seen, grid.first)
    judged = outcomes(found, method.alarm, ground.exposure, grid, ground.failures)
    alarm = ground.weeks.of(standing(method.alarm, grid.seen)).astype(np.bool_)
    ranking = None
    if ranked:
        ranking = Ranking(ground.weeks.label, lowest_where_unknown(ground.weeks.of(method.score)))
    return Measures(judged, weekly(ground.weeks, alarm, len(grid.platforms), ranking), ground.failures)


def _figures(method: _Method, ground: _Ground, plan: Plan) -> list[tuple[object, ...]]:
    size = len(ground.grid.platforms)
    measures = _measures(method, ground)
    bounds = intervals(measures, size, plan.draws, np.random.default_rng(plan.seed)) if size else {}
    nothing = (float("nan"), float("nan"))
    return [
        (method.name, metric, measured.value, *bounds.get(metric, nothing), measured.n)
        for metric, measured in measures.of(np.ones(size, dtype=np.int64)).items()
    ]


def _by_chance(ours: _Method, ground: _Ground, plan: Plan) -> list[tuple[object, ...]]:
    """Means over random draws; `low` and `high` bound what chance alone gives in 95 % of them."""
    drawn = _chance(ours, ground, plan.random_draws, plan.seed)
    rows: list[tuple[object, ...]] = []
    for metric in drawn[0] if drawn else ():
        values = [one[metric].value for one in drawn]
        known = [value for value in values if value == value]
        mean = float(np.mean(known)) if known else float("nan")
        if metric == "nsr":  # of the mean rates: draws without a hit have none of their own
            mean = _mean(drawn, "week_false_rate") / (_mean(drawn, "week_hit_rate") or float("nan"))
        rows.append((RANDOM, metric, mean, *spread(values), float(np.mean([one[metric].n for one in drawn]))))
        if (
            metric == "prevalence"
        ):  # a random score: an area of one half, and a precision that is the prevalence
            number = float(len(ground.weeks))
            rows.append((RANDOM, "auroc", 0.5, float("nan"), float("nan"), number))
            rows.append((RANDOM, "auprc", mean, float("nan"), float("nan"), number))
    return rows


def _mean(drawn: list[dict[str, Measured]], metric: str) -> float:
    return float(np.mean([one[metric].value for one in drawn]))


def _chance(ours: _Method, ground: _Ground, draws: int, seed: int) -> list[dict[str, Measured]]:
    """The figures of each draw: as many episodes as ours, as long as ours, anywhere within the exposure."""
    grid, exposure = ground.grid, ground.exposure
    found = episodes(ours.alarm, grid.seen, grid.first)
    failed = ground.failures.day[found.platform]
    before = found.start < failed
    lengths = (np.minimum(found.end, failed - 1) - found.start + 1)[before]
    if not exposure.any():
        return []
    rng = np.random.default_rng(seed)
    weight = np.ones(len(grid.platforms), dtype=np.int64)
    drawn = []
    for _ in range(draws):
        random = baselines.random_episodes(lengths, exposure, grid.first, rng)
        alarm = baselines.drawn_alarm(random, grid.level.shape, grid.first)
        judged = outcomes(random, alarm, exposure, grid, ground.failures)
        in_alarm = ground.weeks.of(alarm).astype(np.bool_)
        cells = weekly(ground.weeks, in_alarm, len(grid.platforms), None)
        drawn.append(Measures(judged, cells, ground.failures).of(weight))
    return drawn


def _curve(
    grid: Grid, scores: dict[str, Floats], ground: _Ground, plan: Plan
) -> Iterator[tuple[object, ...]]:
    """POD against false alarms with each level as the line."""
    weight = np.ones(len(grid.platforms), dtype=np.int64)
    for level in LADDER[1:]:
        ours = _Method(OURS, grid.level >= level.rank, grid.t)
        for method in (ours, *_matched(ours, scores, ground)):
            yield (method.name, level.value, *_point(_measures(method, ground, ranked=False).of(weight)))
        drawn = _chance(ours, ground, plan.random_draws // 4, plan.seed)
        points = np.array([_point(one) for one in drawn]) if drawn else np.full((1, 3), np.nan)
        yield (RANDOM, level.value, *(float(value) for value in points.mean(axis=0)))


def _point(measured: dict[str, Measured]) -> tuple[float, float, float]:
    names = ("pod", "false_alarms_per_platform_year", "alarm_day_share")
    pod, false, share = (measured[name].value for name in names)
    return pod, false, share


def _episode_rows(found: Episodes, judged: Outcomes, ground: _Ground) -> pd.DataFrame:
    grid, failed = ground.grid, ground.failures.day[found.platform]
    spans = list(zip(found.platform.tolist(), (found.start - grid.first).tolist(),
                     (found.end - grid.first + 1).tolist(), strict=True))  # fmt: skip
    return pd.DataFrame(
        {
            "platform": [grid.platforms[p] for p, _, _ in spans],
            "start": dates(found.start),
            "end": dates(found.end),
            "days": found.end - found.start + 1,
            "peak_level": [LADDER[int(grid.level[p, a:b].max())].value for p, a, b in spans],
            "max_t": [_highest(grid.t[p, a:b]) for p, a, b in spans],
            "outcome": judged.outcome,
            "problem_date": [
                None if day == NEVER else dates(np.array(day)).item() for day in failed.tolist()
            ],
            "lead_days": np.where((failed != NEVER) & (failed > found.start), failed - found.start, np.nan),
        }
    )


def _highest(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.max()) if known.size else float("nan")


def _failure_rows(judged: Outcomes, ground: _Ground) -> pd.DataFrame:
    """The list as given: platform, problem_date, reason, status, hit (1, 0, NaN = not judged), lead_days (capped),
    over_90, level and T on the eve."""
    grid, listed = ground.grid, ground.failures.rows
    hit, lead, over, level, t = [], [], [], [], []
    for place, status in zip(listed["place"], listed["status"], strict=True):
        counts = status == Status.JUDGED.value
        warned = counts and bool(judged.hit[place])
        hit.append(float(warned) if counts else np.nan)
        lead.append(min(judged.lead[place], HORIZON) if warned else np.nan)
        over.append(float(judged.lead[place] > HORIZON) if warned else np.nan)
        eve = int(ground.failures.day[place] - 1 - grid.first) if counts else -1
        rank = int(grid.level[place, eve]) if counts else UNSEEN
        level.append((LADDER[rank] if rank > UNSEEN else Level.UNKNOWN).value if counts else "")
        t.append(float(grid.t[place, eve]) if counts else np.nan)
    told = listed.rename(columns={"day": "problem_date"})[["platform", "problem_date", "reason", "status"]]
    more = {"hit": hit, "lead_days": lead, "over_90": over, "level_on_eve": level, "t_on_eve": t}
    return told.reset_index(drop=True).assign(**more)
