"""The form that says who may do what in a project, and what it does."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ...errors import FormError, Unauthorised
from ...request import IndexRequest
from ..sessions import check_token
from .home import home
from .show import show


def role_form(request: IndexRequest) -> Response:
    """Who may do what in a project; admins without a name get a list of all (B083)."""
    services = request.services
    name: Any = request.form.get("package_name")
    admin = services.roles.has(None, "Admin")
    if not admin and not (name and services.roles.has(name, "Owner")):
        raise Unauthorised
    rights = ("Owner", "Maintainer", "Admin") if admin else ("Owner", "Maintainer")
    return show(
        request, "roles.jinja2", "Role maintenance", name=name or "",
        names=None if name else [(one, one) for one in services.projects.names()],
        rights=[(right, right) for right in rights],
    )  # fmt: skip


def role(request: IndexRequest) -> Response:
    """Give or take a role (B084, B085)."""
    form: dict[str, Any] = request.form
    for field in ("package_name", "user_name", "role_name", ":operation"):
        if not form.get(field):
            raise FormError(f"{field} is required")
    name, user, right = form["package_name"], form["user_name"], form["role_name"]
    roles = request.services.roles
    if not roles.has(name, "Admin", "Owner"):
        raise Unauthorised
    check_token(request)
    if right not in ("Owner", "Maintainer"):
        raise FormError("role_name not Owner or Maintainer")
    if not request.services.users.exists(user):
        raise FormError("user doesn't exist")
    request.services.projects.lock(name)  # of two owners who leave at once, one stays
    (give if form[":operation"] == "Add Role" else take)(request, user, right, name)
    if user == request.visitor.username and not roles.has(name, "Owner"):
        return home(request)
    return role_form(request)


def give(request: IndexRequest, user: str, right: str, name: str) -> None:
    """Add a role that the user does not have yet. Raises FormError."""
    if request.services.roles.given(user, right, name):
        raise FormError("user has that role already")
    request.services.roles.add(user, right, name)


def take(request: IndexRequest, user: str, right: str, name: str) -> None:
    """Remove a role; a project keeps an owner. Raises FormError."""
    roles = request.services.roles
    if not roles.given(user, right, name):
        raise FormError("user doesn't have that role")
    owners = [row.user_name for row in roles.of_project(name) if row.role_name == "Owner"]
    if right == "Owner" and owners == [request.visitor.username]:
        raise FormError("You can't remove yourself as the last owner; remove the package instead")
    roles.remove(user, right, name)
