"""What a file is sent for: names and a user in; the project, and what is there of release and file, out of one
statement, since tools send one file after the other.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from .. import prepared


class Target(NamedTuple):
    """The project as it is registered, whether the user may change it, and what there is already."""

    name: str
    may_change: bool
    has_release: bool
    has_file: bool


def target(db: Session, user: str | None, name: str, version: str, filename: str) -> Target | None:
    """Return what a file of these names is for; None where no project is called so."""
    row = prepared.execute(db, "upload_target", name, user, version, filename).first()
    return Target._make(row) if row else None
