"""Which watch-listed platforms a document speaks of, by the tiers of their names, with evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from settings.models import Platform
from signals import evasion
from signals.model import Span, Tier
from signals.name_context import NameContext
from signals.names import (
    bare_entry,
    begins_here,
    common_words,
    generic_context,
    is_product,
    is_weak,
    stands_alone,
    tier_for,
    tier_of,
    watch_list_entry,
)
from signals.page import Page
from signals.phrases import Phrases
from signals.text import Folded, Reading

__all__ = ["Found", "Link", "Linker", "generic_context", "relevance_of", "tier_for", "watch_list_entry"]

RULES = "3"
"""Raised whenever the code below links differently, so that stored mentions tell which rules made them."""
WINDOW = 24
"""Characters on either side of an ambiguous name in which its context counts."""
LISTING = 5
"""From this many platforms on, a document is a list and says little about each."""
_TIER_RANK = {Tier.FULL: 0, Tier.BRAND: 1, Tier.AMBIGUOUS: 2}
_TEXT_RELEVANCE = {Tier.FULL: 0.7, Tier.BRAND: 0.7, Tier.AMBIGUOUS: 0.5}


@dataclass(frozen=True, slots=True)
class Link:
    """One platform found in a document.

    `relevance` 0..1 before events are known; `spans` in reading order, labelled with the text that matched;
    `needs_review` when only an ambiguous name without its context near, a name several platforms share, a bank's
    product of that name or an evasive spelling says so.
    """

    platform_id: str
    tier: Tier
    relevance: float
    spans: tuple[Span, ...]
    needs_review: bool


class Found(NamedTuple):
    """A link before its spans are put back into the stored parts: offsets are those of `Reading.folded`."""

    platform_id: str
    tier: Tier
    at: tuple[tuple[int, int], ...]
    needs_review: bool


class _Alias(NamedTuple):
    platform_id: str
    tier: Tier
    context: tuple[str, ...] = ()
    former: bool = False
    evasion: bool = False
    """Whether the name is only hinted at by a look-alike spelling."""

    @property
    def needs_context(self) -> bool:
        """Whether the name alone does not say who is meant."""
        return self.tier is Tier.AMBIGUOUS and not self.evasion


def _aliases(platform: Platform, folded: Mapping[str, str]) -> dict[str, _Alias]:
    """Folded alias -> what it means; a stricter tier named later wins, so that `name` can be declared ambiguous."""
    found: dict[str, _Alias] = {folded[platform.name]: _Alias(platform.id, Tier.FULL)}
    for name in platform.old_names:
        tier = tier_of(folded[name].strip(), common_words())
        context = generic_context(name) if tier is Tier.AMBIGUOUS else ()
        found.setdefault(folded[name], _Alias(platform.id, tier, context, former=True))
    for name in (*platform.full, *platform.legal_entities):
        found[folded[name]] = _Alias(platform.id, Tier.FULL)
    for name in platform.brand:
        found[folded[name]] = _Alias(platform.id, Tier.BRAND)
    for alias in platform.ambiguous:
        context = tuple([folded[word] for word in alias.context])
        found[folded[alias.text]] = _Alias(platform.id, Tier.AMBIGUOUS, context)
    return {plain: alias for name, alias in found.items() if (plain := name.strip())}


class _Meaning(NamedTuple):
    """What a name, or an evasive spelling of it, means, each with its context; nothing where it is excluded."""

    aliases: list[tuple[_Alias, NameContext | None]]
    weak: bool
    hides: str | None
    """The name that an evasive spelling hides."""


class Linker:
    """The names of a watch list in one table; its cost per document does not grow with the list."""

    def __init__(self, platforms: Sequence[Platform], bare: Sequence[str] = ()) -> None:
        """Args: bare: names of further platforms of which nothing else is known, none there twice or among the others.

        What a name means is worked out when a text holds it: of a long list most never occur.
        """
        folded = Folded([*bare, *(name for one in platforms for name in (one.name, *one.brand))])
        self._table: dict[str, list[_Alias]] = {}
        for platform in platforms:
            for name, alias in _aliases(platform, folded).items():
                self._table.setdefault(name, []).append(alias)
        self._bare = {plain: name for name in bare if (plain := folded[name].strip())}
        self._excluded = sorted({folded[name] for platform in platforms for name in platform.not_this} - {""})
        names = list(dict.fromkeys([*self._table, *self._bare, *self._excluded]))
        hidden = list(evasion.variants(self._sure(), set(names)))
        self._hidden = [name for _, name in hidden]
        """The names that evasive spellings hide, which follow the names in the table."""
        self._names = len(names)
        self._phrases = Phrases([*names, *(variant for variant, _ in hidden)])
        self._meanings: dict[int, _Meaning] = {}

    @cached_property
    def version(self) -> str:
        """A digest of all names, what they mean and the rules; long lists take time, so made when it is asked for."""
        return _version({**self._table, **{name: self._told(name) for name in self._bare}}, self._excluded)

    def _told(self, name: str) -> list[_Alias]:
        """What the watch list says of a folded name."""
        if name in self._table or name not in self._bare:
            return self._table.get(name, [])
        platform = bare_entry(self._bare[name])
        return [alias for plain, alias in _aliases(platform, Folded(())).items() if plain == name]

    def _sure(self) -> Iterator[str]:
        """The names that say by themselves who is meant."""
        for name, meanings in self._table.items():
            if not any(alias.tier is Tier.AMBIGUOUS for alias in meanings):
                yield name
        words = common_words()
        yield from (name for name in self._bare if tier_of(name, words) is not Tier.AMBIGUOUS)

    def _meaning(self, number: int) -> _Meaning:
        """What the phrase of that number means."""
        found = self._meanings.get(number)
        if found is None:
            if number < self._names:
                name = self._phrases.phrases[number]
                aliases = _current(self._told(name))
                weak = any(alias.tier is Tier.AMBIGUOUS for alias in aliases) and is_weak(name)
                contexts = [
                    NameContext.of(name, one.context) if one.needs_context else None for one in aliases
                ]
                found = _Meaning(list(zip(aliases, contexts, strict=True)), weak, None)
            else:
                name = self._hidden[number - self._names]
                found = _Meaning([(alias, None) for alias in _disguised(self._told(name))], False, name)
            self._meanings[number] = found
        return found

    def link(self, title: str, text: str, subject: str | None = None) -> list[Link]:
        """The platforms of one document, by first appearance; each platform once.

        Relevance: 1 in the subject field, .95 in the title, else .7 (ambiguous .5), more with repetition or an early
        place; divided among the platforms of a list (`relevance_of`). Empty, huge or broken text never raises.
        """
        reading = Reading.of(title, text, subject)
        found = self.find(reading)
        return [
            Link(
                one.platform_id,
                one.tier,
                relevance_of(one, reading, len(found)),
                tuple(
                    reading.span(start, end, reading.raw[slice(*reading.whole(start, end))])
                    for start, end in one.at
                ),
                one.needs_review,
            )
            for one in found
        ]

    def find(self, reading: Reading) -> list[Found]:
        """Like `link`, on a document already laid out, with offsets of `reading.folded`."""
        return self.find_all([reading])[0]

    def find_all(self, readings: Sequence[Reading]) -> list[list[Found]]:
        """Like `find`, in many documents at once, which is quicker."""
        page = Page.of([reading.folded for reading in readings])
        spots = self._phrases.find_apart(page)
        return [
            self._found(reading, own) if own else [] for reading, own in zip(readings, spots, strict=True)
        ]

    def _found(self, reading: Reading, spots: Sequence[tuple[int, int, int]]) -> list[Found]:
        """The platforms that names (number, start, end) of a document mean."""
        text, addressable = reading.folded, reading.has_subject
        found: dict[str, list[tuple[int, int, Tier, bool]]] = {}
        anywhere: dict[_Alias, bool] = {}
        products: set[str] = set()
        addressed: set[str] = set()
        for index, start, end in spots:
            meanings, weak, hides = self._meaning(index)
            if not meanings or not stands_alone(text, start, end):
                continue
            if weak and not begins_here(text, start):
                continue
            if hides is not None and evasion.is_language(text, start, end, hides):
                continue
            for alias, context in meanings:
                if context is not None and alias not in anywhere:
                    anywhere[alias] = context.stands_in(text, 0, len(text))
                if context is None or anywhere[alias]:
                    doubt = _doubt(alias, context, text, start, end) or len(meanings) > 1
                    if not doubt and addressable and reading.part(start) == "subject":
                        addressed.add(alias.platform_id)  # who complains says about whom
                    elif is_product(text, start, end):
                        products.add(alias.platform_id)
                    found.setdefault(alias.platform_id, []).append((start, end, alias.tier, doubt))
        products -= addressed
        return [_merge(platform_id, hits, platform_id in products) for platform_id, hits in found.items()]


def _version(table: Mapping[str, Sequence[_Alias]], excluded: Sequence[str]) -> str:
    """A digest of all names and what they mean, made piece by piece: a long list must not be in memory twice."""
    digest = hashlib.sha256(f"({RULES!r}, [".encode())
    for number, name in enumerate(sorted(table)):
        piece = repr((name, sorted(map(repr, table[name]))))
        digest.update((", " * (number > 0) + piece).encode("utf-8", "replace"))
    digest.update(f"], {excluded!r}, {evasion.digest()!r})".encode("utf-8", "replace"))
    return digest.hexdigest()[:16]


def _current(meanings: list[_Alias]) -> list[_Alias]:
    """Who bears a name today goes before who once bore it; among the rest a surer tier goes before an ambiguous one."""
    if len(meanings) < 2:
        return meanings
    best = min((alias.former, alias.tier is Tier.AMBIGUOUS) for alias in meanings)
    return [alias for alias in meanings if (alias.former, alias.tier is Tier.AMBIGUOUS) == best]


def _disguised(meanings: list[_Alias]) -> list[_Alias]:
    """What a name means when it is only hinted at."""
    return [_Alias(one.platform_id, Tier.AMBIGUOUS, evasion=True) for one in _current(meanings)]


def _doubt(alias: _Alias, context: NameContext | None, text: str, start: int, end: int) -> bool:
    """Whether an ambiguous name stands without its context near, or an evasive spelling where no name must be."""
    if alias.evasion:
        return not evasion.stands_as_name(text, start, end)
    return context is not None and not context.stands_in(text, max(0, start - WINDOW), end + WINDOW)


def _merge(platform_id: str, hits: list[tuple[int, int, Tier, bool]], product: bool) -> Found:
    """One platform's hits as one link; where a bank offers something of that name, a person decides."""
    tier = hits[0][2] if len(hits) == 1 else min((hit[2] for hit in hits), key=_TIER_RANK.__getitem__)
    return Found(platform_id, tier, tuple([hit[:2] for hit in hits]), product or all(hit[3] for hit in hits))


def relevance_of(found: Found, reading: Reading, listed: int) -> float:
    """How much a document is about a platform, 0..1, from where and how often it is named.

    `listed` is the number of platforms named with it: from LISTING on, mentions in the text weigh 4 / listed of
    their worth (pass 1 when an event stands near the name). A doubtful link counts at most .2.
    """
    if found.needs_review:
        return 0.2
    parts = {reading.part(start) for start, _ in found.at}
    if "subject" in parts:
        return 1.0
    damping = (LISTING - 1) / listed if listed >= LISTING else 1.0
    if "title" in parts:
        return 0.95 * max(damping, 0.5)
    early = 0.1 if found.at[0][0] - reading.starts[1] < 60 else 0.0
    often = 0.1 if len(found.at) >= 3 else 0.0
    return (_TEXT_RELEVANCE[found.tier] + early + often) * damping
