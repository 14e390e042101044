"""`log_format` of nginx as fields: its variables, and its three ways to escape.

A format, or the whole directive copied out of a configuration (`log_format main escape=json '...' '...';`), comes in; a
`LogFormat` goes out. Variables that tell nothing of an exchange, and users' own, are read over.
"""

from __future__ import annotations

import re

from harness.errors import UsageError
from harness.sources.log_escape import json_unescaped, unescaped, untouched
from harness.sources.log_field import Field, LogFormat, Role, joined
from harness.sources.log_time import CLF

VARIABLES = {
    "remote_addr": Field("peer", shape="word"), "remote_user": Field("user"), "time_local": Field("end time", CLF),
    "time_iso8601": Field("end time", "iso8601"), "msec": Field("end time", "decimal"), "request": Field("line"),
    "request_method": Field("method", shape="word"), "request_uri": Field("target"), "uri": Field("path"),
    "document_uri": Field("path"), "args": Field("query"), "query_string": Field("query"),
    "server_protocol": Field("protocol", shape="word"), "status": Field("status", shape="status"),
    "body_bytes_sent": Field("size", shape="number"), "request_time": Field("duration", shape="number"),
    "host": Field("host", shape="word"), "server_name": Field("host", shape="word"),
    "server_port": Field("port", shape="number"), "scheme": Field("scheme", shape="word"),
    "request_body": Field("body"), "content_type": Field("sent", "Content-Type"),
    "content_length": Field("sent", "Content-Length"),
    "bytes_sent": Field(shape="number"), "request_length": Field(shape="number"),
    "connection": Field(shape="number"), "connection_requests": Field(shape="number"), "pid": Field(shape="number"),
    "pipe": Field(shape="word"), "is_args": Field(shape="mark"),
}  # fmt: skip
"""The variables that can be told; `$http_NAME`, `$sent_http_NAME` and `$cookie_NAME` besides."""

_SPELLED = {"te": "TE", "dnt": "DNT", "etag": "ETag", "www-authenticate": "WWW-Authenticate"}
_PREFIXES: dict[str, Role] = {"http_": "sent", "sent_http_": "answered", "cookie_": "cookie"}
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))|([^$]+)|(\$)")
_DIRECTIVE = re.compile(r"\s*log_format\s+\S+\s+")
_ESCAPE = re.compile(r"\s*escape=(\w+)\s+")
_QUOTED = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""")
_ESCAPES = {"default": (unescaped, b"-"), "json": (json_unescaped, b""), "none": (untouched, b"")}


def is_nginx(text: str) -> bool:
    """Tell a format of nginx from one of Apache: its variables."""
    return bool(re.search(r"\$\{?[a-z]", text)) and not re.search(r"%[<>!\d,]*(?:\{[^}]*\})?[a-zA-Z]", text)


def nginx_format(text: str) -> LogFormat:
    """Translate a `log_format`; raises UsageError for one that nginx would not take."""
    format_ = _DIRECTIVE.sub("", text, count=1)
    way = _ESCAPE.match(format_)
    if way and way[1] not in _ESCAPES:
        raise UsageError(f"escape={way[1]} is none of nginx's: {', '.join(_ESCAPES)}")
    if way or format_ != text or text.startswith("'"):
        text = _without_quotes(format_[way.end() if way else 0 :])
    unescape, missing = _ESCAPES[way[1] if way else "json" if text.lstrip().startswith("{") else "default"]
    return LogFormat(joined([_part(found) for found in _VARIABLE.finditer(text)]), unescape, missing)


def variable(name: str) -> Field:
    """Return what a variable of nginx tells."""
    if name in VARIABLES:
        return VARIABLES[name]
    for prefix, role in _PREFIXES.items():
        if name.startswith(prefix):
            rest = name.removeprefix(prefix)
            return Field(role, rest if role == "cookie" else header_name(rest))
    return Field()


def header_name(name: str) -> str:
    """Return a header's name as it is commonly spelled: `user_agent` is `User-Agent`."""
    name = name.replace("_", "-")
    return _SPELLED.get(name, name.title())


def _without_quotes(text: str) -> str:
    """Return what the quoted strings of a directive make together; a text without quotes around it is the format."""
    pieces = []
    rest = text
    while found := _QUOTED.match(rest):
        quoted = found[1] if found[1] is not None else found[2]
        pieces.append(re.sub(r"\\(.)", _unquoted, quoted))
        rest = rest[found.end() :]
    return "".join(pieces) if pieces and rest.strip() in ("", ";") else text


def _unquoted(found: re.Match[str]) -> str:
    return {"t": "\t", "n": "\n", "r": "\r"}.get(found[1], found[1])


def _part(found: re.Match[str]) -> str | Field:
    if found[4]:
        raise UsageError(f"a lone $ at column {found.start() + 1}")
    return found[3] or variable(found[1] or found[2])
