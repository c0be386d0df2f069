"""Every stretch of words in a batch of texts that could be a name, as numpy arrays.

A batch is laid end to end with a gap between texts. Words come from the segmenter; a word that is not in the
dictionary is a guess of the segmenter, so a name may also begin or end inside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from signals.nlp import cut

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]

GAP: Final = 8  # positions between texts: no window of context reaches a neighbour
LONGEST: Final = 30  # characters of a name
MOST_WORDS: Final = 8
BATCH_CHARS: Final = 1 << 18
NONE, HAN, DIGIT, LATIN, BLANK, MARK = range(6)  # kinds of characters
_JOINING: Final = " .-·&()_'@+"  # marks that may stand inside a name
_RADIX: Final = 0x9E3779B97F4A7C15 | 1
_STOP, _GLUE, _WORD = range(3)


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    """Kind of every character of the basic plane; NONE stands for the gap, everything rarer is a MARK."""
    kinds = np.full(1 << 16, MARK, np.uint8)
    kinds[[code for code in range(0x3000) if chr(code).isalpha()]] = LATIN
    kinds[[code for code in range(0x3000) if chr(code).isdigit()]] = DIGIT
    kinds[0x3041:0x3100] = kinds[0xAC00:0xD7A4] = LATIN
    kinds[0x4E00:0xA000] = kinds[0x3400:0x4DC0] = HAN
    kinds[[0x20, 0x0A]] = BLANK
    kinds[0] = NONE
    return kinds


@cache
def _roles() -> npt.NDArray[np.uint8]:
    """Whether a character belongs to a word, may join two inside a name, or ends one."""
    roles = np.where(np.isin(_kinds(), (HAN, DIGIT, LATIN)), _WORD, _STOP).astype(np.uint8)
    roles[[ord(mark) for mark in _JOINING]] = _GLUE
    return roles


@cache
def _powers() -> tuple[Keys, Keys]:
    """Powers of the radix and of its inverse modulo 2**64, one per position of a batch."""
    size = 2 * BATCH_CHARS
    both = []
    for base in (_RADIX, pow(_RADIX, -1, 1 << 64)):
        steps = np.full(size, base, np.uint64)
        steps[0] = 1
        both.append(np.cumprod(steps, dtype=np.uint64))
    return both[0], both[1]


@dataclass(frozen=True)
class Batch:
    """Texts laid end to end: text i is codes[starts[i]:starts[i] + lengths[i]], a gap of zeros on either side.

    `bounds` are the positions at which a word may begin or end, in order, `firm` those that the segmenter chose;
    `roles` tell what lies between a bound and the next; `prefix` holds the running sums behind `keys`.
    """

    codes: Codes
    kinds: npt.NDArray[np.uint8]
    starts: Ints
    lengths: Ints
    bounds: Ints
    firm: Bools
    roles: npt.NDArray[np.uint8]
    prefix: Keys

    def keys(self, start: Ints, end: Ints) -> Keys:
        """A 64-bit key of each stretch [start, end): equal for equal characters, wherever they stand."""
        summed = (self.prefix[end] - self.prefix[start]) * _powers()[1][start]
        return (summed ^ (summed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)


@dataclass(frozen=True)
class Spans:
    """Stretches [start, end) of a batch; `first` and `last` index `Batch.bounds`, `words` counts words."""

    document: Ints
    start: Ints
    end: Ints
    first: Ints
    last: Ints
    words: Ints

    def take(self, rows: Ints) -> Spans:
        """The chosen stretches."""
        return Spans(
            self.document.take(rows),
            self.start.take(rows),
            self.end.take(rows),
            self.first.take(rows),
            self.last.take(rows),
            self.words.take(rows),
        )


def key_of(words: Sequence[str]) -> Keys:
    """Keys of single words, as `Batch.keys` gives them."""
    if not words:
        return np.empty(0, np.uint64)
    lengths = np.array([len(word) for word in words], np.int64)
    codes = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    power = _powers()[0][np.arange(len(codes)) - np.repeat(offsets[:-1], lengths)]
    total = np.concatenate((np.zeros(1, np.uint64), np.cumsum(_scattered(codes) * power, dtype=np.uint64)))
    summed = total[offsets[1:]] - total[offsets[:-1]]
    return (summed ^ (summed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)


def _scattered(codes: npt.NDArray[np.unsignedinteger]) -> Keys:
    wide = (codes.astype(np.uint64) + np.uint64(1)) * np.uint64(0xBF58476D1CE4E5B9)
    return wide ^ (wide >> np.uint64(29))


def known(keys: Keys, dictionary: Codes) -> Bools:
    """Which keys are in the dictionary: the sorted upper halves of the keys of its words, at least one."""
    upper = (keys >> np.uint64(32)).astype(np.uint32)
    found: Bools = dictionary[np.minimum(np.searchsorted(dictionary, upper), len(dictionary) - 1)] == upper
    return found


def lay_out(texts: Sequence[str], dictionary: Codes) -> Batch:
    """The texts as one batch, cut into words; `dictionary` is that of `known`."""
    gap = "\0" * GAP
    whole = gap + gap.join(texts) + gap
    codes = np.frombuffer(whole.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint32)
    lengths = np.array([len(text) for text in texts], np.int64)
    starts = GAP + np.concatenate(([0], np.cumsum(lengths + GAP)[:-1])).astype(np.int64)
    basic = np.minimum(codes, 0xFFFF)
    kinds = _kinds().take(basic)
    values = _scattered(codes) * _powers()[0][: len(codes)]
    prefix = np.concatenate((np.zeros(1, np.uint64), np.cumsum(values, dtype=np.uint64)))
    sizes: list[int] = []
    for text in texts:
        sizes.append(GAP)
        sizes += map(len, cut(text))
    cuts = np.cumsum(sizes, dtype=np.int64)
    coarse = Batch(codes, kinds, starts, lengths, cuts, np.ones(len(cuts), bool), _roles()[:0], prefix)
    # Marks on the positions instead of a union of sorted arrays: ten times as fast.
    marked = np.zeros(len(codes) + 1, np.uint8)
    marked[_inside(coarse, dictionary)] = 1
    marked[cuts] = 2
    bounds = np.flatnonzero(marked)
    firm = marked[bounds] == 2
    return Batch(
        codes, kinds, starts, lengths, bounds, firm, np.maximum.reduceat(_roles().take(basic), bounds), prefix
    )


def _inside(batch: Batch, dictionary: Codes) -> Ints:
    """Positions inside Chinese words that the segmenter made up."""
    start, end = batch.bounds[:-1], batch.bounds[1:]
    made = (batch.kinds[start] == HAN) & (end - start > 1) & (end - start <= LONGEST)
    start, end = start[made], end[made]
    unknown = ~known(batch.keys(start, end), dictionary)
    start, extra = start[unknown], (end - start)[unknown] - 1
    nth = np.arange(extra.sum()) - np.repeat(np.cumsum(extra) - extra, extra)
    inner: Ints = np.repeat(start, extra) + nth + 1
    return inner


def spans(batch: Batch) -> Spans:
    """All stretches of up to MOST_WORDS words that begin and end with a word and hold more than digits."""
    bounds, roles = (
        batch.bounds.astype(np.int32),
        batch.roles,
    )  # half the memory: the table below is the largest
    size = len(bounds)
    place = np.arange(size, dtype=np.int32)
    # No stretch reaches beyond the next mark that ends names.
    barrier = np.minimum.accumulate(np.where(roles == _STOP, place, size - 1)[::-1])[::-1]
    begins = roles == _WORD
    ends = np.concatenate(([False], begins[:-1]))
    lettered = np.concatenate(([0], np.cumsum(batch.kinds != DIGIT, dtype=np.int32))).take(bounds)
    kept = np.zeros((size, MOST_WORDS), bool)
    for words in range(1, min(MOST_WORDS, size - 1) + 1):
        length = bounds[words:] - bounds[:-words]
        fits = begins[:-words] & ends[words:] & (place[words:] <= barrier[:-words])
        fits &= (length > 1) & (length <= LONGEST) & (lettered[words:] > lettered[:-words])
        kept[:-words, words - 1] = fits
    first, less = np.divmod(np.flatnonzero(kept), MOST_WORDS)
    last = first + less + 1
    per_text = np.diff(np.searchsorted(batch.bounds, batch.starts), append=size)
    document = np.repeat(np.arange(len(per_text)), per_text)
    before = size - len(document)  # bounds in front of the first text
    return Spans(
        document.take(first - before),
        batch.bounds.take(first),
        batch.bounds.take(last),
        first,
        last,
        less + 1,
    )
