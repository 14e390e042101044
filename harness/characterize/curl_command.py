"""Reads a curl command, as a browser's "copy as cURL" or a report gives it, as the request that curl would send.

Text in, a `Request` out, or a UsageError naming the option that is not understood: nothing is left out in silence.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_plus, urlsplit

from harness.characterize.shell import words_of
from harness.errors import UsageError
from harness.exchange import Headers, Request

WITH_VALUE = {
    "-X": "--request", "-H": "--header", "-d": "--data", "-u": "--user", "-A": "--user-agent", "-e": "--referer",
    "-b": "--cookie", "-o": "--output", "-m": "--max-time", "-c": "--cookie-jar", "-w": "--write-out",
    "-D": "--dump-header",
}  # fmt: skip
FLAGS = {
    "-s": "--silent", "-S": "--show-error", "-i": "--include", "-k": "--insecure", "-g": "--globoff", "-v": "--verbose",
    "-f": "--fail", "-L": "--location", "-I": "--head", "-G": "--get", "-0": "--http1.0", "-N": "--no-buffer",
    "-#": "--progress-bar", "-4": "--ipv4", "-6": "--ipv6", "-q": "--disable", "-O": "--remote-name",
}  # fmt: skip
"""Options of one letter, several of which may stand behind one hyphen: `-sSL`."""
DATA = {"--data", "--data-ascii", "--data-raw", "--data-binary", "--data-urlencode", "--json"}
SILENT = {"--output", "--max-time", "--connect-timeout", "--cookie-jar", "--write-out", "--dump-header"}
VALUED = {*WITH_VALUE.values(), *DATA, *SILENT, "--url", "--request-target"}
ASIDE = {*FLAGS.values(), *SILENT, "--path-as-is", "--http1.1", "--no-progress-meter", "--fail-with-body"}
"""What says how curl behaves, and not what it sends; what is sent is taken before."""
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
    target: str = ""
    version: str = "HTTP/1.1"


def curl_request(text: str) -> Request:
    """Return the request of a curl command. Raises UsageError."""
    words, piped = words_of(text)
    command = _read(words[1:], piped)
    if len(command.urls) != 1:
        raise UsageError(f"the curl command has {len(command.urls)} URLs; give one with exactly one")
    return _request(command)


def _read(words: list[str], piped: bytes) -> _Command:
    command, rest = _Command(), iter(words)
    for word in rest:
        if not word.startswith("-") or word == "-":
            command.urls.append(word)
        for name, given in _options(word):
            _take(command, name, next(rest, "") if name in VALUED and given is None else given or "", piped)
    return command


def _options(word: str) -> Iterator[tuple[str, str | None]]:
    """Yield the options of a word by their long names, each with its value where that stands in the word."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        yield name, value if equals else None
        return
    for at, letter in enumerate(word[1:], 2) if word.startswith("-") else ():
        if name := WITH_VALUE.get(f"-{letter}", ""):
            yield name, word[at:] or None
            return
        yield FLAGS.get(f"-{letter}", f"-{letter}"), None


def _take(command: _Command, name: str, value: str, piped: bytes) -> None:
    """Take one option. Raises UsageError for one that would be sent in a way that is not known here."""
    as_header = {"--user-agent": "User-Agent", "--referer": "Referer", "--cookie": "Cookie"}
    if name in DATA:
        command.data.append(_data(name, value, piped))
        command.headers += ["Content-Type: application/json", "Accept: application/json"] * (name == "--json")
    elif name == "--request":
        command.method = value
    elif name == "--header":
        command.headers.append(value)
    elif name == "--user":
        command.headers.append(f"Authorization: Basic {b64encode(value.encode()).decode()}")
    elif name == "--cookie" and value and "=" not in value:
        raise UsageError(f"the curl command takes cookies from the file {value}: give them, as -b NAME=VALUE")
    elif name in as_header:
        command.headers.append(f"{as_header[name]}: {value}")
    elif name == "--head":
        command.head = True
    elif name == "--get":
        command.get = True
    elif name == "--compressed":
        command.compressed = True
    elif name == "--url":
        command.urls.append(value)
    elif name == "--request-target":
        command.target = value
    elif name == "--http1.0":
        command.version = "HTTP/1.0"
    elif name not in ASIDE:
        raise UsageError(f"the curl command has the option {name}, which is not understood here")


def _data(name: str, value: str, piped: bytes) -> bytes:
    if name == "--data-urlencode":
        key, equals, text = value.partition("=")
        if "@" in value and not equals:
            raise UsageError(f"the curl command encodes the file of {value}: give what it holds")
        return (f"{key}=" if key and equals else "").encode() + quote_plus(text if equals else value).encode()
    if value.startswith("@") and name != "--data-raw":
        content = piped if value == "@-" else _content(Path(value[1:]))
        whole = name in ("--data-binary", "--json")
        return content if whole else content.replace(b"\r", b"").replace(b"\n", b"")
    return value.encode("utf-8", "surrogateescape")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"the curl command sends {path}: {error.strerror or error}") from None


def _request(command: _Command) -> Request:
    url = urlsplit(command.urls[0] if "://" in command.urls[0] else f"http://{command.urls[0]}")
    body = b"&".join(command.data)
    query = url.query
    if command.get and body:
        query, body = "&".join(filter(None, (query, body.decode("latin-1")))), b""
    target = command.target or (url.path or "/") + (f"?{query}" if query else "")
    method = command.method or ("HEAD" if command.head else "POST" if command.data and not command.get else "GET")
    headers: Headers = tuple(_headers(command, url.netloc.rpartition("@")[2], body))
    line = f"{method} {target} {command.version}".encode("utf-8", "surrogateescape")
    return Request(line, headers, body, "length" if body else "none")


def _headers(command: _Command, host: str, body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield what curl sends by itself, unless the command says otherwise, and what the command gives.

    `NAME:` is sent by nobody, `NAME;` is empty (curl's manual on --header).
    """
    before = [(b"Host", host.encode()), (b"User-Agent", b"curl"), (b"Accept", b"*/*")]
    before += [(b"Accept-Encoding", b"deflate, gzip")] * command.compressed
    behind = [(b"Content-Length", str(len(body)).encode()), (b"Content-Type", FORM.encode())]
    given = [_header(text) for text in command.headers]
    names = {name.lower() for name, _ in given}
    yield from ((name, value) for name, value in before if name.lower() not in names)
    yield from ((name, value) for name, value in given if value is not None)
    if command.data and not command.get:
        yield from ((name, value) for name, value in behind if name.lower() not in names)


def _header(text: str) -> tuple[bytes, bytes | None]:
    """Return a name and its value; None where it is not to be sent."""
    name, colon, value = text.partition(":")
    is_empty = not colon and text.rstrip().endswith(";")
    name = text.rstrip()[:-1] if is_empty else name
    if not (colon or is_empty) or not name.strip():
        raise UsageError(f"the curl command has the header {text!r}, which is not NAME: VALUE")
    content = value.strip().encode("utf-8", "surrogateescape")
    return name.strip().encode("latin-1", "replace"), content if content or is_empty else None
