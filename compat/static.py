"""A folder of files as a WSGI application: what stood beside the programs in Apache's DocumentRoot.

Comes in: a URL path. Goes out: the file, whole, in part (RFC 9110 section 14) or not at all where the client has it
(section 13). GET and HEAD only, no listing, no file whose name begins with a dot, nothing outside of the folder. Own
code: webob's follows links out of the folder and serves dotfiles, whitenoise wants every file known when it starts.
"""

from __future__ import annotations

import mimetypes
import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime

from .environ import url_path, url_query
from .errors import ConfigurationError, RequestError
from .program import file_path, look_error
from .response import error_page
from .script import mounted
from .types import Environ, StartResponse

PIECE = 65536
INDEX = "index.html"
PUBLIC_DOTS = frozenset({".well-known"})
"""The one dot name that is meant for the public (RFC 8615)."""
EMPTY = (("Content-Type", "text/plain"), ("Content-Length", "0"))
ENCODED = {"gzip": "application/gzip", "compress": "application/x-compress", "bzip2": "application/x-bzip2"}
NEWER_TYPES = {".js": "text/javascript", ".webp": "image/webp", ".woff": "font/woff", ".woff2": "font/woff2"}
"""What not every supported Python knows alike."""

_range = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})").fullmatch
_tags = re.compile(r'(?:W/)?("[^"]*")').findall


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes of a file to send: from `first`, `length` of them, of `total`."""

    first: int
    length: int
    total: int

    @property
    def content_range(self) -> str:
        """As the header has it (RFC 9110 section 14.4)."""
        return f"bytes {self.first}-{self.first + self.length - 1}/{self.total}"


NOTHING = Part(0, 0, 0)


class StaticFiles:
    """The files of a folder under the URL prefix `url`. Raises ConfigurationError where there is no such folder.

    A link inside the folder is followed as far as it leads into the folder. `never` are files and folders in it that
    are not served, by whatever name: programs, whose source is nobody's business. A folder that is one of them is
    refused; one inside of such a folder is served, as you name it yourself.
    """

    def __init__(
        self, folder: str | os.PathLike[str], url: str = "", *, never: Collection[str | os.PathLike[str]] = ()
    ) -> None:
        self.root = os.path.realpath(folder)
        if not os.path.isdir(self.root) or not os.access(self.root, os.R_OK | os.X_OK):
            raise ConfigurationError(f"{os.path.abspath(folder)} is not a folder that can be read")
        if url.strip("/") and not url.startswith("/"):
            raise ConfigurationError(f"{url!r} must be a URL prefix like /static: beginning with a slash")
        self._url = url.rstrip("/")
        self._never = tuple(map(os.path.abspath, never))
        if self.root in map(os.path.realpath, self._never):
            raise ConfigurationError(f"{self.root} is a folder of programs: their source would be sent")
        self._types = mimetypes.MimeTypes()  # Python's own tables, not those of the machine
        for extension, kind in NEWER_TYPES.items():
            self._types.add_type(kind, extension)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        method = environ["REQUEST_METHOD"]
        if method not in {"GET", "HEAD"}:
            start_response("405 Method Not Allowed", [("Allow", "GET, HEAD"), *EMPTY])
            return []
        try:
            return self._answer(environ, start_response, method == "HEAD")
        except RequestError as error:
            return error_page(error, start_response, head=method == "HEAD")

    def _answer(self, environ: Environ, start_response: StartResponse, head_only: bool) -> Iterable[bytes]:
        name, path = mounted(environ, self._url, merge=True)
        segments, folder = _segments(path)
        target = "/".join([self.root, *segments])
        if _is_folder(target):
            if not folder:
                return _to_the_folder(name + path, environ.get("QUERY_STRING", ""), start_response)
            target = os.path.join(target, INDEX)
        elif folder:
            raise RequestError(404, f"{target} is not a folder")
        descriptor = open_inside(self.root, target, self._never)
        try:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                raise RequestError(404, f"{target} is not a regular file")
            status, headers, part = head_for(environ, facts, self.type_of(target))
            start_response(status, headers)
        except BaseException:
            os.close(descriptor)
            raise
        return FilePart(descriptor, part.first, 0 if head_only else part.length)

    def type_of(self, path: str) -> str:
        """Return the media type of a file by its name. A compressed file is of its own type: it is not unpacked on
        arrival.
        """
        kind, encoding = self._types.guess_type(path)
        return ENCODED.get(encoding or "") or kind or "application/octet-stream"


class FilePart:
    """The iterable for the server; closes the file."""

    def __init__(self, descriptor: int, position: int, missing: int) -> None:
        self._descriptor = descriptor
        self._position = position
        self._missing = missing
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        while self._missing:
            data = os.pread(self._descriptor, min(PIECE, self._missing), self._position)
            if not data:  # it became shorter: what was promised must not look complete
                raise OSError(f"the file ended {self._missing} bytes early")
            self._position += len(data)
            self._missing -= len(data)
            yield data

    def close(self) -> None:
        """Let the file go (PEP 3333)."""
        if not self._closed:
            self._closed = True
            os.close(self._descriptor)


def open_inside(root: str, path: str, never: Collection[str] = ()) -> int:
    """Open a file for reading and return its descriptor; wherever links lead, never outside of `root`, nor to what is
    `never` served as long as `root` is not a part of that.

    Links are resolved first, and the way down is then walked without following any: who exchanges a folder for a link
    in between gains nothing. Raises RequestError: 404, 403 for what may not be read, 503 without a descriptor left.
    """
    real = os.path.realpath(path)
    if not within(real, root):
        raise RequestError(404, f"{path} leads out of {root}")
    if any(within(real, hidden) and not within(root, hidden) for hidden in map(os.path.realpath, never)):
        raise RequestError(404, f"{path} is never served: it is a program's")
    *folders, name = os.path.relpath(real, root).split(os.sep)
    with ExitStack() as opened:
        here = None
        try:
            for folder in (root, *folders):
                here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
                opened.callback(os.close, here)
            # Not blocking: a named pipe in the folder must not hold the server up.
            return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
        except OSError as error:
            raise look_error(path, error) from error


def within(path: str, folder: str) -> bool:
    """Whether a path without links is a folder's own, or leads into it."""
    return os.path.commonpath([folder, path]) == folder


