"""Many folded texts laid end to end as code points, so that one pass over an array answers for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint16]
Ints = npt.NDArray[np.int64]
Kinds = npt.NDArray[np.uint8]

LONGEST = 600
"""Characters of a sentence; tables and spam without any punctuation must not cost quadratic time."""
RARE = 0xFFFF
"""Stands for every character outside the basic plane."""
ZERO_WIDTH = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
FILLERS = " ·•._*|/-" + ZERO_WIDTH
STOP, DOT, CLOSING, AFTER_DOT, FILLER, UNSEEN, WORD, HAN = (1 << bit for bit in range(8))
"""Kinds of characters, as bits: ends a sentence; may end one; closes it; what must follow a full stop that ends one;
pulls a name apart; does so without a width; letter, digit or Chinese character; the last of these."""


class Page(NamedTuple):
    """Text i is text[starts[i]:starts[i + 1]]; `starts` has one entry more than texts; `codes` one per character."""

    text: str
    codes: Codes
    starts: Ints

    @classmethod
    def of(cls, texts: Sequence[str]) -> Page:
        """Lay texts out; characters outside the basic plane become RARE among the codes."""
        whole = "".join(texts)
        starts = np.zeros(len(texts) + 1, np.int64)
        np.cumsum([len(text) for text in texts], out=starts[1:])
        wide = np.frombuffer(whole.encode("utf-32-le", "surrogatepass"), "<u4")
        return cls(whole, np.minimum(wide, RARE).astype(np.uint16), starts)

    def owner(self, positions: Ints) -> Ints:
        """Index of the text that holds each position."""
        found: Ints = np.searchsorted(self.starts, positions, "right") - 1
        return found


@cache
def _kinds() -> Kinds:
    kinds = np.zeros(1 << 16, np.uint8)
    for bit, characters in (
        (STOP, "。！？!?；;…\n"),
        (DOT, "."),
        (CLOSING, '”’」』）)"'),
        (FILLER, FILLERS),
        (UNSEEN, ZERO_WIDTH),
    ):
        kinds[[ord(character) for character in characters]] |= bit
    kinds[[code for code in range(1 << 16) if chr(code).isspace()]] |= AFTER_DOT
    kinds[0x4E00:0xA000] |= AFTER_DOT | HAN
    kinds[[code for code in range(1 << 16) if chr(code).isalnum()]] |= WORD
    kinds[RARE] = WORD  # perhaps one
    return kinds


def kinds(page: Page) -> Kinds:
    """The kinds of every character, and of four that stand beyond the end."""
    return np.append(_kinds().take(page.codes), np.zeros(4, np.uint8))


def perhaps_spaced(page: Page) -> list[bool]:
    """Per text False where surely nothing pulls its names apart, so that `signals.text.unspaced` need not look."""
    kind, size = kinds(page), len(page.codes)
    at = np.flatnonzero(kind[:size] & FILLER)
    near = [
        kind[at + step] for step in (-1, 1, 2, 3)
    ]  # before the first character stands what is beyond the end
    before, one, two = ((found & WORD) > 0 for found in near[:3])
    gap_one, gap_two, gap_three = ((found & FILLER) > 0 for found in near[1:])
    pulled = before & ((one & gap_two) | (gap_one & two & gap_three))
    pulled |= (kind[at] & UNSEEN > 0) | (before & one & ((near[0] ^ near[1]) & HAN > 0))
    found = np.zeros(len(page.starts) - 1, bool)
    found[page.owner(at[pulled])] = True
    return found.tolist()


def sentences(page: Page) -> list[list[tuple[int, int]]]:
    """Per text the offsets [start, end) of its sentences, in order, without gaps; [] for an empty text.

    A sentence ends after 。！？；… or a line break and the quotation marks that close it; an ASCII full stop
    ends one only before a Chinese character, white space or the end. What runs on beyond LONGEST is cut there.
    """
    kind, size = kinds(page), len(page.codes)
    at = np.flatnonzero(kind[:size] & (STOP | DOT))
    first = np.zeros(size + 4, bool)  # where a text begins, or nothing is left
    first[page.starts] = True
    ends_here = (kind[at] & STOP > 0) | (kind[at + 1] & AFTER_DOT > 0) | first[at + 1]
    end = at[ends_here] + 1
    stop = np.zeros(size + 4, bool)
    stop[end - 1] = True
    end = end[~stop[end] | first[end]]
    while len(more := np.flatnonzero((kind[end] & CLOSING > 0) & ~first[end])):
        end[more] += 1
    whole = np.zeros(size + 4, bool)
    whole[end] = True
    whole[page.starts[1:]] = True
    whole[0] = False
    return _by_text(page, np.flatnonzero(whole))


def _by_text(page: Page, end: Ints) -> list[list[tuple[int, int]]]:
    """Ends of sentences, those of texts among them, as spans of each text."""
    bounds = np.searchsorted(end, page.starts, "right").tolist()
    owner = np.searchsorted(page.starts, end, "left") - 1
    local = (end - page.starts[owner]).tolist()
    found = []
    for begin, stop in pairwise(bounds):
        own = local[begin:stop]
        found.append(list(zip([0, *own], own, strict=False)))
    long = np.unique(owner[np.diff(end, prepend=0) > LONGEST]).tolist()
    for text in long:
        found[text] = [piece for span in found[text] for piece in _cut(*span)]
    return found


def _cut(start: int, end: int) -> list[tuple[int, int]]:
    bounds = [*range(start, end, LONGEST), end]
    return list(pairwise(bounds))
