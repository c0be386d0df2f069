"""What happened, by the phrases of settings/events.toml, and how each claim stands."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from settings.models import EventSettings, Lexicons
from signals.model import EventHit, Polarity
from signals.page import Page, sentences
from signals.patterns import Match, Patterns, merge
from signals.polarity import Cues, Judge, Spot
from signals.text import Reading

RULES = "2"
"""Raised whenever the code of events, patterns or polarity reads differently."""
MOST = 500
"""Hits of one document that are read; more only occur in dumps."""
_ADVERT, _ADVERT_WEAK, _PROTEST = -1, -2, -3
_ADVERT_LISTS = {"advert": _ADVERT, "advert_weak": _ADVERT_WEAK, "protest": _PROTEST}
GOOD_NEWS = 0.1
"""Events of at most this severity that are no crisis are good news: a clarification, resumed redemption."""
# What joins events that share one negation or condition: 不存在资金池和自融.
_JOINED = re.compile(r"(?:[、和与及或]|以及|或者|或是|,也不)(?:[^,，。;；、]{1,4}[、和与及或])?")
_SHARED = frozenset({Polarity.DENIED, Polarity.CONDITIONAL, Polarity.HISTORICAL, Polarity.QUOTED})
_DENIABLE = frozenset({Polarity.ASSERTED, Polarity.QUOTED, Polarity.ASKED, Polarity.CONDITIONAL})


class Hit(NamedTuple):
    """An event in a folded text: its place, polarity and the index of its sentence."""

    event: EventSettings
    start: int
    end: int
    polarity: Polarity
    sentence: int


def is_adverse(event: EventSettings) -> bool:
    """Whether an event speaks against whom it befalls; `crisis` only says whether index K counts it."""
    return event.crisis or event.severity > GOOD_NEWS


class Account(NamedTuple):
    """Everything `EventFinder.read` finds: hits by place, the text's sentences, whether it is an advertisement."""

    hits: tuple[Hit, ...]
    sentences: list[Spot]
    starts: list[int]
    """Where each sentence begins."""
    advert: bool

    def sentence_of(self, position: int) -> int:
        """Index of the sentence that holds an offset."""
        return bisect_right(self.starts, position) - 1


