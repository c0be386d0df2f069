"""Search: the index of character pairs, FTS5 on SQLite, tsvector with GIN on PostgreSQL.

Documents that are there already wait for the worker, which cuts them in batches: a migration of millions would hold
everybody up, and would begin again if it were killed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from signals.bigrams import form

revision = "0007"
down_revision = "0006"

# Without positions (detail=none), for the text decides about longer words; without the text itself (content='').
FTS5 = (
    "CREATE VIRTUAL TABLE search_grams USING fts5"
    "(grams, content='', columnsize=0, detail=none, tokenize='ascii')"
)


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute(FTS5)
    else:
        op.execute("CREATE TABLE search_grams (key BIGINT PRIMARY KEY, grams TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_search_grams ON search_grams USING gin (grams)")
    state = op.create_table(
        "search_state",
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("next_id", sa.BigInteger(), nullable=False),
    )
    assert state is not None
    highest = op.get_bind().scalar(sa.text("SELECT max(id) FROM documents")) or 0
    op.bulk_insert(state, [{"form": form(), "next_id": highest}])
