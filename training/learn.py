"""Fits the negativity model: linear readers, then boosted heads on out-of-fold columns, then calibration."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from signals import columns, targets
from signals.columns import Columns, Linear, Readers
from signals.heads import Head, S, Table, Weighted
from signals.naming import word_key
from signals.negativity import NegativityModel, joint_log_odds, summary
from signals.ngrams import BUCKETS, Floats, Ints, fold
from signals.nlp import dictionary_words
from signals.surroundings import rivals
from signals.targets import Rows
from training.boosting import Matrix, boost
from training.data import Labelled
from training.folds import Split, duplicate_groups, inner, platform_groups

FOLDS = 5
_LINEAR_C = 0.3
_PRIOR = 0.3  # pseudo-count of the naive Bayes ratios
_HEAD_C = 0.3
_NAME_TAGS = ("nr", "ns", "nt", "nz")  # persons, places, organisations, other names
_DOCUMENT_COLUMNS = [
    "margin",
    "sum",
    "sentence_max",
    "clause_max",
    "about_best",
    "about_second",
    "about_expected",
]
_PLAIN_COLUMNS = ["margin", "sum", "sentence_max", "clause_max"]
_CALIBRATION_POINTS = 41


@dataclass(frozen=True)
class _Table:
    """Columns of the training rows, each row's made by readers that have not seen its platforms."""

    documents: Columns
    pairs: Columns
    plain: Columns


@dataclass(frozen=True)
class _Target:
    """What a head learns: the label, the fold and the weight of every row, and the rows that it learns from."""

    label: Ints
    folds: Ints
    weight: Floats
    learnt: npt.NDArray[np.bool_]


def fit(data: Labelled, seed: int, version: str) -> NegativityModel:
    """The model of all the given rows; nothing outside them is looked at."""
    duplicates = duplicate_groups(data.texts)
    groups = platform_groups(data.candidates, data.keys, duplicates)
    splits = inner(data.candidates, groups, duplicates, FOLDS, seed)
    folds = _fold_of_row(splits, len(data.texts))
    weight = _weights(duplicates)
    known_words = dictionary()
    rows = targets.rows(data.texts, data.forms)
    table = _table(data, rows, splits, weight, known_words)

    owner = data.owner
    boosted = partial(boost, seed=seed)
    candidates = _Target(data.about, folds[owner], weight[owner], np.ones(len(owner), bool))
    about, about_raw = _head(boosted, table.pairs, candidates)
    texts = _Target(data.negative, folds, weight, np.ones(len(folds), bool))
    whole = _chosen(table.documents | summary(about_raw, owner, rows), _DOCUMENT_COLUMNS)
    document, document_raw = _head(_logistic, whole, texts)
    plain, _ = _head(_logistic, _chosen(table.plain, _PLAIN_COLUMNS), texts)
    beside = table.pairs | rivals(about_raw, owner, len(folds))
    guilty = replace(candidates, learnt=data.negative[owner] == 1)
    culprit, culprit_raw = _head(boosted, beside, guilty)
    negative, share = document.table.calibrate(document_raw), culprit.table.calibrate(culprit_raw)
    together = joint_log_odds(negative, share, owner)
    joint = _calibration(together, candidates)
    threshold = best_threshold(data.about, joint.calibrate(together))
    readers = _readers(data, rows, np.ones(len(folds), bool), weight)
    return NegativityModel(version, readers, known_words, about, document, plain, culprit, joint, threshold)


def best_threshold(label: Ints, probability: Floats) -> float:
    """Half of the best F1, to two digits: where F1 is greatest if the probabilities are right (Lipton et al., 2014).

    The threshold that is best on the rows themselves wanders by .1 from fold to fold; this one hardly moves.
    """
    guesses = [probability >= threshold for threshold in np.arange(0.05, 0.96, 0.05)]
    best = max(2 * (label * guess).sum() / max((label + guess).sum(), 1) for guess in guesses)
    return round(float(best) / 2, 2)


def _chosen(values: Columns, names: list[str]) -> Columns:
    return {name: values[name] for name in names}


def _fold_of_row(splits: list[Split], size: int) -> Ints:
    folds = np.zeros(size, np.int64)
    for k, split in enumerate(splits):
        folds[split.test] = k
    return folds


def dictionary() -> npt.NDArray[np.uint32]:
    """Keys of the common words of the language: short dictionary words that are not marked as names."""
    words = [
        word for word, tag in dictionary_words() if 2 <= len(word) <= 4 and not tag.startswith(_NAME_TAGS)
    ]
    return np.unique(np.array([word_key(word) for word in fold(words)], np.uint32))


def _weights(duplicates: Ints) -> Floats:
    """A row among n near-duplicates counts 1/sqrt(n): the same post copied 600 times is not 600 opinions."""
    size = Counter(duplicates.tolist())
    return np.array([size[group] ** -0.5 for group in duplicates.tolist()])


