"""The names beside /pypi: time, serial, signatures, OpenID, and what is nobody's; and the actions that do nothing."""

from __future__ import annotations

from pyramid.response import Response

from ..answers import TEXT, answer, failure, redirect
from ..errors import Gone
from ..request import IndexRequest
from ..services import xrds
from ..services.clock import now

NO_SIGNATURES = (
    "The Simple Sign API has been deprecated and removed. If you're mirroring PyPI with bandersnatch then please"
    " upgrade to 1.7+. If you're mirroring PyPI with pep381client then please switch to bandersnatch. Otherwise contact"
    " the maintainer of your software and inform them of PEP 464."
)
MOST_PURGED = 20  # projects of one request


def front(request: IndexRequest) -> Response:
    """The root: the index is elsewhere."""
    return redirect(301, "Moved Permanently", request.environ.get("SCRIPT_NAME", "") + "/pypi")


def unknown(request: IndexRequest) -> Response:
    """A name that is nobody's (B021)."""
    path: str = request.environ["PATH_INFO"]
    return answer(b"Not Found: " + path.encode("latin-1"), "text/plain", status=404, reason="not found")


def no_path(request: IndexRequest) -> Response:
    """A path with NUL, which never came to a program of the index: not to its database either."""
    text = "404 Not Found\n"
    return answer(text, TEXT, ("Content-Length", str(len(text))), status=404, reason="Not Found")


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
    """Have caches forget what they hold of projects (B100): of registered ones, and few at once, as anybody may ask."""
    projects = request.form.get("project", [])
    for name in (projects if isinstance(projects, list) else [projects])[:MOST_PURGED]:
        if isinstance(name, str) and "\0" not in name and request.services.projects.find(name):
            request.services.changed(name, "purge")
    return plain("OK", "text/plain")


def gae_file(request: IndexRequest) -> Response:
    """Hand files to a mirror on Google's App Engine: there is none any more."""
    return failure("There is no mirror on App Engine any more")


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
    "front": front, "unknown": unknown, "no path": no_path, "daytime": daytime, "serial": serial,
    "serversig": serversig, "id": openid_server,
}  # fmt: skip
ACTIONS = {"purge": purge, "gae_file": gae_file, "rss_regen": rss_regen, "exception": exception}
