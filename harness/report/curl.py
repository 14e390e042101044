"""Writes a recorded request as a curl command that sends the same bytes, as far as curl can.

A `Request` comes in, one line of shell goes out. Every part is quoted; what a shell or a page would not
carry unharmed is written as escapes, or sent through base64. Connection headers are left to curl.
"""

from __future__ import annotations

import re
import shlex
from base64 import b64encode
from collections.abc import Iterable, Iterator

from harness.exchange import Request

SHOWN = 8_000
"""Bytes up to which a body is written into the command."""

_BY_CURL = frozenset({b"host", b"content-length", b"transfer-encoding", b"connection", b"keep-alive", b"expect"})
_PLAIN_TARGET = re.compile(rb"/[!-~]*")


def curl(request: Request, base: str = "http://localhost:8000") -> str:
    """Return the command that sends `request` to the server at `base` (`http://host:port`)."""
    words = ["curl", "--include", "--globoff", "--path-as-is", *_method(request), *_headers(request)]
    words += _address(request, base)
    body = request.body or b""
    if len(body) > SHOWN:
        return f"{_command([*words, '--data-binary', '@body'])}  # a body of {len(body)} bytes, not shown"
    if _is_plain(body):
        return _command([*words, *(["--data-raw", body.decode("ascii")] if body else [])])
    packed = shlex.quote(b64encode(body).decode("ascii"))
    return f"printf %s {packed} | base64 -d | {_command([*words, '--data-binary', '@-'])}"


def _command(words: Iterable[str]) -> str:
    return " ".join(map(_word, words))


def _word(text: str) -> str:
    """Return a word (each character a byte) for a POSIX shell; bytes beyond printable ASCII are made by printf."""
    if _is_plain(text.encode("latin-1")):
        return shlex.quote(text)
    made = "".join(char if char.isalnum() and char.isascii() else f"\\{ord(char):03o}" for char in text)
    return f"\"$(printf '{made}')\""


def _method(request: Request) -> Iterator[str]:
    method = request.method.decode("latin-1")
    if request.version == b"HTTP/1.0":
        yield "--http1.0"
    if method == "HEAD":
        yield "--head"
    elif method != ("POST" if request.body else "GET"):
        yield from ("--request", method)


def _headers(request: Request) -> Iterator[str]:
    names = {name.lower() for name, _ in request.headers}
    for name, value in request.headers:
        if name.lower() not in _BY_CURL:
            text = b"%s: %s" % (name, value) if value else b"%s;" % name  # curl drops "Name:", and sends "Name;" empty
            yield from ("--header", text.decode("latin-1"))
    # What curl would add by itself, the client did not send.
    added = [b"User-Agent", b"Accept", *([b"Content-Type"] if request.body else [])]
    for name in added:
        if name.lower() not in names:
            yield from ("--header", f"{name.decode()}:")


def _address(request: Request, base: str) -> Iterator[str]:
    target = request.target
    if _PLAIN_TARGET.fullmatch(target) and b"#" not in target:
        yield base.rstrip("/") + target.decode("ascii")
    else:
        yield from ("--request-target", target.decode("latin-1"), base.rstrip("/") + "/")


def _is_plain(body: bytes) -> bool:
    """Tell whether a body survives copying from a page into a shell: printable ASCII and line feeds."""
    return all(byte == 10 or 32 <= byte < 127 for byte in body)
