"""Folding for matching, and sentences. Everything keeps or maps character offsets: evidence stays quotable."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from settings.loader import FOLDER
from signals import page
from signals.model import Span
from signals.page import Page

# Circled digits, radicals, compatibility ideographs, full-width forms, mathematical letters: one to one under NFKC.
_COMPATIBILITY = ((0x2460, 0x2500), (0x2F00, 0x2FE0), (0xF900, 0xFB00), (0xFF00, 0xFFF0), (0x1D400, 0x1D800))
_ZERO_WIDTH = "\u00ad\u200b-\u200f\u2060\ufeff"
_FILLERS = rf"[ ·•._*|/\-{_ZERO_WIDTH}]"
_WORD = r"[^\W_]"
# Every branch begins with a filler, so that the scan touches nothing else.
_SPACED = re.compile(
    rf"{_FILLERS}(?:(?<=[{_ZERO_WIDTH}])"
    rf"|(?<={_WORD}{_FILLERS}){_FILLERS}?{_WORD}(?:{_FILLERS}{{1,2}}{_WORD})+"
    rf"|(?<=[0-9a-z] )(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff] )(?=[0-9a-z]))"
)
_SHORT = 32
_HAN = re.compile(r"[\u4e00-\u9fff]")
_FILLER = re.compile(_FILLERS)


def _pairs(name: str) -> list[tuple[str, str]]:
    lines = (FOLDER / "lexicons" / f"{name}.txt").read_text("utf-8").splitlines()
    return [(line[0], line[1]) for line in lines if len(line) == 2]


@cache
def _table() -> NDArray[np.uint32]:
    """Code point -> folded code point for all of Unicode; lone surrogates become U+FFFD."""
    table = np.arange(0x110000, dtype=np.uint32)
    table[0xD800:0xE000] = 0xFFFD
    for first, last in _COMPATIBILITY:
        for code in range(first, last):
            plain = unicodedata.normalize("NFKC", chr(code)).lower()
            table[code] = ord(plain) if len(plain) == 1 else code
    for code in range(0x2000):
        lower = chr(code).lower()
        table[code] = ord(lower) if len(lower) == 1 else code
    for source, target in _pairs("traditional") + _pairs("look_alike"):
        table[ord(source)] = ord(target)
        table[ord(source.upper())] = ord(target)
    table[[0x09, 0xA0, 0x3000]] = 0x20
    return table[table]  # what is compatible with a traditional character becomes the simplified one


@cache
def _changes() -> dict[int, int]:
    """The characters that `_table` changes, for texts too short to be worth an array."""
    table = _table()
    changed = np.flatnonzero(table != np.arange(len(table)))
    return dict(zip(changed.tolist(), table[changed].tolist(), strict=True))


def fold(text: str) -> str:
    """`text` for matching: half-width, lower case, simplified, look-alike letters undone.

    Length-preserving: offset i of the result is offset i of `text`. Lone surrogates become U+FFFD. Never raises.
    """
    if len(text) <= _SHORT:
        return text.translate(_changes())
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    folded: bytes = _table()[codes].astype("<u4", copy=False).tobytes()
    return folded.decode("utf-32-le")


def fold_all(texts: Sequence[str]) -> list[str]:
    """`fold` of many texts, in one go."""
    whole = fold("".join(texts))
    return [whole[start:end] for start, end in pairwise(accumulate(map(len, texts), initial=0))]


def sentences(text: str) -> list[tuple[int, int]]:
    """Offsets [start, end) of the sentences of one text, as `signals.page` has them."""
    return page.sentences(Page.of([text]))[0]


class Folded(dict[str, str]):
    """Names and their folded forms; all known at the beginning are folded at once, others when they are asked for."""

    def __init__(self, names: Iterable[str]) -> None:
        distinct = list(dict.fromkeys(names))
        self.update(zip(distinct, fold_all(distinct), strict=True))

    def __missing__(self, name: str) -> str:
        self[name] = folded = fold(name)
        return folded


def unspaced(folded: str) -> tuple[str, list[int]] | None:
    """`folded` without the fillers that pull a name apart (e 租 宝), and each character's old offset.

    Removed: zero-width characters, fillers between at least three single characters one of which is Chinese, and one
    blank between a Latin letter or digit and a Chinese character. None when there is nothing to remove.
    """
    drop = [
        at
        for run in _SPACED.finditer(folded)
        if run.end() - run.start() == 1 or _HAN.search(folded, run.start() - 1, run.end())
        for at in range(*run.span())
        if _FILLER.match(folded, at)
    ]
    if not drop:
        return None
    kept: list[int] = []
    pieces: list[str] = []
    start = 0
    for at in [*drop, len(folded)]:
        kept.extend(range(start, at))
        pieces.append(folded[start:at])
        start = at + 1
    return "".join(pieces), kept


@dataclass(frozen=True, slots=True)
class Reading:
    """The parts of one document laid end to end, ready for matching.

    `raw` joins title, text and subject by line breaks; `folded` is what matchers see; `origin` maps an offset of
    `folded` to one of `raw` (None: the same).
    """

    raw: str
    folded: str
    origin: list[int] | None
    starts: tuple[int, int, int]

    @classmethod
    def of(cls, title: str, text: str, subject: str | None = None) -> Reading:
        """Lay out the parts of a document; None and "" are the same."""
        raw = f"{title}\n{text}\n{subject or ''}"
        folded = fold(raw)
        plain = unspaced(folded)
        starts = (0, len(title) + 1, len(title) + len(text) + 2)
        return cls(raw, folded, None, starts) if plain is None else cls(raw, plain[0], plain[1], starts)

    @classmethod
    def all(cls, documents: Sequence[tuple[str, str, str | None]]) -> list[Reading]:
        """Many documents, each by its title, text and subject, in one go."""
        raws = [f"{title}\n{text}\n{subject or ''}" for title, text, subject in documents]
        folded = fold_all(raws)
        doubtful = page.perhaps_spaced(Page.of(folded))
        found = []
        for (title, text, _), raw, each, spaced in zip(documents, raws, folded, doubtful, strict=True):
            plain, origin = (unspaced(each) if spaced else None) or (each, None)
            found.append(cls(raw, plain, origin, (0, len(title) + 1, len(title) + len(text) + 2)))
        return found

    @property
    def has_subject(self) -> bool:
        """Whether the document names somebody in its subject field."""
        return len(self.raw) > self.starts[2]

    def whole(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in `raw` of folded[start:end] (end > start)."""
        return (start, end) if self.origin is None else (self.origin[start], self.origin[end - 1] + 1)

    def part(self, start: int) -> str:
        """Which part an offset of `folded` lies in: "title", "text" or "subject"."""
        at = start if self.origin is None else self.origin[start]
        return ("title", "text", "subject")[bisect_right(self.starts, at) - 1]

    def span(self, start: int, end: int, label: str) -> Span:
        """The evidence span of folded[start:end] in the stored part it lies in."""
        first, last = self.whole(start, end)
        index = bisect_right(self.starts, first) - 1
        offset = self.starts[index]
        return Span(("title", "text", "subject")[index], first - offset, last - offset, label)
