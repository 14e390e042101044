"""What HTTP says a header's value means, apart from how it is written: a value in, a comparable form out.

Only fields that a specification defines are known (RFC 9110, 9111, 6265, 8288, 6797 and Fetch): lists, parameters,
dates, cookies. What another header means nobody knows: of it only white space at both ends is spelling.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Hashable
from email.utils import parsedate

SETS = frozenset(
    """accept-ranges access-control-allow-headers access-control-allow-methods access-control-expose-headers allow
    cache-control connection vary""".split()  # noqa: SIM905
)
"""Lists whose order says nothing (RFC 9110 sections 7.6.1, 10.2.1, 12.5.5, 14.3; RFC 9111 section 5.2; Fetch)."""
LISTS = SETS | frozenset(
    """accept accept-charset accept-encoding accept-language authentication-info content-encoding content-language
    forwarded if-match if-none-match keep-alive link pragma proxy-authenticate te trailer transfer-encoding upgrade via
    warning www-authenticate""".split()  # noqa: SIM905
)
"""Fields whose values are lists, so that repeats may be joined (RFC 9110 section 5.6.1)."""
LOWER = frozenset({"accept-ranges", "cache-control", "connection", "content-encoding", "transfer-encoding", "vary"})
"""Lists of words whose case says nothing."""
PARAMETERS = frozenset({"content-type", "content-disposition", "strict-transport-security"})
"""Fields with parameters that are no lists (RFC 9110 section 8.3, RFC 6266, RFC 6797)."""
DATES = frozenset({"date", "expires", "last-modified", "retry-after", "sunset"})
"""Fields that hold an HTTP-date, of which there are three forms (RFC 9110 section 5.6.7)."""
WORDS = frozenset({"domain", "samesite", "priority"})
"""Attributes of cookies whose values' case says nothing (RFC 6265 section 5.2.3)."""

_HTTP_DATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d[ -][A-Z][a-z]{2}[ -]\d{4} \d\d:\d\d:\d\d GMT"
    r"|(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT"
    r"|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}"
)
_QUOTED = re.compile(r'("(?:[^"\\]|\\.)*")')
_AROUND = re.compile(r"[ \t]*([,;])[ \t]*")
_PARAMETER = re.compile(r'[ \t]*;[ \t]*([^\s;="]+)(?:=("(?:[^"\\]|\\.)*"|[^;"]*))?')


def same_meaning(name: str, old: str, new: str) -> bool:
    """Tell whether two values of the header `name` (in any case) mean the same to HTTP."""
    name, old, new = name.lower(), old.strip(" \t"), new.strip(" \t")
    if old == new:
        return True
    read = _reader(name)
    return read is not None and read(old) == read(new)


def same_list(name: str, old: list[str], new: list[str]) -> bool:
    """Tell whether repeated headers of a name are the same list, joined otherwise (RFC 9110 section 5.3)."""
    return name.lower() in LISTS and same_meaning(name, ", ".join(old), ", ".join(new))


def _reader(name: str) -> Callable[[str], Hashable] | None:
    if name in LISTS:
        return lambda value: _list(name, value)
    if name in DATES:
        return lambda value: instant(value) or value
    return _cookie if name == "set-cookie" else _parameters if name in PARAMETERS else None


def _list(name: str, value: str) -> Hashable:
    """Return the members of a list; white space and empty members are left out, quoted strings are kept."""
    parts = _QUOTED.split(value)
    plain = [_AROUND.sub(r"\1", part) if index % 2 == 0 else part for index, part in enumerate(parts)]
    plain = [part.lower() if name in LOWER and index % 2 == 0 else part for index, part in enumerate(plain)]
    members = [member.strip(" \t") for member in _split("".join(plain)) if member.strip(" \t")]
    return tuple(sorted(members) if name in SETS else members)


def _split(value: str) -> list[str]:
    """Split at commas outside of quoted strings."""
    members = [""]
    for index, part in enumerate(_QUOTED.split(value)):
        first, *rest = [part] if index % 2 else part.split(",")
        members[-1] += first
        members += rest
    return members


def _parameters(value: str) -> Hashable:
    """Return the first word, in lower case, and the parameters by name; only a charset's value has no case."""
    first = value.partition(";")[0]
    rest = value[len(first) :]
    found = [(name.lower(), _unquoted((text or "").strip())) for name, text in _PARAMETER.findall(rest)]
    if _PARAMETER.sub("", rest).strip(" \t;"):
        return value
    pairs = sorted((name, text.lower() if name == "charset" else text) for name, text in found)
    return first.strip().lower(), tuple(pairs)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if len(text) > 1 and text[0] == text[-1] == '"' else text


def _cookie(value: str) -> Hashable:
    """Return a cookie as browsers store it (RFC 6265 section 5.2): of equal attributes the last one counts."""
    pair, *attributes = value.split(";")
    name, _, content = pair.partition("=")
    found: dict[str, Hashable] = {}
    for attribute in attributes:
        key, _, text = attribute.partition("=")
        key, text = key.strip().lower(), text.strip()
        if key:
            found[key] = instant(text) or text if key == "expires" else text.lower() if key in WORDS else text
    return name.strip(), content.strip(), tuple(sorted(found.items(), key=lambda item: item[0]))


def instant(value: str) -> int | None:
    """Return the seconds since the epoch of an HTTP-date in any of its forms; None for any other text."""
    if not _HTTP_DATE.fullmatch(value):
        return None
    parts = parsedate(value)
    if parts is None:
        return None
    try:
        return calendar.timegm(parts)
    except (ValueError, OverflowError):
        return None
