"""Logging in and out: by a form, by Basic authentication for a cookie, or at somebody else's (OpenID)."""

from __future__ import annotations

import string
from typing import Any
from urllib.parse import quote

from pyramid.response import Response

from ...answers import answer, failure
from ...errors import FormError, RedirectTemporary, Unauthorised
from ...request import NOBODY, IndexRequest
from ...services.users import random_text
from ...traversal import cookies
from ..failures import login_help
from ..pages.home import home
from ..pages.show import show
from ..sessions import FORM_FAILURE, begin_session

OPENID = "http://specs.openid.net/auth/2.0"
SELECT = f"{OPENID}/identifier_select"
NONCE_LENGTH = 30


def login(request: IndexRequest) -> Response:
    """By Basic authentication, for a cookie; or at somebody else's (B062)."""
    provider = request.form.get("provider")
    if provider is not None or request.form.get("openid_identifier"):
        return login_elsewhere(request, provider)
    if request.visitor.username is None:
        raise Unauthorised
    begin_session(request, request.visitor.username)
    return home(request)


def google_login(request: IndexRequest) -> Response:
    """To the provider of that name, if the settings have one."""
    return login_elsewhere(request, "Google")


def login_elsewhere(request: IndexRequest, provider: Any) -> Response:
    """Send the browser to an identity provider that the settings name; nothing is asked of it beforehand."""
    endpoint = dict(request.settings_of_index.providers).get(provider)
    if endpoint is None:
        return failure("Unknown provider")
    query = {
        "openid.ns": OPENID, "openid.mode": "checkid_setup",
        "openid.return_to": f"{request.urls.index}?:action=openid_return", "openid.realm": request.urls.index,
        "openid.identity": SELECT, "openid.claimed_id": SELECT,
    }  # fmt: skip
    raise RedirectTemporary(endpoint + "?" + "&".join(f"{key}={quote(value, '')}" for key, value in query.items()))


def login_form(request: IndexRequest) -> Response:
    """The form of a name and password; the nonce in form and cookie must be one (B233)."""
    if request.method == "POST":
        return login_by_form(request)
    if request.method != "GET":
        return answer(b"", None, ("Allow", "GET, POST"), status=405, reason="Method Not Allowed")
    nonce = random_text(NONCE_LENGTH, string.ascii_uppercase + string.digits)
    return show(
        request, "login.jinja2", "PyPI Login", ("X-FRAME-OPTIONS", "DENY"),
        ("Set-Cookie", f"login_nonce={nonce};secure"), nonce=nonce,
    )  # fmt: skip


def login_by_form(request: IndexRequest) -> Response:
    """Check nonce, name and password; the 401 of this form asks for no Basic authentication (B232)."""
    form: dict[str, Any] = request.form
    nonce = form.get("nonce")
    if not nonce or nonce != cookies(request.environ.get("HTTP_COOKIE", "")).get("login_nonce"):
        raise FormError(FORM_FAILURE)
    username = form.get("username", "")
    if not request.services.users.login(username, form.get("password", "")):
        return failure("Incorrect password", 401, content=login_help(request))
    begin_session(request, username)
    return home(request)


def logout(request: IndexRequest) -> Response:
    """Forget the cookie."""
    cookie = request.visitor.cookie
    if cookie:
        request.services.sessions.end(cookie)
    request.become(NOBODY)
    return home(request)


def clear_auth(request: IndexRequest) -> Response:
    """Make a browser forget a name and password: it does when it is asked for them again (B103)."""
    if request.visitor.authenticated:
        raise Unauthorised("Clearing basic auth")
    return home(request)
