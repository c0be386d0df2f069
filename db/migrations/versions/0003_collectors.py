"""Collectors: conditional requests, kept failures, counts of a run's rows, later versions of a page, purging.

Every source counts its documents from here on, so the rows there are counted once.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
COUNTED = "UPDATE sources SET documents = (SELECT count(*) FROM documents d WHERE d.source_id = sources.id)"


def upgrade() -> None:
    _responses()
    _ledger()
    _documents()


def _responses() -> None:
    op.create_table(
        "page_validators",
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        sa.Column("reading", sa.String(length=16), nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name="fk_page_validators_source_id_sources", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "url", name="pk_page_validators"),
    )
    op.create_table(
        "kept_responses",
        sa.Column("id", KEY, nullable=False),
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("run_id", KEY),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("cut", sa.Boolean(), nullable=False),
        sa.Column("kept_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name="fk_kept_responses_source_id_sources", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_kept_responses_run_id_runs", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_kept_responses"),
    )
    op.create_index("ix_kept_responses_source_id", "kept_responses", ["source_id"])
    op.create_index("ix_kept_responses_run_id", "kept_responses", ["run_id"])


def _ledger() -> None:
    with op.batch_alter_table("runs") as batch:
        for name in ("undated", "undecodable", "lacking"):
            batch.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("unchanged", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("runs") as batch:
        for name in ("undated", "undecodable", "lacking", "unchanged"):
            batch.alter_column(name, server_default=None)
    op.create_index("ix_runs_source", "runs", ["source_id", "started_at"])
    with op.batch_alter_table("sources") as batch:
        batch.add_column(sa.Column("retry_at", TIME))
        batch.add_column(sa.Column("documents", sa.Integer(), nullable=False, server_default="0"))
    op.execute(COUNTED)
    with op.batch_alter_table("sources") as batch:
        batch.alter_column("documents", server_default=None)


def _documents() -> None:
    # Columns that may be NULL are added in place: nothing rewrites millions of documents.
    with op.batch_alter_table("documents") as batch:
        batch.add_column(sa.Column("purged_at", TIME))
        batch.add_column(sa.Column("root_id", KEY))
    op.drop_index("ix_documents_canonical_url", "documents")
    op.create_index("ix_documents_page", "documents", ["canonical_url", "available_at"])
    op.create_index(
        "ix_documents_root",
        "documents",
        ["root_id"],
        sqlite_where=sa.text("root_id IS NOT NULL"),
        postgresql_where=sa.text("root_id IS NOT NULL"),
    )
    op.create_index(
        "ix_documents_readable",
        "documents",
        ["source_id", "available_at"],
        sqlite_where=sa.text("purged_at IS NULL"),
        postgresql_where=sa.text("purged_at IS NULL"),
    )
