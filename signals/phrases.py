"""Any number of phrases looked for in many texts at once: the first characters of every place looked up in a table.

The cost per character does not depend on the number of phrases, and a list of 100,000 is compiled in a moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from signals.page import RARE, Ints, Page

_EXACT: Final = 4
"""Characters that fit into one key; of a longer phrase the rest is compared as text."""
_PAIR_BITS: Final = 17
_MIXER: Final = np.uint64(0x9E3779B97F4A7C15)

Keys = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]


class Places(NamedTuple):
    """Where phrases stand in a page: `phrase[n]` is page.text[start[n]:end[n]], all in one text; by end, then start."""

    phrase: Ints
    start: Ints
    end: Ints

    def take(self, chosen: Ints) -> Places:
        """The chosen places."""
        return Places(self.phrase[chosen], self.start[chosen], self.end[chosen])


@dataclass(frozen=True)
class _Group:
    """Phrases that agree in the number of characters that their key holds.

    `keys` rise; `whole[k]`: number of a phrase that is nothing but keys[k], or -1. Those that go on, or hold a
    character that a key cannot tell, are longer[begin[k]:begin[k + 1]]. `likely` is a table of hashed keys: False =
    surely none of them.
    """

    mask: np.uint64
    keys: Keys
    whole: Ints
    longer: Ints
    begin: Ints
    likely: Flags

    def look_up(self, keys: Keys) -> tuple[Ints, Ints]:
        """Which of the keys are here: their places among the given ones and among those of the group."""
        keys = keys & self.mask
        maybe = np.flatnonzero(self.likely[_hashed(keys, self.likely)])
        keys = keys[maybe]
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        same = np.flatnonzero(self.keys[at] == keys)
        return maybe[same], at[same]


class Phrases:
    """Phrases by their place in the sequence that they came in; none of them empty, none there twice."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self.phrases = phrases
        self._length = np.array([len(phrase) for phrase in phrases], np.int64)
        page = Page.of(self.phrases)
        keys = _keys(page)[page.starts[:-1]]
        rare = np.bincount(page.owner(np.flatnonzero(page.codes == RARE)), minlength=len(phrases)) > 0
        self._pairs = np.zeros(1 << _PAIR_BITS, np.uint8)
        """Of each hashed pair of characters the groups, as bits, with a phrase that begins so."""
        self._groups: list[_Group] = []
        for size in range(2, _EXACT + 1):
            mask = np.uint64((1 << 16 * size) - 1)
            mine = np.flatnonzero(self._length == size if size < _EXACT else self._length >= size)
            if len(mine):
                first = page.starts[mine]
                pairs = _pair_hash(page.codes[first], page.codes[first + 1])
                self._pairs[pairs] |= np.uint8(1 << len(self._groups))
                compared = rare[mine] | (self._length[mine] > size)
                self._groups.append(_group(mask, keys[mine] & mask, mine, compared))
        single = np.flatnonzero((self._length == 1) & ~rare)
        self._single = np.full(1 << 16, -1, np.int32)
        """Of each character the phrase that it is, or -1."""
        self._single[page.codes[page.starts[single]]] = single
        self._rare = {phrases[at]: at for at in np.flatnonzero((self._length == 1) & rare).tolist()}

    def find(self, page: Page) -> Places:
        """Every place of every phrase, also where they overlap."""
        if not len(page.codes):
            return Places(*np.zeros((3, 0), np.int64))
        bits = self._pairs.take(_pair_hash(page.codes, np.append(page.codes[1:], np.uint16(0))))
        likely = np.flatnonzero(bits)
        bits, keys = bits[likely], _keys(page, likely)
        phrase, start = self._alone(page)
        for number, group in enumerate(self._groups):
            mine = np.flatnonzero(bits & np.uint8(1 << number))
            given, found = group.look_up(keys[mine])
            place, which = likely[mine[given]], group.whole[found]
            phrase.append(which[which >= 0])
            start.append(place[which >= 0])
            if len(group.longer):
                more = self._going_on(page, group, place, found)
                phrase.append(more[:, 0])
                start.append(more[:, 1])
        return self._in_order(page, np.concatenate(phrase), np.concatenate(start))

    def find_apart(self, page: Page) -> list[list[tuple[int, int, int]]]:
        """Per text (phrase, start, end) from the left, the longest one first, so that none overlaps another."""
        places = self.find(page)
        order = np.lexsort((-places.end, places.start))
        owner = page.owner(places.start)
        columns = (owner, page.starts[owner], *places)
        out: list[list[tuple[int, int, int]]] = [[] for _ in page.starts[1:]]
        reached = 0
        for text, base, phrase, start, end in zip(
            *(column[order].tolist() for column in columns), strict=True
        ):
            if start >= reached:
                reached = end
                out[text].append((phrase, start - base, end - base))
        return out

    def _alone(self, page: Page) -> tuple[list[Ints], list[Ints]]:
        """(phrase, start) of the phrases of one character."""
        which = self._single.take(page.codes)
        start = np.flatnonzero(which >= 0)
        rare = [
            (self._rare[page.text[at]], at)
            for at in (np.flatnonzero(page.codes == RARE).tolist() if self._rare else ())
            if page.text[at] in self._rare
        ]
        table = np.array(rare, np.int64).reshape(-1, 2)
        return [which[start].astype(np.int64), table[:, 0]], [start, table[:, 1]]

    def _going_on(self, page: Page, group: _Group, place: Ints, key: Ints) -> Ints:
        """(phrase, start) of the phrases of which a key of the group is only the beginning."""
        count = group.begin[key + 1] - group.begin[key]
        first = np.repeat(group.begin[key] - np.cumsum(count) + count, count)
        phrase = group.longer[first + np.arange(len(first))]
        start = np.repeat(place, count)
        same = [
            page.text.startswith(self.phrases[which], at)
            for which, at in zip(phrase.tolist(), start.tolist(), strict=True)
        ]
        found: Ints = np.stack([phrase, start], axis=1)[np.array(same, bool)]
        return found

    def _in_order(self, page: Page, phrase: Ints, start: Ints) -> Places:
        end = start + self._length[phrase]
        order = np.lexsort((start, end))
        phrase, start, end = phrase[order], start[order], end[order]
        inside = end <= page.starts[page.owner(start) + 1]
        return Places(phrase[inside], start[inside], end[inside])


