"""What people corrected, and what of it a model can learn from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from db.read.evidence import copies_by
from db.schema import Correction, Document, Mention
from db.sql import among, frame, latest, table
from signals.corrections import Said, What

STANDS = Correction.undone_at.is_(None)
LEARNT_FROM = (What.WRONG_PLATFORM, What.NOT_NEGATIVE, What.NEGATIVE)
"""Corrections that say whether a text is negative about a name; the others speak of events and doubtful links."""
TRAINING_COLUMNS = ("id", "text", "entity", "negative", "key_entity")
LONGEST, THRESHOLD = 3000, 0.5
"""As signals.analyse.READ and signals.negativity.THRESHOLD, which the web process does not load (tested)."""


def standing_corrections(
    session: Session, joins: Mapping[int, int | None]
) -> dict[int, dict[str, list[Said]]]:
    """What stands for each of these documents: document -> platform -> corrections of its story, oldest first.

    Args:    joins: document -> the document whose story it is about to join (None: it stays in its own), in the order
                    in which they are saved: the other one may be an earlier key.
    """
    if not joins or session.scalar(select(Correction.id).where(STANDS).limit(1)) is None:
        return {}
    stories, documents = _stories(session, joins), defaultdict(list)
    for document in joins:
        documents[stories[document]].append(document)
    columns = (Correction.id, Correction.document_id, Correction.platform_id, Correction.what)
    of_stories = among(session, Document.story_id, set(stories.values()))
    statement = (
        select(*columns, Correction.event_id, Document.story_id)
        .join(Document, Document.id == Correction.document_id)
        .where(STANDS, or_(of_stories, among(session, Correction.document_id, list(joins))))
        .order_by(Correction.at, Correction.id)
    )
    found: dict[int, dict[str, list[Said]]] = {}
    for row in session.execute(statement):
        said = Said(What(row.what), row.event_id)
        for document in documents.get(stories.get(row.document_id, row.story_id), ()):
            found.setdefault(document, {}).setdefault(row.platform_id, []).append(said)
    return found


def _stories(session: Session, joins: Mapping[int, int | None]) -> dict[int, int]:
    """The story that each document will be in; the same rule as in db.write.save_analysis."""
    wanted = set(joins) | {other for other in joins.values() if other is not None}
    asked = select(Document.id, Document.story_id).where(among(session, Document.id, wanted))
    stored = {row.id: row.story_id for row in session.execute(asked)}
    stories: dict[int, int] = {}
    for document, other in joins.items():
        joined = None if other is None else stories.get(other) or stored.get(other)
        stories[document] = joined or stored.get(document) or document
    return stories


def last_correction(session: Session) -> datetime | None:
    """When people last corrected something or took it back; None = never."""
    moments = session.execute(select(func.max(Correction.at), func.max(Correction.undone_at))).one()
    return max((moment for moment in moments if moment is not None), default=None)


def corrections(session: Session, *, limit: int | None = None) -> pd.DataFrame:
    """Every correction, newest first, those taken back too: the columns of the table."""
    return frame(session, select(*table(Correction).c).order_by(Correction.id.desc()).limit(limit))


def corrected_evidence(
    session: Session, platform_id: str, day: date, *, days: int = 30
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The mentions of the `days` days up to `day` that people corrected: evidence rows, and what they said.

    The rows have the columns of `evidence`, removed mentions among them; `weight` is the greatest that the mention ever
    had, so that a row keeps its place in the list. The corrections have id, document_id, what, event_id, note, who, at.
    """
    within = Mention.available_day.between(day - timedelta(days=days - 1), day)
    said = (
        select(
            Correction.id,
            Correction.document_id,
            Correction.what,
            Correction.event_id,
            Correction.note,
            Correction.who,
            Correction.at,
        )
        .join(Mention, (Mention.document_id == Correction.document_id) & latest(Mention))
        .where(STANDS, Correction.platform_id == platform_id, Mention.platform_id == platform_id, within)
        .order_by(Correction.id)
    )
    standing = frame(session, said)
    chosen = among(session, Mention.document_id, {int(number) for number in standing["document_id"]})
    return frame(session, _evidence(platform_id, day).where(chosen)), standing


