"""Counts of downloads, in tables of their own: the old code reads their sums where it always did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "modern_downloads",
        sa.Column("filename", sa.Text, primary_key=True),
        sa.Column("base", sa.BigInteger, nullable=False),
        sa.Column("counted", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "modern_project_downloads",
        sa.Column("name", sa.Text, primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("last_day", "last_week", "last_month")),
    )
    op.create_table(
        "modern_download_feed",
        sa.Column("archive", sa.Text, primary_key=True),
        sa.Column("until", sa.DateTime, nullable=False),
        sa.Column("due", sa.DateTime, nullable=False),
        sa.Column("broken_since", sa.DateTime),
        sa.Column("last_loss", sa.DateTime),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop them: the sums stay in the old column."""
    for name in ("modern_download_feed", "modern_project_downloads", "modern_downloads"):
        op.drop_table(name)
