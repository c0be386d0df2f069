"""What corrected events tell whoever maintains settings/events.toml: which phrases err, and what stands beside them.

The negativity model learns nothing from these corrections: they say that a pattern matched what did not happen, not
that a text is harmless. A pattern is a rule that people answer for, so nothing here changes one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from db import read
from db.read import Hit
from db.session import Session
from signals.text import fold, sentences

DAYS = 400
"""How far back findings that nobody objects to are compared."""
AROUND = 6
"""Characters on either side of what was matched that may make it a counter-pattern."""
ENOUGH = 2
"""Corrected stories in which such a phrase must stand: one is an accident."""
MOST_PHRASES = 3
_HAN = re.compile(r"[\u4e00-\u9fff]*")


class _Place(NamedTuple):
    """The folded sentence of a finding, and where in it the matched words begin and end."""

    sentence: str
    start: int
    end: int


@dataclass(frozen=True)
class Phrase:
    """The matched words with their neighbours: in so many corrected stories, and in no sentence that stands."""

    words: str
    stories: int


@dataclass(frozen=True)
class Trigger:
    """What a pattern matched: in how many corrected stories, and in how many that nobody objects to."""

    event_id: str
    matched: str
    corrected: int
    others: int
    phrases: tuple[Phrase, ...]


def wrong_events(session: Session, today: date) -> list[Trigger]:
    """The phrases most often corrected first, each with what would cancel wrong findings and none that stands."""
    wrong = read.corrected_hits(session)
    right = read.standing_hits(session, {hit.event_id for hit in wrong}, today - timedelta(days=DAYS))
    others = _by_trigger(right)
    found = []
    for (event, matched), places in _by_trigger(wrong).items():
        standing = others.get((event, matched), {})
        phrases = _phrases(list(places.values()), [place.sentence for place in standing.values()])
        found.append(Trigger(event, matched, len(places), len(standing), phrases))
    return sorted(found, key=lambda each: (-each.corrected, each.event_id, each.matched))


def _by_trigger(hits: Sequence[Hit]) -> dict[tuple[str, str], dict[int, _Place]]:
    """(event, folded words matched) -> story -> where."""
    found: dict[tuple[str, str], dict[int, _Place]] = defaultdict(dict)
    for hit in hits:
        folded = fold(hit.text)
        for start, end in sentences(folded):
            if start <= hit.start < hit.end <= end:
                place = _Place(folded[start:end], hit.start - start, hit.end - start)
                found[hit.event_id, folded[hit.start : hit.end]].setdefault(hit.story_id, place)
    return found


def _phrases(wrong: Sequence[_Place], right: Sequence[str]) -> tuple[Phrase, ...]:
    """What stands around the matched words in several corrected sentences and in no other, the commonest first.

    Of those in equally many the shorter goes first, and none that holds one that is told already.
    """
    counts = Counter(words for place in wrong for words in _around(place))
    alone = [
        words
        for words, count in counts.items()
        if count >= ENOUGH and not any(words in sentence for sentence in right)
    ]
    alone.sort(key=lambda words: (-counts[words], len(words), words))
    chosen: list[str] = []
    for words in alone:
        if len(chosen) < MOST_PHRASES and not any(other in words for other in chosen):
            chosen.append(words)
    return tuple(Phrase(words, counts[words]) for words in chosen)


def _around(place: _Place) -> set[str]:
    """The matched words with up to AROUND Chinese characters on either side, at least one in all."""
    sentence, start, end = place
    backwards = _HAN.match(sentence[:start][::-1])
    forwards = _HAN.match(sentence, end)
    left = min(AROUND, backwards.end() if backwards else 0)
    right = min(AROUND, forwards.end() - end if forwards else 0)
    return {
        sentence[start - before : end + after]
        for before in range(left + 1)
        for after in range(right + 1)
        if before + after
    }
