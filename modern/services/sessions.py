"""Logins by cookie: one row a login, read by the old code and by us."""

from __future__ import annotations

import os
from collections.abc import Callable

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from ..models import Account, Cookie
from .clock import naive_now
from .users import REFRESH, Users


class Sessions:
    """Reads and writes cookies."""

    def __init__(self, db: Session, users: Users, commit: Callable[[], None]) -> None:
        self._db = db
        self._users = users
        self._commit = commit

    def user_of(self, cookie: str) -> str | None:
        """The user whom a cookie logs in; notes that the user was here."""
        row = self._db.execute(
            select(Cookie.name, Cookie.last_seen, Account.last_login)
            .join(Account, Cookie.name == Account.username)
            .where(Cookie.cookie == cookie)
        ).first()
        if row is None:
            return None
        if naive_now() - row.last_seen > REFRESH:
            self._db.execute(update(Cookie).where(Cookie.cookie == cookie).values(last_seen=naive_now()))
            self._users.note_login(row.name, row.last_login)
            self._commit()
        name: str = row.name
        return name

    def begin(self, name: str) -> str:
        """Log a user in; return the cookie."""
        cookie = os.urandom(16).hex()
        self._db.execute(insert(Cookie).values(cookie=cookie, name=name, last_seen=naive_now()))
        return cookie

    def end(self, cookie: str) -> None:
        """Log out."""
        self._db.execute(delete(Cookie).where(Cookie.cookie == cookie))
