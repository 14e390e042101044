"""The simple index: names and file rows in; HTML as it always was, or the JSON of PEP 691, out.

The list of all projects is kept, written once a change, in a file without a name: it is long, and asked for often.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from threading import Lock
from typing import Any
from urllib.parse import quote

from .projects import normalise, simple_name

CHUNK = 64 * 1024
LINES = 1000  # lines written at once
API_VERSION = "1.0"


def html_index(names: Iterable[str], serial: int) -> Iterator[str]:
    """The page of /simple/, in pieces."""
    yield '<html><head><title>Simple Index</title><meta name="api-version" value="2" /></head><body>\n'
    for name in names:
        yield f"<a href='{quote(simple_name(name))}'>{escape(name, quote=False)}</a><br/>\n"
    yield "</body></html>"


def json_index(names: Iterable[str], serial: int) -> Iterator[str]:
    """The same as JSON (PEP 691), in pieces."""
    yield f'{{"meta": {json.dumps(meta(serial))}, "projects": ['
    separator = ""
    for name in names:
        yield f'{separator}{{"name": {json.dumps(name)}}}'
        separator = ",\n"
    yield "]}"


def html_project(name: str, serial: int, files: Iterable[Sequence[Any]]) -> str:
    """The page of /simple/NAME/: `files` begin with path, filename and MD5.

    Mirrors parse it as XML: an unclosed tag once stopped them for three days (I41).
    """
    title = "Links for " + escape(name, quote=False)
    links = "".join(html_file(path, filename, md5) for path, filename, md5, *_ in files)
    return (
        f'<html><head><title>{title}</title><meta name="api-version" value="2" /></head><body><h1>{title}</h1>'
        f"{links}</body></html>"
    )


def html_file(path: str, filename: str, md5: str | None) -> str:
    """One link of the page; a row without a digest has none, which is another thing than None."""
    address = f"../../packages/{path}" + (f"#md5={md5}" if md5 else "")
    return f'<a href="{escape(address)}" rel="internal">{escape(filename, quote=False)}</a><br/>\n'


def json_project(name: str, serial: int, files: Iterable[Sequence[Any]]) -> str:
    """The same as JSON (PEP 691): `files` are (path, filename, MD5, SHA-256, Python versions) rows.

    The name is PEP 503's, also where the page keeps its dots.
    """
    return json.dumps({"meta": meta(serial), "name": normalise(name), "files": [json_file(*file) for file in files]})


def json_file(
    path: str, filename: str, md5: str | None, sha256: str | None, requires_python: str | None
) -> dict[str, Any]:
    """One file of the JSON."""
    hashes = {kind: digest for kind, digest in (("sha256", sha256), ("md5", md5)) if digest is not None}
    found: dict[str, Any] = {"filename": filename, "url": f"../../packages/{quote(path)}", "hashes": hashes}
    if requires_python and requires_python != "UNKNOWN":
        found["requires-python"] = requires_python
    return found


def meta(serial: int) -> dict[str, Any]:
    """What the JSON says of itself."""
    return {"api-version": API_VERSION, "_last-serial": serial}


class KeptPage:
    """A page in a file without a name, which goes with this object."""

    def __init__(self, text: Iterable[str]) -> None:
        self._file, name = tempfile.mkstemp(prefix="index-")
        weakref.finalize(self, os.close, self._file)
        os.unlink(name)
        self.size = 0
        self._hash = hashlib.sha256()
        waiting: list[str] = []
        for piece in text:
            waiting.append(piece)
            if len(waiting) == LINES:
                self._write(waiting)
        self._write(waiting)
        self.digest = self._hash.hexdigest()

    def _write(self, waiting: list[str]) -> None:
        data = "".join(waiting).encode()
        self._hash.update(data)
        waiting.clear()
        while data:
            written = os.write(self._file, data)
            self.size += written
            data = data[written:]

    def __iter__(self) -> Iterator[bytes]:
        """The bytes in pieces; several may read at once."""
        place = 0
        while chunk := os.pread(self._file, CHUNK, place):
            place += len(chunk)
            yield chunk


class KeptPages:
    """The newest page of each kind, by a key that is another one when anything changed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pages: dict[str, tuple[object, KeptPage]] = {}

    def get(self, kind: str, key: object, make: Callable[[], Iterable[str]]) -> KeptPage:
        """Return the page, made now if the kept one has another key."""
        with self._lock:
            known = self._pages.get(kind)
            if known is None or known[0] != key:
                known = self._pages[kind] = key, KeptPage(make())
            return known[1]