def _table(
    data: Labelled, rows: Rows, splits: list[Split], weight: Floats, words: npt.NDArray[np.uint32]
) -> _Table:
    bare = targets.rows(data.texts, [[] for _ in data.texts])
    everyone = np.arange(len(data.texts))
    merged: tuple[Columns, Columns, Columns] = ({}, {}, {})
    for split in splits:
        readers = _readers(data, rows, np.isin(everyone, split.train), weight)
        judged = np.isin(everyone, split.test)
        documents, pairs, owner = columns.columns(rows, readers, words)
        plain = columns.document_columns(bare, readers.document)
        for target, values, own in zip(
            merged, (documents, pairs, plain), (judged, judged[owner], judged), strict=True
        ):
            for name, value in values.items():
                target.setdefault(name, np.zeros(len(value)))[own] = value[own]
    return _Table(*merged)


def _readers(data: Labelled, rows: Rows, chosen: npt.NDArray[np.bool_], weight: Floats) -> Readers:
    found = targets.mentions(rows)
    pair, buckets = targets.contexts(rows, found)
    context = _counts(np.repeat(pair, buckets.shape[1]), buckets.ravel(), len(found.document))
    owner, about = found.document, data.about
    present = chosen[owner] & (found.count > 0)
    negative = present & (data.negative[owner] == 1)
    words = _counts(np.tile(rows.owner, len(rows.hashed)), rows.hashed.ravel(), len(data.texts))
    words.data[:] = 1
    words[:, 0] = 0
    return Readers(
        _linear(words[chosen], data.negative[chosen], weight[chosen]),
        _linear(context[present], about[present], weight[owner][present]),
        _linear(context[negative], about[negative], weight[owner][negative]),
    )


def _counts(row: Ints, column: npt.NDArray[np.int32], size: int) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=(size, BUCKETS))


def _linear(counts: sparse.csr_matrix, label: Ints, weight: Floats) -> Linear:
    """Support vectors on n-grams scaled by their naive Bayes log-ratio (Wang and Manning, 2012)."""
    seen = counts.sign()
    ratio = _ratio(seen, label, weight)
    scaled = sparse.diags(1 / np.sqrt(np.maximum(counts.sum(axis=1).A1, 1))) @ counts @ sparse.diags(ratio)
    model = LinearSVC(C=_LINEAR_C, random_state=0).fit(scaled, label, sample_weight=weight)
    return Linear((model.coef_[0] * ratio).astype(np.float16).astype(np.float32), float(model.intercept_[0]))


def _ratio(seen: sparse.csr_matrix, label: Ints, weight: Floats) -> Floats:
    positive = seen.T @ (weight * (label == 1)) + _PRIOR
    negative = seen.T @ (weight * (label == 0)) + _PRIOR
    ratio = np.log(positive / positive.sum()) - np.log(negative / negative.sum())
    return np.where(np.asarray(seen.sum(axis=0)).ravel() >= 2, ratio, 0.0)


def _head(
    fit: Callable[[Matrix, Ints, Floats], S], values: Columns, target: _Target
) -> tuple[Head[S], Floats]:
    """A head fitted on all learnt rows, calibrated on their out-of-fold log-odds, and those of all rows."""
    names = sorted(values)
    matrix = columns.matrix(values, names)
    raw = np.zeros(len(matrix))

    def fitted(chosen: npt.NDArray[np.bool_]) -> S:
        return fit(matrix[chosen], target.label[chosen], target.weight[chosen])

    for k in range(int(target.folds.max()) + 1):
        own = target.folds == k
        raw[own] = fitted(~own & target.learnt).log_odds(matrix[own])
    return Head(names, fitted(target.learnt), _calibration(raw, target)), raw


def _logistic(matrix: Matrix, label: Ints, weight: Floats) -> Weighted:
    """Logistic regression on standardised columns, written in the units of the columns."""
    mean, spread = matrix.mean(axis=0), matrix.std(axis=0) + 1e-9
    model = LogisticRegression(C=_HEAD_C).fit((matrix - mean) / spread, label, sample_weight=weight)
    weights = (model.coef_[0] / spread).astype(np.float64)
    return Weighted(weights, float(model.intercept_[0] - (weights * mean).sum()))


def _calibration(raw: Floats, target: _Target) -> Table:
    """Platt's sigmoid on the out-of-fold log-odds of the learnt rows, as a table."""
    own = target.learnt
    model = LogisticRegression(C=1e6).fit(raw[own, None], target.label[own], sample_weight=target.weight[own])
    points = np.linspace(raw.min(), raw.max(), _CALIBRATION_POINTS)
    return Table(points, model.predict_proba(points[:, None])[:, 1])
