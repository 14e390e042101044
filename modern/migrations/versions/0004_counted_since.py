"""Since when downloads are counted. Who does not know of it writes none, which says that nothing is known before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column."""
    op.add_column("modern_download_feed", sa.Column("counted_since", sa.DateTime))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("modern_download_feed", "counted_since")
