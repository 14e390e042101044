"""Who may do what: an Owner everything in a project, a Maintainer all but roles and its removal, an Admin everything
everywhere; names of projects are compared to the letter (B244).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Row, Select, bindparam, delete, func, insert, literal_column, or_, select
from sqlalchemy.orm import Session

from ..models import Role, table
from .journal import Journal

MAY_CHANGE = ("Admin", "Maintainer", "Owner")
_ROLES = table(Role).c
_HAS: Select[int] = (
    select(literal_column("1"))
    .where(
        _ROLES.user_name == bindparam("user"), _ROLES.role_name.in_(bindparam("roles", expanding=True)),
        or_(_ROLES.package_name == bindparam("name"), _ROLES.package_name.is_(None)),
    )
    .limit(1)
)  # fmt: skip
_ROW: ColumnElement[object] = literal_column("roles.ctid")  # rows as they were inserted: the table has no key


class Roles:
    """Reads and writes roles."""

    def __init__(self, db: Session, journal: Journal) -> None:
        self._db = db
        self._journal = journal

    def has(self, package_name: str | None, *roles: str) -> bool:
        """Whether the acting user has one of the roles, for exactly that name or globally."""
        values = {"user": self._journal.actor.username, "name": package_name, "roles": roles}
        return self._db.scalar(_HAS, values) is not None

    def may_change(self, package_name: str | None) -> bool:
        """Whether the acting user is Owner, Maintainer or Admin."""
        return self.has(package_name, *MAY_CHANGE)

    def given(self, user: str, role: str, package_name: str) -> bool:
        """Whether a user was given exactly this role."""
        wanted = (Role.user_name == user, Role.role_name == role, Role.package_name == package_name)
        return self._db.scalar(select(1).where(*wanted).limit(1)) is not None

    def add(self, user: str, role: str, package_name: str) -> None:
        """Give a role."""
        self._db.execute(insert(Role).values(role_name=role, user_name=user, package_name=package_name))
        self._journal.write(package_name, None, f"add {role} {user}")

    def remove(self, user: str, role: str, package_name: str) -> None:
        """Take a role."""
        wanted = (Role.user_name == user, Role.role_name == role, Role.package_name == package_name)
        self._db.execute(delete(Role).where(*wanted))
        self._journal.write(package_name, None, f"remove {role} {user}")

    def of_project(self, package_name: str) -> Sequence[Row[str | None, str | None]]:
        """(role, user) of a project, in the order they were given."""
        rows = select(Role.role_name, Role.user_name).where(Role.package_name == package_name).order_by(_ROW)
        return self._db.execute(rows).all()

    def shown_of_project(self, package_name: str) -> Sequence[Row[str | None, str | None]]:
        """The same, owners first, then by name."""
        rows = select(Role.role_name, Role.user_name).where(Role.package_name == package_name)
        return self._db.execute(rows.order_by(Role.role_name.desc(), Role.user_name)).all()

    def of_user(self, user: str) -> Sequence[Row[str | None, str | None]]:
        """(role, project or None) of a user, in the order they were given."""
        rows = select(Role.role_name, Role.package_name).where(Role.user_name == user).order_by(_ROW)
        return self._db.execute(rows).all()

    def projects_of(self, user: str) -> list[str]:
        """Names of the projects that a user has a role in, as people sort them."""
        folded = func.lower(Role.package_name)
        rows = self._db.execute(
            select(Role.package_name, folded)
            .where(Role.user_name == user, Role.package_name.is_not(None))
            .distinct()
            .order_by(folded, Role.package_name)
        )
        return [name for name, _ in rows if name is not None]

    def owns_projects(self, user: str) -> bool:
        """Whether the user is the owner of some project."""
        wanted = (Role.user_name == user, Role.role_name == "Owner")
        return self._db.scalar(select(1).where(*wanted).limit(1)) is not None
