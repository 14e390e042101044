"""The journal: what happened to projects. An entry's id is the serial that mirrors follow."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from .accounts import Account
from .base import NAIVE, Base


class JournalEntry(Base):
    """One event."""

    __tablename__ = "journals"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(Text)
    version: Mapped[str | None] = mapped_column(Text)
    action: Mapped[str | None] = mapped_column(Text)
    submitted_date: Mapped[datetime | None] = mapped_column(NAIVE)
    submitted_by: Mapped[str | None] = mapped_column(ForeignKey(Account.username, onupdate="CASCADE"))
    submitted_from: Mapped[str | None] = mapped_column(Text)