class EventFinder:
    """The patterns of all events, compiled once. Reading is pure and thread-safe."""

    def __init__(self, events: Sequence[EventSettings], lexicons: Lexicons) -> None:
        """Raises PatternError on a malformed pattern, KeyError on a missing lexicon."""
        self._events = tuple(events)
        self._adverse = [is_adverse(event) for event in self._events]
        count = len(self._events)
        labelled = [(n, p) for n, event in enumerate(self._events) for p in event.patterns]
        labelled += [(count + n, p) for n, event in enumerate(self._events) for p in event.counter]
        labelled += [(label, word) for name, label in _ADVERT_LISTS.items() for word in lexicons[name]]
        self._patterns = Patterns(labelled)
        self._judge = Judge(lexicons)
        body = "".join(event.model_dump_json() for event in self._events) + lexicons.model_dump_json()
        self.version: str = hashlib.sha256((RULES + body).encode()).hexdigest()[:16]

    def find(self, part: str, text: str) -> list[EventHit]:
        """The events of one part ("title", "text", "subject"), by place, with offsets into `text`.

        Polarity as in `signals.polarity`; advert on every hit of an advertisement; denied also on what stands before
        a formal clarification. Empty, huge or broken text never raises.
        """
        reading = Reading.of("", text)
        hits = self.read(reading).hits
        spans = [replace(reading.span(hit.start, hit.end, hit.event.id), part=part) for hit in hits]
        return [EventHit(hit.event.id, hit.polarity, span) for hit, span in zip(hits, spans, strict=True)]

    def read(self, reading: Reading, year: int | None = None, *, adverts: bool = True) -> Account:
        """The events of a whole document; `year` is its year of publication, `adverts` False for complaints."""
        return self.read_all([reading], [year], [adverts])[0]

    def read_all(
        self,
        readings: Sequence[Reading],
        years: Sequence[int | None] | None = None,
        adverts: Sequence[bool] | None = None,
    ) -> list[Account]:
        """Like `read`, of many documents at once, which is quicker; each is read as if it were alone."""
        page = Page.of([reading.folded for reading in readings])
        found = self._patterns.scan(page)
        all_spans = sentences(page)
        accounts = [
            Account((), spans, [start for start, _ in spans], bool(own) and _is_advert(reading.folded, own))
            for reading, spans, own in zip(readings, all_spans, found, strict=True)
        ]
        if adverts is not None:
            accounts = [
                account._replace(advert=account.advert and wanted)
                for account, wanted in zip(accounts, adverts, strict=True)
            ]
        kept = {at: matches for at, own in enumerate(found) if own and (matches := self._kept(own))}
        cues = self._judge.cues(
            Page.of([readings[at].folded for at in kept]), [accounts[at].starts for at in kept]
        )
        for (at, matches), own in zip(kept.items(), cues, strict=True):
            hits = self._hits(readings[at].folded, accounts[at], matches, own, years[at] if years else None)
            accounts[at] = accounts[at]._replace(hits=tuple(_clarified(hits, own, readings[at])))
        return accounts

    def _hits(
        self, text: str, account: Account, kept: Sequence[Match], cues: Mapping[int, Cues], year: int | None
    ) -> list[Hit]:
        """How each of the matches stands."""
        hits: list[Hit] = []
        for label, start, end in kept:
            event, at = self._events[label], account.sentence_of(start)
            polarity = Polarity.ASSERTED
            if self._adverse[label] and account.advert:
                polarity = Polarity.ADVERT
            elif self._adverse[label]:
                spot = account.sentences[at]
                polarity = self._judge.polarity(text, (start, end), spot, cues.get(at, {}), year)
            if hits and _JOINED.fullmatch(text, hits[-1].end, start) and hits[-1].polarity in _SHARED:
                polarity = hits[-1].polarity if polarity is Polarity.ASSERTED else polarity
            hits.append(Hit(event, start, end, polarity, at))
        return hits

    def _kept(self, found: list[Match]) -> list[Match]:
        """Hits of events by place, without those that a counter phrase overlaps or touches; at most MOST."""
        count = len(self._events)
        hits = [match for match in found if 0 <= match[0] < count]
        if not hits:
            return []
        hits = merge(hits)
        if counters := [match for match in found if match[0] >= count]:
            covered = {(label - count, at) for label, start, end in counters for at in range(start, end + 1)}
            hits = [
                hit for hit in hits if not any((hit[0], at) in covered for at in range(hit[1], hit[2] + 1))
            ]
        return sorted(hits, key=lambda hit: hit[1:])[:MOST]


def _is_advert(text: str, found: list[Match]) -> bool:
    """Two advertising phrases, one of them strong, and fewer words of protest or police than of advertising."""
    if _ADVERT not in {label for label, _, _ in found}:
        return False
    words: dict[int, set[str]] = {_ADVERT: set(), _ADVERT_WEAK: set(), _PROTEST: set()}
    for label, start, end in found:
        if label < 0:
            words[label].add(text[start:end])
    strong, weak, protest = (len(words[label]) for label in (_ADVERT, _ADVERT_WEAK, _PROTEST))
    return strong >= 1 and strong + weak >= 2 and strong + weak > 2 * protest


def _clarified(hits: list[Hit], cues: Mapping[int, Cues], reading: Reading) -> list[Hit]:
    """Deny what a formal clarification, or a denial in the title, rejects; sentences with 但 / 仍 are left alone."""
    formal = max((one["clarifying"][-1][0] for one in cues.values() if "clarifying" in one), default=-1)
    heads = [one for one in cues.values() if reading.part(_first(one)) == "title"]
    titled = any("denial" in one and "contrast" not in one and "question" not in one for one in heads)
    if formal < 0 and not titled:
        return hits
    return [
        hit._replace(polarity=Polarity.DENIED)
        if is_adverse(hit.event)
        and hit.polarity in _DENIABLE
        and (titled or hit.start < formal)
        and "contrast" not in cues.get(hit.sentence, ())
        else hit
        for hit in hits
    ]


def _first(cues: Cues) -> int:
    return min(spots[0][0] for spots in cues.values())
