"""What can be exported: one statement per table, how it is narrowed, and the columns of its rows in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select

from db.read.audit import COLUMNS as AUDIT
from db.schema import (
    AuditEntry,
    Correction,
    Document,
    Failure,
    Flip,
    IndexValue,
    Indicator,
    Meeting,
    Mention,
    NoteVersion,
    Platform,
    PlatformDay,
    PlatformNote,
    PlatformStatus,
    Run,
    SignOff,
    Source,
    SourceDay,
    Story,
    ThresholdVersion,
)
from db.sql import latest, table
from settings.models import RESERVED_IDS

EVIDENCE = "evidence_ids"
"""Column with the documents that a row's day rests on."""


@dataclass(frozen=True, slots=True)
class Exported:
    """One table. `day`: column of Shanghai days, or else `moment`: of times. None: cannot be narrowed so.

    `platform`: condition for a platform id; `others`: rows of the industry are left out unless asked for by id.
    `needs`: what the role must permit besides exporting. `evidence`: rows are in the order of platform and day, and get
    EVIDENCE.
    """

    statement: Callable[[], Select[*tuple[Any, ...]]]
    day: Any = None
    moment: Any = None
    demo: Any = None
    platform: Callable[[str], ColumnElement[bool]] | None = None
    source: Any = None
    others: Any = None
    needs: str | None = None
    evidence: bool = False


def _names(platform_id: str) -> ColumnElement[bool]:
    mention = exists().where(Mention.document_id == Document.id, Mention.platform_id == platform_id)
    return mention.where(~Mention.removed, latest(Mention))


def _documents() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Document.id.label("document_id"),
            Document.source_id,
            Document.external_id,
            Document.kind,
            Document.title,
            Document.text,
            Document.subject,
            Document.publisher,
            Document.channel,
            Document.official,
            Document.reach,
            Document.url,
            Document.published_at,
            Document.first_seen_at,
            Document.available_at,
            Document.available_day.label("day"),
            Document.backfilled,
            Document.revision,
            Document.story_id,
            Story.copies.label("story_copies"),
            Story.publishers.label("story_publishers"),
            Document.content_hash,
            Document.snownlp,
            Source.demo,
        )
        .join(Source, Source.id == Document.source_id)
        .outerjoin(Story, Story.id == Document.story_id)
        .order_by(Document.available_at, Document.id)
    )


def _mentions() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Mention.document_id,
            Mention.platform_id,
            Platform.name.label("platform_name"),
            Mention.available_day.label("day"),
            Document.available_at,
            Mention.kind,
            Document.title,
            Document.text,
            Document.subject,
            Mention.spans,
            Mention.events,
            Mention.polarity,
            Mention.relevance,
            Mention.negative,
            Mention.severity,
            Mention.weight,
            Mention.needs_review,
            Document.source_id,
            Document.publisher,
            Document.url,
            Document.backfilled,
            Document.story_id,
            Mention.model_version,
            Mention.as_of,
            Platform.demo,
        )
        .join(Document, Document.id == Mention.document_id)
        .join(Platform, Platform.id == Mention.platform_id)
        .where(~Mention.removed, latest(Mention))
        .order_by(Mention.available_day, Mention.document_id, Mention.platform_id)
    )


def _values(model: Any, *leave_out: str) -> Select[*tuple[Any, ...]]:
    return _of_platforms(model, *leave_out).where(latest(model))


def _of_platforms(model: Any, *leave_out: str, **renamed: str) -> Select[*tuple[Any, ...]]:
    """Every column but those of `leave_out`, with the platform's name and demo, platform by platform."""
    shown = [column for column in table(model).c if column.name not in ("platform_id", *leave_out)]
    columns = [column.label(renamed[column.name]) if column.name in renamed else column for column in shown]
    keys = [column for column in table(model).primary_key if column.name != "platform_id"]
    return (
        select(model.platform_id, Platform.name.label("platform_name"), *columns, Platform.demo)
        .join(Platform, Platform.id == model.platform_id)
        .order_by(Platform.id, *keys)  # platform by platform: a range of the key each, and no sort
    )


def _flips() -> Select[*tuple[Any, ...]]:
    return _values(Flip, "withdrawn").where(~Flip.withdrawn)


def _industry(model: Any, *leave_out: str) -> Select[*tuple[Any, ...]]:
    return _values(model, *leave_out).where(model.platform_id.in_(RESERVED_IDS))


def _corrections() -> Select[*tuple[Any, ...]]:
    columns = [column for column in table(Correction).c if column.name != "platform_id"]
    return (
        select(Correction.platform_id, Platform.name.label("platform_name"), *columns, Platform.demo)
        .join(Platform, Platform.id == Correction.platform_id)
        .order_by(Correction.id)
    )


def _of_sources(model: Any, *order: Any) -> Select[*tuple[Any, ...]]:
    columns = [column for column in table(model).c if column.name != "source_id"]
    return (
        select(model.source_id, Source.name.label("source_name"), *columns, Source.demo)
        .join(Source, Source.id == model.source_id)
        .order_by(*order)
    )


