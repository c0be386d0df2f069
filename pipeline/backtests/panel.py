"""Backtest (b): platforms ranked by failure within 90 and 180 days of the day their monthly figures became known.

Every method ranks a month with what was known on the 10th of the next; what is learnt is learnt from failures that had
been published by then (walk-forward).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.backtests.panel_data import Panel, ranks, read_panel
from settings import loader
from signals.evaluation.grid import Bools, Floats, Ints
from signals.evaluation.measures import spread
from signals.evaluation.ranking import Ranking
from signals.indicators import liquidity_days

HORIZONS = (90, 180)
DRAWS, SEED = 500, 20180716
COLUMNS = {
    "yield": "mean_yield",
    "concentration": "top10_borrowers",
    "highest_yield": "highest_yield",
    "borrowers_per_lender": "borrowers_per_lender",
}
"""Indicator -> column of the panel."""
Scores = Callable[[Panel, int], Floats]
"""(panel, horizon in days) -> a score per row, higher = riskier."""
LIMITS = (
    "379 platforms, chosen by the source in 2018: none fails before 2018-01, so 2017 says little.",
    "Failures are matched by exact name (107 of 379 platforms); a failed platform under another name counts as calm.",
    "Failures cluster in 2018-07/08: one wave, not several; the intervals (by platform) do not know that.",
    "Signs and choice of the two-feature ranking, and what Y judges against the class and from which z, were fixed "
    "with sight of this panel: the two halves by platform, and held-out platforms, are the honest reading.",
    "Months before 2017-08 (under 200 platforms) and horizons beyond 2019-01-16 (end of the list) are not judged.",
    "The static column `background` is not used (filled in after the fact), nor is age (known for failures only).",
)


def liquidity(panel: Panel, _: int) -> Floats:
    """Y as shipped: the impulse of settings/indicators.toml on the day a month's figures became known, of the four
    indicators that the panel holds."""
    return _impulse(panel, COLUMNS)


def liquidity_of_two(panel: Panel, _: int) -> Floats:
    """The same of the two that are judged against the class alone."""
    return _impulse(panel, {name: COLUMNS[name] for name in ("highest_yield", "borrowers_per_lender")})


def _impulse(panel: Panel, columns: Mapping[str, str]) -> Floats:
    """The impulse of Y from the panel's columns (indicator -> column), 0 where nothing stands."""
    rows, told = panel.rows, loader.load().indicators
    readings = [
        pd.DataFrame(
            {
                "platform_id": rows["platform"],
                "name": indicator,
                "period_end": rows["month"].dt.date,
                "value": rows[column],
                "available_day": rows["known"].dt.date,
            }
        ).dropna(subset=["value"])
        for indicator, column in columns.items()
    ]
    platforms = pd.DataFrame({"platform_id": sorted(set(rows["platform"])), "category": "网络借贷"})
    first, last = rows["known"].min().date(), rows["known"].max().date()
    used = [one for one in told.indicator if one.id in columns]
    together = pd.concat(readings, ignore_index=True)
    days = liquidity_days(together, platforms, used, first, last, judgement=told.judgement)
    by_day = days.set_index(["platform_id", "day"])["impulse"]
    keys = pd.MultiIndex.from_arrays([rows["platform"], rows["known"].dt.date])
    return np.asarray(np.nan_to_num(by_day.reindex(keys).to_numpy("float64", na_value=np.nan)))


def highest_yield(panel: Panel, _: int) -> Floats:
    """The highest yield offered for any term, ranked within the month: what pays most is riskiest."""
    return _summed(ranks(panel.rows, ("highest_yield",)))


def few_borrowers(panel: Panel, _: int) -> Floats:
    """Few borrowers for many investors, ranked: large or invented loans."""
    return -_summed(ranks(panel.rows, ("borrowers_per_investor",)))


def yield_and_borrowers(panel: Panel, _: int) -> Floats:
    """Mean of the two ranks above. Nothing is learnt."""
    return highest_yield(panel, 0) + few_borrowers(panel, 0)


def with_flows(panel: Panel, _: int) -> Floats:
    """The same, and half as much weight on three months' loss of investors and borrowers."""
    found = ranks(panel.rows, ("log_investors_3m", "log_borrowers_3m"))
    return yield_and_borrowers(panel, 0) - 0.5 * _summed(found)


def textbook(panel: Panel, _: int) -> Floats:
    """Six signs a textbook gives, equal weights: high yield, rising yield, fewer investors, fewer borrowers,
    concentrated borrowers, few borrowers per investor."""
    found = ranks(panel.rows)
    signs = {"highest_yield": 1, "highest_yield_3m": 1, "log_investors_3m": -1, "log_borrowers_3m": -1,
             "top10_borrowers": 1, "borrowers_per_investor": -1}  # fmt: skip
    return _summed(found[list(signs)] * pd.Series(signs))


def _summed(frame: pd.DataFrame) -> Floats:
    return np.asarray(frame.sum(axis=1), dtype=np.float64)


