"""Governance of thresholds: what a version was made from, who decided on it, and drafts that people keep.

Nobody decides on their own: the check refuses it whoever writes. Versions that a former programme proposed wait on
without a base.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
SECOND_PERSON = "decided_by IS NULL OR state = 'withdrawn' OR decided_by <> who"


def upgrade() -> None:
    with op.batch_alter_table("threshold_versions") as batch:
        batch.add_column(sa.Column("base_id", KEY))
        batch.add_column(sa.Column("copy_of", KEY))
        batch.add_column(sa.Column("decided_by", sa.String(length=64)))
        batch.add_column(sa.Column("decided_at", TIME))
        batch.add_column(sa.Column("comment", sa.Text()))
        for name in ("base_id", "copy_of"):
            batch.create_foreign_key(
                f"fk_threshold_versions_{name}_threshold_versions", "threshold_versions", [name], ["id"]
            )
        batch.create_check_constraint(op.f("ck_threshold_versions_second_person"), SECOND_PERSON)
    op.create_table(
        "threshold_drafts",
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("base_id", KEY, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id"], ["threshold_versions.id"], name="fk_threshold_drafts_base_id_threshold_versions"
        ),
        sa.PrimaryKeyConstraint("who", name="pk_threshold_drafts"),
    )
    op.create_index(
        "ix_platform_days_floor",
        "platform_days",
        ["platform_id", "day", "as_of", "floor"],
        sqlite_where=sa.text("floor IS NOT NULL"),
        postgresql_where=sa.text("floor IS NOT NULL"),
    )
