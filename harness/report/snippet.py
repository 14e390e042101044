"""A recorded request as a pytest test that asserts what old answered: the standard library, the exact bytes, one file.

A group, one of its requests and, where it was recorded, the answer come in; Python goes out. What only old's data shows
(rows, files, mails) cannot be asserted over HTTP: then there is no test. How values were found is `compare`'s affair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from html import unescape
from textwrap import shorten

from harness.compare.excerpt import ELLIPSIS
from harness.compare.redirect import ELSEWHERE
from harness.exchange import Request, Response, all_headers
from harness.group import Group
from harness.wire import join_head

SHOWN = 8_000
"""Bytes up to which a body is written into the test."""
WIDTH = 100

FEW = 4
"""Characters of a text that may as well stand somewhere else in a body."""

_BY_CONNECTION = frozenset({b"transfer-encoding", b"connection", b"keep-alive", b"content-length", b"expect"})
_CUT = re.compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)|…")
"""What an excerpt has in place of other characters."""
_MARKUP = re.compile(r"""[<>"]+|\s[\w:-]+=""")
_ATTRIBUTE = re.compile(r"/@([\w:-]+)$")
_MEMBER = re.compile(r"(?:^|\.)([A-Za-z_][\w-]*)$")
_SCALAR = re.compile(r"""-?\d[\d.eE+-]*|true|false|null|"[^"\\…]*\"""")
_TEXTUAL = re.compile(r"text\b|(?!body/).*/")
_STRUCTURE = re.compile(r"""<|[{\[]|"[^"]*": """)
_STATUS = re.compile(r"(?:answered )?(\d{3})\b")


def snippet(group: Group, request: Request, answer: Response | None = None) -> str:
    """Return a test that fails where the answer to `request` shows the difference; empty where none can tell.

    `answer` is the recorded one: where the group's excerpt of a body does not suffice, the whole is asserted. The
    test asks `TARGET` of the environment (host:port). The request is sent as recorded, framing aside: it asks for the
    connection to be closed, and gives the length of its body.
    """
    checks = list(_checks(group, request, answer))
    if not checks:
        return ""
    lines = [
        *_imports(checks),
        "",
        "",
        f"def test_{re.sub(r'[^0-9A-Za-z_]', '_', group.id)}():",
        f"    {_docstring(group.title)}",
        '    host, port = os.environ.get("TARGET", "localhost:8000").rsplit(":", 1)',
        "    with socket.create_connection((host, int(port)), timeout=60) as connection:",
        "        connection.sendall(",
        *(f"            {line}" for line in _request_lines(request)),
        "        )",
        f"        answer = http.client.HTTPResponse(connection, method={request.method.decode('latin-1')!a})",
        "        answer.begin()",
        "        body = answer.read()",
        *(f"    {check}" for check in checks),
    ]
    return "\n".join(lines) + "\n"


def _imports(checks: list[str]) -> Iterator[str]:
    names = ["hashlib", "html", "http.client", "os", "re", "socket"]
    used = "\n".join(checks)
    wanted = {"http.client", "os", "socket", *(name for name in names if f"{name}." in used)}
    yield f"import {', '.join(name for name in names if name in wanted)}"


def _docstring(title: str) -> str:
    return ascii(shorten(title, WIDTH, placeholder=" ..."))


# ---- the request ----


def _request_lines(request: Request) -> Iterator[str]:
    """Yield bytes literals that make the request, several headers a line."""
    body = request.body or b""
    headers = [pair for pair in request.headers if pair[0].lower() not in _BY_CONNECTION]
    headers += [(b"Content-Length", str(len(body)).encode())] * bool(body or request.framing != "none")
    head = join_head(request.start_line, (*headers, (b"Connection", b"close")))
    yield from _literals(head)
    if len(body) > SHOWN:
        yield f'+ open("body", "rb").read()  # {len(body)} bytes, not shown'
    else:
        yield from _literals(body)


def _literals(data: bytes) -> Iterator[str]:
    line = b""
    for part in _parts(data):
        if line and len(ascii(line + part)) > WIDTH:
            yield ascii(line)
            line = b""
        line += part
    if line:
        yield ascii(line)