def _evidence(platform_id: str, day: date) -> Any:
    versions = table(Mention).alias("versions")
    strength = func.coalesce(versions.c.weight, versions.c.relevance * versions.c.negative)
    greatest = (
        select(func.max(strength))
        .where(versions.c.document_id == Mention.document_id, versions.c.platform_id == platform_id)
        .correlate(Mention)
        .scalar_subquery()
    )
    document = (Document.title, Document.text, Document.subject, Document.kind, Document.publisher)
    times = (Document.published_at, Document.first_seen_at, Document.available_at, Document.backfilled)
    found = (Mention.negative, Mention.relevance, Mention.polarity, Mention.events, Mention.spans)
    return (
        select(
            Mention.document_id,
            *document,
            Document.url,
            *times,
            *found,
            greatest.label("weight"),
            Mention.needs_review,
            *copies_by(day),
            Document.source_id,
            Document.official,
            Document.purged_at,
        )
        .join(Document, Document.id == Mention.document_id)
        .where(Mention.platform_id == platform_id, latest(Mention))
        .order_by(Mention.document_id)
    )


def training_rows(session: Session, *, at: datetime | None = None) -> pd.DataFrame:
    """The documents whose negativity people corrected, as labelled rows: the columns TRAINING_COLUMNS, one row each.

    A platform that people corrected is labelled by them, any other named in the same text by the model. Purged
    documents have nothing left to learn from and are left out.

    Args:    at: as the corrections stood at that moment; None = now.
    """
    stands = STANDS if at is None else (Correction.at <= at) & or_(STANDS, Correction.undone_at > at)
    statement = (
        select(Correction.document_id, Correction.platform_id, Correction.what)
        .where(stands, Correction.what.in_([str(what) for what in LEARNT_FROM]))
        .order_by(Correction.at, Correction.id)
    )
    labels: dict[int, dict[str, What]] = defaultdict(dict)
    for document, platform, what in session.execute(statement):
        labels[document][platform] = What(what)
    documents = (
        select(Document.id, Document.title, Document.text, Document.subject)
        .where(among(session, Document.id, list(labels)), Document.purged_at.is_(None))
        .order_by(Document.id)
    )
    named = _named(session, list(labels))
    rows = [_labelled(row, named[row.id], labels[row.id]) for row in session.execute(documents)]
    return pd.DataFrame([row for row in rows if row["entity"]], columns=list(TRAINING_COLUMNS))


def _named(session: Session, documents: list[int]) -> dict[int, dict[str, tuple[str, bool]]]:
    """Document -> platform -> the form in which the text names it, and whether it is found negative about it."""
    statement = (
        select(Mention.document_id, Mention.platform_id, Mention.spans, Mention.events, Mention.negative)
        .where(among(session, Mention.document_id, documents), latest(Mention))
        .order_by(Mention.document_id, Mention.platform_id)
    )
    found: dict[int, dict[str, tuple[str, bool]]] = defaultdict(dict)
    for document, platform, spans, events, negative in session.execute(statement):
        happened = {event["id"] for event in events}
        names = [span["label"] for span in spans if span["label"] not in happened]
        if names and ";" not in names[0]:
            found[document][platform] = (names[0], negative >= THRESHOLD)
    return found


def _labelled(
    document: Any, named: Mapping[str, tuple[str, bool]], labels: Mapping[str, What]
) -> dict[str, Any]:
    text = f"{document.title}\n{document.text}\n{document.subject or ''}".strip()[:LONGEST]
    negative = {name: by_model for platform, (name, by_model) in named.items() if platform not in labels}
    for platform in labels.keys() & named.keys():  # last: two platforms may go by one form
        negative[named[platform][0]] = labels[platform] is What.NEGATIVE
    keys = [name for name, value in negative.items() if value]
    return {
        "id": f"correction-{document.id}",
        "text": text,
        "entity": ";".join(negative),
        "negative": int(bool(keys)),
        "key_entity": ";".join(keys),
    }
