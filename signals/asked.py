"""What is asked: texts to be judged, laid out for matching, and where the names that the caller gives stand in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

from signals.linking import Found
from signals.model import Tier
from signals.page import Page, perhaps_spaced
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


def readings_of(questions: Sequence[Question]) -> Iterator[Reading]:
    """The texts laid out, a title that the text repeats left out; all folded at once, which keeps every length."""
    titles = ["" if question.text.startswith(question.title) else question.title for question in questions]
    raws = [f"{title}\n{question.text}\n" for title, question in zip(titles, questions, strict=True)]
    whole = fold("".join(raws))
    ends = list(accumulate(map(len, raws), initial=0))
    folded = [whole[start:end] for start, end in pairwise(ends)]
    spaced = perhaps_spaced(Page.of(folded))
    for title, raw, text, doubtful in zip(titles, raws, folded, spaced, strict=True):
        plain, origin = (unspaced(text) if doubtful else None) or (text, None)
        yield Reading(raw, plain, origin, (0, len(title) + 1, len(raw)))


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
