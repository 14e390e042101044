"""What a file is sent for: names and a user in; the project, and what is there of release and file, out of one
statement, since tools send one file after the other.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from .. import prepared


class Target(NamedTuple):
    """The project as it is registered, which the user may change, and what there is already."""

    name: str
    has_release: bool
    has_file: bool


def target(db: Session, user: str | None, name: str, version: str, filename: str) -> Target | None:
    """Return what a file of these names is for, and have its project for ourselves until the transaction ends; None
    where no project is called so, or it is not the user's to change.
    """
    is_of_one_moment = False
    while not is_of_one_moment:
        row = prepared.execute(db, "upload_target", name, user, version, filename).fetchone()
        if row is None:
            return None
        *found, is_of_one_moment = row
    return Target._make(found)