def head_for(environ: Environ, facts: os.stat_result, kind: str) -> tuple[str, list[tuple[str, str]], Part]:
    """Return status line, headers and the part of the file that answer a request."""
    tag = f'"{facts.st_size:x}-{facts.st_mtime_ns:x}"'
    headers = [("ETag", tag), ("Last-Modified", formatdate(facts.st_mtime, usegmt=True)), ("Accept-Ranges", "bytes")]
    if unchanged(environ, tag, facts.st_mtime):
        return "304 Not Modified", headers, NOTHING
    part = wanted_part(environ, facts.st_size, tag, facts.st_mtime)
    if part is None:
        headers += [("Content-Range", f"bytes */{facts.st_size}"), *EMPTY]
        return "416 Range Not Satisfiable", headers, NOTHING
    headers += [("Content-Type", kind), ("Content-Length", str(part.length))]
    if part.length == part.total:
        return "200 OK", headers, part
    return "206 Partial Content", [*headers, ("Content-Range", part.content_range)], part


def unchanged(environ: Environ, tag: str, changed: float) -> bool:
    """Whether the client has the file already (RFC 9110 sections 13.1.2, 13.1.3: the date counts only without tags)."""
    if wanted := environ.get("HTTP_IF_NONE_MATCH"):
        return wanted.strip() == "*" or tag in _tags(wanted)
    since = _date(environ.get("HTTP_IF_MODIFIED_SINCE"))
    return since is not None and int(changed) <= since


def wanted_part(environ: Environ, size: int, tag: str, changed: float) -> Part | None:
    """Return what a Range header asks for, the whole where it says nothing that we understand (several ranges), None
    where there is no such part (RFC 9110 sections 13.1.5, 14.2).
    """
    whole = Part(0, size, size)
    found = _range(environ.get("HTTP_RANGE", "").replace(" ", ""))
    condition = environ.get("HTTP_IF_RANGE")
    if condition and condition != tag and _date(condition) != int(changed):
        return whole
    if found is None or not (found["first"] or found["last"]) or environ["REQUEST_METHOD"] != "GET":
        return whole
    if not found["first"]:
        length = min(int(found["last"]), size)
        return Part(size - length, length, size) if length else None
    first, last = int(found["first"]), min(int(found["last"] or size), size - 1)
    if found["last"] and int(found["last"]) < first:
        return whole
    return Part(first, last - first + 1, size) if first < size else None


def _date(text: str | None) -> int | None:
    try:
        return int(parsedate_to_datetime(text).timestamp()) if text else None
    except (ValueError, OverflowError, IndexError, TypeError):  # what the standard library raises for junk
        return None


def _segments(path: str) -> tuple[list[str], bool]:
    """Return a URL path as names in the file system, and whether it ends with a slash. Raises RequestError (404) for
    names that are never served.
    """
    segments = [file_path(segment) for segment in path.split("/") if segment]
    for segment in segments:
        if "\0" in segment or (segment.startswith(".") and segment not in PUBLIC_DOTS):
            raise RequestError(404, f"{segment!r} is never served")
    return segments, path.endswith("/")


def _is_folder(path: str) -> bool:
    """Whether a path leads to a folder. Raises RequestError where nobody can tell, or nothing is there."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except OSError as error:
        raise look_error(path, error) from error


def _to_the_folder(path: str, query: str, start_response: StartResponse) -> Iterable[bytes]:
    """Send the client to the same path with a slash behind it; relative links would miss otherwise."""
    # One slash in front: two would be another host.
    trimmed = url_path(path).strip("/")
    location = (f"/{trimmed}/" if trimmed else "/") + url_query(query)
    start_response("301 Moved Permanently", [("Location", location), *EMPTY])
    return []
