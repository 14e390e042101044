"""One's own account: the page, changing it, deleting it."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ...answers import failure
from ...errors import Unauthorised
from ...request import IndexRequest
from ..pages.home import home
from ..pages.show import show
from ..sessions import check_token
from .login import logout
from .rules import bad_password, check_email


def user_form(request: IndexRequest) -> Response:
    """The form of one's own account."""
    name = request.visitor.username
    if name is None:
        raise Unauthorised("You must authenticate")
    services = request.services
    return show(
        request, "profile.jinja2", "User profile", name=name, user=name, email=services.users.email(name),
        openids=services.identities.openids(name), keys=services.identities.keys(name),
        owner=services.roles.owns_projects(name), providers=[name for name, _ in request.settings_of_index.providers],
    )  # fmt: skip


def update_user(request: IndexRequest, name: str) -> Response:
    """Change one's own address and password; what is empty stays."""
    check_token(request)
    email: Any = request.form.get("email")
    password: Any = request.form.get("password")
    users = request.services.users
    if email:
        check_email(email)
    if password:
        confirm: Any = request.form.get("confirm")
        reason = bad_password(name, password, confirm)
        if not reason and users.is_password(name, password):
            reason = "Please choose another password than the old one."
        if reason:
            return failure(reason, heading="User profile")
    users.update(name, email, password)
    return user_form(request)


def delete_user(request: IndexRequest) -> Response:
    """Delete one's own account, which may own nothing any more; asks before it does (B245)."""
    name = request.visitor.username
    if name is None:
        raise Unauthorised
    if request.form.get("submit_cancel"):
        return home(request)
    if not request.form.get("submit_ok"):
        return show(
            request, "dialog.jinja2", "Confirm account deletion", carried=[(":action", "delete_user")],
            question=f"The account {name} will be gone for good.",
        )  # fmt: skip
    check_token(request)
    request.services.users.delete(name)
    return logout(request)
