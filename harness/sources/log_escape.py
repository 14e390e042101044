r"""How servers escape what clients sent before they write it to a log, undone.

Apache writes `\"`, `\\`, `\n` and the like and `\xhh` (server/util.c, ap_escape_logitem); nginx `\xHH`, or JSON's
escapes with `escape=json`. Bytes in, the bytes that the client sent out; what is no escape stays as it is.
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_LETTERS = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b"b": b"\b", b"v": b"\v", b"f": b"\f"}
_JSON_ESCAPE = re.compile(rb"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_JSON_LETTERS = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b"b": b"\b", b"f": b"\f"}


def unescaped(value: bytes) -> bytes:
    """Undo the escapes of Apache, and those of nginx, which are some of them."""
    return _ESCAPE.sub(_byte, value) if b"\\" in value else value


def json_unescaped(value: bytes) -> bytes:
    """Undo the escapes of JSON; a code below 256 is a byte, as nginx means it."""
    return _JSON_ESCAPE.sub(_character, value) if b"\\" in value else value


def untouched(value: bytes) -> bytes:
    """Return the value: nothing was escaped (nginx: `escape=none`)."""
    return value


def _byte(found: re.Match[bytes]) -> bytes:
    escape = found[1]
    return bytes([int(escape[1:], 16)]) if len(escape) == 3 else _LETTERS.get(escape, escape)


def _character(found: re.Match[bytes]) -> bytes:
    escape = found[1]
    if len(escape) == 1:
        return _JSON_LETTERS.get(escape, escape)
    code = int(escape[1:], 16)
    return bytes([code]) if code < 256 else chr(code).encode("utf-8", "surrogatepass")
