"""What is asked: texts to be judged, laid out for matching, and where the names that the caller gives stand in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from signals.linking import Found
from signals.model import Tier
from signals.page import Page
from signals.phrases import Phrases
from signals.text import Reading, fold, unspaced

FEW = 24
"""Names up to which looking for one after the other is quicker than compiling them all."""


@dataclass(frozen=True, slots=True)
class Question:
    """A text to be judged; `entities` None = find them by watch list and discovery, () = there are none."""

    text: str
    title: str = ""
    entities: tuple[str, ...] | None = None


def readings_of(questions: Sequence[Question]) -> list[Reading]:
    """The texts laid out, a title that the text repeats left out."""
    return Reading.all(
        [
            ("" if question.text.startswith(question.title) else question.title, question.text, None)
            for question in questions
        ]
    )


def given(reading: Reading, names: Sequence[str]) -> tuple[list[Found], list[tuple[str, int]]]:
    """The candidates, those that fold to the same name being one, and which of them each given name means."""
    keys = [_key(name) for name in names]
    first = dict(zip(reversed(keys), reversed(names), strict=True))
    order = {key: index for index, key in enumerate(dict.fromkeys(keys))}
    at = located(reading.folded, [key for key in order if key])
    found = [Found(first[key], Tier.FULL, tuple(at.get(key, ())), False) for key in order]
    return found, [(name, order[key]) for name, key in zip(names, keys, strict=True)]


@lru_cache(maxsize=1 << 16)
def _key(name: str) -> str:
    """What a name is looked for as; the same few thousand come again and again."""
    folded = fold(name).strip()
    plain = unspaced(folded)
    return folded if plain is None else plain[0].strip()


def located(folded: str, keys: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
    """Where each name stands: from the left, the longest one first, so that a nested name is not found inside."""
    at: dict[str, list[tuple[int, int]]] = {}
    if len(keys) > FEW:
        for which, start, end in Phrases(keys).find_apart(Page.of([folded]))[0]:
            at.setdefault(keys[which], []).append((start, end))
        return at
    spots = []
    for key in keys:
        start = folded.find(key)
        while start >= 0:
            spots.append((start, -len(key), key))
            start = folded.find(key, start + 1)
    spots.sort()
    reached = 0
    for start, less, key in spots:
        if start >= reached:
            reached = start - less
            at.setdefault(key, []).append((start, reached))
    return at
