"""Honest splits: near-duplicates never straddle a split, and an unseen platform is unseen under all its names."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

_SHINGLE = 6
_ALIKE = 0.5  # share of the shorter text's shingles
_COMMON_SHINGLE = 400  # a shingle of more texts than this is boilerplate
_GENERIC_ROWS = 8  # a candidate of so many rows that is a key entity of fewer than 3 % of them ...
_GIANT_FOLDS = 3
_GENERIC_SHARE = 0.03  # ... is a word like "small loan" that ties unrelated platforms together


class Split(NamedTuple):
    """Row numbers to learn from and to judge on."""

    train: Ints
    test: Ints


class _Groups:
    """Union-find over row numbers."""

    def __init__(self, size: int) -> None:
        self.parent = list(range(size))

    def find(self, row: int) -> int:
        while self.parent[row] != row:
            self.parent[row] = self.parent[self.parent[row]]
            row = self.parent[row]
        return row

    def join(self, pairs: Iterable[tuple[int, int]]) -> None:
        for a, b in pairs:
            self.parent[self.find(a)] = self.find(b)

    def labels(self) -> Ints:
        """Every group by its first row: the root depends on the order of the joins, and sets have none."""
        first: dict[int, int] = {}
        return np.array([first.setdefault(self.find(row), row) for row in range(len(self.parent))], np.int64)


def near_duplicates(texts: list[str]) -> list[tuple[int, int]]:
    """Pairs of rows that share at least half of the letter 6-grams of the shorter one."""
    letters = ["".join(c for c in text if c.isalpha() and not c.isascii()) for text in texts]
    shingles = [{t[i : i + _SHINGLE] for i in range(max(1, len(t) - _SHINGLE + 1))} for t in letters]
    holders = defaultdict(list)
    for row, own in enumerate(shingles):
        for shingle in own:
            holders[shingle].append(row)
    shared = Counter(
        pair for rows in holders.values() if 1 < len(rows) < _COMMON_SHINGLE for pair in combinations(rows, 2)
    )
    return [(a, b) for (a, b), n in shared.items() if n > _ALIKE * min(len(shingles[a]), len(shingles[b]))]


def duplicate_groups(texts: list[str]) -> Ints:
    """Label of the group of near-duplicates of every row."""
    groups = _Groups(len(texts))
    groups.join(near_duplicates(texts))
    return groups.labels()


def platform_groups(candidates: list[list[str]], keys: list[set[str]], duplicates: Ints) -> Ints:
    """Label of the connected component of every row: rows that share a platform or are near-duplicates."""
    generic = _generic(candidates, keys)
    groups = _Groups(len(candidates))
    first: dict[str, int] = {}
    for row, names in enumerate(candidates):
        own = set(names) - generic or set(names)
        groups.join((row, first.setdefault(name, row)) for name in own)
    groups.join(enumerate(duplicates.tolist()))
    return groups.labels()


def _generic(candidates: list[list[str]], keys: list[set[str]]) -> set[str]:
    rows = Counter(name for names in candidates for name in names)
    negative = Counter(name for names in keys for name in names)
    often = {name for name, n in rows.items() if n >= _GENERIC_ROWS and negative[name] < _GENERIC_SHARE * n}
    # Named in so many rows that it is a platform whatever the share: joined, not split.
    return {name for name in often if rows[name] < len(candidates) / 10}


def spread(groups: Ints, folds: int, seed: int) -> Ints:
    """Fold of every row: whole groups, folds of about equal size, random within equal sizes."""
    sizes = Counter(groups.tolist())
    order = sorted(sizes)
    np.random.default_rng(seed).shuffle(order)
    order.sort(key=lambda group: -sizes[group])
    load, fold = [0] * folds, {}
    for group in order:
        fold[group] = min(range(folds), key=load.__getitem__)
        load[fold[group]] += sizes[group]
    return np.array([fold[group] for group in groups.tolist()])


def unseen(candidates: list[list[str]], groups: Ints, folds: int, seed: int) -> Iterator[Split]:
    """Splits on rows whose platforms are unknown to the training rows.

    The one giant component is learnt from and never judged on; a training row that shares any candidate with a
    judged row, even a common word, is left out.
    """
    giant = Counter(groups.tolist()).most_common(1)[0][0]
    small = np.flatnonzero(groups != giant)
    fold = spread(groups[small], folds, seed)
    for k in range(folds):
        test = small[fold == k]
        names = {name for row in test for name in candidates[row]}
        judged = set(test.tolist())
        rest = [
            row for row in range(len(candidates)) if row not in judged and names.isdisjoint(candidates[row])
        ]
        yield Split(np.array(rest), test)


def known(candidates: list[list[str]], duplicates: Ints, folds: int, seed: int) -> Iterator[Split]:
    """Splits on new texts of platforms that the training rows name; near-duplicates stay together."""
    fold = spread(duplicates, folds, seed)
    for k in range(folds):
        train = np.flatnonzero(fold != k)
        names = {name for row in train for name in candidates[row]}
        test = [row for row in np.flatnonzero(fold == k).tolist() if not names.isdisjoint(candidates[row])]
        yield Split(train, np.array(test))


def inner(candidates: list[list[str]], groups: Ints, duplicates: Ints, folds: int, seed: int) -> list[Split]:
    """Splits for stacking: every row is tested once, by what has not seen its platforms.

    Small components are spread over `folds` parts, and as in `unseen` no training row of theirs shares a candidate with
    the part, unless that would leave fewer than half of the rows. The giant component is known to itself: it is
    spread over _GIANT_FOLDS parts by groups of near-duplicates.
    """
    giant = groups == Counter(groups.tolist()).most_common(1)[0][0]
    fold = np.zeros(len(groups), np.int64)
    fold[~giant] = spread(groups[~giant], folds, seed)
    fold[giant] = folds + spread(duplicates[giant], _GIANT_FOLDS, seed)
    return [
        _inner(candidates, fold == k, k < folds) for k in range(folds + _GIANT_FOLDS) if (fold == k).any()
    ]


def _inner(candidates: list[list[str]], judged: npt.NDArray[np.bool_], strangers: bool) -> Split:
    test, rest = np.flatnonzero(judged), np.flatnonzero(~judged)
    if strangers:
        names = {name for row in test for name in candidates[row]}
        apart = rest[[names.isdisjoint(candidates[row]) for row in rest]]
        rest = apart if 2 * len(apart) >= len(candidates) else rest
    return Split(rest, test)
