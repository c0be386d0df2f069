"""The search index kept in step: every change of a document's words changes it in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from db.schema import Document
from db.search import EVERY, GRAMS, Index, key_of, kind_token, restart, set_state, source_token, unread_up_to
from db.sql import among
from signals.bigrams import cut, reading

COLUMNS = (
    *(Document.id, Document.title, Document.text, Document.subject),
    *(Document.kind, Document.source_id, Document.available_day),
)


class SearchProgress(NamedTuple):
    """Documents cut by this call, and how many may still wait."""

    done: int
    left: int


def add_to_search(session: Session, document_ids: Collection[int]) -> None:
    """Put documents into the index as they are stored now. They must not be in it: see remove_from_search.

    Purged ones have nothing to find; those that wait for extend_search are left to it.
    """
    connection = session.connection()
    if ids := _beyond(connection, document_ids):
        _add(connection, _stored(session, ids))


def remove_from_search(session: Session, document_ids: Collection[int]) -> None:
    """Take documents out of the index. Call it while they are still stored as they were put in."""
    connection = session.connection()
    if ids := _beyond(connection, document_ids):
        _remove(connection, _stored(session, ids))


def extend_search(session: Session, *, limit: int = 1_000) -> SearchProgress:
    """Cut the newest `limit` documents that wait, and note how far that came: a killed worker goes on from there.

    An index that was built another way (another version of the folding) is begun anew.
    """
    connection = session.connection()
    upto = unread_up_to(connection, lock="FOR UPDATE")
    if upto is None:
        restart(connection)
        upto = unread_up_to(connection)
    if not upto:
        return SearchProgress(0, 0)
    chosen = select(Document.id).where(Document.id <= upto).order_by(Document.id.desc()).limit(limit)
    ids = list(session.scalars(chosen))
    _add(connection, _stored(session, ids))
    left = ids[-1] - 1 if len(ids) == limit else 0
    set_state(connection, left)
    return SearchProgress(len(ids), left)


def searchable(session: Session, document_ids: Collection[int]) -> int:
    """How many of these documents the index still holds: what a purge proves."""
    days = select(Document.id, Document.available_day).where(among(session, Document.id, document_ids))
    keys = [key_of(row.available_day, row.id) for row in session.execute(days)]
    if not keys:
        return 0
    index = Index(session.get_bind().dialect.name)
    near = index.has([[EVERY]], ()) & index.key.between(min(keys), max(keys))
    these = among(session, index.key + 0, keys)  # as it is, FTS5 would be asked once for each
    return session.scalar(select(func.count()).select_from(index.table).where(near, these)) or 0


def _beyond(connection: Connection, document_ids: Collection[int]) -> list[int]:
    """Those of the documents that do not wait to be cut anyway."""
    if not document_ids:
        return []
    upto = unread_up_to(connection, lock="FOR SHARE")
    return [] if upto is None else [number for number in document_ids if number > upto]


def _stored(session: Session, ids: Collection[int]) -> list[tuple[int, str]]:
    """Key and tokens of these documents, in the order of keys: FTS5 writes ascending ones at once."""
    these = select(*COLUMNS).where(among(session, Document.id, ids), Document.purged_at.is_(None))
    rows: Sequence[Any] = session.execute(these).all()
    tokens = cut([reading(row.title, row.text, row.subject).folded for row in rows])
    return sorted(
        (key_of(row.available_day, row.id), f"{_what(row)} {words}".rstrip())
        for row, words in zip(rows, tokens, strict=True)
    )


def _what(row: Any) -> str:
    return f"{EVERY.text} {kind_token(row.kind).text} {source_token(row.source_id).text}"


def _add(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"INSERT INTO {GRAMS}(rowid, grams) VALUES (?, ?)", list(rows))  # noqa: S608 # our own
        return
    statement = (
        f"INSERT INTO {GRAMS} (key, grams)"  # noqa: S608 # our own words
        " SELECT key, array_to_tsvector(string_to_array(grams, ' '))"
        " FROM unnest(%s::bigint[], %s::text[]) AS cut(key, grams)"
    )
    connection.exec_driver_sql(statement, tuple(map(list, zip(*rows, strict=True))))


def _remove(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        statement = f"INSERT INTO {GRAMS}({GRAMS}, rowid, grams) VALUES ('delete', ?, ?)"  # noqa: S608 # our own words
        connection.exec_driver_sql(statement, list(rows))
        return
    keys = [key for key, _ in rows]
    connection.exec_driver_sql(f"DELETE FROM {GRAMS} WHERE key = ANY(%s::bigint[])", (keys,))  # noqa: S608 # our own
