"""Stored files, and the names that files ever had."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from .base import NAIVE, Base
from .releases import Release


class File(Base):
    """A file of a release; `path` is below the file store."""

    __tablename__ = "release_files"
    __table_args__ = (ForeignKeyConstraint(["name", "version"], [Release.name, Release.version], onupdate="CASCADE"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(Text)
    version: Mapped[str | None] = mapped_column(Text)
    python_version: Mapped[str | None] = mapped_column(Text)
    packagetype: Mapped[str | None] = mapped_column(Text)
    comment_text: Mapped[str | None] = mapped_column(Text)
    filename: Mapped[str | None] = mapped_column(Text, unique=True)
    path: Mapped[str | None] = mapped_column(Text)
    size: Mapped[int | None]
    has_signature: Mapped[bool | None]
    md5_digest: Mapped[str | None] = mapped_column(Text, unique=True)
    sha256_digest: Mapped[str | None] = mapped_column(Text, unique=True)
    blake2_256_digest: Mapped[str | None] = mapped_column(Text, unique=True)
    downloads: Mapped[int | None] = mapped_column(server_default="0")
    upload_time: Mapped[datetime | None] = mapped_column(NAIVE)


class RegisteredName(Base):
    """A name that a file has or had: never given again."""

    __tablename__ = "file_registry"

    id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str] = mapped_column(Text, unique=True)
