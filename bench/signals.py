"""The surprise detectors side by side: Noufaily's scenarios weekly and daily, real series, R where it is there, speed.

Goal: the default detector finds ≥ .90 of the outbreaks that the two-window oracle finds, at ≤ .0105 false alarms a
week.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import noufaily, oracle
from signals.calendar import HolidayPlanMissing, day_numbers
from signals.detectors import DEFAULT, REGISTRY, alarms, create

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
SEEDS = (21, 22, 23, 24, 25)
"""Not those on which RISING and the prices were chosen (101 to 106)."""
PER_SCENARIO, PER_SCENARIO_DAILY, PER_SCENARIO_R = 24, 3, 1
WEEKLY_ONLY = ("farrington_1996", "farrington_flexible")
BUDGET = 0.0105
SHARED = Path(__file__).parent.parent.parent / "shared" / "data"


@dataclass
class Tally:
    """What one method did on some draws: share of quiet test periods with an alarm, and hit or not, per series;
    NaN = no such outbreak."""

    quiet: list[Floats]
    hits: list[Floats]

    def row(self, name: str, k: NDArray[np.int64]) -> str:
        """Means with 95 % intervals over series."""
        quiet, hits = np.concatenate(self.quiet), np.concatenate(self.hits)
        parts = [
            _interval(quiet, 5),
            _interval(hits, 3),
            _interval(hits[k == 5], 3),
            _interval(hits[k == 10], 3),
        ]
        return f"{name:<32}" + "".join(f"{part:>24}" for part in parts)

    @property
    def found(self) -> float:
        return float(np.nanmean(np.concatenate(self.hits)))

    @property
    def false_alarms(self) -> float:
        return float(np.mean(np.concatenate(self.quiet)))


def run() -> None:
    """All of it, in about ten minutes."""
    warnings.simplefilter("ignore", HolidayPlanMissing)
    simulated("weekly", PER_SCENARIO, 7, tuple(REGISTRY))
    simulated("daily", PER_SCENARIO_DAILY, 1, tuple(name for name in REGISTRY if name not in WEEKLY_ONLY))
    beside_r()
    salmonella()
    complaints()
    speed()


def simulated(title: str, per_scenario: int, period_days: int, names: Sequence[str]) -> None:
    """All detectors and both oracles on the same draws."""
    tallies = {name: Tally([], []) for name in names}
    draws = [noufaily.draw(seed, per_scenario, period_days=period_days) for seed in SEEDS]
    for draw in draws:
        for name in names:
            detector = create(name, period_days)

            def judge(counts: Floats, detector=detector, draw=draw) -> Bools:
                return alarms(
                    detector.judge(counts, draw.days, draw.start), counts[draw.start :], detector.alpha
                )

            add(tallies[name], draw, judge)
    for name, told in (
        ("oracle, one window", oracle.one_window),
        ("oracle, two windows", oracle.two_windows),
    ):
        limit = oracle.threshold(np.stack([told(draw, draw.quiet) for draw in draws]), BUDGET)
        tallies[name] = Tally([], [])
        for draw in draws:

            def below(counts: Floats, told=told, draw=draw, limit=limit) -> Bools:
                return told(draw, counts) <= limit

            add(tallies[name], draw, below)
    k = np.concatenate([draw.k for draw in draws])
    print(f"-- Noufaily scenarios, {title}: {len(SEEDS)} draws of {28 * per_scenario} series, seeds {SEEDS}")
    print(
        f"{'':<32}" + "".join(f"{head:>24}" for head in ("false alarms", "POD, all k", "POD k=5", "POD k=10"))
    )
    for name, tally in tallies.items():
        print(tally.row(name, k), flush=True)
    share = tallies[DEFAULT].found / tallies["oracle, two windows"].found
    print(
        f"{DEFAULT}: {share:.3f} of the two-window oracle's POD at {tallies[DEFAULT].false_alarms:.5f}",
        flush=True,
    )


def add(tally: Tally, draw: noufaily.Draw, judge: Callable[[Floats], Bools]) -> None:
    """One draw: quiet, and with the test outbreak. A hit is an alarm from the outbreak's first to its last case."""
    tally.quiet.append(judge(draw.quiet).mean(axis=0))
    raised, cases = judge(draw.counts), draw.cases[draw.start :] > 0
    rows = np.arange(cases.shape[0])[:, None]
    first, last = np.argmax(cases, axis=0), cases.shape[0] - 1 - np.argmax(cases[::-1], axis=0)
    hit = (raised & (rows >= first) & (rows <= last)).any(axis=0)
    tally.hits.append(np.where(cases.any(axis=0), hit, np.nan))


def _interval(values: Floats, digits: int) -> str:
    values = values[~np.isnan(values)]
    half = 1.96 * values.std(ddof=1) / np.sqrt(values.size)
    return f"{values.mean():.{digits}f} ± {half:.{digits}f}"


