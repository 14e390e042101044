"""Conditions and ranges of a download (RFC 9110 sections 13 and 14): header texts and a Stat in, what to send out."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from .storage import Stat

MOST = 50  # parts of one answer
_range = r"(?:\d{1,18}-(?:\d{1,18})?|-\d{1,18})"  # whatever is longer is no place in a file
_form = re.compile(rf"bytes=\s*{_range}(\s*,\s*{_range})*\s*")


def last_modified(stat: Stat) -> str:
    """The modification time as an HTTP date."""
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(stat.mtime_ns // 10**9))


def entity_tag(stat: Stat) -> str:
    """Size and modification time, in hexadecimal, as Apache makes it."""
    return f'"{stat.size:x}-{stat.mtime_ns // 1000:x}"'


def not_modified(environ: Mapping[str, Any], stat: Stat) -> bool:
    """Section 13.1: If-None-Match decides; without it If-Modified-Since."""
    tags = environ.get("HTTP_IF_NONE_MATCH")
    if tags:
        named = [tag.strip().removeprefix("W/") for tag in tags.split(",")]
        return tags.strip() == "*" or entity_tag(stat) in named
    since = http_date(environ.get("HTTP_IF_MODIFIED_SINCE"))
    return since is not None and stat.mtime_ns // 10**9 <= since


def http_date(text: str | None) -> float | None:
    """Seconds since the epoch of an HTTP date; None if it is none."""
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, OverflowError):  # the latter: a year or a zone beyond all dates
        return None


def wanted_ranges(environ: Mapping[str, Any], stat: Stat) -> list[tuple[int, int]] | None:
    """[(start, end)] that are asked for and exist, which may be none; None: the whole file.

    An If-Range that names another state of the file turns ranges off (section 13.1.5).
    """
    header, condition = environ.get("HTTP_RANGE"), environ.get("HTTP_IF_RANGE", "").strip()
    if not header or environ.get("REQUEST_METHOD") != "GET":
        return None
    if condition and condition != entity_tag(stat) and http_date(condition) != stat.mtime_ns // 10**9:
        return None
    return byte_ranges(header, stat.size)


def byte_ranges(header: str, size: int) -> list[tuple[int, int]] | None:
    """[(start, end)] of `bytes=0-9,-5`, those that exist.

    None if the header is not of that form, and if it asks for more than the file or for a great many parts: a line of
    8 kB could have the file sent 2,700 times (section 17.15).
    """
    if not _form.fullmatch(header):
        return None
    ranges = []
    for first, last in re.findall(r"(\d*)-(\d*)", header.partition("=")[2]):
        start = int(first) if first else max(size - int(last), 0)
        end = min(int(last) + 1, size) if first and last else size
        if first and last and int(last) < int(first):
            return None
        if start < end:
            ranges.append((start, end))
    return ranges if len(ranges) <= MOST and sum(end - start for start, end in ranges) <= size else None
