"""The names beside /pypi: time, serial, signatures, OpenID, and what is nobody's; and the actions that do nothing."""

from __future__ import annotations

from pyramid.response import Response

from ..answers import answer, redirect
from ..errors import Gone
from ..request import IndexRequest
from ..services import xrds
from ..services.clock import now

NO_SIGNATURES = (
    "The Simple Sign API has been deprecated and removed. If you're mirroring PyPI with bandersnatch then please"
    " upgrade to 1.7+. If you're mirroring PyPI with pep381client then please switch to bandersnatch. Otherwise contact"
    " the maintainer of your software and inform them of PEP 464."
)


def front(request: IndexRequest) -> Response:
    """The root: the index is elsewhere."""
    return redirect(301, "Moved Permanently", request.environ.get("SCRIPT_NAME", "") + "/pypi")


def unknown(request: IndexRequest) -> Response:
    """A name that is nobody's (B021)."""
    path: str = request.environ["PATH_INFO"]
    return answer(b"Not Found: " + path.encode("latin-1"), "text/plain", status=404, reason="not found")


def daytime(request: IndexRequest) -> Response:
    """The time, for mirrors that measure how far behind they are (B056)."""
    return answer(now().strftime("%Y%m%dT%H:%M:%S\n"), "text/plain")


def serial(request: IndexRequest) -> Response:
    """The newest serial."""
    return answer(str(request.services.journal.last_serial() or 0), "text/plain")


def serversig(request: IndexRequest) -> Response:
    """Signatures of simple pages: gone since 2015, with the longest reason phrase on the web (B058)."""
    raise Gone(NO_SIGNATURES)


def openid_server(request: IndexRequest) -> Response:
    """What this index is as an OpenID provider; nobody is looked up (B060)."""
    return plain(xrds.document(request.urls.index, server=not request.rest.strip("/")), "application/xrds+xml")


def purge(request: IndexRequest) -> Response:
    """Forget what caches hold of projects: there is no cache in front of this index (B100)."""
    return plain("OK", "text/plain")


def rss_regen(request: IndexRequest) -> Response:
    """Make the feeds anew: they are made for each request here."""
    return answer("OK", "text/plain")


def exception(request: IndexRequest) -> Response:
    """Fails, so that one can see what that looks like (B053)."""
    raise NameError("global name 'FAIL' is not defined")


def plain(text: str, content_type: str) -> Response:
    """Text with its length (B262)."""
    return answer(text, content_type, ("Content-Length", str(len(text.encode()))))


SITE = {
    "front": front, "unknown": unknown, "daytime": daytime, "serial": serial, "serversig": serversig,
    "id": openid_server,
}  # fmt: skip
ACTIONS = {"purge": purge, "rss_regen": rss_regen, "exception": exception}
