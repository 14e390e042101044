"""What all table classes share."""

from __future__ import annotations

from typing import cast

from sqlalchemy import DateTime, Table
from sqlalchemy.orm import DeclarativeBase

NAIVE = DateTime(timezone=False)
ZONED = DateTime(timezone=True)


class Base(DeclarativeBase):
    """The root of the table classes; its metadata knows all tables."""


def table(model: type[Base]) -> Table:
    """The table of a class: statements on it skip the work that objects would need."""
    return cast(Table, model.__table__)
