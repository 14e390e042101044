"""What a name, a password and a mail address must be."""

import pytest

from modern.errors import FormError
from modern.views.accounts import rules


@pytest.mark.parametrize(
    ("email", "message"),
    [("a@b.c", None), ("ä@b.c", "Email is invalid (ASCII only)"), ("a@b", "Email is invalid"),
     ("a b@c.d", "Email is invalid"), ("a@b@c.d", "Email is invalid")],
)  # fmt: skip
def test_mail_addresses(email, message):
    """One sign, a dot behind it, no blanks."""
    if message is None:
        rules.check_email(email)
        return
    with pytest.raises(FormError) as caught:
        rules.check_email(email)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["a b", "ä", "a-b", ""])
def test_names_of_users(name):
    """Letters, digits, dots and underscores (ASCII)."""
    rules.check_user_name("A.b_1")
    with pytest.raises(FormError, match=r"Username is invalid \(ASCII alphanum,\.,_ only\)"):
        rules.check_user_name(name)


@pytest.mark.parametrize(
    ("password", "confirm", "reason"),
    [
        ("Good one 1", "Good one 1", ""), ("a" * 16, "a" * 16, ""),
        ("Good one 1", "other", "Please check you've entered"), ("Ab1", "Ab1", "Please make your password at least 8"),
        ("Somebody1", "Somebody1", "Please make your password different"),
        ("12345678", "12345678", "Please use 16 or more"), ("abcdefgh", "abcdefgh", "Please use 16 or more"),
        ("ABCDEF12", "ABCDEF12", "Please use 16 or more"), ("abcdef12", "abcdef12", "Please use 16 or more"),
    ],
)  # fmt: skip
def test_passwords(password, confirm, reason):
    """Long, or of several kinds of characters; twice the same; not the name (B237)."""
    found = rules.bad_password("Somebody1", password, confirm)
    assert found.startswith(reason)
    assert bool(found) == bool(reason)
