"""Pages: the name of a template and values in, a response out, with the cookie that logs in.

Each form that posts must hold `csrf_field`, which makes the token of the visitor where there is none yet.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from pyramid.response import Response

from .answers import Header, answer
from .errors import NotFound
from .request import IndexRequest, raw_text

HTML = "text/html; charset=utf-8"


def page(request: IndexRequest, template: str, *headers: Header, **values: Any) -> Response:
    """Render a whole page."""
    html = request.installation.templates.get_template(template).render(values)
    return answer(html, HTML, *headers, *login_cookie(request))


def check_path(request: IndexRequest) -> None:
    """Refuse a path that is no UTF-8, even where it does not matter, as every page did (B049). Raises NotFound."""
    try:
        request.rest.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        raise NotFound(f"{raw_text(request.urls.index + request.rest)} is not utf-8 encoded") from None


def csrf_field(request: IndexRequest) -> Markup:
    """The hidden field with the visitor's token; nothing for nobody."""
    username = request.visitor.username
    if username is None:
        return Markup()
    token = request.services.csrf.token(username)
    return Markup('<input type="hidden" name="CSRFToken" value="{}"/>').format(token)


def login_cookie(request: IndexRequest) -> tuple[Header, ...]:
    """The header that logs the visitor in, again with every page."""
    cookie = request.visitor.cookie
    secure = ";secure" if request.urls.index.startswith("https:") else ""
    return (("Set-Cookie", f"pypi={cookie};path=/{secure}"),) if cookie else ()
