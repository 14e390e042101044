"""What a name, a password and a mail address must be (B236, B237); texts in, the old refusals out."""

from __future__ import annotations

import re

from ...errors import FormError

LONG_PASSWORD = 16
"""Characters from which on a password may be of one kind of character."""
SHORTEST = 8
_user_name = re.compile(r"[A-Za-z0-9._]+")
_mail_address = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_one_kind = (str.isdigit, str.isalpha, str.islower, str.isupper)


def check_email(email: str) -> None:
    """Refuse what is no mail address. Raises FormError."""
    if not email.isascii():
        raise FormError("Email is invalid (ASCII only)")
    if not _mail_address.fullmatch(email):
        raise FormError("Email is invalid")


def check_user_name(name: str) -> None:
    """Refuse what is no name of a user. Raises FormError."""
    if not _user_name.fullmatch(name):
        raise FormError("Username is invalid (ASCII alphanum,.,_ only)")


def bad_password(name: str, password: str, confirm: str | None) -> str:
    """Say why a password may not be chosen; empty if it may."""
    if password != confirm:
        return "Please check you've entered the same password in both fields."
    if len(password) < SHORTEST:
        return f"Please make your password at least {SHORTEST} characters long."
    if password == name:
        return "Please make your password different from your name."
    if len(password) < LONG_PASSWORD and any(kind(password) for kind in _one_kind):
        return "Please use 16 or more characters, or a mix of different-case letters and numbers in your password."
    return ""
