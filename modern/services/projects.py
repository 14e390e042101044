"""Registered names: rows of `packages` and what removing one takes along."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from ..models import Dependency, File, Project, Release, ReleaseClassifier, Role, table
from .clock import naive_now
from .journal import Journal

_PROJECTS, _WANTED = table(Project).c, bindparam("wanted", type_=Text)
_FIND = (
    select(_PROJECTS.name)
    .where(func.normalize_pep426_name(_PROJECTS.name) == func.normalize_pep426_name(_WANTED))
    .order_by((_PROJECTS.name == _WANTED).desc(), _PROJECTS.created, _PROJECTS.name)
    .limit(1)
)
PORTION = 2000  # names read at once
Chosen = Callable[[Any], ColumnElement[bool]]


def normalise(name: str) -> str:
    """Fold runs of `.`, `_` and `-` and the case (PEP 426), as the database's function does."""
    return re.sub(r"[._-]+", "-", name).lower()


def simple_name(name: str) -> str:
    """The spelling of the simple index: runs of anything but ASCII letters, digits and dots become a dash (B110)."""
    return re.sub("[^A-Za-z0-9.]+", "-", name).lower()


class Projects:
    """Reads and writes projects."""

    def __init__(self, db: Session, journal: Journal) -> None:
        self._db = db
        self._journal = journal

    def exists(self, name: str | None) -> bool:
        """Whether a project of exactly this name is registered."""
        return self._db.scalar(select(Project.name).where(Project.name == name)) is not None

    def lock(self, name: str) -> None:
        """Have a project to ourselves until the end of the transaction, before anything of it is written: two who write
        at once would wait for each other (the journal's trigger writes the project's row after its releases), and one
        of them would fail.
        """
        self._db.execute(select(Project.name).where(Project.name == name).with_for_update(key_share=True))

    def reserve(self, name: str) -> None:
        """Have all spellings of a name to ourselves until the end of the transaction: of two that are registered at
        once, the second is told of the first. Both indexes ask for the same lock.
        """
        self._db.execute(select(func.pg_advisory_xact_lock(func.hashtext(func.normalize_pep426_name(name)))))

    def find(self, name: str | None) -> str | None:
        """The registered spelling of a name, None where there is none."""
        return self._db.scalar(_FIND, {"wanted": name})

    def names(self) -> Sequence[str]:
        """All names, by the collation of the database."""
        return self._db.scalars(select(Project.name).order_by(Project.name)).all()

    def each_name(self) -> Iterator[str]:
        """The same, read in portions."""
        wanted = select(Project.name).order_by(Project.name).execution_options(yield_per=PORTION)
        yield from self._db.scalars(wanted)

    def serials(self) -> dict[str, int | None]:
        """{name: last serial}."""
        rows = self._db.execute(select(Project.name, Project.last_serial).order_by(Project.name))
        return {row.name: row.last_serial for row in rows}

    def count(self) -> int:
        """How many are registered."""
        return self._db.scalar(select(func.count()).select_from(Project)) or 0

    def create(self, name: str) -> None:
        """Register a name."""
        self._db.execute(
            insert(Project).values(
                name=name, autohide=True, comments=True, hosting_mode="pypi-explicit", created=naive_now()
            )
        )
        self._journal.write(name, None, "create")

    def hides_old_releases(self, name: str) -> bool:
        """Whether a new release hides the others."""
        return bool(self._db.scalar(select(Project.autohide).where(Project.name == name)))

    def set_autohide(self, name: str, autohide: bool) -> None:
        """Say whether a new release hides the others."""
        self._db.execute(update(Project).where(Project.name == name).values(autohide=autohide))

    def set_docs(self, name: str, docs: bool) -> None:
        """Note that documentation was uploaded or removed."""
        self._db.execute(update(Project).where(Project.name == name).values(has_docs=docs))
        self._journal.write(name, None, "docupdate" if docs else "docdestroy")

    def hosting_mode(self, name: str) -> str | None:
        """How the simple page linked elsewhere (B122), None for an unknown name."""
        return self._db.scalar(select(Project.hosting_mode).where(Project.name == name))

    def newest(self, count: int) -> Sequence[Row[str, datetime | None, str | None]]:
        """(name, created, summary) of the projects made last."""
        summary = (
            select(Release.summary).where(Release.name == Project.name).order_by(Release.ordering.desc()).limit(1)
        ).scalar_subquery()
        return self._db.execute(
            select(Project.name, Project.created, summary.label("summary"))
            .order_by(Project.created.desc(), Project.name)
            .limit(count)
        ).all()

    def remove(self, name: str) -> list[str]:
        """Delete a project and all of it but its journal, which gets one more entry (B081); return its files' paths."""
        paths = remove_parts(self._db, lambda table: table.name == name)
        self._db.execute(delete(Role).where(Role.package_name == name))
        self._journal.write(name, None, "remove")
        self._db.execute(delete(Project).where(Project.name == name))
        return paths


def remove_parts(db: Session, chosen: Chosen) -> list[str]:
    """Delete files, dependencies, classifiers and releases by a condition on each class; return the files' paths."""
    paths = list(db.scalars(select(File.path).where(chosen(File)).order_by(File.path)))
    for part in (File, Dependency, ReleaseClassifier, Release):
        db.execute(delete(part).where(chosen(part)).execution_options(synchronize_session=False))
    return [path for path in paths if path is not None]
