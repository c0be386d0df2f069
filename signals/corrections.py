"""What a person's correction makes of a mention. Pure: pages and the analyse stage follow one and the same rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from settings.models import EventSettings
from signals import verdict
from signals.events import Hit
from signals.model import EventHit, Mention, Polarity


class What(StrEnum):
    """What a person may say of a mention."""

    WRONG_PLATFORM = "wrong_platform"
    NOT_NEGATIVE = "not_negative"
    NEGATIVE = "negative"
    WRONG_EVENT = "wrong_event"
    RIGHT_LINK = "right_link"


REASONS = {
    What.WRONG_PLATFORM: "人工更正：不是该平台",
    What.NOT_NEGATIVE: "人工更正：并非负面",
    What.NEGATIVE: "人工更正：是负面",
    What.WRONG_EVENT: "人工更正：事件有误",
    What.RIGHT_LINK: "人工确认：是该平台",
}
"""The sentence kept with the version of a mention that a correction made."""

_SURE = {"subject": 1.0, "title": 0.95, "text": 0.5}
"""Relevance of a confirmed link by the part that names the platform (signals.linking, for an ambiguous name)."""
_QUIET = frozenset({Polarity.DENIED, Polarity.ADVERT})


class Said(NamedTuple):
    """One correction; `event_id` with WRONG_EVENT only."""

    what: What
    event_id: str | None = None


def corrected(mention: Mention, said: Sequence[Said], events: Mapping[str, EventSettings]) -> Mention | None:
    """The mention as people have it; None = the document is not about that platform.

    Args:    said: oldest first: of two that contradict each other the later one counts. events: by id.
    Returns: not negative: n = 0, polarity kept. Negative: n = 1, and asserted where it passed for denied or an advert.
             Wrong event: it goes; severity and polarity follow from those that are left, n stays. Right link: no longer
             doubtful, with the relevance of a sure one. Correcting twice changes nothing more.
    """
    link = _last(said, What.WRONG_PLATFORM, What.RIGHT_LINK)
    if link is What.WRONG_PLATFORM:
        return None
    if link is What.RIGHT_LINK:
        mention = _confirmed(mention)
    wrong = frozenset(one.event_id for one in said if one.what is What.WRONG_EVENT)
    mention = _without(mention, wrong, events)
    negativity = _last(said, What.NOT_NEGATIVE, What.NEGATIVE)
    if negativity is What.NOT_NEGATIVE:
        return replace(mention, negative=0.0)
    if negativity is What.NEGATIVE:
        polarity = Polarity.ASSERTED if mention.polarity in _QUIET else mention.polarity
        return replace(mention, negative=1.0, polarity=polarity)
    return mention


def _last(said: Sequence[Said], *either: What) -> What | None:
    return next((one.what for one in reversed(said) if one.what in either), None)


def _confirmed(mention: Mention) -> Mention:
    if not mention.needs_review:
        return mention
    sure = max((_SURE[span.part] for span in mention.spans), default=_SURE["text"])
    return replace(mention, needs_review=False, relevance=max(mention.relevance, sure))


def _without(mention: Mention, wrong: frozenset[str | None], events: Mapping[str, EventSettings]) -> Mention:
    kept = tuple(hit for hit in mention.events if hit.event_id not in wrong)
    if len(kept) == len(mention.events):
        return mention
    hits = [_hit(hit, events[hit.event_id]) for hit in kept if hit.event_id in events]
    # Without any event left only the text could tell how the platform is spoken of: what was read of it stays.
    polarity, severity = verdict.stance(hits) or (mention.polarity, verdict.NO_EVENT)
    spans = tuple(span for span in mention.spans if span.label not in wrong)
    return replace(mention, events=kept, spans=spans, polarity=polarity, severity=severity)


def _hit(found: EventHit, event: EventSettings) -> Hit:
    return Hit(event, found.span.start, found.span.end, found.polarity, 0)
