"""A worker's part of judging: the platforms of a block, from their mentions to a level on every day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.replay.blocks import Block, mention_table
from pipeline.replay.denials import Tellings, floor_events, tellings
from pipeline.replay.runs import Configured
from pipeline.stages.facts import EVENT_DAYS, gravest, mentions90
from settings.models import INDUSTRY, Settings, Thresholds
from signals.calendar import day_number, day_numbers
from signals.evaluation.decided import Decided, decide
from signals.evaluation.grid import UNSEEN
from signals.evaluation.walk import Ranks
from signals.floors import event_ids
from signals.index import index_values
from signals.indices import roll_up
from signals.indices.rollup import NEGATIVE
from signals.industry import sum_roll_ups
from signals.model import LADDER, Kind, Level
from signals.warn import Evidence, Rules
from signals.weight import weigh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.object_]
PRESS = (Kind.NEWS.value, Kind.SOCIAL.value)


@dataclass(frozen=True)
class Plan:
    """What every worker is told of the days. `written`: all platforms as they stand in PLATFORMS; `rates`: see
    usual_complaints."""

    settings: Settings
    configured: Configured
    start: date
    end: date
    written: tuple[str, ...]
    rates: pd.DataFrame


@dataclass(frozen=True)
class Judged:
    """Arrays (days, platforms) of a block; NaN = not observed. `values` by index; `reason` only where the level
    differs from that of the day before. `rolled`: what the block's mentions add to each index by day, uncorrected."""

    places: tuple[int, ...]
    values: dict[str, Floats]
    t: Floats
    t_star: Floats
    scope: Floats
    coverage: Floats
    level: Words
    reason: Words
    negative: Floats
    complaints: Floats
    snownlp: Floats
    rolled: pd.DataFrame


def judge(block: Block, plan: Plan) -> Judged:
    """Every day from the plan's start to its end, each from what was available by its end."""
    settings, ids = plan.settings, [platform.id for platform in block.platforms]
    rules = Rules(settings.thresholds, settings.indices, settings.events)
    mentions = _rated(mention_table(block), block, plan.rates)
    events = floor_events(mentions, event_ids(settings.thresholds, settings.events))
    told = tellings(mentions, events, ids, plan.start, plan.end)
    days = np.arange(day_number(plan.start), day_number(plan.end) + 1)
    decided, values, rolled = _decided(block, plan, told, rules, days)
    shown = told.shown(ids, days)
    chosen = (np.arange(days.size)[:, None], shown)
    found = pivot(values, [each.id for each in told.tellings], days, [index.id for index in settings.indices])
    return Judged(
        places=block.places,
        values={index: value[chosen] for index, value in found.items()},
        t=decided.t[chosen],
        t_star=decided.t_star[chosen],
        scope=decided.scope[chosen],
        coverage=decided.coverage[chosen],
        level=_words(decided.level[chosen]),
        reason=_told_once(decided, shown),
        **_baselines(mentions, ids, days, _observed(block, plan, days)),
        rolled=sum_roll_ups(rolled[rolled["platform_id"].isin(ids)], INDUSTRY),
    )


def _rated(mentions: pd.DataFrame, block: Block, rates: pd.DataFrame) -> pd.DataFrame:
    """With the column `daily_rate` that signals.weight.weigh asks for."""
    source = block.documents["source"][block.mentions["document"]]
    keys = pd.DataFrame({"source": source, "number": day_numbers(mentions["day"])})
    found = keys.merge(rates, how="left", on=["source", "number"])["daily_rate"]
    return mentions.assign(daily_rate=found.to_numpy("float64"))


def _decided(
    block: Block, plan: Plan, told: Tellings, rules: Rules, days: NDArray[np.int64]
) -> tuple[Decided, pd.DataFrame, pd.DataFrame]:
    """Levels, index_values and roll-ups of every telling."""
    settings, names = plan.settings, [each.id for each in told.tellings]
    of = {platform.id: platform for platform in block.platforms}
    platforms = [of[each.platform_id].model_copy(update={"id": each.id}) for each in told.tellings]
    weighed = told.mentions.assign(weight=weigh(told.mentions))
    rolled = roll_up(weighed, settings.indices, settings.events)
    observation = plan.configured.observe(platforms, settings.indices, plan.start, plan.end)
    begin = plan.start - timedelta(days=settings.thresholds.carry_days)
    values = index_values(
        rolled, observation, settings.indices, begin, plan.end, readings_days=_standing(block, told)
    )
    evidence = Evidence(
        values=values,
        floor_events=told.floor_events,
        facts=_facts(rolled, weighed, names, plan.start, plan.end),
    )
    categories = {each.id: of[each.platform_id].category for each in told.tellings}
    own = replace(rules, thresholds=_retold(rules.thresholds, told))
    return decide(evidence, categories, days, own), values, rolled