FIXED: tuple[tuple[str, Scores], ...] = (
    ("Y as shipped", liquidity),
    ("Y of highest yield and borrowers per lender alone", liquidity_of_two),
    ("highest yield", highest_yield),
    ("few borrowers per investor", few_borrowers),
    ("highest yield + few borrowers", yield_and_borrowers),
    ("… + loss of investors and borrowers", with_flows),
    ("six textbook signs, equal weights", textbook),
)


class Judge:
    """AUROC of scores: over pairs within a month (stratified), and over all rows together (pooled)."""

    def __init__(self, panel: Panel, horizon: int) -> None:
        keep = panel.judged(horizon)
        self._keep = keep
        self.rows = panel.rows[keep]
        self.label = panel.labels(horizon)[keep]
        self.month = pd.factorize(self.rows["month"], sort=True)[0]
        self.platform, self.names = pd.factorize(self.rows["platform"], sort=True)

    def within(self, scores: Floats, weight: Ints | None = None) -> float:
        """Share of concordant pairs of a failing and a calm platform of the same month."""
        weight = np.ones(self.label.size, dtype=np.int64) if weight is None else weight
        concordant = pairs = 0.0
        for month in range(self.month.max() + 1):
            mine = self.month == month
            w, label = weight[mine], self.label[mine]
            number = float(w[label].sum() * w[~label].sum())
            if number:
                concordant += Ranking(label, scores[mine]).areas(w)[0] * number
                pairs += number
        return concordant / pairs if pairs else float("nan")

    def of(self, scores: Floats) -> Floats:
        """The scores of the judged rows."""
        return scores[self._keep]

    def interval(self, scores: Floats) -> tuple[float, float]:
        """95 % bootstrap over platforms, of `within`."""
        rng, size = np.random.default_rng(SEED), len(self.names)
        drawn = []
        for _ in range(DRAWS):
            times = np.bincount(rng.integers(size, size=size), minlength=size)
            drawn.append(self.within(scores, times[self.platform]))
        return spread(drawn)

    def half(self, scores: Floats, which: int) -> float:
        """`within` on one half of the platforms, by the hash of their names."""
        halves = np.array([hashlib.sha256(name.encode()).digest()[-1] % 2 for name in self.names])
        return self.within(scores, (halves[self.platform] == which).astype(np.int64))


def lines(folder: Path, learned: tuple[tuple[str, Scores], ...] = ()) -> Iterator[str]:
    """The tables as Markdown."""
    panel = read_panel(folder)
    methods = [*FIXED, *learned]
    for horizon in HORIZONS:
        judge = Judge(panel, horizon)
        months = judge.rows["month"]
        yield (
            f"Failure within {horizon} days: {int(judge.label.sum())} of {judge.label.size} platform-months, "
            + (
                f"{months.min():%Y-%m} to {months.max():%Y-%m}, "
                f"{judge.rows.loc[judge.label, 'platform'].nunique()} failing platforms"
            )
        )
        yield ""
        yield "| ranking | AUROC within months (95 %) | half A | half B | pooled over months | precision, top 10 % |"
        yield "|---|---|---|---|---|---|"
        for name, method in methods:
            yield _row(name, judge, judge.of(method(panel, horizon)))
        yield ""
    yield from _by_month(panel)
    yield ""
    yield from (f"- {limit}" for limit in LIMITS)


def _row(name: str, judge: Judge, scores: Floats) -> str:
    low, high = judge.interval(scores)
    pooled = Ranking(judge.label, scores).areas()[0]
    halves = " | ".join(f"{judge.half(scores, which):.3f}" for which in (0, 1))
    found = f"{judge.within(scores):.3f} ({low:.3f}–{high:.3f})"
    return f"| {name} | {found} | {halves} | {pooled:.3f} | {_precision(judge, scores):.1%} |"


def _precision(judge: Judge, scores: Floats) -> float:
    """Share of failures among the riskiest tenth of each month."""
    ranked = pd.Series(scores).groupby(judge.month).rank(pct=True, method="first").to_numpy("float64")
    return float(judge.label[ranked > 0.9].mean())


def _by_month(panel: Panel) -> Iterator[str]:
    yield "Month by month, highest yield + few borrowers:"
    yield ""
    yield "| figures of | known | platforms | failures 90 d | AUROC 90 d | failures 180 d | AUROC 180 d |"
    yield "|---|---|---|---|---|---|---|"
    scores = yield_and_borrowers(panel, 0)
    labels = {horizon: panel.labels(horizon) for horizon in HORIZONS}
    judged = {horizon: panel.judged(horizon) for horizon in HORIZONS}
    for month, rows in panel.rows.groupby("month"):
        at = rows.index.to_numpy()
        if not judged[HORIZONS[0]][at].all():
            continue
        cells = [_cells(labels[h][at], scores[at], judged[h][at]) for h in HORIZONS]
        yield f"| {month:%Y-%m} | {rows['known'].iloc[0]:%Y-%m-%d} | {len(rows)} | {' | '.join(cells)} |"


def _cells(label: Bools, scores: Floats, judged: Bools) -> str:
    if not judged.all():
        return "– | –"
    auroc = Ranking(label, scores).areas()[0]
    return f"{int(label.sum())} | {'–' if auroc != auroc else f'{auroc:.2f}'}"
