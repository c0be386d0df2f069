"""The columns that the negativity model reads: linear margins, sentences, windows and the order of the candidates."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from signals import naming, surroundings, targets
from signals.ngrams import ORDERS, Floats, Ints
from signals.reduce import ABSENT, mean_of_mentions, over_mentions, over_texts, rank, rival
from signals.targets import Mentions, Rows

_WINDOWS: Final = ((-10, 0), (0, 10), (-30, 0), (0, 30), (30, 100))
_UNITS: Final = {"sentence": "。！!；;", "clause": "。！!；;，,、:"}
_SCALE: Final = 128.0  # a power of two: sums of float16 weights stay exact, whatever stands before in a batch

Columns = dict[str, Floats]


@dataclass(frozen=True)
class Linear:
    """One weight per bucket and an intercept; the margin is the mean weight of the n-grams times their root count."""

    weights: npt.NDArray[np.float32]
    intercept: float


@dataclass(frozen=True)
class Readers:
    """The linear models: of the document, of a candidate's context, and of a culprit's context in negative texts."""

    document: Linear
    context: Linear
    culprit: Linear


def document_margin(rows: Rows, model: Linear) -> Floats:
    """Margin over the distinct n-grams of every text, float (texts,)."""
    bounds = rows.batch.starts * ORDERS
    grams = np.empty(rows.hashed.size, np.int32)
    for start, end in pairwise(rows.batch.starts.tolist()):
        own = grams[start * ORDERS : end * ORDERS]
        own.reshape(ORDERS, end - start)[:] = rows.hashed[:, start:end]
        own.sort()
    once = np.ones(len(grams), bool)
    once[1:] = grams[1:] != grams[:-1]
    once[bounds[:-1][np.diff(bounds) > 0]] = True
    once &= grams != 0
    sizes = np.diff(bounds)
    total = over_texts(np.add, (model.weights.take(grams) * once).astype(np.float64), sizes)
    count = over_texts(np.add, once.astype(np.float64), sizes)
    return model.intercept + total / np.sqrt(np.maximum(count, 1))


def context_margins(
    pair: Ints, buckets: npt.NDArray[np.int32], models: list[Linear], pairs: int
) -> list[Floats]:
    """Margin of every candidate over all n-grams around its mentions; NaN for a candidate without a mention."""
    count = np.bincount(pair, minlength=pairs) * buckets.shape[1]
    with np.errstate(invalid="ignore"):
        return [
            np.bincount(pair, model.weights.take(buckets).sum(axis=1, dtype=np.float64), pairs)
            / np.sqrt(np.where(count, count, np.nan))
            + model.intercept
            for model in models
        ]


def columns(
    rows: Rows, readers: Readers, dictionary: npt.NDArray[np.uint32]
) -> tuple[Columns, Columns, Ints]:
    """Columns by name, of the texts and of the candidates of all texts, and the text of every candidate; no NaN."""
    found = targets.mentions(rows)
    summed = _summed(rows, readers.document)
    documents = _documents(rows, readers.document, summed)
    pairs = _order(rows, found) | naming.relations(rows, found) | _windows(rows, found, summed)
    pairs |= _contexts(rows, found, readers) | {"dictionary": naming.common_words(rows, dictionary)}
    pairs |= surroundings.surroundings(rows, found, pairs["inside"])
    for unit, marks in _UNITS.items():
        whole, own = _units(rows, found, summed, marks)
        documents |= {f"{unit}_{name}": value for name, value in whole.items()}
        pairs |= {f"{unit}_{name}": value for name, value in own.items()}
    outermost = np.bincount(found.document, pairs["inside"] == 0, len(rows.folded))
    documents["distinct"] = outermost.astype(np.float64)
    pairs |= {name: value[found.document] for name, value in documents.items()}
    return documents, pairs, found.document


def document_columns(rows: Rows, model: Linear) -> Columns:
    """The columns of the texts alone, for texts without candidates."""
    found, summed = targets.mentions(rows), _summed(rows, model)
    out = _documents(rows, model, summed)
    for unit, marks in _UNITS.items():
        out |= {f"{unit}_{name}": value for name, value in _units(rows, found, summed, marks)[0].items()}
    return out


def _summed(rows: Rows, model: Linear) -> Floats:
    """Running sum of the weights of the n-grams that start before each position."""
    local = model.weights.take(rows.hashed).sum(axis=0, dtype=np.float64) * _SCALE
    return np.concatenate(([0.0], np.cumsum(local)))


def _documents(rows: Rows, model: Linear, summed: Floats) -> Columns:
    starts, ends = rows.batch.starts[:-1], rows.batch.starts[1:]
    length = np.maximum(ends - starts, 1)
    head = np.minimum(starts + 60, ends)
    return {
        "margin": document_margin(rows, model),
        "length": np.log(length),
        "sum": (summed[ends] - summed[starts]) / np.sqrt(length),
        "head": summed[head] - summed[starts],
        "mentions": np.log1p(np.bincount(rows.owner[rows.entity], minlength=len(starts))),
    }


def _contexts(rows: Rows, found: Mentions, readers: Readers) -> Columns:
    pair, buckets = targets.contexts(rows, found)
    margins = context_margins(pair, buckets, [readers.context, readers.culprit], len(found.document))
    out: Columns = {}
    for name, margin in zip(("context", "culprit"), margins, strict=True):
        value = np.nan_to_num(margin, nan=ABSENT)
        out |= {name: value, f"{name}_rival": rival(value, found.document)}
    return out


def _windows(rows: Rows, found: Mentions, summed: Floats) -> Columns:
    document = rows.owner[found.position]
    low, high = rows.batch.starts[document], rows.batch.starts[document + 1]
    out: Columns = {}
    for a, b in _WINDOWS:
        start, end = np.clip(found.position + a, low, high), np.clip(found.position + b, low, high)
        value = (summed[end] - summed[start]) / np.sqrt(b - a)
        out[f"window_{a}_{b}_max"] = over_mentions(np.maximum, value, found)
        out[f"window_{a}_{b}_mean"] = mean_of_mentions(value, found)
    return out


@cache
def _closing(marks: str) -> npt.NDArray[np.bool_]:
    """Which characters of the basic plane end a unit."""
    found = np.zeros(1 << 16, bool)
    found[[ord(mark) for mark in marks]] = True
    return found


def _units(rows: Rows, found: Mentions, summed: Floats, marks: str) -> tuple[Columns, Columns]:
    codes, owner = rows.batch.codes, rows.owner
    opens = np.ones(len(codes), bool)
    opens[1:] = _closing(marks).take(codes[:-1])
    opens[rows.batch.starts[:-1][rows.batch.lengths > 0]] = True
    unit = np.cumsum(opens) - 1
    start = np.flatnonzero(opens)
    end = np.append(start[1:], len(codes))
    value = (summed[end] - summed[start]) / np.sqrt(end - start + 8)
    texts = len(rows.folded)
    count = np.bincount(owner[start], minlength=texts)
    whole = {
        "max": over_texts(np.maximum, value, count),
        "min": over_texts(np.minimum, value, count),
        "mean": over_texts(np.add, value, count) / np.maximum(count, 1),
        "count": np.log1p(count),
        "share": np.bincount(owner[start], value > 0, texts) / np.maximum(count, 1),
    }
    inside = unit[found.position]
    own = {
        "own_max": over_mentions(np.maximum, value[inside], found),
        "own_mean": mean_of_mentions(value[inside], found),
        "offset": over_mentions(np.minimum, (found.position - start[inside]).astype(np.float64), found),
    }
    own["gap"] = np.where(found.count > 0, whole["max"][found.document] - own["own_max"], ABSENT)
    return whole, own


def _order(rows: Rows, found: Mentions) -> Columns:
    """Where a candidate stands in its text and in the row of candidates."""
    starts, length = rows.batch.starts, np.maximum(rows.batch.lengths, 1)
    offset = (found.position - starts[rows.owner[found.position]]).astype(np.float64)
    first, last = over_mentions(np.minimum, offset, found), over_mentions(np.maximum, offset, found)
    absent = found.count == 0
    total = np.maximum(np.bincount(rows.owner[rows.entity], minlength=len(length)), 1)
    return {
        "first": first,
        "first_share": np.where(absent, ABSENT, first / length[found.document]),
        "last_share": np.where(absent, ABSENT, last / length[found.document]),
        "count": np.log1p(found.count),
        "share": found.count / total[found.document],
        "rank": rank(np.where(absent, np.inf, first), found.document),
    }


def matrix(values: Columns, names: list[str]) -> npt.NDArray[np.float32]:
    """The named columns side by side, float32 (rows, columns)."""
    return np.stack([values[name] for name in names], axis=1).astype(np.float32)
