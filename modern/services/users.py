"""Accounts: who there is, logging in, registering, changing, deleting."""

from __future__ import annotations

import os
import string
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from .. import prepared
from ..models import Account, Email, JournalEntry, RegistrationKey, Role
from .clock import now
from .passwords import Passwords, old_digest

REFRESH = timedelta(minutes=1)  # how often a login is noted at most
NOBODY = "deleted-user"  # journal entries of deleted accounts are handed to it


class StoredAccount(NamedTuple):
    """What a login is checked with."""

    id: int
    password: str
    last_login: datetime | None
    is_active: bool


def random_text(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """A secret that nobody can guess."""
    return "".join(alphabet[byte % len(alphabet)] for byte in os.urandom(length))


class Users:
    """Reads and writes accounts; `commit` makes safe what must not depend on how the request ends, `changed` is told of
    projects that are shown in another way from now on, though no journal says so.
    """

    def __init__(
        self, db: Session, passwords: Passwords, commit: Callable[[], None], changed: Callable[[str, str], None]
    ) -> None:
        self._db = db
        self._passwords = passwords
        self._commit = commit
        self._changed = changed

    def login(self, name: str, password: str) -> bool:
        """Whether these are the credentials of an active user; notes the login, at most once a minute."""
        row = self._account(name)
        if row is None or not row.is_active or not self._passwords.is_right(row.id, name, row.password, password):
            return False
        self.note_login(name, row.last_login)
        return True

    def note_login(self, name: str, before: datetime | None) -> None:
        """Note that a user was here, whatever becomes of the request."""
        when = now()
        if before is None or when - before > REFRESH:
            self._change(name, last_login=when)
            self._commit()

    def is_password(self, name: str, password: str) -> bool:
        """Whether that is the user's password."""
        row = self._account(name)
        return row is not None and self._passwords.is_right(row.id, name, row.password, password)

    def exists(self, name: str) -> bool:
        """Whether there is an account of this name."""
        return self._db.scalar(select(Account.id).where(Account.username == name)) is not None

    def email(self, name: str) -> str | None:
        """The first mail address of a user."""
        rows = select(Email.email).join(Account, Account.id == Email.user_id).where(Account.username == name)
        return self._db.scalar(rows.order_by(Email.primary.desc(), Email.id).limit(1))

    def of_email(self, email: str) -> str | None:
        """The user of a mail address."""
        rows = select(Account.username).join(Email, Account.id == Email.user_id).where(Email.email == email)
        return self._db.scalar(rows)

    def reserve(self) -> None:
        """Register nobody else until the end of the transaction: of two of one name or address (a form sent twice), the
        second is told of the first.
        """
        self._db.execute(select(func.pg_advisory_xact_lock(func.hashtext(Account.__tablename__))))

    def create(self, name: str, email: str, password: str) -> str:
        """Make an inactive account; return the key that activates it."""
        when, key = now(), random_text(32)
        number = self._db.scalar(
            insert(Account)
            .values(username=name, password=old_digest(name, password), is_active=False, last_login=when,
                    date_joined=when)
            .returning(Account.id)
        )  # fmt: skip
        self._db.execute(insert(Email).values(user_id=number, email=email, primary=True, verified=False))
        self._db.execute(insert(RegistrationKey).values(name=name, otk=key, date=when.replace(tzinfo=None)))
        self._commit()
        return key

    def of_key(self, key: str) -> str | None:
        """The user whose account a mailed key activates."""
        return self._db.scalar(select(RegistrationKey.name).where(RegistrationKey.otk == key))

    def activate(self, name: str) -> None:
        """End a registration."""
        self._db.execute(delete(RegistrationKey).where(RegistrationKey.name == name))
        self._change(name, is_active=True)
        self._commit()

    def update(self, name: str, email: str | None, password: str | None) -> None:
        """Change a user's mail address and password; None or empty: not."""
        if email and email != self.email(name):
            owner = select(Account.id).where(Account.username == name).scalar_subquery()
            changed = update(Email).where(Email.primary, Email.user_id == owner)
            self._db.execute(changed.values(email=email).execution_options(synchronize_session=False))
        if password:
            self._change(name, password=old_digest(name, password))
        self._commit()

    def delete(self, name: str) -> None:
        """Delete an account with all that hangs on it but its journal entries.

        One that still owns something breaks a foreign key, and the request with it (B245).
        """
        mine = delete(Role).where(Role.user_name == name, Role.role_name == "Maintainer").returning(Role.package_name)
        for project in self._db.scalars(mine.execution_options(synchronize_session=False)).all():
            self._changed(project or "", f"remove Maintainer {name}")
        handed = update(JournalEntry).where(JournalEntry.submitted_by == name).values(submitted_by=NOBODY)
        self._db.execute(handed.execution_options(synchronize_session=False))
        self._db.execute(delete(Account).where(Account.username == name))
        self._commit()

    def _account(self, name: str) -> StoredAccount | None:
        row = prepared.execute(self._db, "account", name).fetchone()
        return StoredAccount._make(row) if row else None

    def _change(self, name: str, **values: object) -> None:
        changed = update(Account).where(Account.username == name).values(**values)
        self._db.execute(changed.execution_options(synchronize_session=False))
