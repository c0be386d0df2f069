"""Which index is in scope, and which is observed, for which platform on which day (METHOD section 5).

In scope: a source configured for the platform feeds the index and has a row in `source_days` for the day.
Observed: the sources that answered bring at least half of the items expected of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from settings.models import IndexSettings
from signals.calendar import Days, day_number, day_numbers

HALF = 0.5
RARE = 3.0
"""Below this many expected items a day an answer suffices: at 3 a day, one or none is no rare thing."""

Bools = NDArray[np.bool_]


class CoverageError(ValueError):
    """A source declaration says something else than "all", a list of ids, a category or demo."""


class Watched(Protocol):
    """What coverage needs to know of a platform."""

    @property
    def id(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def demo(self) -> bool: ...


@dataclass(frozen=True)
class Observation:
    """Scope and observation of a span of days.

    `days`: day numbers, no gaps. `group`: per platform its row in the arrays; platforms covered by the same
    sources share one. `in_scope`, `observed`: bool, (groups, days, indices); observed implies in scope.
    """

    days: Days
    platform_ids: tuple[str, ...]
    index_ids: tuple[str, ...]
    group: NDArray[np.int64]
    in_scope: Bools
    observed: Bools

    def of_index(self, index_id: str, first: int, last: int) -> tuple[Bools, Bools]:
        """(in scope, observed) for day numbers first..last, each (days, platforms); False outside the
        span."""
        k = self.index_ids.index(index_id)
        return self._cut(self.in_scope[:, :, k], first, last), self._cut(self.observed[:, :, k], first, last)

    def _cut(self, known: Bools, first: int, last: int) -> Bools:
        cut = np.zeros((last - first + 1, known.shape[0]), dtype=np.bool_)
        if self.days.size:
            start, end = max(first, int(self.days[0])), min(last, int(self.days[-1]))
            if start <= end:
                offset = int(self.days[0])
                cut[start - first : end - first + 1] = known[:, start - offset : end - offset + 1].T
        return cut[:, self.group]


def covers(declaration: Mapping[str, Any], platform: Watched) -> bool:
    """Whether a source speaks about a platform; demo platforms are covered by id or {"demo": true} alone.

    Raises: CoverageError.
    """
    what = declaration["covers"]
    if what == "all":
        return not platform.demo
    if isinstance(what, list | tuple):
        return platform.id in what
    if isinstance(what, Mapping) and set(what) == {"demo"}:
        return bool(what["demo"]) == platform.demo
    if isinstance(what, Mapping) and set(what) == {"category"}:
        return not platform.demo and platform.category == what["category"]
    raise CoverageError(
        f"来源 {declaration['id']}：covers = {what!r} 无法识别，"
        '应为 "all"、平台 id 列表、{category = "…"} 或 {demo = true}'
    )


def observe(
    declarations: Sequence[Mapping[str, Any]],
    source_days: pd.DataFrame,
    platforms: Iterable[Watched] | pd.DataFrame,
    indices: Sequence[IndexSettings],
    start: date,
    end: date,
    *,
    elapsed: Mapping[date, float] | None = None,
) -> Observation:
    """Scope and observation of every platform and index on every day from `start` to `end`.

    Args:    declarations: id, kinds, covers of each configured source; source_days: source_id, day, kind,
             answered, items, expected; platforms: objects or frame with id, category, demo; elapsed: share
             (0..1) of a day that has passed, scales its expectation.
    Raises:  CoverageError.
    """
    watched: list[Watched] = (
        list(platforms.itertuples(index=False)) if isinstance(platforms, pd.DataFrame) else list(platforms)
    )
    span = np.arange(day_number(start), day_number(end) + 1)
    rows = _rows(declarations, source_days, span, elapsed or {})
    coverage = np.array([[covers(d, p) for d in declarations] for p in watched], dtype=np.bool_)
    coverage = coverage.reshape(len(watched), len(declarations))
    groups, group = (
        np.unique(coverage, axis=0, return_inverse=True)
        if len(watched)
        else (coverage, np.zeros(0, dtype=np.int64))
    )
    in_scope = np.zeros((len(groups), span.size, len(indices)), dtype=np.bool_)
    observed = in_scope.copy()
    for k, index in enumerate(indices):
        feeding = rows.feeding(index.kinds)
        for g, sources in enumerate(groups):
            in_scope[g, :, k], observed[g, :, k] = rows.judge(feeding & sources[rows.source])
    ids = tuple(platform.id for platform in watched)
    return Observation(span, ids, tuple(i.id for i in indices), np.asarray(group).ravel(), in_scope, observed)


@dataclass(frozen=True)
class _Rows:
    """source_days as arrays over (series, days), a series being one source and kind."""

    source: NDArray[np.int64]
    kind: NDArray[np.object_]
    present: Bools
    answered: Bools
    expected: NDArray[np.float64]
    brought: NDArray[np.float64]

    def feeding(self, kinds: Sequence[str]) -> Bools:
        return np.isin(self.kind.astype(str), np.array(kinds, dtype=str))

    def judge(self, series: Bools) -> tuple[Bools, Bools]:
        """(in scope, observed) by day, from the given series together."""
        due = self.expected[series].sum(axis=0)
        brought = self.brought[series].sum(axis=0)
        in_scope = np.asarray(self.present[series].any(axis=0), dtype=np.bool_)
        answered = np.asarray(self.answered[series].any(axis=0), dtype=np.bool_)
        return in_scope, answered & (brought >= HALF * due)


def _rows(
    declarations: Sequence[Mapping[str, Any]],
    source_days: pd.DataFrame,
    span: Days,
    elapsed: Mapping[date, float],
) -> _Rows:
    series = [(d["id"], kind, s) for s, d in enumerate(declarations) for kind in d["kinds"]]
    lookup = {(source, kind): n for n, (source, kind, _) in enumerate(series)}
    day = day_numbers(source_days["day"]) - (span[0] if span.size else 0)
    keys = zip(source_days["source_id"], source_days["kind"], strict=True)
    n = np.fromiter((lookup.get((str(s), str(k)), -1) for s, k in keys), dtype=np.int64, count=len(day))
    keep = (n >= 0) & (day >= 0) & (day < span.size)
    at = (n[keep], day[keep])
    shape = (len(series), span.size)
    present, answered = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    expected, items = np.zeros(shape), np.zeros(shape)
    present[at] = True
    answered[at] = source_days["answered"].to_numpy("bool")[keep]
    expected[at] = np.nan_to_num(source_days["expected"].to_numpy("float64")[keep])
    items[at] = np.nan_to_num(source_days["items"].to_numpy("float64")[keep])
    for of_day, share in elapsed.items():
        expected[:, span == day_number(of_day)] *= share
    # Capped at what the source promised: a wire's five hundred items must not hide that another source is silent.
    brought = np.where(answered, np.where(expected < RARE, expected, np.minimum(items, expected)), 0.0)
    return _Rows(
        np.array([s for _, _, s in series], dtype=np.int64),
        np.array([kind for _, kind, _ in series], dtype=object),
        present,
        answered,
        expected,
        brought,
    )
