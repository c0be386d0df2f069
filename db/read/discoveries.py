"""Names that texts treat as platforms and nobody watches: how often, where, and what people decided."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from db.schema import Discovery, DiscoveryDay, DiscoveryDocument, Document
from db.sql import among, frame
from signals.rising import WEEKS_BEFORE
from signals.text import Reading, fold, sentences, unspaced

WEEKS = 1 + WEEKS_BEFORE
"""How far back a rise is judged: the last seven days, and the weeks before them."""
OFFERED = Discovery.dismissed_at.is_(None), Discovery.promoted_at.is_(None)
LOOKED_AT = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence in which a name stands, and where it comes from."""

    document_id: int
    sentence: str
    publisher: str | None
    url: str | None
    available_at: datetime


def discovery_days(session: Session, today: date, *, most: int = 300) -> pd.DataFrame:
    """Days on which names not yet decided about were found, over WEEKS weeks up to `today`.

    Columns: name, first_seen, day, documents, publishers, confidence (mean, 0..1). Only the `most` names that were
    found oftenest in the last seven days.
    """
    week = DiscoveryDay.day.between(today - timedelta(days=6), today)
    recent = (
        select(DiscoveryDay.name)
        .join(Discovery, Discovery.name == DiscoveryDay.name)
        .where(week, *OFFERED)
        .group_by(DiscoveryDay.name)
        .order_by(func.sum(DiscoveryDay.publishers).desc(), DiscoveryDay.name)
        .limit(most)
    )
    names = list(session.scalars(recent))
    statement = (
        select(
            DiscoveryDay.name,
            Discovery.first_seen,
            DiscoveryDay.day,
            DiscoveryDay.documents,
            DiscoveryDay.publishers,
            DiscoveryDay.confidence,
        )
        .join(Discovery, Discovery.name == DiscoveryDay.name)
        .where(among(session, DiscoveryDay.name, names))
        .where(DiscoveryDay.day.between(today - timedelta(days=7 * WEEKS - 1), today))
        .order_by(DiscoveryDay.name, DiscoveryDay.day)
    )
    return frame(session, statement)


def discovery_examples(session: Session, names: Collection[str]) -> dict[str, Example]:
    """For each name the sentence of one of its newest documents that can still be read."""
    newest = (
        select(
            DiscoveryDocument.name,
            DiscoveryDocument.document_id,
            func.row_number()
            .over(
                partition_by=DiscoveryDocument.name,
                order_by=(DiscoveryDocument.day.desc(), DiscoveryDocument.document_id.desc()),
            )
            .label("place"),
        )
        .where(among(session, DiscoveryDocument.name, list(names)))
        .subquery()
    )
    statement = (
        select(
            newest.c.name,
            Document.id,
            Document.title,
            Document.text,
            Document.publisher,
            Document.url,
            Document.available_at,
        )
        .join(Document, Document.id == newest.c.document_id)
        .where(newest.c.place <= LOOKED_AT, Document.purged_at.is_(None))
        .order_by(newest.c.name, newest.c.place)
    )
    found: dict[str, Example] = {}
    for row in session.execute(statement):
        if row.name not in found and (told := _sentence(row.name, row.title, row.text)):
            found[row.name] = Example(row.id, told, row.publisher, row.url, row.available_at)
    return found


def _sentence(name: str, title: str, text: str) -> str:
    """The first sentence of the text with the name, or the title, however it is written and pulled apart; "" = none.

    A title says little more than the name (某某怎么了).
    """
    reading, folded = Reading.of(title, text), fold(name)
    plain = unspaced(folded)
    wanted = re.escape(folded if plain is None else plain[0])
    places = [match.start() for match in re.finditer(wanted, reading.folded)]
    if not places:
        return ""
    at = next((place for place in places if reading.part(place) == "text"), places[0])
    start, _ = reading.whole(at, at + 1)
    return next(
        reading.raw[first:last].strip() for first, last in sentences(reading.raw) if first <= start < last
    )


def decided_discoveries(session: Session, *, limit: int = 50) -> pd.DataFrame:
    """Names that people put on the watch list or refused, the latest decision first.

    Columns: name, dismissed_at, dismissed_by, promoted_at, promoted_by, platform_id.
    """
    columns = (Discovery.dismissed_at, Discovery.dismissed_by, Discovery.promoted_at, Discovery.promoted_by)
    decided = func.coalesce(Discovery.promoted_at, Discovery.dismissed_at)
    statement = (
        select(Discovery.name, *columns, Discovery.platform_id)
        .where(or_(Discovery.dismissed_at.is_not(None), Discovery.promoted_at.is_not(None)))
        .order_by(decided.desc(), Discovery.name)
        .limit(limit)
    )
    return frame(session, statement)