def beside_r() -> None:
    """R's package surveillance on one small draw, against our versions of its algorithms: equal alarms."""
    if not shutil.which("Rscript"):
        print("-- R surveillance: no Rscript here, left out")
        return
    draw = noufaily.draw(SEEDS[0], PER_SCENARIO_R)
    began = time.perf_counter()
    found = _surveillance(draw)
    if found is None:
        print("-- R surveillance: the package is not installed, left out")
        return
    seconds, pairs = time.perf_counter() - began, draw.quiet[draw.start :].size
    print(f"-- R surveillance, {draw.k.size} series of 49 weeks, {seconds:.0f} s for its five algorithms")
    for name in ("farrington_flexible", "farrington_1996", "ears_c1", "ears_c2"):
        detector = create(name, 7)
        ours = alarms(
            detector.judge(draw.counts, draw.days, draw.start), draw.counts[draw.start :], detector.alpha
        )
        print(f"{name:<32}{(ours == found[name]).sum():>8} of {pairs} alarms equal", flush=True)


def _surveillance(draw: noufaily.Draw) -> dict[str, Bools] | None:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.csv"
        with source.open("w", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow([f"s{n}" for n in range(draw.k.size)])
            writer.writerows(draw.counts.astype(int).tolist())
        script = Path(__file__).with_name("surveillance.R")
        command = ["Rscript", str(script), str(source), str(target), str(draw.start + 1)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return None
        found: dict[str, Bools] = {}
        with target.open() as handle:
            for row in csv.DictReader(handle):
                table = found.setdefault(
                    row["method"], np.zeros((624 - draw.start, draw.k.size), dtype=np.bool_)
                )
                table[int(row["row"]) - 1 - draw.start, int(row["series"][1:])] = row["alarm"] == "1"
        return found


def salmonella() -> None:
    """Weekly salmonella counts, all weeks after the first two years; in the part at hand no outbreak is labelled."""
    path = SHARED / "salmonella_weekly_train.csv"
    if not path.exists():
        print("-- salmonella: no data, left out")
        return
    with path.open() as handle:
        rows = list(csv.DictReader(handle))
    days = day_numbers([date.fromisoformat(row[""]) for row in rows])
    counts = np.array([[float(row["n_cases"])] for row in rows])
    outbreak = np.array([row["outbreak"] == "True" for row in rows])[104:]
    begins = np.flatnonzero(np.diff(outbreak.astype(int), prepend=0) == 1)
    ends = np.flatnonzero(np.diff(outbreak.astype(int), append=0) == -1)
    print(f"-- salmonella: {outbreak.size} weeks, {begins.size} labelled outbreaks")
    for name in REGISTRY:
        detector = create(name, 7)
        raised = alarms(detector.judge(counts, days, 104), counts[104:], detector.alpha)[:, 0]
        hits = sum(raised[a : b + 1].any() for a, b in zip(begins, ends, strict=True))
        found = f"{hits} of {begins.size} found, " if begins.size else ""
        print(f"{name:<32}{found}{raised[~outbreak].mean():.4f} alarms a quiet week", flush=True)


def complaints() -> None:
    """Daily complaint counts of a consumer authority, unlabelled: how often each detector alarms in the last two years,
    and on which days the default one."""
    path = SHARED / "cfpb_daily_first1200.csv"
    if not path.exists():
        print("-- complaints: no data, left out")
        return
    with path.open() as handle:
        rows = list(csv.DictReader(handle))
    numbers = day_numbers([date.fromisoformat(row["date"][:10]) for row in rows])
    days = np.arange(numbers[0], numbers[-1] + 1)
    counts = np.full((days.size, 1), np.nan)
    counts[numbers - days[0], 0] = [float(row["n"]) for row in rows]
    start = days.size - 730
    print(f"-- complaints: {days.size - start} of {days.size} days")
    for name in REGISTRY:
        if name not in WEEKLY_ONLY:
            detector = create(name, 1)
            raised = alarms(detector.judge(counts, days, start), counts[start:], detector.alpha)
            print(f"{name:<32}{raised.mean():.4f} alarms a day", flush=True)


def speed() -> None:
    """1,000 series of 624 weeks: the last 52, and all."""
    draw = noufaily.draw(SEEDS[0], 36)
    counts = draw.counts[:, :1000]
    for title, start in (("last 52", counts.shape[0] - 52), ("all", 0)):
        began, used = time.perf_counter(), time.process_time()
        detector = create(DEFAULT, 7)
        detector.judge(counts, draw.days, start).upper(detector.alpha)
        told = f"{time.perf_counter() - began:.1f} s, of the processor {time.process_time() - used:.1f} s"
        print(f"-- 1,000 series of 624 weeks, {title}: {told}", flush=True)
