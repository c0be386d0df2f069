"""Linear readers of what stands around and inside a possible name: hashed characters and words, weights in tables.

All weights are half-precision numbers added in double precision: the sum is exact, so a score knows nothing of the
batch that its text was read in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signals.discovery_spans import DIGIT, HAN, LATIN, NONE, Batch, Codes, Ints, Spans

BITS: Final = 19
BUCKETS: Final = 1 << BITS
LEFT: Final = 10  # characters of context before and after a mention that the context reader sees
RIGHT: Final = 14
MENTIONS: Final = 5  # mentions of one candidate whose context is read
ROUGH: Final = 4.0  # log-odds; nearly all that is lost beyond is noise, and it is half of the spans
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """Weights float32 (BUCKETS,) holding half-precision values, and an intercept."""

    weights: npt.NDArray[np.float32]
    intercept: float

    def sums(self, buckets: Codes) -> Floats:
        """Sum of the weights of each column of buckets (templates, n)."""
        total: Floats = self.weights.take(buckets).sum(axis=0, dtype=np.float64)
        return total


@dataclass(frozen=True)
class Parts:
    """What the reader says of each bound (left of a name, its beginning, right of it, its end) and of each span."""

    left: Floats
    beginning: Floats
    right: Floats
    end: Floats
    whole: Floats
    total: Floats


def read(batch: Batch, spans: Spans, table: Table) -> tuple[Spans, Parts]:
    """Log-odds that a span is a name its text is about, `total`, and the summands that make it up.

    Judged are only the spans whose ends alone come within ROUGH of the best of their text.
    """
    left, beginning, right, end = (table.sums(part) for part in bound_buckets(batch))
    ends = (left + beginning)[spans.first] + (right + end)[spans.last]
    near = np.flatnonzero(ends > best_of_text(ends, spans.document) - ROUGH)
    spans, ends = spans.take(near), ends[near]
    whole = table.sums(span_buckets(batch, spans)) + table.intercept
    return spans, Parts(left, beginning, right, end, whole, ends + whole)


def best_of_text(value: Floats, document: Ints) -> Floats:
    """For each value the largest of the same text; `document` rises."""
    if not len(value):
        return value
    begin = np.flatnonzero(np.diff(document, prepend=-1))
    best: Floats = np.repeat(np.maximum.reduceat(value, begin), np.diff(begin, append=len(value)))
    return best


def _hash(salt: int, *parts: npt.NDArray[np.generic]) -> Codes:
    """Bucket of each tuple of values; `salt` keeps the templates apart."""
    state = np.full(parts[0].shape, salt * 0x85EBCA6B & 0xFFFFFFFF, np.uint32)
    for part in parts:
        state ^= part.astype(np.uint32) * np.uint32(0x9E3779B1)
        state *= np.uint32(0x01000193)
        state ^= state >> np.uint32(15)
    state *= np.uint32(0x2C1B3C6D)
    return state >> np.uint32(32 - BITS)


def bound_buckets(batch: Batch) -> tuple[Codes, Codes, Codes, Codes]:
    """Buckets (templates, bounds): left of a name that begins there, its beginning, right of one that ends, its end."""
    at = batch.bounds
    c = {step: batch.codes[np.minimum(at + step, len(batch.codes) - 1)] for step in range(-3, 3)}
    k = {step: batch.kinds[np.minimum(at + step, len(batch.kinds) - 1)] for step in range(-3, 3)}
    before, after = _words(batch)
    left = [
        _hash(1, c[-1]),
        _hash(2, c[-2], c[-1]),
        _hash(3, c[-3], c[-2], c[-1]),
        _hash(7, before),
        _hash(8, k[-1], k[-2], k[-3]),
    ]
    beginning = [
        _hash(11, c[0]),
        _hash(12, c[0], c[1]),
        _hash(13, c[0], c[1], c[2]),
        _hash(14, after),
        _hash(15, c[-1], c[0]),
        _hash(16, c[-1], c[0], c[1]),
        _hash(17, c[-2], c[-1], c[0]),
        _hash(18, k[-1], k[0], k[1], batch.firm),
    ]
    right = [
        _hash(21, c[0]),
        _hash(22, c[0], c[1]),
        _hash(23, c[0], c[1], c[2]),
        _hash(25, c[1]),
        _hash(26, c[2]),
        _hash(27, after),
        _hash(28, k[0], k[1], k[2]),
        _hash(29, c[1], c[2]),
    ]
    end = [
        _hash(31, c[-1]),
        _hash(32, c[-2], c[-1]),
        _hash(33, c[-3], c[-2], c[-1]),
        _hash(34, before),
        _hash(35, c[-1], c[0]),
        _hash(36, c[-2], c[-1], c[0]),
        _hash(37, c[-1], c[0], c[1]),
        _hash(38, k[-2], k[-1], k[0], batch.firm),
    ]
    return np.stack(left), np.stack(beginning), np.stack(right), np.stack(end)


def _words(batch: Batch) -> tuple[Codes, Codes]:
    """Key of the segmenter's word before and after each bound; 0 where the segmenter set none."""
    cuts = np.flatnonzero(batch.firm)
    start, end = batch.bounds[cuts[:-1]], batch.bounds[cuts[1:]]
    keys = (batch.keys(start, end) >> np.uint64(32)).astype(np.uint32)
    keys[batch.kinds[start] == NONE] = 0  # the first and the last text of a batch have a gap on one side only
    before, after = np.zeros((2, len(batch.bounds)), np.uint32)
    before[cuts[1:]] = keys
    after[cuts[:-1]] = keys
    return before, after


