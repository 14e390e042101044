"""Making an account: a form, a mail with a key, an agreement (B236, B238, I27)."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ...answers import failure
from ...errors import FormError
from ...request import IndexRequest
from ..pages.show import say, show
from .profile import update_user
from .rules import bad_password, check_email, check_user_name

MAIL = """The account "{name}" of the package index waits for you to confirm it:

  {url}?:action=user&otk={key}
"""


def register_form(request: IndexRequest) -> Response:
    """The form of a new account."""
    return show(request, "register.jinja2", "Manual user registration", name="")


def user(request: IndexRequest) -> Response:
    """Make an account, confirm one by the key that was mailed, or change one's own."""
    key: Any = request.form.get("otk")
    if key:
        return confirm(request, key)
    if request.visitor.username is not None:
        return update_user(request, request.visitor.username)
    return register(request)


def register(request: IndexRequest) -> Response:
    """A new account, inactive until the mailed link is followed."""
    form: dict[str, Any] = request.form
    for field in ("name", "email"):
        if not form.get(field):
            raise FormError(f"{field} is required")
    if not form.get("password") or not form.get("confirm"):
        raise FormError("password and confirm are required")
    name, email, password, confirmed = (form[field] for field in ("name", "email", "password", "confirm"))
    check_email(email)
    check_user_name(name)
    users = request.services.users
    users.reserve()
    if users.exists(name):
        return failure(f'user "{name}" already exists', heading="User registration")
    if known := users.of_email(email):
        raise FormError(f"You have already registered as user {known}")
    if reason := bad_password(name, password, confirmed):
        return failure(reason, heading="Users")
    key = users.create(name, email, password)
    text = MAIL.format(name=name, url=request.urls.index, key=key)
    request.services.mail.send(email, "Complete your PyPI registration", text)
    return say(request, "Registration OK", f"A mail is on its way to {email}. Its link ends the registration.")


def confirm(request: IndexRequest, key: Any) -> Response:
    """The link of the mail shows an agreement, and only that agreed to ends the registration."""
    users = request.services.users
    name = users.of_key(key)
    if name is None:
        return failure("Invalid or expired key", heading="User registration")
    if not request.form.get("agree_shown"):
        return show(request, "agreement.jinja2", "Confirm registration", user=name, key=key)
    if not request.form.get("agree"):
        return failure("You need to confirm the usage agreement.", heading="User registration")
    users.activate(name)
    way_on = (f"{request.urls.path}?:action=login", "Log in")
    return say(request, "Registration complete", "The account can be used now.", way_on)