def _audit() -> Select[*tuple[Any, ...]]:
    return select(*(getattr(AuditEntry, name) for name in AUDIT)).order_by(AuditEntry.id)


def _notes() -> Select[*tuple[Any, ...]]:
    """What each note says now; withdrawn ones are nobody's word any more."""
    newest = (
        select(NoteVersion.note_id, func.max(NoteVersion.version).label("version"))
        .group_by(NoteVersion.note_id)
        .subquery()
    )
    return (
        select(
            PlatformNote.platform_id,
            Platform.name.label("platform_name"),
            PlatformNote.day,
            NoteVersion.text,
            PlatformNote.who,
            PlatformNote.at,
            NoteVersion.version,
            NoteVersion.at.label("changed_at"),
            PlatformNote.id.label("note_id"),
            Platform.demo,
        )
        .join(Platform, Platform.id == PlatformNote.platform_id)
        .join(newest, newest.c.note_id == PlatformNote.id)
        .join(
            NoteVersion, and_(NoteVersion.note_id == PlatformNote.id, NoteVersion.version == newest.c.version)
        )
        .where(PlatformNote.withdrawn_at.is_(None))
        .order_by(PlatformNote.day, PlatformNote.id)
    )


def _meetings() -> Select[*tuple[Any, ...]]:
    columns = [column for column in table(Meeting).c if column.name != "withdrawn_at"]
    return select(*columns).where(Meeting.withdrawn_at.is_(None)).order_by(Meeting.held_at, Meeting.id)


def _failures() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Failure.list_name,
            Failure.platform_id,
            Platform.name.label("platform_name"),
            Failure.problem_date,
            Failure.reason,
            Failure.upload_id,
            Platform.demo,
        )
        .join(Platform, Platform.id == Failure.platform_id)
        .order_by(Failure.list_name, Failure.upload_id, Failure.platform_id)
    )


def _thresholds() -> Select[*tuple[Any, ...]]:
    return select(*table(ThresholdVersion).c).order_by(ThresholdVersion.id)


def _by_platform(model: Any, **more: Any) -> dict[str, Any]:
    return {
        "demo": Platform.demo,
        "platform": lambda platform_id: model.platform_id == platform_id,
        "others": model.platform_id.not_in(RESERVED_IDS),
    } | more


def _by_source(model: Any, **more: Any) -> dict[str, Any]:
    return {"demo": Source.demo, "source": model.source_id} | more


EXPORTED: Mapping[str, Exported] = {
    "flips": Exported(_flips, day=Flip.day, **_by_platform(Flip, evidence=True)),
    "platform_days": Exported(
        lambda: _values(PlatformDay, "state"),
        day=PlatformDay.day,
        **_by_platform(PlatformDay, evidence=True),
    ),
    "index_values": Exported(
        lambda: _values(IndexValue), day=IndexValue.day, **_by_platform(IndexValue, evidence=True)
    ),
    "mentions": Exported(
        _mentions, day=Mention.available_day, **_by_platform(Mention, source=Document.source_id)
    ),
    "documents": Exported(_documents, day=Document.available_day, **_by_source(Document, platform=_names)),
    "indicators": Exported(
        lambda: _of_platforms(Indicator, name="indicator", available_day="day"),
        day=Indicator.available_day,
        **_by_platform(Indicator),
    ),
    "industry": Exported(lambda: _industry(PlatformDay, "state"), day=PlatformDay.day, demo=Platform.demo),
    "industry_values": Exported(lambda: _industry(IndexValue), day=IndexValue.day, demo=Platform.demo),
    "corrections": Exported(_corrections, moment=Correction.at, **_by_platform(Correction)),
    "statuses": Exported(
        lambda: _of_platforms(PlatformStatus), day=PlatformStatus.since, **_by_platform(PlatformStatus)
    ),
    "sign_offs": Exported(lambda: _of_platforms(SignOff, "id"), day=SignOff.day, **_by_platform(SignOff)),
    "notes": Exported(_notes, day=PlatformNote.day, **_by_platform(PlatformNote)),
    "meetings": Exported(_meetings, moment=Meeting.held_at),
    "failures": Exported(_failures, day=Failure.problem_date, **_by_platform(Failure)),
    "thresholds": Exported(_thresholds, moment=ThresholdVersion.created_at),
    "source_days": Exported(
        lambda: _of_sources(SourceDay, SourceDay.source_id, SourceDay.day, SourceDay.kind),
        day=SourceDay.day,
        **_by_source(SourceDay),
    ),
    "runs": Exported(
        lambda: _of_sources(Run, Run.source_id, Run.started_at, Run.id),
        moment=Run.started_at,
        **_by_source(Run),
    ),
    "audit": Exported(_audit, moment=AuditEntry.at, needs="audit.read"),
}
"""Id of a table (signals.dictionary.TABLES) -> how it is read."""
