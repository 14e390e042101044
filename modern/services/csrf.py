"""The tokens of forms: one a user, made when a first form is shown, carried by each that changes something (B235)."""

from __future__ import annotations

import base64
import hmac
import os
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ..models import CsrfToken, table
from .clock import naive_now

LIFE = timedelta(minutes=15)
"""Written, and since August 2015 never looked at."""


class Csrf:
    """Tokens within one session."""

    def __init__(self, db: Session) -> None:
        self._db = db

    def token(self, username: str) -> str:
        """Return the token of a user, which is made where there is none yet; one made at the same time counts."""
        token = self._stored(username)
        if token is not None:
            return token
        made = base64.b64encode(os.urandom(20).hex().encode()).decode()
        fresh = insert(CsrfToken).values(name=username, token=made, end_date=naive_now() + LIFE)
        kept = fresh.on_conflict_do_update(index_elements=[CsrfToken.name], set_={"token": CsrfToken.token})
        known: str = self._db.scalars(kept.returning(table(CsrfToken).c.token)).one()
        return known

    def is_token(self, username: str | None, token: Any) -> bool:
        """Tell whether that is the token of a user."""
        stored = self._stored(username)
        if stored is None or not isinstance(token, str):
            return False
        return hmac.compare_digest(stored.encode(), token.encode("utf-8", "surrogatepass"))

    def _stored(self, username: str | None) -> str | None:
        return self._db.scalar(select(CsrfToken.token).where(CsrfToken.name == username))
