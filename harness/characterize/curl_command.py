"""Reads a curl command, as a browser's "copy as cURL" or a report gives it, as the request that curl would send.

Text in, a `Request` out, or a UsageError naming the option that is not understood: nothing is left out in silence.
"""

from __future__ import annotations

import shlex
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_plus, urlsplit

from harness.errors import UsageError
from harness.exchange import Headers, Request

WITH_VALUE = {
    "-X": "--request", "-H": "--header", "-d": "--data", "-u": "--user", "-A": "--user-agent", "-e": "--referer",
    "-b": "--cookie", "-o": "--output", "-m": "--max-time",
}  # fmt: skip
DATA = {"--data", "--data-ascii", "--data-raw", "--data-binary", "--data-urlencode"}
VALUED = {*WITH_VALUE.values(), *DATA, "--url", "--connect-timeout"}
ASIDE = {
    "-s", "--silent", "-S", "--show-error", "-i", "--include", "-k", "--insecure", "-g", "--globoff", "--path-as-is",
    "-v", "--verbose", "-f", "--fail", "--http1.1", "-L", "--location", "--output", "--max-time", "--connect-timeout",
}  # fmt: skip
"""What says how curl behaves, and not what it sends."""
FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class _Command:
    urls: list[str] = field(default_factory=list)
    method: str = ""
    headers: list[str] = field(default_factory=list)
    data: list[bytes] = field(default_factory=list)
    head: bool = False
    get: bool = False
    compressed: bool = False


def curl_request(text: str) -> Request:
    """Return the request of a curl command. Raises UsageError."""
    try:
        words = shlex.split(text.replace("\\\n", " "))
    except ValueError as error:
        raise UsageError(f"the curl command cannot be read: {error}") from None
    command = _read(words[1:])
    if len(command.urls) != 1:
        raise UsageError(f"the curl command has {len(command.urls)} URLs; give one with exactly one")
    return _request(command)


def _read(words: list[str]) -> _Command:
    command, rest = _Command(), iter(words)
    for word in rest:
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if not word.startswith("-"):
            command.urls.append(word)
            continue
        if not word.startswith("--") and len(word) > 2 and word[:2] in WITH_VALUE:
            name, equals, value = word[:2], "=", word[2:]
        name = WITH_VALUE.get(name, name)
        if name in VALUED and not equals:
            value = next(rest, "")
        _take(command, name, value)
    return command


def _take(command: _Command, name: str, value: str) -> None:
    """Take one option. Raises UsageError for one that would be sent in a way that is not known here."""
    as_header = {"--user-agent": "User-Agent", "--referer": "Referer", "--cookie": "Cookie"}
    if name in DATA:
        command.data.append(_data(name, value))
    elif name == "--request":
        command.method = value
    elif name == "--header":
        command.headers.append(value)
    elif name == "--user":
        command.headers.append(f"Authorization: Basic {b64encode(value.encode()).decode()}")
    elif name in as_header:
        command.headers.append(f"{as_header[name]}: {value}")
    elif name in ("-I", "--head"):
        command.head = True
    elif name in ("-G", "--get"):
        command.get = True
    elif name == "--compressed":
        command.compressed = True
    elif name == "--url":
        command.urls.append(value)
    elif name not in ASIDE:
        raise UsageError(f"the curl command has the option {name}, which is not understood here")


def _data(name: str, value: str) -> bytes:
    if name == "--data-urlencode":
        key, equals, text = value.partition("=")
        return (f"{key}=" if key and equals else "").encode() + quote_plus(text if equals else value).encode()
    if value.startswith("@") and name != "--data-raw":
        try:
            content = Path(value[1:]).read_bytes()
        except OSError as error:
            raise UsageError(f"the curl command sends {value[1:]}: {error.strerror or error}") from None
        return content if name == "--data-binary" else content.replace(b"\r", b"").replace(b"\n", b"")
    return value.encode("utf-8", "surrogateescape")


def _request(command: _Command) -> Request:
    url = urlsplit(command.urls[0] if "://" in command.urls[0] else f"http://{command.urls[0]}")
    body = b"&".join(command.data)
    query = url.query
    if command.get and body:
        query, body = "&".join(filter(None, (query, body.decode("latin-1")))), b""
    target = (url.path or "/") + (f"?{query}" if query else "")
    method = command.method or ("HEAD" if command.head else "POST" if command.data and not command.get else "GET")
    given = [_header(text) for text in command.headers]
    headers: Headers = tuple(_usual(given, url.netloc.rpartition("@")[2], command.compressed) + given)
    if body:
        names = {name.lower() for name, _ in headers}
        typed = () if b"content-type" in names else ((b"Content-Type", FORM.encode()),)
        headers = (*headers, (b"Content-Length", str(len(body)).encode()), *typed)
    line = f"{method} {target} HTTP/1.1".encode("utf-8", "surrogateescape")
    return Request(line, headers, body, "length" if body else "none")


def _usual(given: list[tuple[bytes, bytes]], host: str, compressed: bool) -> list[tuple[bytes, bytes]]:
    """Return what curl sends by itself, where the command says nothing else."""
    usual = [(b"Host", host.encode()), (b"User-Agent", b"curl"), (b"Accept", b"*/*")]
    usual += [(b"Accept-Encoding", b"deflate, gzip")] * compressed
    names = {name.lower() for name, _ in given}
    return [(name, value) for name, value in usual if name.lower() not in names]


def _header(text: str) -> tuple[bytes, bytes]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise UsageError(f"the curl command has the header {text!r}, which is not NAME: VALUE")
    return name.strip().encode("latin-1", "replace"), value.strip().encode("utf-8", "surrogateescape")
