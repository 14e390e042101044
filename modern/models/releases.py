"""Releases of projects, their classifiers and dependencies."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import NAIVE, Base
from .projects import Project


class Release(Base):
    """A version of a project with its metadata."""

    __tablename__ = "releases"

    name: Mapped[str] = mapped_column(ForeignKey(Project.name, onupdate="CASCADE"), primary_key=True)
    version: Mapped[str] = mapped_column(Text, primary_key=True)
    author: Mapped[str | None] = mapped_column(Text)
    author_email: Mapped[str | None] = mapped_column(Text)
    maintainer: Mapped[str | None] = mapped_column(Text)
    maintainer_email: Mapped[str | None] = mapped_column(Text)
    home_page: Mapped[str | None] = mapped_column(Text)
    license: Mapped[str | None] = mapped_column(Text)
    summary: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    keywords: Mapped[str | None] = mapped_column(Text)
    platform: Mapped[str | None] = mapped_column(Text)
    requires_python: Mapped[str | None] = mapped_column(Text)
    download_url: Mapped[str | None] = mapped_column(Text)
    ordering: Mapped[int | None] = mapped_column("_pypi_ordering")
    hidden: Mapped[bool | None] = mapped_column("_pypi_hidden")
    description_html: Mapped[str | None] = mapped_column(Text)
    description_from_readme: Mapped[bool | None]
    cheesecake_installability_id: Mapped[int | None]
    cheesecake_documentation_id: Mapped[int | None]
    cheesecake_code_kwalitee_id: Mapped[int | None]
    created: Mapped[datetime | None] = mapped_column(NAIVE)

    project: Mapped[Project] = relationship(lazy="raise", viewonly=True)


class Classifier(Base):
    """A trove classifier."""

    __tablename__ = "trove_classifiers"

    id: Mapped[int] = mapped_column(primary_key=True)
    classifier: Mapped[str | None] = mapped_column(Text, unique=True)
    l2: Mapped[int | None]
    l3: Mapped[int | None]
    l4: Mapped[int | None]
    l5: Mapped[int | None]


def _release() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["name", "version"], [Release.name, Release.version], onupdate="CASCADE")


class ReleaseClassifier(Base):
    """A classifier of a release. The table has no key."""

    __tablename__ = "release_classifiers"
    __table_args__ = (_release(),)

    name: Mapped[str | None] = mapped_column(Text, primary_key=True)
    version: Mapped[str | None] = mapped_column(Text, primary_key=True)
    trove_id: Mapped[int | None] = mapped_column(ForeignKey(Classifier.id), primary_key=True)


class Dependency(Base):
    """One line of a release's requires, provides, ...: `kind` is a position in `services.releases.KINDS`, from 1. The
    table has no key.
    """

    __tablename__ = "release_dependencies"
    __table_args__ = (_release(),)

    name: Mapped[str | None] = mapped_column(Text, primary_key=True)
    version: Mapped[str | None] = mapped_column(Text, primary_key=True)
    kind: Mapped[int | None] = mapped_column(primary_key=True)
    specifier: Mapped[str | None] = mapped_column(Text, primary_key=True)
