"""Which of the platforms in a document an event befell: by sentence, nearness and the part each name plays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from settings.models import Lexicons
from signals.events import MOST, Account, Hit
from signals.linking import Found
from signals.text import Reading, fold

# What may stand between names of one enumeration: A、B和"C"等.
_ENUMERATION = re.compile(r"[、,，/和与及以等“”\"《》〈〉()（）\s]{0,6}")
_PASSIVE = ("被", "遭", "遭到", "由", "受", "受到", "经")
_COMPANION = ("与", "和", "跟", "同", "联合", "携手", "对接", "接入")
_COOPERATES = re.compile(r".{0,4}?(?:合作|签约|签署|存管|对接|联手|达成|的合作)")
_LOOK_BACK = 2
"""How many sentences back a hit without a name of its own looks for one."""
_CUE = 6


class Place(NamedTuple):
    """One naming of a platform: offsets in the folded text, index of the platform, its sentence."""

    start: int
    end: int
    platform: int
    sentence: int
    actor: bool
    """False for a news source, a name that impostors use, or a named partner: events are not laid at its door."""


class Attributor:
    """Decides with the word lists `reporter` and `impersonation`."""

    def __init__(self, lexicons: Lexicons) -> None:
        self._reporter = tuple(fold(word) for word in lexicons["reporter"])
        self._impersonation = tuple(fold(word) for word in lexicons["impersonation"])

    def places(self, reading: Reading, account: Account, found: Sequence[Found]) -> list[Place]:
        """Every naming, in reading order."""
        text = reading.folded
        spots = sorted((start, end, index) for index, one in enumerate(found) for start, end in one.at[:MOST])
        return [
            Place(start, end, index, account.sentence_of(start), self._acts(text, start, end))
            for start, end, index in spots
        ]

    def _acts(self, text: str, start: int, end: int) -> bool:
        before, after = text[max(0, start - _CUE) : start], text[end : end + _CUE]
        if after.startswith(self._reporter) or before.endswith(self._impersonation):
            return False
        return not (before.endswith(_COMPANION) and _COOPERATES.match(after))

    def attribute(
        self, reading: Reading, account: Account, places: Sequence[Place], platforms: int
    ) -> list[list[Hit]]:
        """For each of the `platforms` of the document its events, in reading order.

        A hit goes to the name inside it, else the nearest name before it in its sentence (with those enumerated
        with it; not the agent of 被), else the nearest after it; without a name in its sentence to the subject
        field's platform, the document's only one, the last one named up to two sentences back, or the title's.
        Platforms of the subject field receive every hit; where that field names somebody who is not watched, a
        platform of the text receives only what its own sentence says.
        """
        subject, title, rest = by_part(reading, places)
        foreign = reading.has_subject and not subject
        if platforms == 1 and not foreign:
            return [list(account.hits) if subject or title or rest else []]
        actors = [place for place in places if place.actor]
        named = title if foreign else title | rest
        nearby: dict[int, list[Place]] = {}
        for place in actors:
            nearby.setdefault(place.sentence, []).append(place)
        shares: list[list[Hit]] = [[] for _ in range(platforms)]
        for hit in account.hits:
            if same := nearby.get(hit.sentence):
                owners = _in_sentence(reading.folded, hit, same)
            elif subject or len(named) == 1:
                owners = subject or named
            else:
                owners = title if foreign else _earlier(reading.folded, hit, nearby) or title
            for platform in sorted(owners | subject):
                shares[platform].append(hit)
        return shares


def by_part(reading: Reading, places: Sequence[Place]) -> tuple[set[int], set[int], set[int]]:
    """The platforms named in the subject field, and those that act in title and text."""
    found: dict[str, set[int]] = {"subject": set(), "title": set(), "text": set()}
    for place in places:
        part = reading.part(place.start)
        if place.actor or part == "subject":
            found[part].add(place.platform)
    return found["subject"], found["title"], found["text"]


def _in_sentence(text: str, hit: Hit, same: list[Place]) -> set[int]:
    inside = {place.platform for place in same if place.start < hit.end and hit.start < place.end}
    if inside:
        return inside
    before = [place for place in same if place.end <= hit.start]
    if not before:
        after = [place for place in same if place.start >= hit.end]
        return _chain(text, after, 0, 1)
    last = len(before) - 1
    if last and text.endswith(_PASSIVE, 0, before[last].start):
        last -= 1
    return _chain(text, before, last, -1)


def _chain(text: str, places: list[Place], at: int, step: int) -> set[int]:
    """The platform at `places[at]` and those that an enumeration ties to it, walking by `step`."""
    owners = {places[at].platform}
    while 0 <= at + step < len(places):
        left, right = sorted((places[at], places[at + step]), key=lambda place: place.start)
        if not _ENUMERATION.fullmatch(text, left.end, right.start):
            break
        at += step
        owners.add(places[at].platform)
    return owners


def _earlier(text: str, hit: Hit, nearby: Mapping[int, list[Place]]) -> set[int]:
    for sentence in range(hit.sentence - 1, hit.sentence - _LOOK_BACK - 1, -1):
        if near := nearby.get(sentence):
            return _chain(text, near, len(near) - 1, -1)
    return set()
