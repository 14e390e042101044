"""/packages: stored files, with conditions and ranges as a static file server has them (B278)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from pyramid.response import Response

from ..answers import TEXT, answer
from ..caching import Public
from ..request import IndexRequest
from ..services import keys, ranges
from ..services.storage import FileStore, Stat
from ..statistics.events import is_distribution

DOCUMENTATION = "documentation/"
PAGES = {
    ".html": "text/html", ".htm": "text/html", ".css": "text/css", ".js": "text/javascript", ".txt": "text/plain",
    ".png": "image/png", ".gif": "image/gif", ".jpg": "image/jpeg", ".svg": "image/svg+xml",
}  # fmt: skip
# Pages of strangers beside our forms: without this their scripts could use the cookie of whoever reads them.
SANDBOX = ("Content-Security-Policy", "sandbox")
BOUNDARY = "part-of-a-distribution"  # fixed, so that the same request always has the same answer
LAST = f"\r\n--{BOUNDARY}--\r\n".encode()
TYPES = {
    ".gz": "application/gzip", ".tgz": "application/gzip", ".zip": "application/zip", ".bz2": "application/x-bzip2",
    ".asc": "application/pgp-signature", ".exe": "application/x-msdos-program",
}  # fmt: skip


def download(request: IndexRequest) -> Response:
    """A stored file or a page of documentation, parts of it, or the news that it is still the same."""
    path = request.rest.encode("latin-1").decode("utf-8", "surrogateescape")[1:]
    if path.startswith(DOCUMENTATION):
        return documentation(request, path)
    response = stored(request, path)
    if response.status_int == 200 and request.environ["REQUEST_METHOD"] == "GET":
        record(request, path, int(response.headers["Content-Length"]))
    return response


def record(request: IndexRequest, path: str, size: int) -> None:
    """Write down that somebody gets a whole distribution, where that is wanted."""
    recorder = request.installation.recorder
    if recorder is not None and is_distribution(path):
        agent = request.environ.get("HTTP_USER_AGENT", "").encode("latin-1").decode("utf-8", "replace")
        recorder.record(path, size, request.address, agent)


def documentation(request: IndexRequest, path: str) -> Response:
    """A page that somebody uploaded: folders have a slash at the end, and are their index.html."""
    if path.endswith("/"):
        path += "index.html"
    elif request.installation.store.stat(path + "/index.html"):
        location = quote(f"{request.environ.get('SCRIPT_NAME', '')}/packages/{path}", errors="surrogateescape") + "/"
        return answer("", None, ("Location", location), status=301, reason="Moved Permanently")
    response = stored(request, path)
    kind = PAGES.get(os.path.splitext(path)[1].lower())
    if kind and response.status_int in (200, 206):
        response.headerlist = [(name, kind if name == "Content-Type" else text) for name, text in response.headerlist]
    response.headerlist = [*response.headerlist, SANDBOX]
    return response


def stored(request: IndexRequest, path: str) -> Response:
    """The file at a path of the store."""
    store, environ = request.installation.store, request.environ
    stat = store.stat(path) if path else None
    if stat is None:
        return answer("Not Found\n", status=404, reason="Not Found")
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        plain, reason = ("Content-Type", "text/plain"), "Method Not Allowed"
        return answer("", None, ("Allow", "GET, HEAD"), plain, status=405, reason=reason)
    if ranges.not_modified(environ, stat):
        return answer("", None, *validators(stat), status=304, reason="Not Modified")
    wanted = ranges.wanted_ranges(environ, stat)
    if wanted is None:
        return whole(store, path, stat)
    if not wanted:
        unmet = ("Content-Range", f"bytes */{stat.size}")
        reason = "Requested Range Not Satisfiable"
        return answer("Range not satisfiable\n", None, unmet, ("Content-Type", TEXT), status=416, reason=reason)
    return parts(store, path, stat, wanted)


def whole(store: FileStore, path: str, stat: Stat) -> Response:
    """All of it."""
    described = (("Content-Type", media_type(path)), ("Content-Length", str(stat.size)))
    return answer(store.read(path, 0, stat.size), None, *validators(stat), *described)


def parts(store: FileStore, path: str, stat: Stat, wanted: list[tuple[int, int]]) -> Response:
    """One range as it is, several as multipart/byteranges."""
    if len(wanted) == 1:
        start, end = wanted[0]
        place = [("Content-Range", f"bytes {start}-{end - 1}/{stat.size}")]
        body, kind, size = store.read(path, start, end), media_type(path), end - start
    else:
        heads = [head(path, start, end, stat.size) for start, end in wanted]
        place, body, kind = [], multipart(store, path, heads, wanted), f"multipart/byteranges; boundary={BOUNDARY}"
        size = sum(map(len, (*heads, LAST))) + sum(end - start for start, end in wanted)
    described = (*place, ("Content-Type", kind), ("Content-Length", str(size)))
    return answer(body, None, *validators(stat), *described, status=206, reason="Partial Content")


def head(path: str, start: int, end: int, size: int) -> bytes:
    """What stands before one of several ranges (RFC 9110 section 14.6)."""
    kind = media_type(path)
    return f"\r\n--{BOUNDARY}\r\nContent-type: {kind}\r\nContent-range: bytes {start}-{end - 1}/{size}\r\n\r\n".encode()


def multipart(store: FileStore, path: str, heads: list[bytes], wanted: list[tuple[int, int]]) -> Iterator[bytes]:
    """Several ranges in one body, each behind its head."""
    for before, (start, end) in zip(heads, wanted, strict=True):
        yield before
        yield from store.read(path, start, end)
    yield LAST


def validators(stat: Stat) -> tuple[tuple[str, str], ...]:
    """What tells one state of the file from another."""
    return (
        ("Last-Modified", ranges.last_modified(stat)), ("ETag", ranges.entity_tag(stat)), ("Accept-Ranges", "bytes"),
    )  # fmt: skip


def media_type(path: str) -> str:
    """The type by the last extension."""
    return TYPES.get(os.path.splitext(path)[1].lower(), "application/octet-stream")


def keys_of(request: IndexRequest) -> Iterable[str]:
    """Those of a file are known by its name alone: downloads need no database. Documentation is its project's."""
    path = request.rest[1:]
    if path.startswith(DOCUMENTATION):
        return (keys.of_project(path.split("/")[1]),)
    return keys.of_file(path.rpartition("/")[2])


SITE = {"packages": download}
# A file that is not there may come at any time, and nothing would purge its 404.
PUBLIC = {download: Public(keys_of, statuses=frozenset((200, 206, 304)))}
