"""People's input: uploads and what they brought, failure lists, letters and calls, notes, meetings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
WHO = sa.String(length=64)


def upgrade() -> None:
    _uploads()
    _brought()
    _failures()
    _entries()
    _notes()
    _meetings()


def _uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", KEY, nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.String(length=64)),
        sa.Column("list_name", sa.String(length=64)),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("message", sa.Text()),
        sa.Column("who", WHO, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("stored_at", TIME),
        sa.Column("undone_at", TIME),
        sa.Column("undone_by", WHO),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )


def _upload_key(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_upload_id_uploads"
    return sa.ForeignKeyConstraint(["upload_id"], ["uploads.id"], name=name, ondelete="CASCADE")


def _platform_key(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_platform_id_platforms"
    return sa.ForeignKeyConstraint(["platform_id"], ["platforms.id"], name=name, ondelete="CASCADE")


def _brought() -> None:
    op.create_table(
        "upload_documents",
        sa.Column("upload_id", KEY, nullable=False),
        sa.Column("document_id", KEY, nullable=False),
        sa.Column("fate", sa.String(length=8), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        _upload_key("upload_documents"),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_upload_documents_document_id_documents",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("upload_id", "document_id", name="pk_upload_documents"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_upload_documents_document_id", "upload_documents", ["document_id"])
    op.create_table(
        "upload_readings",
        sa.Column("upload_id", KEY, nullable=False),
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("available_at", TIME, nullable=False),
        _upload_key("upload_readings"),
        _platform_key("upload_readings"),
        sa.PrimaryKeyConstraint(
            "upload_id", "platform_id", "name", "period_end", "available_at", name="pk_upload_readings"
        ),
        sqlite_with_rowid=False,
    )


def _failures() -> None:
    op.create_table(
        "failures",
        sa.Column("id", KEY, nullable=False),
        sa.Column("upload_id", KEY, nullable=False),
        sa.Column("list_name", sa.String(length=64), nullable=False),
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("problem_date", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text()),
        _upload_key("failures"),
        _platform_key("failures"),
        sa.PrimaryKeyConstraint("id", name="pk_failures"),
        sa.UniqueConstraint("upload_id", "platform_id", name="uq_failures_upload_id_platform_id"),
    )
    op.create_index("ix_failures_list_name", "failures", ["list_name"])


def _entries() -> None:
    op.create_table(
        "manual_entries",
        sa.Column("id", KEY, nullable=False),
        sa.Column("document_id", KEY),
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("who", WHO, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("undone_at", TIME),
        sa.Column("undone_by", WHO),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_manual_entries_document_id_documents",
            ondelete="SET NULL",
        ),
        _platform_key("manual_entries"),
        sa.PrimaryKeyConstraint("id", name="pk_manual_entries"),
    )
    op.create_index("ix_manual_entries_document_id", "manual_entries", ["document_id"])


def _notes() -> None:
    op.create_table(
        "platform_notes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("who", WHO, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("withdrawn_at", TIME),
        _platform_key("platform_notes"),
        sa.PrimaryKeyConstraint("id", name="pk_platform_notes"),
    )
    op.create_index("ix_platform_notes_day", "platform_notes", ["platform_id", "day"])
    op.create_table(
        "note_versions",
        sa.Column("note_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["note_id"],
            ["platform_notes.id"],
            name="fk_note_versions_note_id_platform_notes",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("note_id", "version", name="pk_note_versions"),
        sqlite_with_rowid=False,
    )


def _meetings() -> None:
    op.create_table(
        "meetings",
        sa.Column("id", KEY, nullable=False),
        sa.Column("held_at", TIME, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("participants", sa.Text(), nullable=False),
        sa.Column("decisions", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("who", WHO, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("withdrawn_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_meetings"),
    )
    op.create_index("ix_meetings_held_at", "meetings", ["held_at"])
