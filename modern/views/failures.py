"""Errors as answers: what a view raised comes in, the old index's error page goes out."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from html import escape

import psycopg2
from psycopg2.extensions import TransactionRollbackError
from pyramid.response import Response
from sqlalchemy.exc import InterfaceError, OperationalError

from ..answers import failure, redirect
from ..errors import Answered, Forbidden, FormError, Gone, NotFound, Redirect, RedirectTemporary, Unauthorised
from ..forms import BadBody, BadEncoding, TooLong
from ..request import IndexRequest
from ..services.python2 import of_driver, old_type, told
from ..services.storage import StoreUnavailable
from ..services.uploads import DigestMismatch

LOGIN_HELP = """
<p>No account yet? <a href="{0}?:action=register_form">Make one</a>.</p>
<p>Forgotten the password? <a href="{0}?:action=forgotten_password_form">Have it reset</a>.</p>
<p>Or log in with <a href="{0}?:action=openid">OpenID</a>.</p>"""
FOR_A_YEAR = ("Cache-Control", "max-age=31557600, public")


def not_found(error: NotFound, request: IndexRequest) -> Response:
    """404, the detail in brackets."""
    return failure(f"Not Found ({error})", 404)


def unknown_action(error: Exception, request: IndexRequest) -> Response:
    """404 for an action or a name that there is none of (B036)."""
    return failure("Not Found ()", 404)


def gone(error: Gone, request: IndexRequest) -> Response:
    """410, for a year."""
    return failure(f"Gone ({error})", 410, headers=[FOR_A_YEAR])


def unauthorised(error: Unauthorised, request: IndexRequest) -> Response:
    """401: the realm is the key under which clients remember names and passwords."""
    realm = request.settings_of_index.realm
    return failure(
        str(error) or "You must login to access this feature", 401, "Login required", login_help(request),
        [("WWW-Authenticate", f'Basic realm="{realm}"')],
    )  # fmt: skip


def login_help(request: IndexRequest) -> str:
    """What a 401 page adds to its message, as HTML."""
    return LOGIN_HELP.format(escape(request.urls.path))


def forbidden(error: Forbidden, request: IndexRequest) -> Response:
    """403."""
    return failure(str(error), 403, "Forbidden")


def bad_form(error: FormError, request: IndexRequest) -> Response:
    """400."""
    return failure(str(error), 400, "Error processing form")


def bad_digest(error: DigestMismatch, request: IndexRequest) -> Response:
    """400 for a content that does not fit its digest."""
    return failure(str(error), 400, "MD5 digest mismatch")


def bad_request(error: Answered, request: IndexRequest) -> Response:
    """400 for what cannot be read at all."""
    return failure(str(error), 400)


def too_long(error: TooLong, request: IndexRequest) -> Response:
    """413 for a body that is not read."""
    return failure(str(error), 413)


def moved(error: Redirect, request: IndexRequest) -> Response:
    """301."""
    return redirect(301, "Moved Permanently", str(error))


def moved_for_now(error: RedirectTemporary, request: IndexRequest) -> Response:
    """307, which no cache may keep."""
    return redirect(307, "Temporary Redirect", str(error), ("Cache-Control", "max-age=0"))


def no_database(error: Exception, request: IndexRequest) -> Response:
    """503: the database cannot be reached, or went away. The log says why, not the client.

    Also where it dropped a transaction because another one was in its way: there the next attempt succeeds.
    """
    log(request, error)
    if isinstance(of_driver(error), TransactionRollbackError):
        return failure("Please try again.", 503, "Somebody else changes the same", headers=[("Retry-After", "1")])
    return failure("Please try again later.", 503, "Database connection failed", headers=[("Retry-After", "60")])


def no_store(error: StoreUnavailable, request: IndexRequest) -> Response:
    """503: the files cannot be reached."""
    log(request, error)
    return failure("Please try again later.", 503, "File store failed", headers=[("Retry-After", "60")])


def crash(error: Exception, request: IndexRequest) -> Response:
    """A mistake of ours: 500, with the traceback in debug mode and in the log in any case."""
    trace = log(request, error)
    if request.settings_of_index.debug:
        return failure("Internal Server Error", 500, "Error...", escape(trace, quote=False))
    error = of_driver(error)
    return failure("There's been a problem with your request", 500, "Error...", f"{old_type(error)}: {told(error)}")


def log(request: IndexRequest, error: Exception) -> str:
    """Write the traceback to the server's log; return it."""
    trace = "".join(traceback.format_exception(error))
    request.environ["wsgi.errors"].write(trace)
    return trace


VIEWS: dict[type[Exception], Callable[..., Response]] = {
    NotFound: not_found, Gone: gone, Unauthorised: unauthorised, Forbidden: forbidden, FormError: bad_form,
    DigestMismatch: bad_digest, BadEncoding: bad_request, BadBody: bad_request, TooLong: too_long, Redirect: moved,
    RedirectTemporary: moved_for_now, OperationalError: no_database, InterfaceError: no_database,
    psycopg2.OperationalError: no_database, psycopg2.InterfaceError: no_database, StoreUnavailable: no_store,
    Exception: crash,
}  # fmt: skip
