"""Where events were found, and where people said that they were not: for whoever maintains their patterns."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Text, cast, or_, select
from sqlalchemy.orm import Session

from db.schema import Correction, Document, Mention
from db.sql import latest
from signals.corrections import What

MOST_HITS = 5_000
"""Mentions with an event that are compared with the corrected ones, the newest."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An event found in a text: `text` is the part it stands in, `start`, `end` what the pattern matched there."""

    event_id: str
    story_id: int
    text: str
    start: int
    end: int


def corrected_hits(session: Session) -> list[Hit]:
    """The findings that stand corrected as wrong events, each as the last version that still held it has it.

    Purged documents have no words left and are left out.
    """
    statement = (
        select(Correction.document_id, Correction.platform_id, Correction.event_id, *_PARTS, Mention.events)
        .join(Document, Document.id == Correction.document_id)
        .join(
            Mention,
            (Mention.document_id == Correction.document_id) & (Mention.platform_id == Correction.platform_id),
        )
        .where(
            Correction.what == str(What.WRONG_EVENT),
            Correction.undone_at.is_(None),
            Document.purged_at.is_(None),
        )
        .order_by(Correction.id, Mention.as_of)
    )
    newest: dict[tuple[int, str, str], list[Hit]] = {}
    for row in session.execute(statement):
        if found := list(_hits(row, {row.event_id})):
            newest[row.document_id, row.platform_id, row.event_id] = found
    return [hit for hits in newest.values() for hit in hits]


def standing_hits(session: Session, event_ids: Collection[str], since: date) -> list[Hit]:
    """Where these events are found since a day and nobody objects: in the newest MOST_HITS mentions that have one."""
    if not event_ids:
        return []
    told = cast(Mention.events, Text)
    statement = (
        select(*_PARTS, Mention.events)
        .join(Document, Document.id == Mention.document_id)
        .where(
            Mention.available_day >= since,
            ~Mention.removed,
            latest(Mention),
            Document.purged_at.is_(None),
            or_(*(told.contains(f'"{event}"', autoescape=True) for event in event_ids)),
        )
        .order_by(Mention.available_day.desc(), Mention.document_id.desc())
        .limit(MOST_HITS)
    )
    wanted = set(event_ids)
    return [hit for row in session.execute(statement) for hit in _hits(row, wanted)]


_PARTS = (Document.id, Document.story_id, Document.title, Document.text, Document.subject)


def _hits(row: Any, wanted: Collection[str | None]) -> Iterator[Hit]:
    for event in row.events:
        if event["id"] in wanted:
            text = getattr(row, event["part"]) or ""
            yield Hit(event["id"], row.story_id or row.id, text, event["start"], event["end"])
