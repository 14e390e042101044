"""Projects and who may do what with them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from .accounts import Account
from .base import NAIVE, Base


class Project(Base):
    """A registered name. `last_serial` is kept by the database."""

    __tablename__ = "packages"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    stable_version: Mapped[str | None] = mapped_column(Text)
    normalized_name: Mapped[str | None] = mapped_column(Text)
    autohide: Mapped[bool | None] = mapped_column(server_default="true")
    comments: Mapped[bool | None] = mapped_column(server_default="true")
    bugtrack_url: Mapped[str | None] = mapped_column(Text)
    hosting_mode: Mapped[str] = mapped_column(Text, server_default="pypi-explicit")
    created: Mapped[datetime | None] = mapped_column(NAIVE)
    last_serial: Mapped[int | None] = mapped_column(server_default="0")
    has_docs: Mapped[bool | None]


class Role(Base):
    """What a user may do in a project; without a project: everywhere."""

    __tablename__ = "roles"

    # The table has no key; the three together are given once.
    role_name: Mapped[str | None] = mapped_column(Text, primary_key=True)
    user_name: Mapped[str | None] = mapped_column(ForeignKey(Account.username, onupdate="CASCADE"), primary_key=True)
    package_name: Mapped[str | None] = mapped_column(ForeignKey(Project.name, onupdate="CASCADE"), primary_key=True)
