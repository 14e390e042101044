"""An installer that is a function: what it comes to when answered a page of links, as real ones read it."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

from harness.exchange import Request, Response
from harness.scream.operators import Change, Operator, made
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


class Installer:
    """Wants one file of the page; counts its runs. `strict`: a title that is not closed swallows all that follows."""

    def __init__(self, strict: bool) -> None:
        self.strict, self.runs = strict, 0

    def __call__(self, changes: Sequence[Change], number: int) -> Verdict:
        """Run with changes made to the page."""
        self.runs += 1
        operators = [one.operator for one in changes]
        if not self.installs(made(PAGE, [one for one in operators if not one.detour])):
            return Verdict("breaks", Evidence((0, 1)))
        return Verdict("reads", Evidence((0, 0))) if any(map(_noticed, operators)) else Verdict("same")

    def installs(self, answer: Response) -> bool:
        """Tell whether it finds its file, whole, by an answer."""
        kind = (answer.header(b"content-type") or b"").lower()
        if answer.status >= 400 or not kind.startswith(b"text/html"):
            return False
        body = answer.body or b""
        if answer.header(b"content-encoding") == b"gzip":
            try:
                body = gzip.decompress(body) if answer.complete else zlib.decompressobj(31).decompress(body)
            except (OSError, zlib.error):
                return False
        text = body.decode()
        if self.strict and re.search("<title", text, re.I) and not re.search("</title", text, re.I):
            return False
        found = re.findall(r"""<a\s[^>]*?href=["']([^"']*)["']""", text, re.IGNORECASE)
        links = [urljoin("http://index/simple/demo/", link.replace("&#47;", "/")) for link in found]
        return any(self._is_wanted(link) for link in links)

    def _is_wanted(self, link: str) -> bool:
        parts = urlsplit(link)
        digest = re.fullmatch("md5=([0-9a-f]+)", parts.fragment)
        right = digest is None or digest[1] == FILES[WANTED] * 16
        return parts.path == f"/packages/{FILES[WANTED]}/{WANTED}" and right


def _noticed(operator: Operator) -> bool:
    return bool(operator.detour)
