"""Which of the platforms in a document an event befell: by sentence, nearness and the part each name plays."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import islice
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
# A listed company that is not among the platforms: its name ends before its code, as in 某某股份(600000).
_LISTED = re.compile(r"\((?:s[hz])?[03689]\d{5}(?:\.s[hz])?\)")
_STRANGER = -1
"""Index of whoever is named but is no platform of the document: what befalls him is nobody's."""
_NEAR = 6
"""Characters within which a name before an event keeps it, whatever follows."""
_COMMAS = (",", "，", ", ")
_BECAUSE = re.compile(r"(?:因|由于)[^,，]{0,12}$")
_ENDED = re.compile(r"(?:终止|停止|暂停|解除|中断|结束|切断)了?(?:与|和|同|跟)$")
_LATTER = "后者"
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
    """Decides with the word lists `reporter`, `victim` and `impersonation`."""

    def __init__(self, lexicons: Lexicons) -> None:
        self._reporter = tuple(fold(word) for word in lexicons["reporter"])
        self._victim = tuple(fold(word) for word in lexicons["victim"])
        self._impersonation = tuple(fold(word) for word in lexicons["impersonation"])

    def places(self, reading: Reading, account: Account, found: Sequence[Found]) -> list[Place]:
        """Every naming, in reading order; those of listed companies that nobody watches as _STRANGER."""
        text = reading.folded
        spots = [(start, end, index) for index, one in enumerate(found) for start, end in one.at[:MOST]]
        if "(" in text:
            ends = {end for _, end, _ in spots}
            codes = [code.span() for code in islice(_LISTED.finditer(text), MOST)]
            spots += [(start, end, _STRANGER) for start, end in codes if start not in ends]
        named = []
        for start, end, index in sorted(spots):
            # A name that impostors use: what follows is their deed.
            posed = text.endswith(self._impersonation, max(0, start - _CUE), start)
            owner, sentence = _STRANGER if posed else index, bisect_right(account.starts, start) - 1
            named.append(Place(start, end, owner, sentence, self._acts(text, start, end)))
        return sorted([*named, *_latter(text, account, named)]) if _LATTER in text else named

    def _acts(self, text: str, start: int, end: int) -> bool:
        if text.startswith(self._reporter, end, end + _CUE) or text.startswith(self._victim, end):
            return False
        first = max(0, start - _CUE)
        if not text.endswith(_COMPANION, first, start) or _ENDED.search(text, first, start):
            return True
        return not _COOPERATES.match(text, end, end + _CUE)

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
        if not account.hits:
            return [[] for _ in range(platforms)]
        subject, title, rest = by_part(reading, places)
        foreign = reading.has_subject and not subject
        strangers = any(place.platform == _STRANGER for place in places)
        if platforms == 1 and not foreign and not strangers:
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
            for platform in sorted((owners | subject) - {_STRANGER}):
                shares[platform].append(hit)
        return shares


def _latter(text: str, account: Account, named: Sequence[Place]) -> list[Place]:
    """后者 as a naming of the last of the names before it in its sentence; where only one is known, of a stranger."""
    found = []
    for mark in islice(re.finditer(_LATTER, text), MOST):
        sentence = account.sentence_of(mark.start())
        before = [place for place in named if place.sentence == sentence and place.end <= mark.start()]
        platform = before[-1].platform if len(before) > 1 else _STRANGER
        found.append(Place(*mark.span(), platform, sentence, True))
    return found


def by_part(reading: Reading, places: Sequence[Place]) -> tuple[set[int], set[int], set[int]]:
    """The platforms named in the subject field, and those that act in title and text."""
    found: dict[str, set[int]] = {"subject": set(), "title": set(), "text": set()}
    for place in places:
        part = reading.part(place.start)
        if place.platform != _STRANGER and (place.actor or part == "subject"):
            found[part].add(place.platform)
    return found["subject"], found["title"], found["text"]


def _in_sentence(text: str, hit: Hit, same: list[Place]) -> set[int]:
    inside = {place.platform for place in same if place.start < hit.end and hit.start < place.end}
    if inside:
        return inside
    before = [place for place in same if place.end <= hit.start]
    after = [place for place in same if place.start >= hit.end]
    if not before or (after and _leads(text, hit, before[-1].end, after[0].start)):
        return _chain(text, after, 0, 1)
    last = len(before) - 1
    if last and text.endswith(_PASSIVE, 0, before[last].start):
        last -= 1
    return _chain(text, before, last, -1)


def _leads(text: str, hit: Hit, before: int, after: int) -> bool:
    """Whether a hit introduces the name that follows: 年报未披露 某某科技被罚, 因信披违规，某某科技被罚."""
    if hit.start - before <= _NEAR:
        return False
    gap = text[hit.end : after]
    return gap == " " or (gap in _COMMAS and _BECAUSE.search(text, before, hit.start) is not None)


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
