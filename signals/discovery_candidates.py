"""The few strings of each text that could be the name it is about, with their mentions and how they nest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from signals.discovery_reader import Floats, Parts, best_of_text
from signals.discovery_spans import Batch, Ints, Spans

MOST: Final = 9  # candidates of one text
FLOOR: Final = -6.0  # log-odds below which a span is not looked at again
NEAR: Final = 4.5  # or so far below the best of its text


@dataclass(frozen=True)
class Nesting:
    """Which candidates of the same text hold a candidate and which it holds; -1 where there is none.

    `longer` and `shorter` are the likeliest of them, `instead` the longest one that stands just as often.
    """

    around: Ints
    inside: Ints
    longer: Ints
    shorter: Ints
    instead: Ints


@dataclass(frozen=True)
class Candidates:
    """Candidates of a batch, text by text, the likeliest first.

    `mentions` are their spans, candidate by candidate: those of candidate i begin at `begin[i]`, and mention m is of
    candidate `owner[m]` and row `rows[m]` of all spans. `value` is the log-odds of the best mention, raised with
    their number; `best` the row of that mention in `mentions`. The name stands `times` times in the text, `first` and
    `last` there.
    """

    document: Ints
    rank: Ints
    value: Floats
    mentions: Spans
    rows: Ints
    owner: Ints
    begin: Ints
    best: Ints
    names: list[str]
    times: Ints
    first: Ints
    last: Ints
    nested: Nesting

    @property
    def count(self) -> Ints:
        """Mentions of each candidate."""
        return np.bincount(self.owner, minlength=len(self.document))

    @property
    def lead(self) -> Ints:
        """The likeliest candidate of the same text."""
        return np.searchsorted(self.document, self.document)


def candidates(texts: Sequence[str], batch: Batch, spans: Spans, parts: Parts) -> Candidates:
    """Spans above FLOOR and NEAR the best joined by text and characters, the MOST likeliest of each text."""
    near = parts.total > best_of_text(parts.total, spans.document) - NEAR
    rows = np.flatnonzero(near & (parts.total > FLOOR))
    kept, total = spans.take(rows), parts.total[rows]
    salt = kept.document.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    _, first, group = np.unique(
        batch.keys(kept.start, kept.end) ^ salt, return_index=True, return_inverse=True
    )
    value = np.full(len(first), -np.inf)
    np.maximum.at(value, group, total)
    value += 0.5 * np.log(np.bincount(group, minlength=len(first)))
    document, start = kept.document[first], kept.start[first]
    order = np.lexsort((start, -value, document))
    rank = np.arange(len(order)) - np.searchsorted(document[order], document[order])
    order, rank = order[rank < MOST], rank[rank < MOST]
    number = np.full(len(first), -1)
    number[order] = np.arange(len(order))
    owner = number[group]
    mine = np.flatnonzero(owner >= 0)
    mine = mine[np.argsort(owner[mine], kind="stable")]
    owner, mentions, rows = owner[mine], kept.take(mine), rows[mine]
    begin = np.searchsorted(owner, np.arange(len(order)))
    best = np.lexsort((-parts.total[rows], owner))[begin] if len(owner) else begin
    document = document[order]
    names = _names(texts, batch, mentions.take(best))
    times, first, last = _places(texts, document, names)
    nested = _nesting(document, names, times)
    return Candidates(
        document, rank, value[order], mentions, rows, owner, begin, best, names, times, first, last, nested
    )


def _names(texts: Sequence[str], batch: Batch, spans: Spans) -> list[str]:
    offset = batch.starts[spans.document]
    bounds = zip(
        spans.document.tolist(), (spans.start - offset).tolist(), (spans.end - offset).tolist(), strict=True
    )
    return [texts[document][start:end] for document, start, end in bounds]


def _places(texts: Sequence[str], document: Ints, names: Sequence[str]) -> Ints:
    """How often each name stands in its text, and where first and last: (3, candidates)."""
    table = []
    for number, name in zip(document.tolist(), names, strict=True):
        text = texts[number]
        table.append((text.count(name), text.find(name), text.rfind(name)))
    return np.array(table, np.int64).reshape(-1, 3).T


def _nesting(document: Ints, names: Sequence[str], times: Ints) -> Nesting:
    table = np.full((5, len(names)), -1, np.int64)
    table[:2] = 0
    edges = np.flatnonzero(np.diff(document, prepend=-1, append=-1)).tolist()
    often = times.tolist()
    for start, end in pairwise(edges):
        own, together = range(start, end), "\0".join(names[start:end])
        for short in own:
            name = names[short]
            if together.count(name) == 1:  # itself
                continue
            # In order of likelihood, so the first is the likeliest.
            holders = [other for other in own if name in names[other] and other != short]
            table[0, short], table[2, short] = len(holders), holders[0]
            same = [other for other in holders if often[other] == often[short]]
            if same:
                table[4, short] = max(same, key=lambda other: len(names[other]))
            for other in holders:
                table[1, other] += 1
                if table[3, other] < 0:
                    table[3, other] = short
    return Nesting(*table)
