"""Near-identical documents: MinHash band keys find candidates by index, rapidfuzz confirms a pair."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from signals.text import fold

BANDS = 16
ROWS = 3
SHINGLE = 3
"""Characters per shingle: an edited character spoils three of them."""
SAMPLE = 4096
"""Most shingles of one document; longer ones are thinned by hash, alike in every copy."""
COMPARED = 20_000
"""Characters of a document that `same_story` reads."""
KEPT = 0.76
"""Share of the shorter text that must reappear in order in the longer one."""
NUMBERS = 0.6
"""Share of the shorter text's numbers that the longer must repeat: forms filled in differently are no copies."""
LENGTHS = 0.55
"""The shorter text must have at least this share of the longer one's length."""
SHORT = 40
"""Texts up to this length are headlines: another name or sum makes another story."""
_NOISE = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_MIX = np.uint64(0x9E3779B97F4A7C15)


def _constants(seed: int, count: int) -> NDArray[np.uint64]:
    """SplitMix64: fixed odd multipliers, the same in every process and release."""
    with np.errstate(over="ignore"):
        state = np.uint64(seed) + _MIX * np.arange(1, count + 1, dtype=np.uint64)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = state ^ (state >> np.uint64(31))
    return mixed


_POSITION = _constants(1, SHINGLE) | np.uint64(1)
_FACTOR = (_constants(2, BANDS * ROWS) | np.uint64(1))[:, None]
_OFFSET = _constants(3, BANDS * ROWS)[:, None]
_ROW = _constants(4, ROWS) | np.uint64(1)
_BAND = _constants(5, BANDS)


def essence(text: str) -> str:
    """The folded text without punctuation, blanks and symbols: what copies have in common."""
    return _NOISE.sub("", fold(text))


def band_keys(text: str) -> tuple[int, ...]:
    """BANDS signed 64-bit keys; copies of one story share at least one of them.

    MinHash over the distinct 3-character shingles of `essence(text)`, 16 bands of 3 rows: a pair with half its
    shingles in common meets in a band with P = .88, with 70 % in common .999, with 10 % .016. Deterministic
    across processes. A text without letters or digits gets keys that it shares only with other such texts.
    """
    shingles = _shingles(essence(text))
    with np.errstate(over="ignore"):
        signature = _minima(shingles).reshape(BANDS, ROWS)
        keys = (signature * _ROW).sum(axis=1, dtype=np.uint64) ^ _BAND
        keys = (keys ^ (keys >> np.uint64(31))) * _MIX
    return tuple(keys.view(np.int64).tolist())


def _shingles(plain: str) -> NDArray[np.uint64]:
    """Distinct shingle hashes, at most SAMPLE; one for a text shorter than a shingle."""
    codes = np.frombuffer(plain.ljust(SHINGLE, "\0").encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    count = len(codes) - SHINGLE + 1
    with np.errstate(over="ignore"):
        hashes = codes[:count] * _POSITION[0]
        for place in range(1, SHINGLE):
            hashes = hashes + codes[place : place + count] * _POSITION[place]
        hashes = (hashes ^ (hashes >> np.uint64(29))) * _MIX
    thinned: NDArray[np.uint64] = hashes if count <= SAMPLE else np.unique(hashes)[:SAMPLE]
    return thinned


def _minima(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The least of every permutation; the high bits of a multiplicative hash are the good ones."""
    best: NDArray[np.uint64] = np.full(BANDS * ROWS, np.iinfo(np.uint64).max, dtype=np.uint64)
    for start in range(0, len(hashes), 512):
        permuted = hashes[None, start : start + 512] * _FACTOR + _OFFSET
        best = np.minimum(best, permuted.min(axis=1))
    return best


def same_story(a: str, b: str) -> bool:
    """Whether one text is the other, edited, wrapped in a source line, or cut.

    True when at least KEPT of the shorter text reappears in order in the longer one, their lengths differ by no
    more than LENGTHS, and the shorter one's numbers mostly stand in the longer. Headlines (up to SHORT characters)
    must agree in every number and nearly all words.
    Symmetric. Texts without letters or digits are the same story only if identical.
    """
    one, two = essence(a[:COMPARED]), essence(b[:COMPARED])
    if not one or not two:
        return a == b
    short, long = sorted((one, two), key=len)
    if len(short) < LENGTHS * len(long):
        return False
    if len(short) <= SHORT:
        return _DIGITS.findall(one) == _DIGITS.findall(two) and fuzz.ratio(one, two) >= 92
    needed = int(KEPT * len(short))
    return _numbers_agree(short, long) and LCSseq.similarity(one, two, score_cutoff=needed) >= needed


def _numbers_agree(short: str, long: str) -> bool:
    asked, offered = Counter(_DIGITS.findall(short)), Counter(_DIGITS.findall(long))
    return (asked & offered).total() >= NUMBERS * asked.total() - 1
