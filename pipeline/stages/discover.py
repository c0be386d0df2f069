"""Names that nobody watches yet, in what the analyse stage has just read: fresh texts of people and the press."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

import structlog

from db.read import StoredDocument
from db.write import AnalysisRow
from signals.discovery import Discoverer, DiscoveryError, Spot
from signals.model import Kind, Span
from signals.rising import WEEKS_BEFORE
from signals.text import Reading

log = structlog.get_logger()
KINDS = frozenset({Kind.NEWS, Kind.SOCIAL, Kind.COMPLAINT})
"""Regulators and the platforms themselves name whom they mean; the unknown shows up among people first."""
FRESH = timedelta(weeks=1 + WEEKS_BEFORE)
"""As far back as a rise is judged: an archive that is read, or read again, need not be searched."""
PARTS = ("title", "text", "subject")


def discovered(
    batch: Sequence[StoredDocument], rows: Sequence[AnalysisRow], now: datetime
) -> dict[int, dict[str, float]]:
    """Document -> name -> confidence 0..1, for every document that was looked at; those without a name are empty.

    Args:    rows: aligned with `batch`; what is linked to a watched platform is not proposed.
    """
    chosen = [
        (item, row)
        for item, row in zip(batch, rows, strict=True)
        if item.document.kind in KINDS and item.available_at > now - FRESH
    ]
    discoverer = _discoverer() if chosen else None
    if discoverer is None:
        return {}
    documents = [item.document for item, _ in chosen]
    readings = [Reading.of(each.title, each.text, each.subject) for each in documents]
    taken = [_taken(reading, row) for reading, (_, row) in zip(readings, chosen, strict=True)]
    found = discoverer.find(readings, taken)
    return {
        item.id: {_plain(one.name): one.confidence for one in reversed(names)}
        for (item, _), names in zip(chosen, found, strict=True)
    }


@cache
def _discoverer() -> Discoverer | None:
    """Loaded once; without its weights nothing is discovered, and everything else goes on."""
    try:
        return Discoverer.load()
    except DiscoveryError as error:
        log.error("discovery_unavailable", error=str(error))
        return None


def _taken(reading: Reading, row: AnalysisRow) -> list[Spot]:
    """Where the folded text names watched platforms."""
    spots = []
    for mention in row.mentions:
        events = {hit.event_id for hit in mention.events}
        spots += [_folded(reading, span) for span in mention.spans if span.label not in events]
    return spots


def _folded(reading: Reading, span: Span) -> Spot:
    start = reading.starts[PARTS.index(span.part)] + span.start
    end = start + span.end - span.start
    if reading.origin is None:
        return start, end
    return bisect_left(reading.origin, start), bisect_left(reading.origin, end)


def _plain(name: str) -> str:
    """One spelling for full-width and half-width letters."""
    return unicodedata.normalize("NFKC", name).strip()
