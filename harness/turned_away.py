"""Whether old now turns away a client that the recording shows let in, though it answers in the same status class.

The recorded answer and old's answer now, under the recording's names, come in; a reason goes out, empty where there is
none. Two sides that agree on "please log in" have proved nothing: many programs say it with 200, or by another
redirect. Pure; names no endpoint and no field.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from urllib.parse import urlsplit

from harness.compare.content import unpacked
from harness.compare.unreadable import Unreadable
from harness.exchange import Response

_PASSWORD_FIELD = re.compile(rb"""<input\b[^>]*\stype\s*=\s*["']?password\b""", re.IGNORECASE)
_WORD = re.compile(r"(?:[a-z]+(?:[._-][a-z]+)*)?").fullmatch
"""A segment that a program's author wrote, and no name that the program gave; or none."""


def turned_away(recorded: Response, old: Response) -> str:
    """Return why old's answer is not the recorded one's counterpart, empty where nothing speaks against it."""
    if recorded.status // 100 == old.status // 100 == 3:
        return _elsewhere(_path(recorded), _path(old))
    if recorded.body is None or old.body is None or not _asks_for_a_password(old) or _asks_for_a_password(recorded):
        return ""
    return "old now asks for a password"


def _path(response: Response) -> str | None:
    try:
        return urlsplit((response.header(b"location") or b"").decode("latin-1")).path or None
    except ValueError:
        return None


def _elsewhere(recorded: str | None, now: str | None) -> str:
    """Two paths lead to different places where they first differ in words."""
    if recorded is None or now is None or recorded == now:
        return ""
    for one, other in zip_longest(recorded.strip("/").split("/"), now.strip("/").split("/"), fillvalue=""):
        if one != other:
            return f"recorded a redirect to {recorded}, old now to {now}" if _WORD(one) and _WORD(other) else ""
    return ""


def _asks_for_a_password(response: Response) -> bool:
    try:
        return _PASSWORD_FIELD.search(unpacked(response)) is not None
    except Unreadable:
        return False
