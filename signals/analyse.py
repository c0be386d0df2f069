"""From a document to its mentions: link, read events, lay them at a platform's door, rate negativity."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from settings.models import Platform, Settings
from signals import verdict
from signals.attribution import Attributor, Place, by_part
from signals.events import Account, EventFinder, Hit
from signals.linking import Found, Linker, relevance_of
from signals.model import Document, EventHit, Kind, Mention, Polarity, Span, shanghai_day
from signals.negativity import NegativityModel
from signals.text import Reading

RULES = "2"
"""Raised whenever the code of analyse or attribution weighs differently."""
READ = 3000
"""Characters of a document that the model reads; of longer ones the sentences about its platforms."""
_SPANS = 20
_BYSTANDER = 0.6


class Rating(Protocol):
    """What a model says of a batch: per text one P(negative) for each candidate."""

    @property
    def about(self) -> Sequence[NDArray[np.float64]]: ...


class Rater(Protocol):
    """A model that rates texts about candidates, each given by its surface forms."""

    @property
    def version(self) -> str: ...

    def rate(self, texts: Sequence[str], candidates: Sequence[Sequence[Sequence[str]]]) -> Rating: ...


@dataclass(frozen=True, slots=True)
class _Draft:
    """A document read but not yet rated; `hits` and `found` are aligned."""

    document: Document
    reading: Reading
    found: list[Found]
    account: Account
    places: list[Place]
    hits: list[list[Hit]]
    parts: tuple[set[int], set[int], set[int]]
    """Platforms by where they are named: subject, title, text."""


class Weighed(NamedTuple):
    """A mention before its evidence is laid out: see `Mention`. `hits`: at most _SPANS of its events."""

    found: Found
    relevance: float
    negative: float
    polarity: Polarity
    severity: float
    hits: list[Hit]


class Analyser:
    """Everything compiled once; `analyse` is pure, so that equal input gives equal mentions."""

    def __init__(
        self, settings: Settings, watch_list: Sequence[Platform], model: Rater | None = None
    ) -> None:
        """Loads the shipped model unless one is given. Raises WeightsError, PatternError."""
        self._model: Rater = NegativityModel.load() if model is None else model
        self._linker = Linker(watch_list)
        self._finder = EventFinder(settings.events, settings.lexicons)
        self._attributor = Attributor(settings.lexicons)
        parts = (RULES, self._linker.version, self._finder.version, self._model.version)
        digest = hashlib.sha256("|".join(parts).encode("utf-8", "replace")).hexdigest()[:16]
        self.version: str = f"{self._model.version[:40]}+{digest}"

    def analyse(self, documents: Sequence[Document]) -> list[list[Mention]]:
        """The mentions of each document, aligned with the input; [] where no watched platform is named.

        Relevance, severity, polarity: `_weighed`; negative: `verdict.negative`. Empty, huge, broken texts never raise.
        """
        return [
            [] if draft is None else [self._mention(draft.reading, one) for one in weighed]
            for draft, weighed in self._read(documents)
        ]

    def weigh(self, documents: Sequence[Document]) -> list[list[Weighed]]:
        """The mentions without their evidence, for those who only count."""
        return [weighed for _, weighed in self._read(documents)]

    def _read(self, documents: Sequence[Document]) -> Iterator[tuple[_Draft | None, list[Weighed]]]:
        drafts = self._drafts(documents)
        rated = iter(self._rate([draft for draft in drafts if draft is not None]))
        for draft in drafts:
            yield draft, [] if draft is None else _all_weighed(draft, next(rated))

    def _drafts(self, documents: Sequence[Document]) -> list[_Draft | None]:
        """All documents in one pass: names and events are looked up in tables, which pays from many texts on."""
        readings = Reading.all([(each.title, each.text, each.subject) for each in documents])
        linked = self._linker.find_all(readings)
        named = [at for at, found in enumerate(linked) if found]
        accounts = self._finder.read_all(
            [readings[at] for at in named],
            [_year(documents[at]) for at in named],
            [documents[at].kind is not Kind.COMPLAINT for at in named],
        )
        drafts: list[_Draft | None] = [None] * len(documents)
        for at, account in zip(named, accounts, strict=True):
            drafts[at] = self._draft(documents[at], readings[at], linked[at], account)
        return drafts

    def _draft(self, document: Document, reading: Reading, found: list[Found], account: Account) -> _Draft:
        places = self._attributor.places(reading, account, found)
        hits = self._attributor.attribute(reading, account, places, len(found))
        return _Draft(document, reading, found, account, places, hits, by_part(reading, places))

    def _rate(self, drafts: Sequence[_Draft]) -> list[list[float]]:
        if not drafts:
            return []
        texts = [_read_by_model(draft) for draft in drafts]
        names = [[_surfaces(draft.reading, one) for one in draft.found] for draft in drafts]
        return [[float(value) for value in about] for about in self._model.rate(texts, names).about]

    def _mention(self, reading: Reading, weighed: Weighed) -> Mention:
        found = weighed.found
        events = tuple(
            EventHit(hit.event.id, hit.polarity, reading.span(hit.start, hit.end, hit.event.id))
            for hit in weighed.hits
        )
        links = tuple(_label(reading, start, end) for start, end in found.at[:_SPANS])
        return Mention(
            platform_id=found.platform_id,
            relevance=weighed.relevance,
            negative=weighed.negative,
            polarity=weighed.polarity,
            events=events,
            severity=weighed.severity,
            spans=links + tuple(event.span for event in events),
            model_version=self.version,
            needs_review=found.needs_review,
        )


def _all_weighed(draft: _Draft, rated: Sequence[float]) -> list[Weighed]:
    culprits = sum(any(map(verdict.counts, hits)) for hits in draft.hits)
    return [_weighed(draft, index, rated[index], culprits) for index in range(len(draft.found))]


def _weighed(draft: _Draft, index: int, rated: float, culprits: int) -> Weighed:
    """One platform's mention.

    Polarity: that of the attributed crisis event with the greatest severity x standing; without one advert in
    an advertisement, denied beside a clarification, asked where only questions name it, else asserted.
    Severity: the greatest among its events of that polarity, unless denied or advert; .3 without.
    Relevance: `relevance_of`, undamped by a listing where an event is attributed; x .6 for a mere source (a
    reporter, a name used by impostors, a name in the text of a complaint about somebody else) and for a
    bystander (others are accused, this one is not, and neither title nor subject names it).
    """
    found, hits, reading = draft.found[index], draft.hits[index], draft.reading
    if draft.document.kind is Kind.COMPLAINT:
        hits = [verdict.as_complainant(hit) for hit in hits]
    polarity, severity = verdict.stance(hits) or (
        stance_without_event(reading, draft.account, draft.places, draft.hits[index], index),
        verdict.NO_EVENT,
    )
    accused = any(map(verdict.counts, hits))
    relevance = relevance_of(found, reading, 1 if accused else len(draft.found))
    subject, title, text = draft.parts
    headed = index in subject or index in title
    aside = reading.has_subject and not subject and not headed
    if aside or not (headed or index in text) or (not accused and culprits and not headed):
        relevance *= _BYSTANDER
    complained = draft.document.kind is Kind.COMPLAINT and (index in subject or (index in title and accused))
    negative = verdict.negative(rated, polarity, hits, aside=aside, complained=complained)
    return Weighed(found, relevance, negative, polarity, severity, hits[:_SPANS])


def stance_without_event(
    reading: Reading, account: Account, places: Sequence[Place], hits: Sequence[Hit], index: int
) -> Polarity:
    """How a platform (`index` among those found) is spoken of where no crisis event is laid at its door."""
    if account.advert:
        return Polarity.ADVERT
    if verdict.clarifies(hits):
        return Polarity.DENIED
    own = {place.sentence for place in places if place.platform == index}
    spans = [account.sentences[at] for at in own]
    asked = bool(spans) and all(reading.folded[start:end].rstrip().endswith("?") for start, end in spans)
    return Polarity.ASKED if asked else Polarity.ASSERTED


def _year(document: Document) -> int | None:
    return shanghai_day(document.published_at).year if document.published_at else None


def _label(reading: Reading, start: int, end: int) -> Span:
    return reading.span(start, end, reading.raw[slice(*reading.whole(start, end))])


def _surfaces(reading: Reading, found: Found) -> list[str]:
    """The forms under which a text names a platform, as written."""
    return list(
        dict.fromkeys(reading.raw[slice(*reading.whole(start, end))] for start, end in found.at[:_SPANS])
    )


def _read_by_model(draft: _Draft) -> str:
    """Title and text; of a document longer than READ the title and the sentences that name platforms."""
    document, reading = draft.document, draft.reading
    if len(reading.raw) <= READ:
        return reading.raw.strip()
    pieces, length = [document.title], len(document.title)
    wanted = sorted({at for place in draft.places for at in (place.sentence, place.sentence + 1)})
    for at in wanted:
        if at < len(draft.account.sentences) and length < READ:
            start, end = draft.account.sentences[at]
            first, last = reading.whole(start, end)
            pieces.append(reading.raw[first : min(last, first + READ - length)])
            length += len(pieces[-1])
    return "\n".join(pieces)
