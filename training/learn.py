"""Fits the negativity model: linear readers, then boosted heads on out-of-fold columns, then calibration."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from signals import columns, targets
from signals.columns import Columns, Linear, Readers
from signals.naming import word_key
from signals.negativity import Head, NegativityModel, S, Weighted, summary
from signals.ngrams import BUCKETS, Floats, Ints, fold
from signals.nlp import dictionary_words
from signals.targets import Rows
from signals.trees import Trees
from training.data import Labelled
from training.folds import duplicate_groups, inner, platform_groups

Matrix = npt.NDArray[np.float32]

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
_DEPTH = 4
_CALIBRATION_POINTS = 41
_TREES: dict[str, Any] = {
    "n_estimators": 200,
    "learning_rate": 0.05,
    "num_leaves": 8,
    "max_depth": _DEPTH,
    "min_child_samples": 20,
    "reg_lambda": 5.0,
    "colsample_bytree": 0.3,
    "subsample": 0.7,
    "subsample_freq": 1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True)
class _Table:
    """Columns of the training rows, each row's made by readers that have not seen its platforms."""

    documents: Columns
    pairs: Columns
    plain: Columns


@dataclass(frozen=True)
class _Target:
    """What a head learns: the label, the fold and the weight of every row."""

    label: Ints
    folds: Ints
    weight: Floats


def fit(data: Labelled, seed: int, version: str) -> NegativityModel:
    """The model of all the given rows; nothing outside them is looked at."""
    duplicates = duplicate_groups(data.texts)
    groups = platform_groups(data.candidates, data.keys, duplicates)
    folds = inner(groups, duplicates, FOLDS, seed)
    weight = _weights(duplicates)
    known_words = dictionary()
    rows = targets.rows(data.texts, data.forms)
    table = _table(data, rows, folds, weight, known_words)

    owner = data.owner
    candidates = _Target(data.about, folds[owner], weight[owner])
    about, about_raw = _head(partial(_boost, seed=seed), table.pairs, sorted(table.pairs), candidates)
    documents = table.documents | summary(about_raw, owner, rows)
    texts = _Target(data.negative, folds, weight)
    document, _ = _head(_logistic, documents, _DOCUMENT_COLUMNS, texts)
    plain, _ = _head(_logistic, table.plain, _PLAIN_COLUMNS, texts)
    readers = _readers(data, rows, np.ones(len(folds), bool), weight)
    return NegativityModel(version, readers, known_words, about, document, plain)


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


def _table(data: Labelled, rows: Rows, folds: Ints, weight: Floats, words: npt.NDArray[np.uint32]) -> _Table:
    bare = targets.rows(data.texts, [[] for _ in data.texts])
    merged: tuple[Columns, Columns, Columns] = ({}, {}, {})
    for k in range(int(folds.max()) + 1):
        readers = _readers(data, rows, folds != k, weight)
        documents, pairs, owner = columns.columns(rows, readers, words)
        plain = columns.document_columns(bare, readers.document)
        for target, values, own in zip(
            merged, (documents, pairs, plain), (folds, folds[owner], folds), strict=True
        ):
            for name, value in values.items():
                target.setdefault(name, np.zeros(len(value)))[own == k] = value[own == k]
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
    fit: Callable[[Matrix, Ints, Floats], S], values: Columns, names: list[str], target: _Target
) -> tuple[Head[S], Floats]:
    """A head fitted on all rows, calibrated on out-of-fold log-odds, and those log-odds."""
    matrix = columns.matrix(values, names)
    raw = np.zeros(len(matrix))
    for k in range(int(target.folds.max()) + 1):
        own = target.folds == k
        raw[own] = fit(matrix[~own], target.label[~own], target.weight[~own]).log_odds(matrix[own])
    scorer = fit(matrix, target.label, target.weight)
    return Head(names, scorer, *_calibration(raw, target.label, target.weight)), raw


def _logistic(matrix: Matrix, label: Ints, weight: Floats) -> Weighted:
    """Logistic regression on standardised columns, written in the units of the columns."""
    mean, spread = matrix.mean(axis=0), matrix.std(axis=0) + 1e-9
    model = LogisticRegression(C=_HEAD_C).fit((matrix - mean) / spread, label, sample_weight=weight)
    weights = (model.coef_[0] / spread).astype(np.float64)
    return Weighted(weights, float(model.intercept_[0] - (weights * mean).sum()))


def booster(matrix: Matrix, label: Ints, weight: Floats, seed: int) -> lightgbm.LGBMClassifier:
    """LightGBM's model of the rows."""
    return lightgbm.LGBMClassifier(**_TREES, random_state=seed).fit(matrix, label, sample_weight=weight)


def exported(model: lightgbm.LGBMClassifier) -> Trees:
    """The same model in the layout that is read at run time."""
    return _complete([tree["tree_structure"] for tree in model.booster_.dump_model()["tree_info"]])


def _boost(matrix: Matrix, label: Ints, weight: Floats, seed: int) -> Trees:
    return exported(booster(matrix, label, weight, seed))


def _complete(structures: list[dict[str, Any]]) -> Trees:
    """Trees as complete binary trees of depth _DEPTH; below an early leaf every path ends in its value."""
    inner_nodes, leaves = (1 << _DEPTH) - 1, 1 << _DEPTH
    feature = np.zeros((len(structures), inner_nodes), np.int64)
    threshold = np.zeros((len(structures), inner_nodes), np.float32)
    leaf = np.zeros((len(structures), leaves))

    def place(tree: int, node: dict[str, Any], index: int) -> None:
        if index >= inner_nodes:
            leaf[tree, index - inner_nodes] = node["leaf_value"]
            return
        split = "split_feature" in node
        feature[tree, index] = node["split_feature"] if split else 0
        threshold[tree, index] = node["threshold"] if split else np.inf
        place(tree, node["left_child"] if split else node, 2 * index + 1)
        place(tree, node["right_child"] if split else node, 2 * index + 2)

    for tree, structure in enumerate(structures):
        place(tree, structure, 0)
    return Trees(feature, threshold, leaf)


def _calibration(raw: Floats, label: Ints, weight: Floats) -> tuple[Floats, Floats]:
    """Platt's sigmoid on out-of-fold log-odds, as a table."""
    model = LogisticRegression(C=1e6).fit(raw[:, None], label, sample_weight=weight)
    points = np.linspace(raw.min(), raw.max(), _CALIBRATION_POINTS)
    return points, model.predict_proba(points[:, None])[:, 1]
