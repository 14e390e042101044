"""Reads that look as if they changed something: `GET /logout`, `GET /item?action=delete&id=7`.

A recorded exchange comes in; the entry for `[safety] unsafe` of harness.toml that lists its like goes out. A guess, for
people to judge.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from email.utils import parsedate_to_datetime
from itertools import pairwise
from urllib.parse import parse_qsl

from harness.exchange import Exchange, Response, all_headers

WORDS = frozenset(
    {"logout", "logoff", "signout", "signoff", "delete", "del", "remove", "rm", "destroy", "purge", "drop", "erase"}
    | {"unsubscribe", "cancel", "revoke", "reset", "disable", "vote", "approve", "reject", "restart"}
)
TELLING = 8
"""The least length of a cookie's value that may say who asks; shorter ones are choices."""
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^A-Za-z]+")
_UNWRITTEN = re.compile(r"[^!-~]+")
"""What may stand in a query in several ways, a space as `+`; the entry has `*` for it."""
_EXPIRES = re.compile(r";\s*expires=([^;]+)", re.IGNORECASE)
_AGE = re.compile(r";\s*max-age=(-?\d+)", re.IGNORECASE)


def unsafe_read(exchange: Exchange, actions: Collection[str]) -> str:
    """Return the entry that lists such requests, empty where nothing speaks for it.

    `actions` are names of parameters, in lower case, whose values tell what to do.
    """
    request = exchange.request
    path, query = request.path.decode("latin-1"), request.query.decode("latin-1")
    if request.method not in (b"GET", b"HEAD") or not path.startswith("/"):
        return ""
    found = _by_path(path) or _by_query(path, query, actions) or _by_answer(exchange, path, query)
    return f"GET {_UNWRITTEN.sub('*', found)}" if found else ""


def _by_path(path: str) -> str:
    """Tell by a segment such as `delete-item.php`; what names a thing before it may be any."""
    segments = path.split("/")
    for number, segment in enumerate(segments):
        if _tells(segment.rpartition(".")[0] or segment):
            before = ("*" if any(map(str.isdigit, earlier)) else earlier for earlier in segments[:number])
            return f"{'/'.join([*before, segment])}*"
    return ""


def _by_query(path: str, query: str, actions: Collection[str]) -> str:
    """Tell by `action=delete`, or by a parameter called so."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, encoding="latin-1", separator="&")
    except ValueError:
        return ""
    for name, value in pairs:
        if name.strip(":_-.").lower() in actions and _tells(value):
            return f"{path}?*{name}={value}*"
        if _tells(name):
            return f"{path}?*{name}*"
    return ""


def _by_answer(exchange: Exchange, path: str, query: str) -> str:
    """Tell by an answer that takes away a cookie with which the client said who asks."""
    sent = b"; ".join(all_headers(exchange.request.headers, b"cookie")).decode("latin-1")
    pairs = (pair.partition("=") for pair in sent.split(";"))
    held = {name.strip() for name, _, value in pairs if len(value) >= TELLING}
    if exchange.response is None or held.isdisjoint(_taken_away(exchange.response, exchange.started)):
        return ""
    return f"{path}?*" if query else path


def _taken_away(response: Response, now: float) -> set[str]:
    """Return the cookies that an answer deletes (RFC 6265 section 3.1); `now` is in epoch seconds."""
    lines = [value.decode("latin-1") for value in all_headers(response.headers, b"set-cookie")]
    return {line.partition("=")[0].strip() for line in lines if _is_over(line, now)}


def _is_over(cookie: str, now: float) -> bool:
    age, expires = _AGE.search(cookie), _EXPIRES.search(cookie)
    if age:
        return int(age[1]) <= 0
    if not expires:
        return False
    try:
        return parsedate_to_datetime(expires[1].replace("-", " ")).timestamp() < (now or 1)
    except (ValueError, OverflowError):
        return False


def _tells(name: str) -> bool:
    """Whether one of the words is in a name: `deleteItem`, `item_delete`, `LOGOUT`, `log-out`."""
    parts = [part.lower() for part in _PART.findall(name[:100])]
    words = [part for part in parts if part.isalpha()]
    pairs = [left + right for left, right in pairwise(words)]
    return not WORDS.isdisjoint([*words, *pairs])
