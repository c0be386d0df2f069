"""Numeric indicators of platforms, with their revisions; the rows of the industry and what they are kept under."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "indicators",
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("available_at", TIME, nullable=False),
        sa.Column("available_day", sa.Date(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("given", sa.Double(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("assumed", sa.Boolean(), nullable=False),
        sa.Column("imported_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platforms.id"],
            name="fk_indicators_platform_id_platforms",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("platform_id", "name", "period_end", "available_at", name="pk_indicators"),
        sqlite_with_rowid=False,
    )
