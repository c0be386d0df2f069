"""Rows for export, streamed: an archive of years passes through without being held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Literal

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from db.schema import Document, Flip, IndexValue, Mention, Platform, PlatformDay, Source, Story
from db.sql import latest, table
from settings.models import RESERVED_IDS
from signals.text import sentences

Table = Literal["documents", "mentions", "index_values", "flips", "platform_days"]
BATCH = 1_000
Row = dict[str, object]


def rows(
    session: Session,
    table: Table,
    *,
    demo: bool | None = None,
    platform_id: str | None = None,
    start: date | None = None,
    end: date | None = None,
    source_id: str | None = None,
) -> Iterator[Row]:
    """Latest versions as dicts with the columns `COLUMNS[table]`, in a stable order.

    Args:    start, end: days, inclusive; for documents and mentions the day they became available. platform_id:
             documents are those that mention it. source_id: for documents and mentions; ignored for computed values.
    The rows of the industry only where it is asked for as `platform_id`.
    """
    model = MODELS[table]
    statement = STATEMENTS[table]()
    day = model.day if hasattr(model, "day") else model.available_day
    if start is not None:
        statement = statement.where(day >= start)
    if end is not None:
        statement = statement.where(day <= end)
    if demo is not None:
        statement = statement.where((Source if model is Document else Platform).demo.is_(demo))
    if platform_id is not None:
        statement = statement.where(
            _names(platform_id) if model is Document else model.platform_id == platform_id
        )
    elif model is not Document:
        statement = statement.where(model.platform_id.not_in(RESERVED_IDS))
    if source_id is not None and model in (Document, Mention):
        statement = statement.where(Document.source_id == source_id)
    for row in session.execute(statement, execution_options={"yield_per": BATCH}):
        yield SHAPES.get(table, _as_is)(dict(row._mapping))


def _names(platform_id: str) -> Any:
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
    columns = [column for column in table(model).c if column.name not in ("platform_id", *leave_out)]
    keys = [column for column in table(model).primary_key if column.name != "platform_id"]
    return (
        select(model.platform_id, Platform.name.label("platform_name"), *columns, Platform.demo)
        .join(Platform, Platform.id == model.platform_id)
        .where(latest(model))
        .order_by(Platform.id, *keys)  # platform by platform: a range of the key each, and no sort
    )


def _flips() -> Select[*tuple[Any, ...]]:
    return _values(Flip, "withdrawn").where(~Flip.withdrawn)


def _mention_row(row: Row) -> Row:
    parts = {name: row.pop(name) or "" for name in ("text", "subject")} | {"title": row["title"]}
    spans: Any = row.pop("spans") or []
    events: Any = row.pop("events") or []
    evidence = _evidence(parts, spans + events)
    ids = "；".join(dict.fromkeys(event["id"] for event in events))
    shaped: Row = {}
    for name, value in row.items():
        shaped[name] = value
        if name == "title":
            shaped |= {"evidence": evidence, "events": ids}
    return shaped


def _evidence(parts: dict[str, Any], spans: list[dict[str, Any]]) -> str:
    """The sentences the spans lie in, each once, in the order of the text."""
    found: dict[tuple[str, int], str] = {}
    for span in sorted(spans, key=lambda span: (span["part"], span["start"])):
        text = parts[span["part"]]
        for start, end in sentences(text):
            if start <= span["start"] < end:
                found[span["part"], start] = text[start:end].strip()
    return " … ".join(found.values())


def _as_is(row: Row) -> Row:
    return row


MODELS: dict[str, Any] = {
    "documents": Document,
    "mentions": Mention,
    "index_values": IndexValue,
    "flips": Flip,
    "platform_days": PlatformDay,
}
STATEMENTS: dict[str, Callable[[], Select[*tuple[Any, ...]]]] = {
    "documents": _documents,
    "mentions": _mentions,
    "index_values": lambda: _values(IndexValue),
    "flips": _flips,
    "platform_days": lambda: _values(PlatformDay, "state"),
}
SHAPES: dict[str, Callable[[Row], Row]] = {"mentions": _mention_row}


def _columns(name: str) -> tuple[str, ...]:
    empty: Row = {column.name: None for column in STATEMENTS[name]().selected_columns}
    return tuple(SHAPES.get(name, _as_is)(empty))


COLUMNS: dict[str, tuple[str, ...]] = {name: _columns(name) for name in STATEMENTS}
"""The columns of every exported row, in order; also for a table without a row."""