def _group(mask: np.uint64, keys: Keys, mine: Ints, compared: Flags) -> _Group:
    distinct, number = np.unique(keys, return_inverse=True)
    whole = np.full(len(distinct), -1, np.int64)
    whole[number[~compared]] = mine[~compared]
    order = np.argsort(number[compared], kind="stable")
    begin = np.searchsorted(number[compared][order], np.arange(len(distinct) + 1))
    likely = np.zeros(1 << min(max(int(len(distinct) * 8).bit_length(), 10), 22), bool)
    likely[_hashed(distinct, likely)] = True
    return _Group(mask, distinct, whole, mine[compared][order], begin, likely)


def _keys(page: Page, at: Ints | None = None) -> Keys:
    """The next four characters at each place, at all of them by default, as one number; 0 stands beyond the end."""
    codes = np.append(page.codes, np.zeros(_EXACT, np.uint16))
    rows = np.lib.stride_tricks.sliding_window_view(codes, _EXACT)
    chosen = rows[:-1] if at is None else rows[at]
    return (
        np.ascontiguousarray(chosen)
        .astype("<u2", copy=False)
        .view("<u8")
        .reshape(-1)
        .astype(np.uint64, copy=False)
    )


def _hashed(keys: Keys, table: Flags) -> npt.NDArray[np.int64]:
    shift = np.uint64(65 - len(table).bit_length())
    return ((keys * _MIXER) >> shift).astype(np.int64)


def _pair_hash(first: npt.NDArray[np.uint16], second: npt.NDArray[np.uint16]) -> npt.NDArray[np.int64]:
    mixed = first * np.uint32(0x9E3779B1) ^ second * np.uint32(0x85EBCA6B)
    return ((mixed * np.uint32(0x2C1B3C6D)) >> np.uint32(32 - _PAIR_BITS)).astype(np.int64)
