"""Identities elsewhere (OpenID): the form, tying one to an account, forgetting one (B063)."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ...answers import failure
from ...errors import Forbidden, FormError
from ...request import IndexRequest
from ..pages.show import show
from ..sessions import check_token
from .login import login_elsewhere
from .profile import user_form

NOT_LOGGED_IN = "You are not logged in"


def openid(request: IndexRequest) -> Response:
    """The form that asks for an OpenID."""
    return show(request, "openid.jinja2", "OpenID Login")


def claim(request: IndexRequest) -> Response:
    """Tie an OpenID to one's account; the provider confirms it."""
    if not request.visitor.logged_in:
        return failure(NOT_LOGGED_IN)
    if "provider" in request.form:
        return login_elsewhere(request, request.form["provider"])
    if request.method != "POST":
        return failure("OpenID claim request must be a POST")
    check_token(request)
    if not request.form.get("openid_identifier"):
        return failure("Missing parameter")
    return failure("Invalid OpenID: no provider was found there")


def dropid(request: IndexRequest) -> Response:
    """Forget an OpenID; works by GET and without a token, as it always did (B063)."""
    name = request.visitor.username
    if name is None or not request.visitor.logged_in:
        return failure(NOT_LOGGED_IN)
    if "openid" not in request.form:
        raise FormError("ID missing")
    identity: Any = request.form["openid"]
    if not request.services.identities.drop_openid(name, identity):
        raise Forbidden("You don't own this ID")
    return user_form(request)


def openid_endpoint(request: IndexRequest) -> Response:
    """This index as a provider for others: there is no one to ask it any more."""
    return failure("OpenID request error: no request")


def openid_return(request: IndexRequest) -> Response:
    """Where a provider would send the browser back to: its answer cannot be verified without it."""
    return failure("OpenID response error: not verified")
