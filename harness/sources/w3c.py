"""Access logs in the W3C extended format, as IIS and CloudFront write them: a line `#Fields:` names the columns.

A line comes in, an exchange goes out; lines that begin with # are none. Times are UTC. IIS writes a plus for a blank in
headers, so that what was a plus comes out as a blank. CloudFront writes `%25` for a percent sign and so on, in paths
and headers, and the client's Host beside the one it asked the origin for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote_to_bytes

from harness.exchange import Exchange
from harness.sources.log_entry import Entries
from harness.sources.log_escape import untouched
from harness.sources.log_field import Field, LogFormat
from harness.sources.source import Read

_NAMES = {
    "date": Field("end time", "%Y-%m-%d"), "time": Field("end time", "%H:%M:%S"), "c-ip": Field("peer"),
    "cs-username": Field("user"), "cs-method": Field("method"), "cs-uri-stem": Field("path"),
    "cs-uri-query": Field("query"), "cs-uri": Field("target"), "cs-version": Field("protocol"),
    "cs-protocol-version": Field("protocol"), "cs-protocol": Field("scheme"), "cs-host": Field("host"),
    "x-host-header": Field("host"), "s-port": Field("port"), "sc-status": Field("status"), "sc-bytes": Field("size"),
    "time-taken": Field("duration"),
}  # fmt: skip
_HEADER = re.compile(r"(cs|sc)\((.+)\)")
_PLUS = re.compile(rb"\+")
_LINE_END = re.compile(rb"[\r\n\0]")
_IN_TARGET = re.compile(rb"[!-~\x80-\xff]*")


def w3c_reader() -> Callable[[bytes], Exchange | Read | bool]:
    """Return what reads one line; it remembers the columns that the latest `#Fields:` named."""
    entries: Entries | None = None
    fields: list[Field] = []
    iis = cloudfront = False

    def read(line: bytes) -> Exchange | Read | bool:
        nonlocal entries, fields, iis, cloudfront
        if line.startswith(b"#"):
            iis = iis or b"Microsoft" in line
            if line.lower().startswith(b"#fields:"):
                names = line.decode("latin-1").split()[1:]
                cloudfront = "x-edge-location" in names
                fields = [_field(name, iis, "x-host-header" in names) for name in names]
                entries = Entries(LogFormat(tuple(fields), untouched))
            return True
        values = line.split(b"\t") if b"\t" in line else line.split(b" ")
        if entries is None or not entries.told or len(values) != len(fields):
            return False
        try:
            value = _cloudfront_value if cloudfront else _value
            return entries.exchange([value(*pair) for pair in zip(fields, values, strict=True)]) or False
        except (ValueError, OverflowError):
            return False

    return read


def _field(name: str, iis: bool, hosted: bool) -> Field:
    if hosted and name.lower() == "cs(host)":
        return Field()
    if header := _HEADER.fullmatch(name):
        return Field("sent" if header[1] == "cs" else "answered", header[2])
    field = _NAMES.get(name.lower(), Field())
    # The standard counts in seconds, IIS in milliseconds.
    return replace(field, scale=1e-3) if iis and field.role == "duration" else field


def _value(field: Field, value: bytes) -> bytes | None:
    if value == b"-":
        return None
    return _PLUS.sub(b" ", value) if field.role in ("sent", "answered") else value


def _cloudfront_value(field: Field, value: bytes) -> bytes | None:
    """Undo what CloudFront escapes; a blank in an agent it has escaped twice (`%2520`) for years."""
    if value == b"-" or b"%" not in value:
        return None if value == b"-" else value
    plain = unquote_to_bytes(value)
    if field.role in ("path", "query"):
        return plain if _IN_TARGET.fullmatch(plain) else value
    if field.role not in ("sent", "answered"):
        return value
    if b" " not in plain and field.name.lower() == "user-agent":
        plain = unquote_to_bytes(plain)
    return value if _LINE_END.search(plain) else plain
