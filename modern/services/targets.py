"""What a file is sent for: names and a user in; the project, and what is there of release and file, out of one
statement, since tools send one file after the other.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Text, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from ..models import File, Project, Release, Role, table
from .roles import MAY_CHANGE

_PROJECTS, _ROLES, _RELEASES, _FILES = (table(model).c for model in (Project, Role, Release, File))
_WANTED, _USER = bindparam("name", type_=Text), bindparam("user", type_=Text)
_VERSION, _FILENAME = bindparam("version", type_=Text), bindparam("filename", type_=Text)
_TARGET = (
    select(
        _PROJECTS.name,
        exists().where(
            _ROLES.user_name == _USER, _ROLES.role_name.in_(MAY_CHANGE),
            or_(_ROLES.package_name == _PROJECTS.name, _ROLES.package_name.is_(None)),
        ),
        exists().where(_RELEASES.name == _PROJECTS.name, _RELEASES.version == _VERSION),
        exists().where(_FILES.name == _PROJECTS.name, _FILES.version == _VERSION, _FILES.filename == _FILENAME),
    )
    .where(func.normalize_pep426_name(_PROJECTS.name) == func.normalize_pep426_name(_WANTED))
    .order_by((_PROJECTS.name == _WANTED).desc(), _PROJECTS.created, _PROJECTS.name)
    .limit(1)
)  # fmt: skip


class Target(NamedTuple):
    """The project as it is registered, whether the user may change it, and what there is already."""

    name: str
    may_change: bool
    has_release: bool
    has_file: bool


def target(db: Session, user: str | None, name: str, version: str, filename: str | None) -> Target | None:
    """Return what a file of these names is for; None where no project is called so."""
    row = db.execute(_TARGET, {"user": user, "name": name, "version": version, "filename": filename}).first()
    return Target(*row) if row else None
