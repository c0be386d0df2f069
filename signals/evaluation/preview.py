"""A change of thresholds told in figures: flips added and removed, alarms per month, POD, lead time, false alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from settings.models import IndexSettings, Thresholds
from signals.calendar import dates
from signals.evaluation.episodes import Episodes, episodes
from signals.evaluation.failures import Failures, lay
from signals.evaluation.grid import UNSEEN, Bools, Grid
from signals.evaluation.measures import YEAR
from signals.evaluation.outcomes import HORIZON, exposed, outcomes
from signals.evaluation.whatif import History, Outcome, flip_table, judge
from signals.model import Level

ALARM = Level.ORANGE.rank
KEY = ["platform_id", "day", "level_from", "level_to"]
MEASURES = ("failures", "hits", "pod", "lead_median", "false_alarms", "false_alarms_per_platform_year")


@dataclass(frozen=True)
class Preview:
    """Two judgements of one history and what differs.

    `flips`: KEY (ranks; -1 = 数据不足) and `change` (added | removed), by platform and day.
    `platforms`: platform_id, added, removed, and before and after: flips_, alarms_ (episodes at orange or above),
    alarm_days_. `months`: month (YYYY-MM), before, after: episodes that began in it.
    `measures`: metric, before, after (NaN = nothing to divide by), None without a list; `listed`: its rows, `status`.
    """

    before: Outcome
    after: Outcome
    flips: pd.DataFrame
    platforms: pd.DataFrame
    months: pd.DataFrame
    measures: pd.DataFrame | None = None
    listed: pd.DataFrame | None = None


def preview(
    history: History,
    base: Thresholds,
    edited: Thresholds,
    indices: Sequence[IndexSettings],
    failures: pd.DataFrame | None = None,
) -> Preview:
    """Args: failures: platform_id, problem_date, reason; None or empty: no list."""
    before, after = judge(history, (base, edited), indices)
    grids = [_grid(history, one) for one in (before, after)]
    found = [_alarms(one) for one in grids]
    flips, counted = _flips(history, before, after)
    platforms = _by_platform(history, counted, grids, found)
    months = _by_month(history, found)
    if failures is None or failures.empty:
        return Preview(before, after, flips, platforms, months)
    named = {"platform_id": "platform", "problem_date": "day"}
    laid = lay(failures.rename(columns=named)[["platform", "day", "reason"]].reset_index(drop=True), grids[0])
    told = [_measured(over, one, laid) for over, one in zip(grids, found, strict=True)]
    measures = pd.DataFrame({"metric": MEASURES, "before": told[0], "after": told[1]})
    return Preview(before, after, flips, platforms, months, measures, laid.rows)


def _grid(history: History, outcome: Outcome) -> Grid:
    level = np.where(outcome.level.T < 0, UNSEEN, outcome.level.T).astype(np.int8)
    return Grid(tuple(history.categories), history.first, level, outcome.t.T)


def _alarm(over: Grid) -> Bools:
    return np.asarray(over.level >= ALARM, dtype=np.bool_)


def _alarms(over: Grid) -> Episodes:
    return episodes(_alarm(over), over.seen, over.first)


def _flips(
    history: History, before: Outcome, after: Outcome
) -> tuple[pd.DataFrame, tuple[pd.DataFrame, pd.DataFrame]]:
    """(those that only one of the two has, those of each)."""
    each = flip_table(history, before), flip_table(history, after)
    both = each[0].merge(each[1], how="outer", on=KEY, indicator=True)
    both = both[both["_merge"] != "both"]
    change = both["_merge"].map({"left_only": "removed", "right_only": "added"}).astype(object)
    found = both[KEY].assign(change=change).sort_values([*KEY, "change"], kind="stable")
    return found.reset_index(drop=True), each


def _by_platform(
    history: History,
    flips: tuple[pd.DataFrame, pd.DataFrame],
    grids: Sequence[Grid],
    found: Sequence[Episodes],
) -> pd.DataFrame:
    ids = list(history.categories)
    table = pd.DataFrame({"platform_id": ids})
    merged = flips[0].merge(flips[1], how="outer", on=KEY, indicator=True)
    for name, side in (("added", "right_only"), ("removed", "left_only")):
        counts = merged.loc[merged["_merge"] == side, "platform_id"].value_counts()
        table[name] = table["platform_id"].map(counts).fillna(0).astype("int64")
    for n, name in enumerate(("before", "after")):
        table[f"flips_{name}"] = (
            table["platform_id"].map(flips[n]["platform_id"].value_counts()).fillna(0).astype("int64")
        )
        table[f"alarms_{name}"] = np.bincount(found[n].platform, minlength=len(ids))
        table[f"alarm_days_{name}"] = _alarm(grids[n]).sum(axis=1)
    return table


def _by_month(history: History, found: Sequence[Episodes]) -> pd.DataFrame:
    months = pd.DatetimeIndex(history.days.astype("datetime64[D]")).strftime("%Y-%m")
    every = pd.Index(dict.fromkeys(months), name="month")
    counts = {
        name: pd.Series(months[one.start - history.first]).value_counts().reindex(every, fill_value=0)
        for name, one in zip(("before", "after"), found, strict=True)
    }
    return pd.DataFrame(counts, index=every).astype("int64").reset_index()


def _measured(over: Grid, found: Episodes, failures: Failures) -> list[float]:
    """In the order of MEASURES; definitions of METHOD section 6, as in signals.evaluation.measures."""
    judged = outcomes(found, _alarm(over), exposed(over, failures), over, failures)
    hit = failures.judged & judged.hit
    number, hits, false = int(failures.judged.sum()), int(hit.sum()), int(judged.false.sum())
    years = float(judged.exposure.sum()) / YEAR
    lead = np.minimum(judged.lead[hit], HORIZON)
    return [
        float(number),
        float(hits),
        hits / number if number else float("nan"),
        float(np.median(lead)) if lead.size else float("nan"),
        float(false),
        false / years if years else float("nan"),
    ]


def course(history: History, outcome: Outcome, platform_id: str) -> pd.DataFrame:
    """day, t, t_star, level (rank) of one platform's judged days."""
    place = list(history.categories).index(platform_id)
    days = dates(history.days)
    rows = history.judged[:, place]
    return pd.DataFrame(
        {
            "day": days[rows],
            "t": outcome.t[rows, place],
            "t_star": outcome.t_star[rows, place],
            "level": outcome.level[rows, place].astype(np.int64),
        }
    )
