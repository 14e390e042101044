"""Access logs of one JSON object a line, whose names are the user's: those of nginx, Caddy, Traefik and usual ones.

A line comes in, an exchange goes out, or False where the line is no object or tells of no request. Objects within the
object are read by their path: `request.method`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from harness.exchange import Exchange
from harness.sources.log_entry import Entries
from harness.sources.log_escape import untouched
from harness.sources.log_field import Field, LogFormat, Role
from harness.sources.nginx_format import VARIABLES, variable
from harness.sources.source import Read

_LARGEST = 1 << 20  # bytes of a line
_TIME: dict[str, Role] = {
    "time": "end time", "ts": "end time", "timestamp": "end time", "@timestamp": "end time", "StartUTC": "time",
}  # fmt: skip
_NAMES: dict[str, Field] = {
    "client_ip": Field("peer"), "client": Field("peer"), "remote_ip": Field("peer"), "ClientHost": Field("peer"),
    "request.remote_ip": Field("peer"), "request.client_ip": Field("peer"), "remote_host": Field("peer"),
    "user": Field("user"), "user_id": Field("user"), "ClientUsername": Field("user"),
    "method": Field("method"), "request.method": Field("method"), "RequestMethod": Field("method"),
    "verb": Field("method"), "url": Field("target"), "path": Field("path"), "request.uri": Field("target"),
    "RequestPath": Field("target"), "query": Field("query"), "protocol": Field("protocol"),
    "request.proto": Field("protocol"), "RequestProtocol": Field("protocol"),
    "DownstreamStatus": Field("status"), "response": Field("status"), "status_code": Field("status"),
    "size": Field("size"), "bytes": Field("size"), "DownstreamContentSize": Field("size"),
    "duration": Field("duration"), "Duration": Field("duration", scale=1e-9),
    "request.host": Field("host"), "RequestHost": Field("host"), "vhost": Field("host"),
    "RequestScheme": Field("scheme"), "referer": Field("sent", "Referer"), "referrer": Field("sent", "Referer"),
    **{name: Field("sent", "User-Agent") for name in ("agent", "user_agent", "useragent")},
}  # fmt: skip
_HEADERS: dict[str, Role] = {"request.headers.": "sent", "resp_headers.": "answered", "request_": "sent"}


def json_reader() -> Callable[[bytes], Exchange | Read | bool]:
    """Return what reads one line."""

    def read(line: bytes) -> Exchange | Read | bool:
        if not line.startswith(b"{") or len(line) > _LARGEST:
            return False
        try:
            document = json.loads(line.decode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError):
            return False
        flat = list(_flat(document, ""))
        entries = _entries(tuple((name, _kind(value) if _is_time(name) else "") for name, value in flat))
        try:
            return (entries.told and entries.exchange([_bytes(value) for _, value in flat])) or False
        except (ValueError, OverflowError):
            return False

    return read


@lru_cache(1000)
def _entries(names: tuple[tuple[str, str], ...]) -> Entries:
    return Entries(LogFormat(tuple(_field(name, kind) for name, kind in names), untouched))


def _field(name: str, kind: str) -> Field:
    if _is_time(name):
        return Field(_TIME.get(name, "end time"), kind) if kind else Field()
    for prefix, role in _HEADERS.items():
        if name.startswith(prefix) and name[len(prefix) : len(prefix) + 1].isupper():
            return Field(role, name.removeprefix(prefix))
    return _NAMES.get(name) or variable(name)


def _is_time(name: str) -> bool:
    return name in _TIME or VARIABLES.get(name, Field()).role == "end time"


def _kind(value: Any) -> str:
    """Return how a time is written: only one that looks like one is read as one."""
    if isinstance(value, int | float):
        return "decimal"
    text = str(value)
    if text[4:5] == "-":
        return "iso8601"
    return "clf" if text[2:3] == "/" else "decimal" if text.replace(".", "", 1).isdigit() else ""


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the scalars of a document by their paths; each element of a list has the list's."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _flat(inner, path)
    else:
        yield path, value


def _bytes(value: Any) -> bytes | None:
    if value is None or value in ("", "-"):
        return None
    return str(value).encode("utf-8", "surrogateescape")
