"""Texts and the names of interest in them -> judgements: how negative about whom, what happened, by which words.

The stand-alone side of `signals.analyse`: no watch list is needed where the caller names the candidates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from settings.models import Platform, Settings
from signals import telling, verdict
from signals.asked import Question, given, readings_of
from signals.attribution import Attributor
from signals.discovery import Discovery
from signals.draft import Draft, read_by_model, sentences_about, surfaces_of
from signals.events import Account, EventFinder, Hit, is_adverse
from signals.linking import Found, Linker
from signals.model import Polarity, Tier
from signals.negativity import NegativityModel
from signals.text import Reading, fold

_QUIET = frozenset({Polarity.DENIED, Polarity.ADVERT})
HARMLESS = 0.05
"""P(document negative) below which a text in which nothing happened is not searched for unwatched names."""


class Answer(NamedTuple):
    """One (text, entity). `negative` and `document` are calibrated P in 0..1; `sentiment` -1 (bad) .. 1 (good).

    `entity` is the candidate as given, or as found in the text; "" in the one answer of a text without candidates.
    `events` are ids of events.toml, gravest first; `risks` their risk types; `evidence` quotes the text.
    """

    entity: str
    negative: float
    is_negative: bool
    document: float
    sentiment: float
    events: tuple[str, ...]
    risks: tuple[str, ...]
    polarity: Polarity
    evidence: str
    reason: str


class _Judged(NamedTuple):
    """What is known of one candidate of one text before its evidence is chosen."""

    negative: float
    is_negative: bool
    document: float
    polarity: Polarity
    told: list[Hit]
    reason: str
    wanting: bool
    """Whether it reads negative, so that words must say so."""


__all__ = ["Answer", "Finder", "Question", "Scorer"]


class Finder(Protocol):
    """Proposes names of texts that lie outside the spans already taken, as `signals.discovery.Discoverer` does."""

    def find(
        self, readings: Sequence[Reading], taken: Sequence[Sequence[tuple[int, int]]] = ()
    ) -> Sequence[Sequence[Discovery]]:
        """Per text the names that are sure enough."""
        ...


class Scorer:
    """Everything compiled once; `score` is pure and never raises, whatever the text."""

    def __init__(
        self,
        settings: Settings,
        watch_list: Sequence[Platform],
        bare: Sequence[str] = (),
        *,
        model: NegativityModel | None = None,
        discoverer: Finder | None = None,
    ) -> None:
        """Loads the shipped model unless one is given. Raises WeightsError, PatternError.

        Args: bare: names of further platforms, as `Linker` takes them;
              discoverer: proposes names beside the watch list; None = only watched platforms are found.
        """
        self._model = NegativityModel.load() if model is None else model
        self._discoverer = discoverer
        self._linker = Linker(watch_list, bare)
        self._finder = EventFinder(settings.events, settings.lexicons)
        self._attributor = Attributor(settings.lexicons)
        self._money = tuple(fold(word) for word in settings.lexicons["money"])

    def score(self, questions: Sequence[Question]) -> list[list[Answer]]:
        """Answers of each question, one per candidate in the order given; one with entity "" where there is none."""
        readings = readings_of(questions)
        accounts = self._finder.read_all(readings)
        open_ones = [at for at, question in enumerate(questions) if question.entities is None]
        named, alone = self._proposed(readings, accounts, open_ones)
        proposed = dict(zip(open_ones, named, strict=True))
        drafts = [
            self._draft(reading, account, question.entities or (), proposed.get(at))
            for at, (question, reading, account) in enumerate(zip(questions, readings, accounts, strict=True))
        ]
        judged = [
            self._judge(draft, *rated) for draft, rated in zip(drafts, self._rate(drafts, alone), strict=True)
        ]
        evidence = self._evidence(drafts, judged)
        return [
            [
                _answer(draft, name, index, each[index], quotes[index])
                for name, index in draft.echo or [("", 0)]
            ]
            for draft, each, quotes in zip(drafts, judged, evidence, strict=True)
        ]

    def _proposed(
        self, readings: Sequence[Reading], accounts: Sequence[Account], chosen: Sequence[int]
    ) -> tuple[list[list[Found]], dict[int, float]]:
        """The watched platforms that each chosen text surely names, then the names that it treats as platforms.

        Those are looked for where something happened, and in texts that name no watched platform but speak of money
        and do not read harmless: elsewhere it is dear and finds next to nothing that anybody asks about.
        Also returns P(document negative) of the texts of which it was needed to tell.
        """
        linked = self._linker.find_all([readings[at] for at in chosen])
        found = [[one for one in each if not one.needs_review] for each in linked]
        if self._discoverer is None:
            return found, {}
        unclear = [
            at
            for at, known in zip(chosen, found, strict=True)
            if not known
            and not accounts[at].hits
            and any(word in readings[at].folded for word in self._money)
        ]
        rated = self._model.score([readings[at].raw.strip() for at in unclear]).tolist()
        alone = dict(zip(unclear, rated, strict=True))
        wanted = [n for n, at in enumerate(chosen) if accounts[at].hits or alone.get(at, 0.0) >= HARMLESS]
        taken = [[spot for one in found[n] for spot in one.at] for n in wanted]
        more = self._discoverer.find([readings[chosen[n]] for n in wanted], taken)
        for n, new in zip(wanted, more, strict=True):
            found[n] += [Found(one.name, Tier.BRAND, one.at, False) for one in new]
        return found, alone

    def _draft(
        self, reading: Reading, account: Account, names: Sequence[str], proposed: list[Found] | None
    ) -> Draft:
        """`names` are the candidates given, `proposed` those found where none were asked for."""
        if proposed is not None:
            found = proposed
            surfaces = [surfaces_of(reading, one) for one in found]
            echo = [(own[0], index) for index, own in enumerate(surfaces)]
        else:
            found, echo = given(reading, names)
            surfaces = [list(dict.fromkeys([one.platform_id, *surfaces_of(reading, one)])) for one in found]
        return Draft(self._attributor, reading, account, found, surfaces, echo)

    def _rate(
        self, drafts: Sequence[Draft], known: Mapping[int, float]
    ) -> Iterator[tuple[float, list[float]]]:
        """Per draft P(document negative) and P(negative about the candidate) of each; [] where there is none.

        Args: known: the former by draft, of some without candidates.
        """
        named = [draft for draft in drafts if draft.found]
        nobody = [at for at, draft in enumerate(drafts) if not draft.found and at not in known]
        scores = self._model.score([read_by_model(drafts[at]) for at in nobody]).tolist()
        alone = {**known, **dict(zip(nobody, scores, strict=True))}
        rated = self._model.rate(
            [read_by_model(draft) for draft in named], [draft.surfaces for draft in named]
        )
        together = zip(rated.document.tolist(), rated.about, strict=True)
        for at, draft in enumerate(drafts):
            if draft.found:
                document, about = next(together)
                yield document, about.tolist()
            else:
                yield alone[at], []

    def _judge(self, draft: Draft, document: float, about: list[float]) -> list[_Judged]:
        if not about:
            return [self._nobody(draft, document)]
        return [self._somebody(draft, index, value, document) for index, value in enumerate(about)]

    def _somebody(self, draft: Draft, index: int, negative: float, document: float) -> _Judged:
        polarity = draft.stance(index)
        told = [hit for hit in draft.hits[index] if hit.polarity not in _QUIET or polarity in _QUIET]
        if len(told) > 1:
            told.sort(key=lambda hit: (-hit.event.crisis, -hit.event.severity, hit.start))
        is_negative = negative >= self._model.threshold
        named = bool(draft.found[index].at)
        reason = telling.reason(negative, document, polarity, told, self._model.threshold, named=named)
        return _Judged(negative, is_negative, document, polarity, told, reason, is_negative)

    def _nobody(self, draft: Draft, document: float) -> _Judged:
        """A text that names no platform: it may be negative, but about nobody in particular."""
        hits = draft.account.hits
        stance = verdict.stance(hits)
        polarity = stance[0] if stance else Polarity.ADVERT if draft.account.advert else Polarity.ASSERTED
        told = sorted(hits, key=lambda hit: (-hit.event.severity, hit.start))
        reason = telling.reason_of_nobody(document, told)
        return _Judged(document, False, document, polarity, told, reason, document >= self._model.threshold)

    def _evidence(self, drafts: Sequence[Draft], judged: Sequence[Sequence[_Judged]]) -> list[list[str]]:
        """Per candidate the words that say so: its gravest event, else the sentence around it that reads worst."""
        quotes = [
            [telling.around(draft.reading, draft.account, one.told[0]) if one.told else "" for one in each]
            for draft, each in zip(drafts, judged, strict=True)
        ]
        wanted = {
            (row, index): sentences_about(drafts[row], index)
            for row, each in enumerate(judged)
            for index, one in enumerate(each)
            if one.wanting and not quotes[row][index]
        }
        texts = self._quoted(drafts, {(row, at) for (row, _), spots in wanted.items() for at in spots})
        scores = dict(zip(texts, self._model.score(list(texts.values())), strict=True))
        for (row, index), spots in wanted.items():
            worst = max(
                ((row, at) for at in spots if (row, at) in scores), key=scores.__getitem__, default=None
            )
            if worst is not None:
                quotes[row][index] = texts[worst][: telling.LONGEST]
        return quotes

    def _quoted(
        self, drafts: Sequence[Draft], spots: Iterable[tuple[int, int]]
    ) -> dict[tuple[int, int], str]:
        """The sentences of the drafts, each once; without those of blanks alone."""
        found = {}
        for row, at in sorted(spots):
            reading, (start, end) = drafts[row].reading, drafts[row].account.sentences[at]
            if said := telling.quote(reading, start, end):
                found[row, at] = said
        return found


def _answer(draft: Draft, name: str, index: int, judged: _Judged, evidence: str) -> Answer:
    hits = draft.hits[index] if draft.found else draft.account.hits
    told = judged.told
    events: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    if told:
        events = tuple(dict.fromkeys([hit.event.id for hit in told]))
        risks = tuple(dict.fromkeys([str(hit.event.risk) for hit in told if is_adverse(hit.event)]))
    return Answer(
        name,
        judged.negative,
        judged.is_negative,
        judged.document,
        telling.sentiment(judged.negative, hits),
        events,
        risks,
        judged.polarity,
        evidence,
        judged.reason,
    )
