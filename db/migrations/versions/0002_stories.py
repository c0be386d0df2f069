"""Near-duplicates: band keys of documents, and how many copies and publishers a story has.

Stories told before are counted from their documents. Their documents have no band keys yet and must be read again to
get them, so they wait for the analyse stage; what it finds unchanged gets no new version.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTED = """
    UPDATE stories SET
        copies = (SELECT count(*) FROM documents d WHERE d.story_id = stories.id),
        publishers = (
            SELECT count(DISTINCT d.publisher) + sum(CASE WHEN d.publisher IS NULL THEN 1 ELSE 0 END)
            FROM documents d WHERE d.story_id = stories.id
        )
    WHERE id IN (SELECT story_id FROM documents)
"""


def upgrade() -> None:
    op.create_table(
        "story_bands",
        sa.Column("period", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_story_bands_document_id_documents",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("period", "key", "document_id", name="pk_story_bands"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_story_bands_document_id", "story_bands", ["document_id"])
    with op.batch_alter_table("stories") as batch:
        batch.add_column(sa.Column("copies", sa.Integer(), nullable=False, server_default="1"))
        batch.add_column(sa.Column("publishers", sa.Integer(), nullable=False, server_default="1"))
    op.execute(COUNTED)
    with op.batch_alter_table("stories") as batch:
        batch.alter_column("copies", server_default=None)
        batch.alter_column("publishers", server_default=None)
    op.execute("UPDATE documents SET analysed_with = NULL WHERE story_id IS NOT NULL")
