"""Texts with their candidates masked, the mentions of each candidate and the n-grams around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from signals import ngrams
from signals.ngrams import ENTITY, Codes, Ints

Candidates = Sequence[Sequence[str]]  # the candidates of one text, each by its surface forms

LEFT: Final = 14  # characters of context before and after a mention
RIGHT: Final = 22
_MENTIONS: Final = 6  # mentions of one candidate whose context is read
_OTHER: Final = ENTITY + 1
_OUTSIDE: Final = 2  # stands for what lies before the first and after the last character
_KEY: Final = 8192  # symbols per text, for keys (text, symbol)


@dataclass(frozen=True)
class Rows:
    """A batch of texts with their candidates, folded, masked and laid end to end."""

    folded: list[str]
    forms: list[list[list[str]]]  # folded surface forms of each candidate of each text
    raw: Sequence[Candidates]
    batch: ngrams.Batch
    symbols: list[list[int]]  # symbol of each candidate; candidates that fold to the same name share one

    @cached_property
    def owner(self) -> Ints:
        return self.batch.owner

    @cached_property
    def entity(self) -> npt.NDArray[np.bool_]:
        return (self.batch.codes >= ENTITY) & (self.batch.codes < 0xF900)

    @cached_property
    def hashed(self) -> npt.NDArray[np.int32]:
        """Buckets (orders, positions) of the n-grams; 0 where an n-gram would leave its text."""
        codes = np.where(self.entity, np.uint32(ENTITY), self.batch.codes)
        out = np.zeros((ngrams.ORDERS, len(codes)), np.int32)
        for order in range(1, ngrams.ORDERS + 1):
            found = ngrams.hashes(codes, order)
            whole = self.owner[: len(found)] == self.owner[order - 1 :][: len(found)]
            out[order - 1, : len(found)] = np.where(whole, found, 0)
        return out


def rows(texts: Sequence[str], candidates: Sequence[Candidates]) -> Rows:
    """Folds the texts and gives every candidate its own symbol, longer names first."""
    folded = ngrams.fold(texts)
    flat = iter(ngrams.fold([form for text in candidates for forms in text for form in forms]))
    forms = [[[next(flat) for _ in forms] for forms in text] for text in candidates]
    masked, symbols = [], []
    for text, named in zip(folded, forms, strict=True):
        owner: dict[str, int] = {}
        for k, own in enumerate(named):
            for form in own:
                if form:
                    owner.setdefault(form, k)
        masked.append(ngrams.mask(text, owner) if owner else text)
        symbols.append([next((owner[form] for form in own if form), -1) for own in named])
    return Rows(folded, forms, candidates, ngrams.encode(masked), symbols)


@dataclass(frozen=True)
class Mentions:
    """Candidates of all texts in one row (`document`, `symbol`) and where each stands in the text.

    Mention m of candidate `pair[m]` is the character at `position[m]`; `nth` counts from 0 within the candidate.
    """

    document: Ints
    symbol: Ints
    pair: Ints
    position: Ints
    nth: Ints
    count: Ints


def mentions(rows: Rows) -> Mentions:
    """Finds the symbols of the candidates in the masked texts."""
    document = np.repeat(np.arange(len(rows.symbols)), [len(own) for own in rows.symbols])
    symbol = np.array([code for own in rows.symbols for code in own], np.int64)
    position = np.flatnonzero(rows.entity)
    key = rows.owner[position] * _KEY + (rows.batch.codes[position].astype(np.int64) - ENTITY)
    order = np.argsort(key, kind="stable")
    key, position = key[order], position[order]
    wanted = document * _KEY + symbol
    first = np.searchsorted(key, wanted, "left")
    count = np.where(symbol < 0, 0, np.searchsorted(key, wanted, "right") - first)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    pair = np.repeat(np.arange(len(document)), count)
    return Mentions(document, symbol, pair, position[np.repeat(first, count) + nth], nth, count)


def contexts(rows: Rows, found: Mentions) -> tuple[Ints, npt.NDArray[np.int32]]:
    """Hashed n-grams around the first mentions of every candidate, told apart by side and nearness.

    Returns: pair (n,) and buckets (n, features); row i belongs to one mention of candidate pair[i].
    """
    used = found.nth < _MENTIONS
    pair, position = found.pair[used], found.position[used]
    window = _window(rows, position)
    near = np.arange(LEFT - 6, LEFT + 9)
    columns = []
    for order in range(1, ngrams.ORDERS + 1):
        width = window.shape[1] - order + 1
        grams = ngrams.hashes(window, order)
        start = np.arange(width)
        side = np.where(start + order - 1 < LEFT, 1, np.where(start > LEFT, 2, 3)).astype(np.uint32)
        columns.append(_salted(grams, side))
        close = near[near < width]
        columns.append(_salted(grams[:, close], side[close] + np.uint32(4)))
    return pair, np.concatenate(columns, axis=1).astype(np.int32)


def _salted(grams: Codes, salt: Codes) -> Codes:
    return ((grams ^ (salt * np.uint32(0x5BD1E995))) * np.uint32(0x2C1B3C6D)) >> np.uint32(32 - ngrams.BITS)


def _window(rows: Rows, position: Ints) -> Codes:
    """Characters around each mention: the candidate as ENTITY, any other candidate as _OTHER."""
    codes, starts = rows.batch.codes, rows.batch.starts
    document = rows.owner[position]
    index = position[:, None] + np.arange(-LEFT, RIGHT + 1)
    inside = (index >= starts[document][:, None]) & (index < starts[document + 1][:, None])
    window = np.where(inside, codes[np.clip(index, 0, max(len(codes) - 1, 0))], np.uint32(_OUTSIDE))
    named = (window >= ENTITY) & (window < 0xF900)
    own = window == codes[position][:, None]
    return np.where(named, np.where(own, np.uint32(ENTITY), np.uint32(_OTHER)), window).astype(np.uint32)