def _parts(data: bytes) -> Iterator[bytes]:
    """Cut bytes after line ends, and long lines anywhere."""
    for line in data.splitlines(keepends=True):
        for start in range(0, len(line), WIDTH // 2):
            yield line[start : start + WIDTH // 2]


# ---- what is asserted ----


def _checks(group: Group, request: Request, answer: Response | None) -> Iterator[str]:
    if group.aspect in ("status", "crash"):
        status = _STATUS.match(group.old)
        if status:
            yield f"assert answer.status == {status.group(1)}"
    elif group.aspect == "reason" and _is_whole(group.old):
        yield f"assert answer.reason == {group.old!a}"
    elif group.aspect == "header":
        yield from _header_checks(group, answer)
    elif group.aspect == "body":
        yield from _body_checks(group, request, answer)
    elif group.aspect == "framing" and group.path == "transfer":
        yield f"assert answer.chunked is {group.old == 'chunked'}"
    elif group.aspect == "framing" and group.path == "version" and group.old in _VERSIONS:
        yield f"assert answer.version == {_VERSIONS[group.old]}"


_VERSIONS = {"HTTP/1.0": 10, "HTTP/1.1": 11}


def _header_checks(group: Group, answer: Response | None) -> Iterator[str]:
    """Yield a check of a header; of all its values where the excerpt is not one of them, but words about them."""
    values = f"answer.headers.get_all({group.path!a}, [])"
    recorded = (
        [value.decode("latin-1") for value in all_headers(answer.headers, _bytes(group.path))] if answer else None
    )
    if group.path == "order":
        if _is_whole(group.old):
            wanted = f'{group.old.lower()!a}.split(", ")'
            yield f"names = [name.lower() for name in answer.headers if name.lower() in {wanted}]"
            yield f"assert list(dict.fromkeys(names)) == {wanted}"
    elif group.kind == "renamed" or (group.kind == "spelling" and group.old.lower() == group.path.lower()):  # the name
        yield f"assert {group.old!a} in answer.headers.keys()"
    elif group.kind == "added":
        gone = _is_whole(group.new)
        yield f"assert {group.new!a} not in {values}" if gone else f"assert {group.path!a} not in answer.headers"
    elif _is_whole(group.old) and (group.old in recorded if recorded is not None else _is_value(group)):
        yield f"assert {group.old!a} in {values}"
    elif recorded is not None:
        yield f"assert {values} == {recorded!a}"
    elif _is_value(group) and (piece := _piece(group.old, group.new)):
        yield f"assert any({piece!a} in value for value in {values})"


def _is_value(group: Group) -> bool:
    """Tell whether what is said of old is its header's value, not words about it."""
    return group.kind != "spelling" and group.old != ELSEWHERE


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _is_whole(text: str) -> bool:
    """Tell whether an excerpt is the value itself: nothing cut, nothing escaped."""
    return bool(text) and ELLIPSIS not in text and "\\" not in text


def _body_checks(group: Group, request: Request, answer: Response | None) -> Iterator[str]:
    """Yield a check of what the excerpts show; where they show too little, of the whole recorded body."""
    text = _text(answer.body) if answer is not None and answer.body is not None else None
    found = "" if group.path.startswith(_WHOLE) else _pattern_check(group, request, text) or _piece_check(group, text)
    if found:
        yield found
    elif answer is not None and answer.body is not None and answer.complete:
        yield f'assert hashlib.sha256(body).hexdigest() == "{sha256(answer.body).hexdigest()}"  # as recorded'


_TEXT = 'html.unescape(body.decode("utf-8", "replace"))'
_WHOLE = "body/"
"""Paths of what is said about a body as a whole: its excerpts are no part of it."""


def _text(body: bytes) -> str:
    return unescape(body.decode("utf-8", "replace"))


def _pattern_check(group: Group, request: Request, text: str | None) -> str:
    """Return a check that a member or attribute is there as often as recorded; empty where that cannot be told."""
    pattern = _attribute_pattern(group) or _member_pattern(group, request)
    times = len(re.findall(pattern, text)) if text is not None else 1
    if not pattern or not times:
        return ""
    if times == 1:
        return f"assert re.search({pattern!a}, {_TEXT})"
    return f"assert len(re.findall({pattern!a}, {_TEXT})) == {times}"


def _attribute_pattern(group: Group) -> str:
    name = _ATTRIBUTE.search(group.path)
    if name is None or group.kind not in ("changed", "missing") or not _is_whole(group.old):
        return ""
    return rf"""{re.escape(name.group(1))}\s*=\s*["']?{re.escape(group.old)}(?=["'\s>])"""


def _member_pattern(group: Group, request: Request) -> str:
    """Return a pattern of a JSON member with old's value; empty where the path names none, or not its value whole."""
    name = _MEMBER.search(group.path)
    old = group.old.partition(" ")[2] if group.kind == "type" else group.old
    if name is None or group.kind not in ("changed", "type", "missing") or b"<methodCall" in (request.body or b""):
        return ""
    if not old.isascii() or not _SCALAR.fullmatch(old):
        return ""
    return rf'"{re.escape(name.group(1))}"\s*:\s*{re.escape(old)}(?![\w.])'


def _piece_check(group: Group, text: str | None) -> str:
    """Return a check that a piece of text is there as often as recorded; empty where no piece tells the sides apart."""
    is_there = group.kind != "added"
    old, new = (side.partition(" ")[2] if group.kind == "type" else side for side in (group.old, group.new))
    piece = _piece(old, new) if is_there else _piece(new, old)
    if len(piece) < FEW or (text is None and not (len(piece) > FEW and _TEXTUAL.match(group.path))):
        return ""
    if text is None and (group.old or group.new).startswith("<"):  # markup written again, as no body has it
        return ""
    times = text.count(piece) if text is not None else int(is_there)
    if is_there != bool(times) or (text is not None and _is_part(group)):
        return ""
    if times > 1:
        return f"assert {_TEXT}.count({piece!a}) == {times}"
    return f"assert {piece!a} {'in' if is_there else 'not in'} {_TEXT}"


def _is_part(group: Group) -> bool:
    """Tell whether an element or an object came or went: its texts may well be there, elsewhere."""
    return group.kind in ("missing", "added") and bool(_STRUCTURE.match(group.old or group.new))


def _piece(text: str, other: str) -> str:
    """Return the longest run of plain text within an excerpt that the other side's excerpt has not; else nothing."""
    runs = [run.strip() for part in _MARKUP.split(text) for run in _CUT.split(part)]
    return max((run for run in runs if run not in other), key=len, default="")
