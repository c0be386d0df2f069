"""Folding, masking and hashing of texts as numpy code-point arrays.

The same text gives the same bucket on every machine and in every process: no Python `hash`, no locale, no
dependence on the Unicode tables of the interpreter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

BITS: Final = 18
BUCKETS: Final = 1 << BITS
ORDERS: Final = 4
ENTITY: Final = 0xE000  # private use: the k-th candidate of a text becomes the one character ENTITY + k
ENTITIES: Final = 6000  # further candidates of one text share the last symbol
MAX_CHARS: Final = 6000  # a longer text is judged by its head and tail
_TAIL: Final = 1000
_UNKNOWN: Final = 0x25A1  # stands for surrogate halves and for private-use characters of the input
_SYMBOL: Final = 0x263A  # stands for every character outside the basic plane (emoji, rare characters)
_DROPPED: Final = 0

Codes = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def _fold_table() -> Codes:
    table = np.arange(1 << 16, dtype=np.uint32)
    table[0xFF01:0xFF5F] = np.arange(0x21, 0x7F)
    table[0x3010], table[0x3011], table[0x3008], table[0x3009] = ord("["), ord("]"), ord("<"), ord(">")
    for first, last in (("A", "Z"), ("Ａ", "Ｚ")):
        table[ord(first) : ord(last) + 1] = np.arange(ord("a"), ord("z") + 1)
    for first, last in (("0", "9"), ("０", "９")):
        table[ord(first) : ord(last) + 1] = ord("0")
    table[0xD800:0xE000] = _UNKNOWN
    table[0xE000:0xF900] = _UNKNOWN
    table[:0x21] = _DROPPED
    table[0x7F:0xA1] = _DROPPED
    table[0x2000:0x2010] = _DROPPED
    for code in (0x3F, 0x2028, 0x2029, 0x202F, 0x2060, 0x3000, 0xFE0F, 0xFEFF, 0xFFFD):
        table[code] = (
            _DROPPED  # "?" in collected texts is mostly a lost emoji; "？" is the real question mark
        )
    return table


_FOLD: Final = _fold_table()
_WORD: Final = np.array([chr(c).isalnum() for c in range(0x3000)] + [True] * (0x10000 - 0x3000))
_WORD[0x3000:0x3040] = _WORD[0xFF00:0xFF66] = _WORD[0xE000:0xF900] = False
_WORD[_SYMBOL] = False


@dataclass(frozen=True)
class Batch:
    """Texts laid end to end: text i is codes[starts[i]:starts[i + 1]]; starts has one entry more than texts."""

    codes: Codes
    starts: Ints

    @property
    def lengths(self) -> Ints:
        return np.diff(self.starts)

    @property
    def owner(self) -> Ints:
        """Index of the text of every position."""
        return np.repeat(np.arange(len(self.starts) - 1), self.lengths)

    def strings(self) -> list[str]:
        """The texts as Python strings."""
        whole = self.codes.tobytes().decode("utf-32-le", "surrogatepass")
        bounds = self.starts.tolist()
        return [whole[a:b] for a, b in pairwise(bounds)]


def encode(texts: Sequence[str]) -> Batch:
    """Code points of the texts as they are; lone surrogates survive."""
    raw = "".join(texts).encode("utf-32-le", "surrogatepass")
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=starts[1:])
    return Batch(np.frombuffer(raw, "<u4").astype(np.uint32, copy=False), starts)


def fold(texts: Sequence[str]) -> list[str]:
    """The form that is matched and hashed: half width, lower case, digits as 0, no blanks, no repeated marks."""
    batch = encode([_shorten(text) for text in texts])
    codes = _FOLD.take(np.where(batch.codes < 1 << 16, batch.codes, _SYMBOL))
    codes, starts = _kept(codes, batch.starts, codes != _DROPPED)
    once = np.ones(len(codes), bool)
    once[1:] = (codes[1:] != codes[:-1]) | _WORD.take(codes[1:])
    once[starts[:-1][starts[:-1] < len(codes)]] = True
    return Batch(*_kept(codes, starts, once)).strings()


def _kept(codes: Codes, starts: Ints, kept: npt.NDArray[np.bool_]) -> tuple[Codes, Ints]:
    """Only the characters that are kept, and where the texts begin among them."""
    before = np.concatenate(([0], np.cumsum(kept)))
    return codes[kept], before[starts]


def _shorten(text: str) -> str:
    if len(text) <= MAX_CHARS:
        return text
    return text[: MAX_CHARS - _TAIL] + text[-_TAIL:]


def mask(text: str, symbols: Mapping[str, int]) -> str:
    """Replaces every folded name by its symbol, longer names first, so that a nested name never splits one."""
    for name in sorted(symbols, key=len, reverse=True) if len(symbols) > 1 else symbols:
        text = text.replace(name, chr(ENTITY + min(symbols[name], ENTITIES)))
    return text


def hashes(codes: Codes, order: int) -> Codes:
    """Buckets of the n-grams that start at each position of the last axis; order - 1 fewer than positions."""
    count = max(codes.shape[-1] - order + 1, 0)
    mixed = codes * np.uint32(0x9E3779B1)
    state = np.full((*codes.shape[:-1], count), order * 0x85EBCA6B & 0xFFFFFFFF, np.uint32)
    for step in range(order):
        state = (state ^ mixed[..., step : step + count]) * np.uint32(0x01000193)
        state ^= state >> np.uint32(15)
    return (state * np.uint32(0x2C1B3C6D)) >> np.uint32(32 - BITS)
