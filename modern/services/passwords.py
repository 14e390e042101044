"""Digests of passwords: the old code's, which it must still be able to check, and strong ones beside them.

A strong digest (Argon2) is made when somebody logs in with the right password. It names the old digest that it was made
for: when the old code changes that, the strong one no longer counts, and the next login makes another.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict
from os import urandom
from threading import Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ..models import PasswordDigest

REMEMBERED, SECONDS = 1024, 300


def old_digest(name: str, password: str) -> str:
    """Return what `accounts_user.password` holds: the old code writes and checks it."""
    digest = hashlib.scrypt(password.encode(), salt=name.encode(), n=2**10, r=8, p=1, dklen=20)
    return "scrypt$" + digest.hex()


def same(one: str, other: str) -> bool:
    """Compare two secrets in a time that tells nothing."""
    return hmac.compare_digest(one.encode(), other.encode())


class Remembered:
    """Which passwords were right a moment ago, by a keyed digest of password and stored digest: a program that uploads
    with its password in each request pays for the slow digest once. A changed password is another entry.
    """

    def __init__(self, size: int = REMEMBERED, seconds: float = SECONDS) -> None:
        self._key = urandom(32)
        self._size, self._seconds = size, seconds
        self._lock = Lock()
        self._right: OrderedDict[bytes, float] = OrderedDict()

    def knows(self, stored: str, password: str) -> bool:
        """Whether this password was right for this stored digest."""
        with self._lock:
            return self._right.get(self._entry(stored, password), 0.0) > time.monotonic()

    def add(self, stored: str, password: str) -> None:
        """Note that it was."""
        with self._lock:
            self._right[self._entry(stored, password)] = time.monotonic() + self._seconds
            while len(self._right) > self._size:
                self._right.popitem(last=False)

    def _entry(self, stored: str, password: str) -> bytes:
        return hashlib.blake2b(f"{stored}\0{password}".encode(), key=self._key, digest_size=32).digest()


class Passwords:
    """Checks passwords and stores their digests; `strong` says whether the table of the strong ones is there."""

    def __init__(self, db: Session, remembered: Remembered, *, strong: bool) -> None:
        self._db = db
        self._remembered = remembered
        self._strong = strong

    def is_right(self, number: int, name: str, stored: str, password: str) -> bool:
        """Whether that is the password of the user with this id, name and old digest; makes the strong digest where
        there is none yet.
        """
        if self._remembered.knows(stored, password):
            return True
        right = self._check(number, name, stored, password)
        if right:
            self._remembered.add(stored, password)
        return right

    def _check(self, number: int, name: str, old: str, password: str) -> bool:
        stored = self._stored(number, old)
        if stored is not None:
            try:
                return PasswordHasher().verify(stored, password)
            except (VerificationError, InvalidHashError):
                return False
        if not same(old, old_digest(name, password)):
            return False
        self._upgrade(number, old, password)
        return True

    def _stored(self, number: int, old: str) -> str | None:
        if not self._strong:
            return None
        wanted = (PasswordDigest.user_id == number, PasswordDigest.made_for == made_for(old))
        return self._db.scalar(select(PasswordDigest.digest).where(*wanted))

    def _upgrade(self, number: int, old: str, password: str) -> None:
        if not self._strong:
            return
        values = {"digest": PasswordHasher().hash(password), "made_for": made_for(old)}
        row = insert(PasswordDigest).values(user_id=number, **values)
        self._db.execute(row.on_conflict_do_update(index_elements=[PasswordDigest.user_id], set_=values))


def made_for(old: str) -> str:
    """How a strong digest names the old one."""
    return hashlib.sha256(old.encode()).hexdigest()
