"""Why a link is doubtful, from what is stored of it: for people who review it. Follows the rules of signals.linking."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from enum import StrEnum

from signals.model import Span
from signals.names import is_product
from signals.text import Reading, fold, unspaced

PARTS = ("title", "text", "subject")


class Doubt(StrEnum):
    """What a person should look at."""

    SHARED = "shared"
    PRODUCT = "product"
    HIDDEN = "hidden"
    AMBIGUOUS = "ambiguous"


def folded_spot(reading: Reading, span: Span) -> tuple[int, int]:
    """Where a span of a stored part lies in `reading.folded`."""
    start = reading.starts[PARTS.index(span.part)] + span.start
    end = start + span.end - span.start
    if reading.origin is None:
        return start, end
    return bisect_left(reading.origin, start), bisect_left(reading.origin, end)


def doubts(
    reading: Reading, spans: Sequence[Span], names: Collection[str], others: Collection[Span]
) -> list[Doubt]:
    """Every reason to doubt a link, the weightiest first; never empty.

    Args:    spans: where the text names the platform. names: all its names as the watch list has them. others: where
             the same text names other platforms.
    Returns: SHARED: another platform is named by the same characters. PRODUCT: a bank's product of that name, closely
             after the bank. HIDDEN: written otherwise than any of its names. AMBIGUOUS: a name that is a word too, or
             short, without its context near: where no other reason is found.
    """
    known = {_plain(name) for name in names}
    taken = {(span.part, span.start, span.end) for span in others}
    found = []
    if any((span.part, span.start, span.end) in taken for span in spans):
        found.append(Doubt.SHARED)
    if any(
        is_product(reading.folded, *folded_spot(reading, span)) for span in spans if span.end > span.start
    ):
        found.append(Doubt.PRODUCT)
    if spans and not any(_plain(span.label) in known for span in spans):
        found.append(Doubt.HIDDEN)
    return found or [Doubt.AMBIGUOUS]


def _plain(name: str) -> str:
    folded = fold(name).strip()
    plain = unspaced(folded)
    return folded if plain is None else plain[0]
