"""What else tells who somebody is: public keys of SSH, and identities elsewhere (OpenID)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.orm import Session

from ..models import OpenID, SshKey


class Identities:
    """Reads and writes keys and OpenIDs; `commit` makes safe what must not depend on how the request ends."""

    def __init__(self, db: Session, commit: Callable[[], None]) -> None:
        self._db = db
        self._commit = commit

    def openids(self, name: str) -> Sequence[str]:
        """The OpenIDs tied to an account."""
        return self._db.scalars(select(OpenID.id).where(OpenID.name == name).order_by(OpenID.id)).all()

    def drop_openid(self, name: str, openid: str) -> bool:
        """Forget an OpenID; False if it is not the user's."""
        gone = delete(OpenID).where(OpenID.name == name, OpenID.id == openid).returning(OpenID.id)
        found = self._db.scalar(gone.execution_options(synchronize_session=False))
        self._commit()
        return found is not None

    def keys(self, name: str) -> Sequence[Row[int, str | None]]:
        """(number, key) of a user."""
        return self._db.execute(select(SshKey.id, SshKey.key).where(SshKey.name == name).order_by(SshKey.id)).all()

    def add_key(self, name: str, key: str) -> None:
        """Store a public key."""
        self._db.execute(insert(SshKey).values(name=name, key=key))
        self._commit()

    def drop_key(self, name: str, number: int) -> bool:
        """Drop a key; False if it is not the user's."""
        gone = delete(SshKey).where(SshKey.name == name, SshKey.id == number).returning(SshKey.id)
        found = self._db.scalar(gone.execution_options(synchronize_session=False))
        self._commit()
        return found is not None
