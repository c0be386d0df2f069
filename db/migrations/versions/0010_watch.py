"""我的关注: which platforms a person keeps an eye on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "watched_platforms",
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name="fk_watched_platforms_account_id_accounts",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platforms.id"],
            name="fk_watched_platforms_platform_id_platforms",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "platform_id", name="pk_watched_platforms"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_watched_platforms_platform_id", "watched_platforms", ["platform_id"])
