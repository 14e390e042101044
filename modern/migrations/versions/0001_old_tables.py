"""The tables of the old code, as they were when this index was written; a database that has them is left as it is."""

from __future__ import annotations

from pathlib import Path

from alembic import op
from sqlalchemy import text

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables where there are none."""
    connection = op.get_bind()
    if connection.scalar(text("SELECT to_regclass('packages') IS NULL")):
        connection.exec_driver_sql(Path(__file__).with_name("0001.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """The tables are not ours to drop."""