def _retold(thresholds: Thresholds, told: Tellings) -> Thresholds:
    """With a platform's own constants under the id of each of its tellings."""
    own = thresholds.overrides.platform
    tellings = {each.id: own[each.platform_id] for each in told.tellings if each.platform_id in own}
    overrides = thresholds.overrides.model_copy(update={"platform": tellings})
    return thresholds.model_copy(update={"overrides": overrides})


def _standing(block: Block, told: Tellings) -> pd.DataFrame | None:
    """What indicators say, for each telling of a platform."""
    if block.standing is None:
        return None
    names = pd.DataFrame(
        [(each.platform_id, each.id) for each in told.tellings], columns=["platform_id", "telling"]
    )
    retold = block.standing.merge(names, on="platform_id", how="inner")
    return retold.drop(columns="platform_id").rename(columns={"telling": "platform_id"})


def _facts(
    rolled: pd.DataFrame, weighed: pd.DataFrame, names: Sequence[str], start: date, end: date
) -> pd.DataFrame:
    """As pipeline.stages.facts.facts reads them from the database."""
    recent = weighed[(weighed["day"] > pd.Timestamp(start - timedelta(days=EVENT_DAYS))).to_numpy("bool")]
    found = mentions90(rolled, names, start, end).merge(
        gravest(recent), how="left", on=["platform_id", "day"]
    )
    nothing = found["event"].isna()
    return found.assign(
        publishers=found["publishers"].where(~nothing, 0).astype(int),
        event=found["event"].astype(object).where(~nothing, None),
    )


def pivot(
    values: pd.DataFrame, ids: Sequence[str], days: NDArray[np.int64], index_ids: Sequence[str]
) -> dict[str, Floats]:
    """Each index's value as (days, ids); NaN where not observed or not in scope."""
    day = day_numbers(values["day"]) - int(days[0])
    column = pd.Index(ids).get_indexer(pd.Index(values["platform_id"]))
    found = {}
    for index_id in index_ids:
        rows = (values["index_id"] == index_id).to_numpy("bool") & (day >= 0)
        found[index_id] = np.full((days.size, len(ids)), np.nan)
        found[index_id][day[rows], column[rows]] = values["value"].to_numpy("float64")[rows]
    return found


def _words(level: Ranks) -> Words:
    """The words of ranks."""
    words = np.array([Level.UNKNOWN.value, *(one.value for one in LADDER)], dtype=object)
    return np.asarray(words[level.astype(np.int64) - UNSEEN])


def _told_once(decided: Decided, shown: Ints) -> Words:
    """The reasons of days whose level differs from that of the day before; of a first day that is neither calm nor
    grey. shown: (days, platforms), the column that tells a platform's day."""
    level = np.take_along_axis(decided.level, shown, axis=1)
    changed = np.vstack([level[:1] > 0, level[1:] != level[:-1]])
    told = np.full(level.shape, None, dtype=object)
    for d, p in zip(*(places.tolist() for places in np.nonzero(changed)), strict=True):
        told[d, p] = decided.reason(d, int(shown[d, p]))
    return told


def _observed(block: Block, plan: Plan, days: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
    """Whether press and complaints were observed, (days, platforms)."""
    settings = plan.settings
    observation = plan.configured.observe(block.platforms, settings.indices, plan.start, plan.end)
    return {
        index_id: observation.of_index(index_id, int(days[0]), int(days[-1]))[1] for index_id in ("N", "C")
    }


def _baselines(
    mentions: pd.DataFrame,
    ids: Sequence[str],
    days: NDArray[np.int64],
    observed: dict[str, NDArray[np.bool_]],
) -> dict[str, Floats]:
    """What needs no index: negative news and posts, complaints, SnowNLP's mean of the sampled documents."""
    at = (day_numbers(mentions["day"]) - int(days[0]), pd.Index(ids).get_indexer(mentions["platform_id"]))
    judged = mentions["snownlp"].to_numpy("float64")
    press = mentions["kind"].isin(PRESS).to_numpy("bool")
    negative = press & (mentions["negative"] >= NEGATIVE).to_numpy("bool")
    complaint = (mentions["kind"] == Kind.COMPLAINT.value).to_numpy("bool")
    sampled = ~np.isnan(judged)

    def total(rows: NDArray[np.bool_], worth: Floats | None = None) -> Floats:
        rows = rows & (at[0] >= 0)
        dense = np.zeros((days.size, len(ids)))
        np.add.at(dense, (at[0][rows], at[1][rows]), 1.0 if worth is None else worth[rows])
        return dense

    with np.errstate(invalid="ignore"):
        mean = total(sampled, judged) / total(sampled)
    return {
        "negative": np.where(observed["N"], total(negative), np.nan),
        "complaints": np.where(observed["C"], total(complaint), np.nan),
        "snownlp": mean,
    }
