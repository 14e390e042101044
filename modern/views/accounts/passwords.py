"""Forgotten passwords: a mail with a key, a form behind it for a new password."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ...answers import failure
from ...errors import FormError
from ...request import IndexRequest
from ..pages.show import say, show
from .rules import bad_password

MAIL = """Somebody, you perhaps, wants the password of the account "{name}" changed.
This link leads to a form for a new one:

  {url}?:action=pw_reset&otk={key}
"""


def forgotten_password_form(request: IndexRequest) -> Response:
    """The form that asks for a name."""
    return show(request, "forgotten.jinja2", "Request password reset")


def forgotten_password(request: IndexRequest) -> Response:
    """Mail a link to the user of a name."""
    name: Any = request.form.get("name", "")
    email = request.services.users.email(name)
    if email is None:
        return failure(f'user "{name}" unknown to me')
    return mail_link(request, name, email, request.urls.index)


def password_reset(request: IndexRequest) -> Response:
    """The same by mail address: the menu of distutils asks for this (B241)."""
    email: Any = request.form.get("email", "")
    name = request.services.users.of_email(email)
    if name is None:
        return failure("email address unknown to me")
    return mail_link(request, name, email, "https:" + request.urls.index.partition(":")[2])


def mail_link(request: IndexRequest, name: str, email: str, url: str) -> Response:
    """Mail a signed link and say so."""
    key = request.services.reset_keys.make(name)
    request.services.mail.send(email, "PyPI password change request", MAIL.format(name=name, url=url, key=key))
    return say(request, "Request password reset", "A mail with a link is on its way.")


def pw_reset(request: IndexRequest) -> Response:
    """The page behind the mailed link: a form for the new password."""
    name, key = user_of_link(request)
    return show(request, "new_password.jinja2", "Choose a new password", user=name, key=key)


def pw_reset_change(request: IndexRequest) -> Response:
    """The new password, with the mailed key again."""
    name, _ = user_of_link(request)
    password: Any = request.form.get("password", "")
    confirm: Any = request.form.get("confirm")
    if reason := bad_password(name, password, confirm):
        return failure(reason, heading="User password reset")
    request.services.users.update(name, None, password)
    way_on = (f"{request.urls.path}?:action=login", "Log in")
    return say(request, "Password changed", "The new password holds from now on.", way_on)


def user_of_link(request: IndexRequest) -> tuple[str, str]:
    """Return (user, key) of the link that was followed. Raises FormError."""
    key: Any = request.form.get("otk", "")
    name = request.services.reset_keys.user_of(key)
    if name is None:
        raise FormError("Invalid reset code")
    return name, key
