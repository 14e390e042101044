"""An installer that is a function: what it comes to when answered a page of links, as real ones read it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from harness.exchange import Request, Response
from harness.scream.operators import Change, made
from harness.scream.outcome import Evidence, Verdict

ENDPOINT = "GET /simple/{}/"
REQUEST = Request(b"GET /simple/demo/ HTTP/1.1", ((b"Host", b"index"),))
FILES = {"demo-1.0.tar.gz": "11", "demo-1.1.tar.gz": "22", "demo-1.1-py3-none-any.whl": "33", "demo-0.9.zip": "44"}
LINKS = "".join(
    f'<a href="../../packages/{digest}/{name}#md5={digest * 16}" rel="internal">{name}</a><br/>\n'
    for name, digest in FILES.items()
)
BODY = (
    '<html><head><title>Links for demo</title><meta name="api-version" value="2" /></head>'
    f"<body><h1>Links for demo</h1>{LINKS}</body></html>\n"
).encode()
NAMES = ("Cache-Control", "Surrogate-Key", "X-Frame-Options", "X-XSS-Protection", "X-Powered-By", "X-Serial", "Server")
PAGE = Response(
    200,
    b"OK",
    (
        (b"Content-Type", b"text/html; charset=utf-8"),
        *((name.encode(), b"some value") for name in NAMES),
        (b"Content-Length", str(len(BODY)).encode()),
    ),
    BODY,
    framing="length",
)
WANTED = "demo-1.1-py3-none-any.whl"


@dataclass
class Installer:
    """Wants one file of the page; counts its runs.

    An `old` one prints the address of its file, and a title that is not closed swallows all that follows for it. One of
    today breaks at two headers where it knows one, and at an answer that is cut.
    """

    old: bool
    runs: int = 0

    def __call__(self, changes: Sequence[Change], number: int) -> Verdict:
        """Run with changes made to the page."""
        self.runs += 1
        operators = [one.operator for one in changes]
        link = self.wanted(made(PAGE, [one for one in operators if not one.detour]))
        if link is None:
            return Verdict("breaks", Evidence((0, 1)))
        noticed = any(one.detour for one in operators) or (self.old and link != self.wanted(PAGE))
        return Verdict("reads", Evidence((0, 0))) if noticed else Verdict("same")

    def wanted(self, answer: Response) -> str | None:
        """Return the address of its file, whole, by an answer."""
        kinds = [value.lower() for name, value in answer.headers if name.lower() == b"content-type"]
        if answer.status >= 400 or not kinds or not kinds[0].startswith(b"text/html"):
            return None
        if not self.old and (len(kinds) > 1 or not answer.complete):
            return None
        body = answer.body or b""
        if answer.header(b"content-encoding") == b"gzip":
            body = zlib.decompressobj(31).decompress(body)
        text = body.decode()
        if self.old and re.search("<title", text, re.IGNORECASE) and not re.search("</title", text, re.IGNORECASE):
            return None
        found = re.findall(r"""<a\s[^>]*?href=["']([^"']*)["']""", text, re.IGNORECASE)
        return next((link.partition("#")[0] for link in map(_resolved, found) if _is_wanted(link)), None)


def _resolved(link: str) -> str:
    return urljoin("http://index/simple/demo/", link.replace("&#47;", "/"))


def _is_wanted(link: str) -> bool:
    parts = urlsplit(link)
    digest = re.fullmatch("md5=([0-9a-f]+)", parts.fragment)
    right = digest is None or digest[1] == FILES[WANTED] * 16
    return parts.path == f"/packages/{FILES[WANTED]}/{WANTED}" and right
