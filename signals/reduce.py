"""From values per mention to values per candidate and per text, and a candidate's place among the others."""

from typing import Final

import numpy as np

from signals.ngrams import Floats, Ints
from signals.targets import Mentions

ABSENT: Final = -9.0  # value of a column that does not exist for a candidate (it is not in the text)


def over_mentions(reduce: np.ufunc, value: Floats, found: Mentions) -> Floats:
    """reduce over the mentions of every candidate; ABSENT for one without a mention."""
    out = np.full(len(found.document), ABSENT)
    present = np.flatnonzero(found.count)
    if len(present):
        out[present] = reduce.reduceat(value, (np.cumsum(found.count) - found.count)[present])
    return out


def mean_of_mentions(value: Floats, found: Mentions) -> Floats:
    """Mean over the mentions of every candidate; ABSENT for one without a mention."""
    return np.where(found.count > 0, over_mentions(np.add, value, found) / np.maximum(found.count, 1), ABSENT)


def over_texts(reduce: np.ufunc, value: Floats, count: Ints) -> Floats:
    """reduce over the `count[i]` values of text i, which stand one text after the other; 0 for a text without any."""
    out = np.zeros(len(count))
    present = np.flatnonzero(count)
    if len(present):
        out[present] = reduce.reduceat(value, (np.cumsum(count) - count)[present])
    return out


def rival(value: Floats, document: Ints) -> Floats:
    """The largest value among the other candidates of the same text; ABSENT where there is none."""
    order = np.lexsort((-value, document))
    first = np.ones(len(order), bool)
    first[1:] = document[order][1:] != document[order][:-1]
    size = int(document.max(initial=-1)) + 1
    best, second = np.full(size, ABSENT), np.full(size, ABSENT)
    best[document[order[first]]] = value[order[first]]
    runner_up = order[1:][first[:-1] & ~first[1:]]
    second[document[runner_up]] = value[runner_up]
    leads = np.zeros(len(order), bool)
    leads[order[first]] = True
    return np.where(leads, second[document], best[document])


def rank(value: Floats, document: Ints) -> Floats:
    """How many candidates of the same text come earlier."""
    order = np.lexsort((value, document))
    out = np.empty(len(order))
    first = np.searchsorted(document, document[order], "left")
    out[order] = np.arange(len(order)) - first
    return out
