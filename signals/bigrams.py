"""Full-text search of Chinese by pairs of characters: how a document is cut, how a query is read, what matches.

A document matches a word if its text contains it, letter by letter, in the form that `Reading` gives both: half-width,
lower case, simplified, look-alikes and fillers undone. The pairs only narrow down where to look: a word of one or two
letters is decided by them, a longer one is looked up in the text of the candidates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from signals.text import Reading, fold, unspaced

LONGEST = 100_000
"""Characters of a text that search sees: PostgreSQL holds a megabyte of pairs for one document."""
LONGEST_HEAD = 2_000
"""The same of a title and of a subject."""
MARKED = 200
"""Places of one word that are marked in a text: a single letter stands in a long one many thousand times."""
LONGEST_QUERY = 200
"""Characters of a query that are read."""
PAIRS = 16
"""Pairs of a long word that candidates must have; the text decides anyway."""
FORM = "1"
"""Raised when documents are cut differently: what is stored is then cut anew."""

_RUN = re.compile(r"[^\W_]+")
_PIECE = re.compile(r'(?P<minus>-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟「」『』〝〞", '"'))
_BLANK = 0x20
# A token and its text in one number, so that numpy sorts and counts them: 22 bits of text, 21 of each character.
_TEXT, _FIRST, _CODE = np.uint64(42), np.uint64(21), np.uint64(0x1FFFFF)


class Token(NamedTuple):
    """What an index is asked for: a token, or with `prefix` all that begin with it."""

    text: str
    prefix: bool = False


@dataclass(frozen=True)
class Query:
    """What somebody looks for: all `words`, none of `without`; `ignored` holds nothing that could be found.

    Words are in the form of `Reading.folded`. No words at all match every document.
    """

    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.without)

    @cached_property
    def decided_by_pairs(self) -> bool:
        """Whether the tokens alone say which documents match, without a look at their texts."""
        return all(map(_is_token, self.words)) and all(map(_is_token, self.without))

    def wanted(self) -> list[Token]:
        """Tokens that every match has."""
        return list(dict.fromkeys(token for word in self.words for token in _tokens(word)))

    def unwanted(self) -> list[Token]:
        """Tokens that no match has."""
        return [token for word in self.without if _is_token(word) for token in _tokens(word)]

    def matches(self, folded: str) -> bool:
        """Whether a document with this `Reading.folded` is found."""
        return all(word in folded for word in self.words) and not any(word in folded for word in self.without)

    def hits(self, folded: str) -> Iterator[tuple[int, int]]:
        """Offsets [start, end) in `folded` of every word looked for, MARKED of each; words may overlap."""
        for word in self.words:
            at = folded.find(word)
            for _ in range(MARKED):
                if at < 0:
                    break
                yield at, at + len(word)
                at = folded.find(word, at + len(word))


def parse(text: str) -> Query:
    """Words are separated by blanks; "…", “…” and 「…」 keep blanks together; a minus before a word excludes it.

    Nothing else has a meaning, and nothing is an error. What has neither letter nor digit is ignored, and so is what
    lies beyond LONGEST_QUERY.
    """
    words: dict[str, None] = {}
    without: dict[str, None] = {}
    ignored: dict[str, None] = {}
    for piece in _PIECE.finditer(fold(text[:LONGEST_QUERY].translate(_QUOTES))):
        said = " ".join((piece["word"] or piece["phrase"] or "").split())
        plain = unspaced(said)
        word = said if plain is None else plain[0]
        if not _RUN.search(word):
            ignored[piece[0]] = None
        else:
            (without if piece["minus"] else words)[word] = None
    return Query(tuple(words), tuple(without), tuple(ignored))


def reading(title: str, text: str, subject: str | None) -> Reading:
    """A document as search sees it."""
    return Reading.of(title[:LONGEST_HEAD], text[:LONGEST], (subject or "")[:LONGEST_HEAD])


def cut(texts: Sequence[str]) -> list[str]:
    """The tokens of each text (`Reading.folded`), each once, separated by one blank; "" for neither letter nor digit.

    Of every run of letters and digits: each pair of neighbours, and the last character alone. So a single character
    begins some token wherever it stands. Many texts at once: the arithmetic is numpy's.
    """
    lines = [f"{text}\n" for text in texts]
    codes = np.frombuffer("".join(lines).encode("utf-32-le"), dtype="<u4")
    word = _word_characters()[codes]
    where = np.repeat(np.arange(len(lines), dtype=np.uint64), [len(line) for line in lines])
    following = np.where(word[1:], codes[1:], _BLANK)
    keys = (where[:-1] << _TEXT) | (codes[:-1].astype(np.uint64) << _FIRST) | following.astype(np.uint64)
    keys = np.sort(keys[word[:-1]])  # np.unique takes thirty times as long
    keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))[: len(keys)]]
    tokens = np.full((len(keys), 3), _BLANK, dtype="<u4")
    tokens[:, 0] = (keys >> _FIRST) & _CODE
    tokens[:, 1] = keys & _CODE
    kept = np.ones(tokens.shape, dtype=bool)
    kept[:, 1] = tokens[:, 1] != _BLANK
    ends = np.searchsorted(keys, np.arange(1, len(lines) + 1, dtype=np.uint64) << _TEXT)
    letters = np.concatenate(([0], np.cumsum(kept[:, 1] + 2)))[ends]
    laid = tokens[kept].tobytes().decode("utf-32-le")
    return [laid[start:end].rstrip(" ") for start, end in pairwise([0, *letters.tolist()])]


@cache
def _word_characters() -> NDArray[np.bool_]:
    """Code point -> whether _RUN takes it."""
    return np.fromiter((chr(code).isalnum() for code in range(0x110000)), dtype=bool, count=0x110000)


def _is_token(word: str) -> bool:
    return len(word) <= 2 and word.isalnum()


def _tokens(word: str) -> list[Token]:
    """Tokens that a text with `word` in it must have."""
    runs = _RUN.findall(word)
    pairs = [run[at : at + 2] for run in runs for at in range(len(run) - 1)]
    if not pairs:
        return [Token(run, prefix=True) for run in runs]
    step = -(-len(pairs) // PAIRS)
    return [Token(pair) for pair in pairs[::step]]


@cache
def form() -> str:
    """A fingerprint of how documents are cut, the folding of letters included: another one means cutting anew."""
    letters = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x20000)]))
    return f"{FORM}-{sha256(fold(letters).encode()).hexdigest()[:12]}"
