"""The first schema: sources, documents, mentions, computed values, work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _sources()
    _watch_list()
    _documents()
    _mentions()
    _values()
    _programme()


def _sources() -> None:
    """Sources, their ledger, their days, their files."""
    op.create_table(
        "sources",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_reason", sa.Text()),
        sa.Column("last_success_at", TIME),
        sa.Column("next_run_at", TIME),
        sa.Column("removed_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_sources"),
    )
    op.create_table(
        "runs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.String(length=128), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("finished_at", TIME),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("revised", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name="fk_runs_source_id_sources", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.UniqueConstraint("source_id", "slot", name="uq_runs_source_id_slot"),
    )
    op.create_index("ix_runs_started_at", "runs", ["started_at"])
    op.create_table(
        "source_days",
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name="fk_source_days_source_id_sources", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "day", "kind", name="pk_source_days"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "imported_files",
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("finished_at", TIME),
        sa.Column("report", sa.Text()),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name="fk_imported_files_source_id_sources",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("source_id", "path", name="pk_imported_files"),
    )


def _watch_list() -> None:
    """Platforms, their names and statuses."""
    op.create_table(
        "platforms",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("added_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_platforms"),
    )
    op.create_index("ix_platforms_name", "platforms", ["name"])
    op.create_table(
        "platform_statuses",
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("evidence", sa.Text()),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platforms.id"],
            name="fk_platform_statuses_platform_id_platforms",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("platform_id", "since", name="pk_platform_statuses"),
    )
    op.create_table(
        "aliases",
        sa.Column("id", KEY, nullable=False),
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platforms.id"],
            name="fk_aliases_platform_id_platforms",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_aliases"),
        sa.UniqueConstraint("platform_id", "text", "tier", name="uq_aliases_platform_id_text_tier"),
    )
    op.create_index("ix_aliases_text", "aliases", ["text"])
    op.create_table(
        "sign_offs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("signed_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platforms.id"],
            name="fk_sign_offs_platform_id_platforms",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sign_offs"),
    )
    op.create_index("ix_sign_offs_platform_id", "sign_offs", ["platform_id"])


def _documents() -> None:
    """Documents, what they said before, the stories they tell."""
    op.create_table(
        "stories",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("first_available_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stories"),
    )
    op.create_table(
        "documents",
        sa.Column("id", KEY, nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.Text()),
        sa.Column("run_id", KEY),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text()),
        sa.Column("url", sa.Text()),
        sa.Column("canonical_url", sa.Text()),
        sa.Column("publisher", sa.Text()),
        sa.Column("author_hash", sa.String(length=32)),
        sa.Column("channel", sa.Text()),
        sa.Column("reach", sa.Double()),
        sa.Column("official", sa.Boolean(), nullable=False),
        sa.Column("published_at", TIME),
        sa.Column("first_seen_at", TIME, nullable=False),
        sa.Column("available_at", TIME, nullable=False),
        sa.Column("available_day", sa.Date(), nullable=False),
        sa.Column("backfilled", sa.Boolean(), nullable=False),
        sa.Column("content_hash", sa.String(length=32), nullable=False),
        sa.Column("story_id", KEY),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("encoding", sa.Text()),
        sa.Column("replaced_share", sa.Double(), nullable=False),
        sa.Column("analysed_with", sa.String(length=64)),
        sa.Column("snownlp", sa.Double()),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_documents_run_id_runs", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name="fk_documents_source_id_sources", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_documents_story_id_stories"),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint("identity", name="uq_documents_identity"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_documents_available", "documents", ["available_at"])
    op.create_index("ix_documents_canonical_url", "documents", ["canonical_url"])
    op.create_index("ix_documents_run_id", "documents", ["run_id"])
    op.create_index("ix_documents_source", "documents", ["source_id", "available_at"])
    op.create_index("ix_documents_story_id", "documents", ["story_id"])
    op.create_index(
        "ix_documents_waiting",
        "documents",
        ["id"],
        sqlite_where=sa.text("analysed_with IS NULL"),
        postgresql_where=sa.text("analysed_with IS NULL"),
    )
    op.create_table(
        "document_revisions",
        sa.Column("document_id", KEY, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("replaced_at", TIME, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_document_revisions_document_id_documents",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("document_id", "revision", name="pk_document_revisions"),
    )


def _mentions() -> None:
    """What documents say about platforms, and the roll-ups of it."""
    op.create_table(
        "mentions",
        sa.Column("document_id", KEY, nullable=False),
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("as_of", TIME, nullable=False),
        sa.Column("available_day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("relevance", sa.Double(), nullable=False),
        sa.Column("negative", sa.Double(), nullable=False),
        sa.Column("polarity", sa.String(length=16), nullable=False),
        sa.Column("severity", sa.Double(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("needs_review", sa.Boolean(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("removed_reason", sa.Text()),
        sa.Column("weight", sa.Double()),
        sa.Column("model_version", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_mentions_document_id_documents",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platforms.id"],
            name="fk_mentions_platform_id_platforms",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("document_id", "platform_id", "as_of", name="pk_mentions"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mentions_day", "mentions", ["available_day"])
    op.create_index(
        "ix_mentions_removed",
        "mentions",
        ["available_day"],
        sqlite_where=sa.text("removed = 1"),
        postgresql_where=sa.text("removed"),
    )
    op.create_index("ix_mentions_platform_day", "mentions", ["platform_id", "available_day"])
    op.create_table(
        "index_days",
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("index_id", sa.String(length=1), nullable=False),
        sa.Column("impulse", sa.Double(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("raw", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platforms.id"],
            name="fk_index_days_platform_id_platforms",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("platform_id", "day", "index_id", name="pk_index_days"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pending",
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("marks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platforms.id"],
            name="fk_pending_platform_id_platforms",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("stage", "platform_id", "day", name="pk_pending"),
        sqlite_with_rowid=False,
    )


def _values() -> None:
    """Computed values in versions, and changes of level."""
    op.create_table(
        "index_values",
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("index_id", sa.String(length=1), nullable=False),
        sa.Column("as_of", TIME, nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("level_part", sa.Double()),
        sa.Column("surprise_part", sa.Double()),
        sa.Column("accumulated", sa.Double()),
        sa.Column("saturation", sa.Double()),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Double()),
        sa.Column("observed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platforms.id"],
            name="fk_index_values_platform_id_platforms",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("platform_id", "day", "index_id", "as_of", name="pk_index_values"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "platform_days",
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("as_of", TIME, nullable=False),
        sa.Column("t", sa.Double()),
        sa.Column("t_star", sa.Double()),
        sa.Column("q", sa.Double()),
        sa.Column("scope", sa.Double(), nullable=False),
        sa.Column("coverage", sa.Double(), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("level_before_grey", sa.String(length=8)),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("floor", sa.String(length=32)),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("threshold_version", sa.Integer(), nullable=False),
        sa.Column("settings_hash", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platforms.id"],
            name="fk_platform_days_platform_id_platforms",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("platform_id", "day", "as_of", name="pk_platform_days"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_platform_days_day", "platform_days", ["day", "platform_id", "as_of", "t_star"])
    op.create_table(
        "flips",
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("as_of", TIME, nullable=False),
        sa.Column("level_from", sa.String(length=8), nullable=False),
        sa.Column("level_to", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("t", sa.Double()),
        sa.Column("t_star", sa.Double()),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("threshold_version", sa.Integer(), nullable=False),
        sa.Column("settings_hash", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platforms.id"], name="fk_flips_platform_id_platforms", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("platform_id", "day", "as_of", name="pk_flips"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_flips_day", "flips", ["day"])


def _programme() -> None:
    """Thresholds, requests, the worker, facts."""
    op.create_table(
        "threshold_versions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("effective_from", TIME, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_threshold_versions"),
    )
    op.create_table(
        "requests",
        sa.Column("id", KEY, nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("message", sa.Text()),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
    )
    op.create_index("ix_requests_state", "requests", ["state"])
    op.create_table(
        "worker_status",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.Text()),
        sa.Column("heartbeat_at", TIME),
        sa.Column("stage", sa.String(length=32)),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_worker_status"),
    )
    op.create_table(
        "facts",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_facts"),
    )
