"""Figures of the discovery model on rows that it has not seen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from signals.discovery import Discoverer
from signals.discovery_reader import Floats
from signals.discovery_spans import Ints
from signals.text import Reading
from training.discovery_data import Named, duplicates_of, groups
from training.evaluate import calibration_error
from training.folds import Split, spread

FOLDS = 5
STEPS = (0.3, 0.5, 0.7)
_DRAWS = 500
_PROPOSED = 0.05  # below it nothing is ever shown; easy rejections would flatter the calibration


@dataclass(frozen=True)
class Proposals:
    """All names proposed for the judged rows: row, whether it is right, whether it nests with a right one.

    `shown` tells which reach the confidence that the model of their fold ships with.
    """

    row: Ints
    right: Ints
    nested: Ints
    confidence: Floats
    shown: Ints


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1 over rows, each with its 95 % bootstrap interval."""

    precision: tuple[float, float, float]
    recall: tuple[float, float, float]
    f1: tuple[float, float, float]


@dataclass(frozen=True)
class Figures:
    """`written` counts recall only over names that stand in their text; `loose` takes nested names for right."""

    rows: int
    exact: Score
    written: Score
    loose: Score
    ece: float
    steps: dict[float, tuple[float, float]]


def disjoint(data: Named, seed: int) -> Iterator[Split]:
    """Rows that share a name or are near-duplicates stay on one side."""
    return _splits(spread(groups(data, duplicates_of(data)), FOLDS, seed))


def random_rows(data: Named, seed: int) -> Iterator[Split]:
    """Any rows, as competitions split them: names and even texts are known from training."""
    return _splits(np.random.default_rng(seed).permutation(len(data.texts)) % FOLDS)


def _splits(fold: Ints) -> Iterator[Split]:
    for k in range(FOLDS):
        yield Split(np.flatnonzero(fold != k), np.flatnonzero(fold == k))


def cross_validate(
    data: Named, splits: Iterator[Split], fit: Callable[[Named, set[str]], Discoverer]
) -> Proposals:
    """Fits on every split's training rows and judges its test rows.

    Args: fit: takes the training rows and the names that the judged rows are labelled with, which no list may teach.
    """
    parts = []
    for split in splits:
        test = data.take(split.test)
        model = fit(data.take(split.train), set().union(*test.names))
        parts.append(_proposals(model, test, split.test))
    return Proposals(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _proposals(model: Discoverer, test: Named, rows: Ints) -> tuple[Ints, Ints, Ints, Floats, Ints]:
    found = replace(model, threshold=0.0).find([Reading.of("", text) for text in test.texts])
    row = np.repeat(rows, [len(own) for own in found])
    pairs = [(one.name, gold) for own, gold in zip(found, test.names, strict=True) for one in own]
    right = np.array([name in gold for name, gold in pairs], np.int64)
    nested = np.array([any(name in one or one in name for one in gold) for name, gold in pairs], np.int64)
    confidence = np.array([one.confidence for own in found for one in own])
    return row, right, nested, confidence, (confidence >= model.threshold).astype(np.int64)


def figures(proposals: Proposals, data: Named, seed: int) -> Figures:
    """All figures over all rows of the data, each judged once."""
    size = len(data.texts)
    gold = np.array([len(names) for names in data.names])
    rows = zip(data.texts, data.names, strict=True)
    written = np.array([sum(name in text for name in names) for text, names in rows])
    shown = np.bincount(proposals.row, proposals.shown, size)
    right = np.bincount(proposals.row, proposals.shown * proposals.right, size)
    loose = np.minimum(np.bincount(proposals.row, proposals.shown * proposals.nested, size), gold)
    offered = proposals.confidence >= _PROPOSED
    return Figures(
        size,
        _score(right, shown, gold, seed),
        _score(right, shown, written, seed),
        _score(loose, shown, gold, seed),
        calibration_error(proposals.right[offered], proposals.confidence[offered]),
        {step: _at(proposals, step, int(gold.sum())) for step in STEPS},
    )


def _at(proposals: Proposals, step: float, gold: int) -> tuple[float, float]:
    right = proposals.right[proposals.confidence >= step]
    return float(right.sum() / max(len(right), 1)), float(right.sum() / gold)


def _score(right: Floats, shown: Floats, gold: Ints, seed: int) -> Score:
    rng = np.random.default_rng(seed)
    size = len(right)
    draws = [np.bincount(rng.integers(size, size=size), minlength=size) for _ in range(_DRAWS)]
    values = [_rates(right, shown, gold, times) for times in draws]
    low, high = np.quantile(values, (0.025, 0.975), axis=0).tolist()
    return Score(*zip(_rates(right, shown, gold, np.ones(size, np.int64)), low, high, strict=True))


def _rates(right: Floats, shown: Floats, gold: Ints, times: Ints) -> list[float]:
    hits, proposed, wanted = (float((part * times).sum()) for part in (right, shown, gold))
    return [hits / max(proposed, 1), hits / max(wanted, 1), 2 * hits / max(proposed + wanted, 1)]
