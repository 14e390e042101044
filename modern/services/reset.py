"""Keys that are mailed for a new password: made of a name and a time, signed with the stored digest of the password.

Good for a day, and only until the password is changed; the old code makes and reads the same ones.
"""

from __future__ import annotations

import base64
import hmac
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..models import Account
from .clock import now

LIFE = timedelta(days=1)
SIGNED = 40
"""Characters of the signature."""


class ResetKeys:
    """Makes and reads keys."""

    def __init__(self, db: Session) -> None:
        self._db = db

    def make(self, name: str) -> str:
        """The key for a user who exists."""
        when = format(int(now().timestamp()), "x")
        encoded = base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")
        return f"{encoded}.{when}.{self._signature(name, when)}"

    def user_of(self, key: str) -> str | None:
        """The user of a key; None for one that is wrong or old."""
        try:
            encoded, when, signature = key.split(".")
            name = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
            age = now().timestamp() - int(when, 16)
        except ValueError:
            return None
        right = self._signature(name, when)
        good = right is not None and hmac.compare_digest(signature.encode(), right.encode())
        return name if good and age <= LIFE.total_seconds() else None

    def _signature(self, name: str, when: str) -> str | None:
        stored = self._db.scalar(select(Account.password).where(Account.username == name))
        if stored is None:
            return None
        return hmac.new(stored.encode(), f"{name} {when}".encode(), "sha256").hexdigest()[:SIGNED]
