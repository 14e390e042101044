"""What all table classes share."""

from __future__ import annotations

from sqlalchemy import DateTime
from sqlalchemy.orm import DeclarativeBase

NAIVE = DateTime(timezone=False)
ZONED = DateTime(timezone=True)


class Base(DeclarativeBase):
    """The root of the table classes; its metadata knows all tables."""
