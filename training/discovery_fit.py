"""Fits the discovery model: linear reader, context reader and trees, each on out-of-fold scores of the one before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression, SGDClassifier

from signals.discovery import Discoverer, matrix, prepare
from signals.discovery_candidates import Candidates
from signals.discovery_columns import Columns, Lexicon, context, context_rows
from signals.discovery_reader import BUCKETS, Floats, Table, bound_buckets, span_buckets
from signals.discovery_spans import Batch, Ints, Spans, key_of, lay_out, spans
from signals.trees import Trees
from training.boosting import exported
from training.discovery_data import Named, duplicates_of, groups
from training.folds import spread

FOLDS = 5
_BATCH = 200
_SHARE = 0.3  # of the spans that touch no name; they are learnt from with the inverse weight
_ALPHA, _PASSES = 3e-5, 8
_CONTEXT_C = 1.0
_POINTS = 41
_TREES: dict[str, Any] = {
    "n_estimators": 200,
    "learning_rate": 0.07,
    "num_leaves": 14,
    "max_depth": 4,
    "min_child_samples": 20,
    "reg_lambda": 5.0,
    "colsample_bytree": 0.4,
    "subsample": 0.8,
    "subsample_freq": 1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True)
class _Stretches:
    """All spans of the training texts: buckets int32 (spans, templates), label, text and weight of each."""

    buckets: npt.NDArray[np.int32]
    label: npt.NDArray[np.bool_]
    document: Ints
    weight: Floats


@dataclass(frozen=True)
class _Read:
    """Candidates of some training texts, as a reader that has not seen those texts finds them."""

    batch: Batch
    found: Candidates
    values: Columns
    label: Ints
    document: Ints


def fit(data: Named, lexicon: Lexicon, seed: int, version: str) -> Discoverer:
    """The model of all the given rows; nothing outside them and the lexicon is looked at."""
    fold = spread(groups(data, duplicates_of(data)), FOLDS, seed)
    stretches = _stretches(data, lexicon, seed)
    parts: list[list[_Read]] = []
    for k in range(FOLDS):
        reader = _reader(stretches, fold[stretches.document] != k, seed)
        parts.append(list(_candidates(data, np.flatnonzero(fold == k), reader, lexicon)))
    for k in range(FOLDS):
        surroundings = _surroundings([part for j, other in enumerate(parts) if j != k for part in other])
        for part in parts[k]:
            part.values.update(context(part.batch, part.found, surroundings))
    reads = [part for own in parts for part in own]
    names = sorted(reads[0].values)
    rows = np.concatenate([matrix(part.values, names) for part in reads])
    label = np.concatenate([part.label for part in reads])
    document = np.concatenate([part.document for part in reads])
    raw = np.zeros(len(label))
    for k in range(FOLDS):
        own = fold[document] == k
        raw[own] = _trees(rows[~own], label[~own], seed).log_odds(rows[own])
    kept = apart(document, [name for part in reads for name in part.found.names], raw)
    log_odds, probability = _calibration(raw[kept], label[kept])
    confidence = np.interp(raw[kept], log_odds, probability)
    return Discoverer(
        version,
        _reader(stretches, np.ones(len(stretches.label), bool), seed),
        _surroundings(reads),
        lexicon,
        names,
        _trees(rows, label, seed),
        log_odds,
        probability,
        best_threshold(confidence, label[kept], sum(map(len, data.names))),
    )


def apart(document: Ints, names: Sequence[str], value: Floats) -> Ints:
    """Numbers of the candidates that are left when of names that nest only the surest of a text is kept."""
    kept: list[int] = []
    own: dict[int, list[str]] = {}
    for number in np.argsort(-value, kind="stable").tolist():
        others = own.setdefault(int(document[number]), [])
        if not any(names[number] in other or other in names[number] for other in others):
            others.append(names[number])
            kept.append(number)
    return np.array(kept, np.int64)


def best_threshold(confidence: Floats, label: Ints, gold: int) -> float:
    """The confidence, in hundredths, at which F1 is largest; `gold` counts what there is to find."""
    steps = np.arange(5, 96) / 100
    scores = [
        2 * label[confidence >= step].sum() / max((confidence >= step).sum() + gold, 1) for step in steps
    ]
    return float(steps[int(np.argmax(scores))])


def _stretches(data: Named, lexicon: Lexicon, seed: int) -> _Stretches:
    """Spans to learn from: all that touch a name, and a share of the others."""
    rng = np.random.default_rng(seed)
    parts = []
    for start in range(0, len(data.texts), _BATCH):
        texts, names = data.texts[start : start + _BATCH], data.names[start : start + _BATCH]
        batch = lay_out(texts, lexicon.words)
        found = spans(batch)
        label = _is_name(batch, found, names)
        touching = _touching(batch, found, label)
        used = np.flatnonzero(touching | (rng.random(len(label)) < _SHARE))
        mentions = np.bincount(found.document, label, len(texts))
        weight = np.where(touching, 1.0, 1 / _SHARE)
        # A name that is repeated all over a text would drown those that are named once.
        weight = weight / np.where(label, np.sqrt(np.maximum(mentions[found.document], 1)), 1.0)
        chosen = found.take(used)
        parts.append((_buckets(batch, chosen), label[used], chosen.document + start, weight[used]))
    return _Stretches(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _buckets(batch: Batch, found: Spans) -> npt.NDArray[np.int32]:
    left, beginning, right, end = bound_buckets(batch)
    sides = [left[:, found.first], beginning[:, found.first], right[:, found.last], end[:, found.last]]
    return np.concatenate([*sides, span_buckets(batch, found)]).T.astype(np.int32)


def _is_name(batch: Batch, found: Spans, names: Sequence[set[str]]) -> npt.NDArray[np.bool_]:
    """Whether each span is a name that its text is labelled with."""
    wanted = [(text, name) for text, own in enumerate(names) for name in sorted(own)]
    keys = key_of([name for _, name in wanted])
    pairs = set(zip([text for text, _ in wanted], keys.tolist(), strict=True))
    own = zip(found.document.tolist(), batch.keys(found.start, found.end).tolist(), strict=True)
    return np.array([pair in pairs for pair in own], bool)


def _touching(batch: Batch, found: Spans, label: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether each span shares a character with a name."""
    change = np.zeros(len(batch.codes) + 1, np.int64)
    np.add.at(change, found.start[label], 1)
    np.add.at(change, found.end[label], -1)
    inside = np.concatenate(([0], np.cumsum(np.cumsum(change) > 0)))
    touching: npt.NDArray[np.bool_] = inside[found.end] > inside[found.start]
    return touching


