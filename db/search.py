"""The search index that both databases share in all but its table: FTS5 on SQLite, tsvector with GIN on PostgreSQL.

`search_grams` holds the tokens of every document (signals.bigrams.cut) under a key that orders as results do. The
tokens are sets: where they stand in the text is not kept. It is derived from `documents`, so no backup holds it.
`search_state` has one row: `form`, how documents were cut, and `next_id`: documents up to this id still wait to be
cut, the newest first; 0 = none. Later ones are cut in the transaction that stores them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import TSQUERY

from db.schema import Document
from signals.bigrams import Token, form

GRAMS, STATE = "search_grams", "search_state"
_ID_BITS: Final = 33
_ID: Final = (1 << _ID_BITS) - 1
# Tokens that say what a document is, not what it says: private characters, so that no word is mistaken for one.
EVERY = Token("\ue000")
_KIND, _SOURCE = "\ue001", "\ue002"


def is_derived(name: str | None) -> bool:
    """Whether a table belongs to the search index, which the declared schema does not hold."""
    return name is not None and name.startswith((GRAMS, STATE))


def key_of(day: date, document_id: int) -> int:
    """Orders documents by day, then by id; below 2^53. `document_id` 0: where a day begins."""
    return day.toordinal() << _ID_BITS | document_id


def id_of(key: int) -> int:
    """The document of a key."""
    return key & _ID


def kind_token(kind: str) -> Token:
    """Every document of this kind has it."""
    return Token(_KIND + kind)


def source_token(source_id: str) -> Token:
    """Every document of this source has it."""
    return Token(_SOURCE + source_id.encode().hex())


class Index:
    """The table as a query sees it, in the words of one database."""

    def __init__(self, dialect: str) -> None:
        self._sqlite = dialect == "sqlite"
        self.table = table(GRAMS, column("key", BigInteger), column("grams"))
        self.key: ColumnElement[int] = (
            literal_column(f"{GRAMS}.rowid", BigInteger) if self._sqlite else self.table.c.key
        )
        self.document_id: ColumnElement[int] = self.key.bitwise_and(_ID)

    def has(self, all_of: Sequence[Sequence[Token]], none_of: Iterable[Token]) -> ColumnElement[bool]:
        """Condition: at least one token of every group of `all_of`, and none of `none_of`."""
        groups = [*all_of] or [[EVERY]]
        if self._sqlite:
            return literal_column(GRAMS).op("MATCH", is_comparison=True)(_fts5(groups, list(none_of)))
        return self.table.c.grams.op("@@", is_comparison=True)(cast(_tsquery(groups, none_of), TSQUERY))


def _fts5(all_of: Sequence[Sequence[Token]], none_of: Sequence[Token]) -> str:
    """Tokens hold neither quotation marks nor blanks: nothing that was typed is read as syntax."""

    def spelt(tokens: Iterable[Token]) -> str:
        return "(" + " OR ".join(f'"{token.text}"' + "*" * token.prefix for token in tokens) + ")"

    wanted = " AND ".join(map(spelt, all_of))
    return f"({wanted}) NOT {spelt(none_of)}" if none_of else wanted


def _tsquery(all_of: Sequence[Sequence[Token]], none_of: Iterable[Token]) -> str:
    def spelt(token: Token) -> str:
        return f"'{token.text}'" + ":*" * token.prefix

    wanted = [f"({' | '.join(map(spelt, tokens))})" for tokens in all_of]
    return " & ".join([*wanted, *(f"!{spelt(token)}" for token in none_of)])


def unread_up_to(connection: Connection, *, lock: str = "") -> int | None:
    """Documents up to this id are not in the index yet (0: all are); None = it was built another way, all are not.

    Args:    lock: FOR SHARE or FOR UPDATE, so that on a server two writers agree on it.
    """
    tail = lock if connection.dialect.name != "sqlite" else ""
    row = connection.execute(sql(f"SELECT form, next_id FROM {STATE} {tail}")).one()  # noqa: S608 # our own words
    return int(row.next_id) if row.form == form() else None


def restart(connection: Connection) -> None:
    """Empty the index: every document waits to be cut."""
    if connection.dialect.name == "sqlite":
        connection.execute(sql(f"INSERT INTO {GRAMS}({GRAMS}) VALUES ('delete-all')"))  # noqa: S608 # our own words
    else:
        connection.execute(sql(f"TRUNCATE {GRAMS}"))
    highest = connection.scalar(select(func.max(Document.id))) or 0
    set_state(connection, highest)


def set_state(connection: Connection, next_id: int) -> None:
    """Note how far the index reaches, as cut by this version."""
    values: dict[str, Any] = {"form": form(), "next_id": next_id}
    connection.execute(sql(f"UPDATE {STATE} SET form = :form, next_id = :next_id"), values)  # noqa: S608 # our own words
