"""Feedback: people's corrections, links that wait for review, names that nobody watches yet, digests of stories."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _corrections()
    _discoveries()
    _digests()
    op.create_index(
        "ix_mentions_review",
        "mentions",
        ["available_day"],
        sqlite_where=sa.text("needs_review = 1"),
        postgresql_where=sa.text("needs_review"),
    )


def _corrections() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", KEY, nullable=False),
        sa.Column("document_id", KEY, nullable=False),
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("event_id", sa.String(length=64)),
        sa.Column("note", sa.Text()),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("undone_at", TIME),
        sa.Column("undone_by", sa.String(length=64)),
        _of("corrections", "document_id", "documents"),
        _of("corrections", "platform_id", "platforms"),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
    )
    for column in ("document_id", "platform_id", "undone_at"):
        op.create_index(f"ix_corrections_{column}", "corrections", [column])


def _discoveries() -> None:
    op.create_table(
        "discoveries",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_seen", TIME, nullable=False),
        sa.Column("dismissed_at", TIME),
        sa.Column("dismissed_by", sa.String(length=64)),
        sa.Column("promoted_at", TIME),
        sa.Column("promoted_by", sa.String(length=64)),
        sa.Column("platform_id", sa.String(length=64)),
        _of("discoveries", "platform_id", "platforms", "SET NULL"),
        sa.PrimaryKeyConstraint("name", name="pk_discoveries"),
    )
    op.create_index("ix_discoveries_platform_id", "discoveries", ["platform_id"])
    op.create_table(
        "discovery_documents",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("document_id", KEY, nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        _of("discovery_documents", "name", "discoveries"),
        _of("discovery_documents", "document_id", "documents"),
        sa.PrimaryKeyConstraint("name", "day", "document_id", name="pk_discovery_documents"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_discovery_documents_document_id", "discovery_documents", ["document_id"])
    op.create_table(
        "discovery_days",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("publishers", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        _of("discovery_days", "name", "discoveries"),
        sa.PrimaryKeyConstraint("name", "day", name="pk_discovery_days"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_discovery_days_day", "discovery_days", ["day"])


def _digests() -> None:
    op.create_table(
        "story_digests",
        sa.Column("story_id", KEY, autoincrement=False, nullable=False),
        sa.Column("document_id", KEY, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("sentences", sa.JSON(), nullable=False),
        _of("story_digests", "story_id", "stories"),
        _of("story_digests", "document_id", "documents"),
        sa.PrimaryKeyConstraint("story_id", name="pk_story_digests"),
    )
    op.create_index("ix_story_digests_document_id", "story_digests", ["document_id"])


def _of(table: str, column: str, other: str, gone: str = "CASCADE") -> sa.ForeignKeyConstraint:
    key = "name" if other == "discoveries" else "id"
    name = f"fk_{table}_{column}_{other}"
    return sa.ForeignKeyConstraint([column], [f"{other}.{key}"], name=name, ondelete=gone)
