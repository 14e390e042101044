"""The schema by revisions (Alembic): the first is the old code's, later ones only add what it does not notice."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from ..database import psycopg2_url


def upgrade(url: str, revision: str = "head") -> None:
    """Bring a database to a revision; one that has the old code's tables already keeps them."""
    command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Go back to a revision."""
    command.downgrade(_config(url), revision)


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = psycopg2_url(url)
    return config
