"""Strong digests of passwords, in a table of their own: the old code goes on with its column."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "modern_passwords",
        sa.Column("user_id", sa.Integer, sa.ForeignKey("accounts_user.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("made_for", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop it: the old digests are all there."""
    op.drop_table("modern_passwords")
