"""Rows for export, streamed: an archive of years passes through without being held."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from db.read.export_evidence import with_evidence
from db.read.export_tables import EVIDENCE, EXPORTED, Exported
from db.schema import Mention
from signals.model import day_end, day_start
from signals.text import sentences

BATCH = 1_000
Row = dict[str, object]


def rows(
    session: Session,
    table: str,
    *,
    demo: bool | None = None,
    platform_id: str | None = None,
    start: date | None = None,
    end: date | None = None,
    source_id: str | None = None,
) -> Iterator[Row]:
    """Latest versions as dicts with the columns `COLUMNS[table]`, in a stable order.

    Args:    table: a key of EXPORTED; start, end: days in Asia/Shanghai, inclusive; for documents and mentions the day
             they became available. platform_id: documents are those that mention it. source_id: what came of a source.
             A filter that the table does not know is passed over (`narrows` tells).
    The rows of the industry only where it is asked for as `platform_id`, or in its own tables. Raises KeyError.
    """
    spec = EXPORTED[table]
    statement = _narrowed(spec, demo, platform_id, start, end, source_id)
    found = (
        SHAPES.get(table, _as_is)(dict(row._mapping))
        for row in session.execute(statement, execution_options={"yield_per": BATCH})
    )
    return with_evidence(session, found, start, end) if spec.evidence else found


def _narrowed(
    spec: Exported,
    demo: bool | None,
    platform_id: str | None,
    start: date | None,
    end: date | None,
    source_id: str | None,
) -> Select[*tuple[Any, ...]]:
    statement = _within(spec, start, end)
    if demo is not None and spec.demo is not None:
        statement = statement.where(spec.demo.is_(demo))
    if platform_id is not None and spec.platform is not None:
        statement = statement.where(spec.platform(platform_id))
    elif spec.others is not None:
        statement = statement.where(spec.others)
    if source_id is not None and spec.source is not None:
        statement = statement.where(spec.source == source_id)
    return statement


def _within(spec: Exported, start: date | None, end: date | None) -> Select[*tuple[Any, ...]]:
    statement = spec.statement()
    if spec.day is not None:
        statement = statement if start is None else statement.where(spec.day >= start)
        return statement if end is None else statement.where(spec.day <= end)
    if start is not None:
        statement = statement.where(spec.moment >= day_start(start))
    return statement if end is None else statement.where(spec.moment < day_end(end))


def narrows(table: str) -> frozenset[str]:
    """Which of the filters demo, platform_id and source_id a table knows; days it always does. Raises KeyError."""
    spec = EXPORTED[table]
    known = {"demo": spec.demo, "platform_id": spec.platform, "source_id": spec.source}
    return frozenset(name for name, how in known.items() if how is not None)


def export_needs(table: str) -> str | None:
    """What the role must permit besides exporting, to take this table out; None = nothing."""
    return EXPORTED[table].needs if table in EXPORTED else None


def model_version(session: Session) -> str | None:
    """Of the model that judged the newest documents; None = nothing was analysed yet."""
    newest = select(func.max(Mention.available_day)).scalar_subquery()
    return session.scalar(select(func.max(Mention.model_version)).where(Mention.available_day == newest))


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


def _threshold_row(row: Row) -> Row:
    return row | {"content": json.dumps(row["content"], ensure_ascii=False, sort_keys=True)}


def _audit_row(row: Row) -> Row:
    return row | {"detail": json.dumps(row["detail"], ensure_ascii=False, sort_keys=True)}


def _as_is(row: Row) -> Row:
    return row


SHAPES: dict[str, Callable[[Row], Row]] = {
    "mentions": _mention_row,
    "thresholds": _threshold_row,
    "audit": _audit_row,
}


def _columns(name: str) -> tuple[str, ...]:
    empty: Row = {column.name: None for column in EXPORTED[name].statement().selected_columns}
    own = tuple(SHAPES.get(name, _as_is)(empty))
    return (*own, EVIDENCE) if EXPORTED[name].evidence else own


COLUMNS: dict[str, tuple[str, ...]] = {name: _columns(name) for name in EXPORTED}
"""The columns of every exported row, in order; also for a table without a row."""
