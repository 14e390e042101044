"""What pages and accounts share of a visitor's login: beginning one, and the token that proves that a form is ours."""

from __future__ import annotations

from ..errors import FormError
from ..request import IndexRequest, Visitor

FORM_FAILURE = "Form Failure; reset form submission"


def begin_session(request: IndexRequest, username: str) -> None:
    """Log a user in, whatever becomes of the request: a new cookie, which goes out with every page from now on."""
    services = request.services
    cookie = services.sessions.begin(username)
    services.csrf.token(username)
    request.become(Visitor(username, logged_in=True, cookie=cookie))
    services.commit()


def check_token(request: IndexRequest) -> None:
    """Refuse a form without the token of its user, which only a page of ours could give (B235). Raises FormError."""
    if not request.services.csrf.is_token(request.visitor.username, request.form.get("CSRFToken")):
        raise FormError(FORM_FAILURE)
