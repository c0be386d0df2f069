"""Names that nobody watches yet, in what the analyse stage has just read: fresh texts of people and the press."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

import structlog

from db.read import StoredDocument
from db.write import AnalysisRow
from pipeline.prepare import Workplace
from settings.models import Platform
from signals.discovery import Discoverer, DiscoveryError, Spot
from signals.doubt import folded_spot
from signals.model import Kind
from signals.newcomers import Newcomers
from signals.rising import WEEKS_BEFORE
from signals.text import Reading, fold

log = structlog.get_logger()
KINDS = frozenset({Kind.NEWS, Kind.SOCIAL, Kind.COMPLAINT})
"""Regulators and the platforms themselves name whom they mean; the unknown shows up among people first."""
FRESH = timedelta(weeks=1 + WEEKS_BEFORE)
"""As far back as a rise is judged: an archive that is read, or read again, need not be searched."""


def newcomers(workplace: Workplace, watch_list: Sequence[Platform]) -> Newcomers:
    """What tells a name that nobody watches from one that is watched, and from those who print, supervise or bank."""
    publishers = workplace.settings.publishers
    known = [name for publisher in publishers for name in (publisher.name, *publisher.aliases)]
    return Newcomers(watch_list, known, workplace.settings.lexicons)


def discovered(
    batch: Sequence[StoredDocument], rows: Sequence[AnalysisRow], now: datetime, is_new: Newcomers
) -> dict[int, dict[str, float]]:
    """Document -> name -> confidence 0..1, for every document that was looked at; those without a name are empty.

    Args:    rows: aligned with `batch`; what is linked to a watched platform is not proposed.
    """
    chosen = [
        (item, row)
        for item, row in zip(batch, rows, strict=True)
        if item.document.kind in KINDS and item.available_at > now - FRESH and not _settled(item, row)
    ]
    discoverer = _discoverer() if chosen else None
    if discoverer is None:
        return {}
    documents = [item.document for item, _ in chosen]
    readings = [Reading.of(each.title, each.text, each.subject) for each in documents]
    taken = [_taken(reading, row) for reading, (_, row) in zip(readings, chosen, strict=True)]
    found = discoverer.find(readings, taken)
    printed = {fold(item.document.publisher or "") for item in batch if item.document.kind is Kind.NEWS}
    return {
        item.id: {
            _plain(one.name): one.confidence
            for one in reversed(names)
            if fold(one.name) not in printed
            and is_new(one.name, reading.folded, one.at, item.document.publisher)
        }
        for (item, _), reading, names in zip(chosen, readings, found, strict=True)
    }


def _settled(item: StoredDocument, row: AnalysisRow) -> bool:
    """Whether a complaint's own field says which watched platform it is about: other names in it are no news."""
    if item.document.kind is not Kind.COMPLAINT:
        return False
    return any(span.part == "subject" for mention in row.mentions for span in mention.spans)


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
        spots += [folded_spot(reading, span) for span in mention.spans if span.label not in events]
    return spots


def _plain(name: str) -> str:
    """One spelling for full-width and half-width letters."""
    return unicodedata.normalize("NFKC", name).strip()
