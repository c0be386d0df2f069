"""Keywords and summary sentences of a story: a reader's convenience, never the ground of a warning.

A summary here (摘要句) is sentences of the text itself, chosen by how much the others repeat them; nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from signals import nlp, text

TEXTS, CHARS = 20, 2000
"""Texts of a story, and characters of each, from which keywords are taken: copies say the same again."""
SENTENCES = 80
"""Sentences of a text among which a summary is chosen."""
SHORTEST = 8
"""Letters and digits of the shortest sentence that may stand in a summary."""
ALIKE = 0.6
"""Share of the shorter sentence's pairs of characters from which two sentences say the same."""
DAMPING, ROUNDS = 0.85, 40
_WORD = re.compile(r"[^\W\d_]")
_ADDRESS = frozenset({"http", "https", "www", "com", "cn", "net", "html", "cc"})
_LETTERS = re.compile(r"[^\W_]+")


def keywords(texts: Sequence[str], top: int = 10, dictionary: Sequence[str] = ()) -> list[str]:
    """At most `top` words of a story by TF-IDF weight, heaviest first; without numbers and parts of web addresses.

    Args: texts: the copies of the story, each counted once however often it stands there;
          dictionary: lines of `nlp.user_dictionary`, so that watched names stay whole.
    """
    joined = "\n".join(each[:CHARS] for each in list(dict.fromkeys(texts))[:TEXTS])
    found = nlp.keywords(joined, 2 * top + len(_ADDRESS), dictionary)
    return [word for word in found if _WORD.search(word) and word.lower() not in _ADDRESS][:top]


def summary(body: str, sentences: int = 3) -> list[str]:
    """At most `sentences` sentences of the text that stand for it, in reading order; [] for a text without any.

    TextRank (Mihalcea and Tarau, 2004) over pairs of characters: a sentence weighs what those like it weigh. Of
    sentences that say the same the heavier is taken. Blanks and line breaks are run together.
    """
    said = [" ".join(body[start:end].split()) for start, end in text.sentences(body)]
    said = [each for each in dict.fromkeys(said) if len("".join(_LETTERS.findall(each))) >= SHORTEST][
        :SENTENCES
    ]
    pairs = [_pairs(each) for each in said]
    weights = _ranks(pairs)
    chosen: list[int] = []
    for at in sorted(range(len(said)), key=lambda at: (-weights[at], at)):
        if len(chosen) == sentences:
            break
        if all(len(pairs[at] & pairs[other]) < ALIKE * _shorter(pairs, at, other) for other in chosen):
            chosen.append(at)
    return [said[at] for at in sorted(chosen)]


def _pairs(sentence: str) -> set[str]:
    letters = "".join(_LETTERS.findall(text.fold(sentence)))
    return {letters[at : at + 2] for at in range(len(letters) - 1)}


def _shorter(pairs: Sequence[set[str]], one: int, other: int) -> int:
    return min(len(pairs[one]), len(pairs[other]))


def _ranks(pairs: Sequence[set[str]]) -> NDArray[np.float64]:
    """The stationary weight of each sentence, float (sentences,); equal where none resembles another."""
    size = len(pairs)
    links = np.zeros((size, size))
    for one in range(size):
        for other in range(one):
            scale = np.log1p(len(pairs[one])) + np.log1p(len(pairs[other]))
            links[one, other] = links[other, one] = len(pairs[one] & pairs[other]) / scale
    out = links.sum(axis=0)
    flow = np.divide(links, out, out=np.zeros_like(links), where=out > 0)
    weights = np.ones(size)
    for _ in range(ROUNDS):
        weights = 1 - DAMPING + DAMPING * flow @ weights
    return weights