def _reader(stretches: _Stretches, used: npt.NDArray[np.bool_], seed: int) -> Table:
    """Logistic regression over hashed features by averaged stochastic gradient descent."""
    rows = np.flatnonzero(used)
    counts = _ones(stretches.buckets[rows])
    model = SGDClassifier(
        loss="log_loss", alpha=_ALPHA, max_iter=_PASSES, tol=None, average=True, random_state=seed
    )
    model.fit(counts, stretches.label[rows], sample_weight=stretches.weight[rows])
    return _table(model.coef_[0], float(model.intercept_[0]))


def _ones(buckets: npt.NDArray[np.int32]) -> sparse.csr_matrix:
    rows, templates = buckets.shape
    ends = np.arange(0, rows * templates + 1, templates)
    return sparse.csr_matrix(
        (np.ones(buckets.size, np.float32), buckets.ravel(), ends), shape=(rows, BUCKETS)
    )


def _table(weights: Floats, intercept: float) -> Table:
    return Table(weights.astype(np.float16).astype(np.float32), intercept)


def _candidates(data: Named, rows: Ints, reader: Table, lexicon: Lexicon) -> Iterator[_Read]:
    for start in range(0, len(rows), _BATCH):
        own = rows[start : start + _BATCH]
        texts = [data.texts[row] for row in own]
        batch, found, values = prepare(texts, reader, lexicon)
        document = own[found.document]
        pairs = zip(found.names, document.tolist(), strict=True)
        label = np.array([name in data.names[row] for name, row in pairs], np.int64)
        yield _Read(batch, found, values, label, document)


def _surroundings(reads: Sequence[_Read]) -> Table:
    """Logistic regression over the n-grams around the mentions of each candidate, scaled to unit length."""
    rows, buckets, offset = [], [], 0
    for part in reads:
        owner, found = context_rows(part.batch, part.found)
        rows.append(np.repeat(owner + offset, len(found)))
        buckets.append(found.T.ravel())
        offset += len(part.label)
    row, column = np.concatenate(rows), np.concatenate(buckets).astype(np.int32)
    counts = sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=(offset, BUCKETS))
    counts = sparse.diags(1 / np.sqrt(np.maximum(np.bincount(row, minlength=offset), 1))) @ counts
    label = np.concatenate([part.label for part in reads])
    model = LogisticRegression(C=_CONTEXT_C, solver="liblinear", random_state=0).fit(counts, label)
    return _table(model.coef_[0], float(model.intercept_[0]))


def _trees(rows: npt.NDArray[np.float32], label: Ints, seed: int) -> Trees:
    return exported(lightgbm.LGBMClassifier(**_TREES, random_state=seed).fit(rows, label))


def _calibration(raw: Floats, label: Ints) -> tuple[Floats, Floats]:
    """Platt's sigmoid on out-of-fold log-odds, as a table."""
    model = LogisticRegression(C=1e6).fit(raw[:, None], label)
    points = np.linspace(raw.min(), raw.max(), _POINTS)
    return points, model.predict_proba(points[:, None])[:, 1]
