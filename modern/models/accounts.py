"""Accounts and what hangs on them: addresses, logins by cookie, tokens of forms, keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from .base import NAIVE, ZONED, Base


class Account(Base):
    """A user."""

    __tablename__ = "accounts_user"

    id: Mapped[int] = mapped_column(primary_key=True)
    password: Mapped[str] = mapped_column(Text)  # the old code's digest
    last_login: Mapped[datetime | None] = mapped_column(ZONED)
    is_superuser: Mapped[bool] = mapped_column(server_default="false")
    username: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text, server_default="")
    is_staff: Mapped[bool] = mapped_column(server_default="false")
    is_active: Mapped[bool] = mapped_column(server_default="true")
    date_joined: Mapped[datetime | None] = mapped_column(ZONED)


class Email(Base):
    """A mail address of a user."""

    __tablename__ = "accounts_email"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(Text, unique=True)
    primary: Mapped[bool]
    verified: Mapped[bool]


class Cookie(Base):
    """A login by cookie."""

    __tablename__ = "cookies"

    cookie: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str | None] = mapped_column(ForeignKey(Account.username, onupdate="CASCADE", ondelete="CASCADE"))
    last_seen: Mapped[datetime | None] = mapped_column(NAIVE)


class CsrfToken(Base):
    """The token that a user's forms carry; `end_date` is written and never looked at."""

    __tablename__ = "csrf_tokens"

    name: Mapped[str] = mapped_column(
        ForeignKey(Account.username, onupdate="CASCADE", ondelete="CASCADE"), primary_key=True
    )
    token: Mapped[str | None] = mapped_column(Text)
    end_date: Mapped[datetime | None] = mapped_column(NAIVE)


class RegistrationKey(Base):
    """A key that was mailed to confirm an account."""

    __tablename__ = "rego_otk"

    name: Mapped[str | None] = mapped_column(ForeignKey(Account.username, onupdate="CASCADE", ondelete="CASCADE"))
    otk: Mapped[str] = mapped_column(Text, primary_key=True)  # to the database only unique
    date: Mapped[datetime | None] = mapped_column(NAIVE)


class OpenID(Base):
    """An identity elsewhere."""

    __tablename__ = "openids"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str | None] = mapped_column(ForeignKey(Account.username, onupdate="CASCADE", ondelete="CASCADE"))


class SshKey(Base):
    """A public key."""

    __tablename__ = "sshkeys"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(ForeignKey(Account.username, onupdate="CASCADE", ondelete="CASCADE"))
    key: Mapped[str | None] = mapped_column(Text)


class PasswordDigest(Base):
    """Ours: a strong digest of a password, beside the old code's, and good only while that is the one it was made for
    (revision 0002).
    """

    __tablename__ = "modern_passwords"

    user_id: Mapped[int] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(Text)
    made_for: Mapped[str] = mapped_column(Text)  # SHA-256 of the old digest
