"""Ours: how often files were downloaded, as statistics counted it (revisions 0003, 0004). The sum for a file is in the
old column `release_files.downloads`, where the old code reads it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import NAIVE, Base

MIGRATED = text(
    "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('modern_download_feed')"
    " AND attname = 'counted_since')"
)  # whether the tables are there as they are here


class CountedFile(Base):
    """A file that was downloaded: what its column said before, and what was counted since."""

    __tablename__ = "modern_downloads"

    filename: Mapped[str] = mapped_column(Text, primary_key=True)
    base: Mapped[int] = mapped_column(BigInteger)
    counted: Mapped[int] = mapped_column(BigInteger)


class CountedProject(Base):
    """Downloads of a project in the day, week and month before the feed's `until`."""

    __tablename__ = "modern_project_downloads"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    last_day: Mapped[int] = mapped_column(BigInteger)
    last_week: Mapped[int] = mapped_column(BigInteger)
    last_month: Mapped[int] = mapped_column(BigInteger)


class CountedFeed(Base):
    """The one row that says what the counts are worth."""

    __tablename__ = "modern_download_feed"

    archive: Mapped[str] = mapped_column(Text, primary_key=True)
    until: Mapped[datetime] = mapped_column(NAIVE)  # every download before is counted
    due: Mapped[datetime] = mapped_column(NAIVE)  # when a later one is expected
    broken_since: Mapped[datetime | None] = mapped_column(NAIVE)  # downloads are lost now, since then
    last_loss: Mapped[datetime | None] = mapped_column(NAIVE)  # the last download that was lost
    revision: Mapped[int] = mapped_column(BigInteger)  # another after each count
    counted_since: Mapped[datetime | None] = mapped_column(NAIVE)  # every download from then to `until` is counted
