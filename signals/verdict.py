"""What the events laid at a platform's door make of a mention: its polarity, severity and P(negative)."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from signals.events import Hit, is_adverse
from signals.model import Polarity

NO_EVENT = 0.3
"""Severity of a mention without an event (METHOD section 2)."""
STANDING = {
    Polarity.ASSERTED: 1.0,
    Polarity.QUOTED: 0.7,
    Polarity.ASKED: 0.5,
    Polarity.CONDITIONAL: 0.3,
    Polarity.HISTORICAL: 0.1,
    Polarity.DENIED: 0.0,
    Polarity.ADVERT: 0.0,
}
"""METHOD's pi; a quotation of unknown standing counts .7."""
_ACCUSED = 0.5
"""Shift of the model's log-odds at standing 1; out of fold it gains a little where platforms are new and loses nothing.

Shifts the other way, where nothing is laid at a platform's door and for a mere source, lose .006 of F1 on known
platforms: the model sees both.
"""
_ASIDE = -1.2
"""The same for a platform in a complaint about somebody else, a case that the development rows do not have."""
_QUIET = frozenset({Polarity.DENIED, Polarity.ADVERT})


def counts(hit: Hit) -> bool:
    """Whether a hit accuses: an adverse event, neither denied nor part of an advertisement."""
    return is_adverse(hit.event) and hit.polarity not in _QUIET


def clarifies(hits: Sequence[Hit]) -> bool:
    """Whether a clarification is among the hits."""
    return any(hit.event.id == "clarification" for hit in hits)


def as_complainant(hit: Hit) -> Hit:
    """In a complaint the speaker is the complainant: what is hearsay elsewhere is asserted here."""
    return hit._replace(polarity=Polarity.ASSERTED) if hit.polarity is Polarity.QUOTED else hit


def stance(hits: Sequence[Hit]) -> tuple[Polarity, float] | None:
    """Polarity and severity (0..1) by the adverse event of greatest severity x standing; None without one.

    The severity is the greatest among events of that polarity, NO_EVENT where that is denied or advert.
    """
    adverse = [hit for hit in hits if is_adverse(hit.event)]
    if not adverse:
        return None
    strongest = max(
        adverse, key=lambda hit: (STANDING[hit.polarity] * hit.event.severity, hit.event.severity)
    )
    if strongest.polarity in _QUIET:
        return strongest.polarity, NO_EVENT
    return strongest.polarity, max(
        hit.event.severity for hit in adverse if hit.polarity is strongest.polarity
    )


def negative(
    rated: float, polarity: Polarity, hits: Sequence[Hit], *, aside: bool, complained: bool
) -> float:
    """P(negative about this platform), 0..1: the model's n0 (`rated`) moved by what the attributed events say.

    logit n = logit n0 + .5 x standing where an adverse event is attributed, - 1.2 where the document names somebody
    else as its subject (`aside`); and n >= standing x severity / 2, so that plain words count in texts unlike those the
    model learnt from. At most .1 in an advertisement or where a clarification denies; x .3 beside good news only; at
    least .9 for the platform that a complaint is lodged against, unless it reports good news only.
    """
    good = bool(hits) and not any(is_adverse(hit.event) for hit in hits)
    if polarity is Polarity.ADVERT or (polarity is Polarity.DENIED and clarifies(hits)):
        return min(rated, 0.1)
    if good:
        return 0.3 * rated
    accusing = [(STANDING[hit.polarity], hit.event.severity) for hit in hits if counts(hit)]
    shift = _ACCUSED * max((standing for standing, _ in accusing), default=0.0)
    odds = rated / max(1 - rated, 1e-9) * exp(shift + _ASIDE * aside)
    floor = max((standing * severity / 2 for standing, severity in accusing), default=0.0)
    return max(odds / (1 + odds), floor, 0.9 * complained)