@dataclass(frozen=True)
class Shape:
    """Characters of each span, and how many of them are of each kind."""

    length: Ints
    han: Ints
    digits: Ints
    latin: Ints

    @classmethod
    def of(cls, batch: Batch, spans: Spans) -> Shape:
        """Counted by running sums."""
        counts = []
        for kind in (HAN, DIGIT, LATIN):
            total = np.concatenate(([0], np.cumsum(batch.kinds == kind)))
            counts.append(total[spans.end] - total[spans.start])
        return cls(spans.end - spans.start, *counts)


def span_buckets(batch: Batch, spans: Spans) -> Codes:
    """Buckets (templates, spans) of what both ends of a name say together and of its shape."""
    start, end = spans.start, spans.end
    codes, kinds = batch.codes, batch.kinds
    shape = Shape.of(batch, spans)
    marks = shape.length - shape.han - shape.digits - shape.latin
    mixture = (shape.han > 0) + 2 * (shape.digits > 0) + 4 * (shape.latin > 0) + 8 * (marks > 0)
    counts = np.minimum(shape.latin, 4) * 40 + np.minimum(shape.digits, 3) * 10 + np.minimum(shape.han, 9)
    firm = batch.firm[spans.first] + 2 * batch.firm[spans.last]
    first, last = codes[start], codes[end - 1]
    before, after = codes[start - 1], codes[end]
    return np.stack(
        [
            _hash(41, shape.length, firm),
            _hash(42, spans.words, np.minimum(cuts_inside(batch, spans), 5), shape.length),
            _hash(43, mixture, shape.length),
            _hash(44, counts, firm),
            _hash(46, first, last),
            _hash(47, first, codes[end - 2], last),
            _hash(48, first, codes[start + 1], last),
            _hash(49, before, after),
            _hash(50, codes[start - 2], before, after),
            _hash(51, before, after, codes[end + 1]),
            _hash(52, kinds[start - 1], kinds[end], np.minimum(shape.length, 8)),
            _hash(53, mixture, last),
        ]
    )


def cuts_inside(batch: Batch, spans: Spans) -> Ints:
    """How often the segmenter cuts each span."""
    cuts = np.cumsum(batch.firm)
    inside: Ints = cuts[spans.last - 1] - cuts[spans.first]
    return inside


def context_buckets(batch: Batch, start: Ints, end: Ints) -> Codes:
    """Buckets (templates, mentions) of the 1- to 3-grams within LEFT and RIGHT characters, told apart by side."""
    steps = (np.arange(-LEFT, 0), np.arange(RIGHT))
    parts = []
    for side, (at, step) in enumerate(zip((start, end), steps, strict=True)):
        # Positions beyond a text show the gap; beyond the gap a neighbour, which is cut off by its distance.
        index = np.clip(at[:, None] + step, 0, len(batch.codes) - 1)
        codes = np.where(_same_text(batch, at, index), batch.codes[index], 0).T
        for order in (1, 2, 3):
            grams = [codes[n : len(codes) - order + 1 + n] for n in range(order)]
            parts.append(_hash(61 + 3 * side + order, *grams))
    return np.concatenate(parts)


def _same_text(batch: Batch, at: Ints, index: Ints) -> npt.NDArray[np.bool_]:
    document = np.searchsorted(batch.starts, at, "right") - 1
    start = batch.starts[document][:, None]
    same: npt.NDArray[np.bool_] = (index >= start) & (index < start + batch.lengths[document][:, None])
    return same
