"""What is to be removed: a rule in plain words comes in, a `Removal` that tells whom it concerns goes out.

    endpoint:/item/*/json    parameter:action=show@/shop    header:If-None-Match    method:HEAD
    field:json:info.price@/item/*/json                     field:header:ETag@/item/*

After `@` stands the path it is limited to; `*` is any text, also in names. An endpoint may begin with a method.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from harness.endpoint import fields
from harness.errors import UsageError, nearest
from harness.exchange import Exchange, Headers, Request, Response
from harness.selection import fits

KINDS = ("endpoint", "parameter", "header", "method", "field")
FIELDS = ("header", "json", "text")
"""What an answer's field may be a part of: its headers, its JSON (`info.home_page`, `*` for one step), its text."""

_ENDPOINT = re.compile(r"(?:(?P<method>[A-Z]+) +)?(?P<path>/\S*)")
_METHOD = re.compile(r"[A-Z]+")


@dataclass(frozen=True, slots=True)
class Removal:
    """A part that goes away: its `kind`, its `name` (of an endpoint none), the paths and methods it is limited to.

    `part` says for a field what of the answer it is in; `text` is the rule as it was written.
    """

    text: str
    kind: str
    name: str = ""
    part: str = ""
    paths: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()

    def concerns(self, exchange: Exchange) -> bool | None:
        """Tell whether an exchange used what goes away; None: it may have, the recording does not tell.

        An access log has neither bodies nor most headers.
        """
        request = exchange.request
        if not fits(self.methods, request.method.decode("latin-1")) or not fits(self.paths, _path(request)):
            return False
        return USED[self.kind](self, exchange) if self.kind in USED else True

    def is_of(self, endpoint: str) -> bool:
        """Tell whether an endpoint, as reports call it (`GET /item/{}/`), is where this goes away."""
        method, _, rest = endpoint.partition(" ")
        path = rest.partition(" ")[0]
        if not fits(self.methods, method):
            return False
        return not self.paths or any(_meet(pattern, path) for pattern in self.paths)


def read_removal(text: str) -> Removal:
    """Read a rule as it is written on the command line. Raises `UsageError` saying how it is written."""
    kind, colon, rest = text.partition(":")
    if not colon or not rest or kind not in KINDS:
        hint = nearest(kind, KINDS) if colon else ""
        raise UsageError(
            f"--remove {text}: no rule: write endpoint:/PATH, parameter:NAME, header:NAME, method:NAME or "
            f"field:json:NAME, and @/PATH after it to limit it{hint}"
        )
    if kind == "endpoint":
        return _endpoint(text, rest)
    name, at, path = rest.partition("@/")
    if not name:
        raise UsageError(f"--remove {text}: the {kind} has no name before the @")
    paths = (f"/{path}",) if at else ()
    if kind == "method":
        if not _METHOD.fullmatch(name):
            raise UsageError(f"--remove {text}: {name!r} is not a method like HEAD")
        return Removal(text, kind, name, "", paths, (name,))
    return _field(text, name, paths) if kind == "field" else Removal(text, kind, name, "", paths)


def _endpoint(text: str, rest: str) -> Removal:
    found = _ENDPOINT.fullmatch(rest)
    if found is None:
        raise UsageError(f"--remove {text}: an endpoint is a path, perhaps after a method: endpoint:GET /item/*")
    return Removal(text, "endpoint", "", "", (found["path"],), (found["method"],) if found["method"] else ())


def _field(text: str, name: str, paths: tuple[str, ...]) -> Removal:
    part, colon, inner = name.partition(":")
    if not colon or not inner or part not in FIELDS:
        raise UsageError(f"--remove {text}: a field stands in a part of the answer: field:{{{','.join(FIELDS)}}}:NAME")
    return Removal(text, "field", inner, part, paths)


def _has_parameter(removal: Removal, exchange: Exchange) -> bool | None:
    name, equals, value = removal.name.partition("=")
    for key, given in fields(exchange.request):
        if fits((name,), key) and (not equals or fits((value,), given)):
            return True
    return None if exchange.request.body is None else False


def _has_header(removal: Removal, exchange: Exchange) -> bool | None:
    if _named(removal.name, exchange.request.headers):
        return True
    return None if _is_logged(exchange) else False


def _gives(removal: Removal, exchange: Exchange) -> bool | None:
    return False if exchange.response is None else GIVEN[removal.part](removal.name, exchange.response)


USED: Mapping[str, Callable[[Removal, Exchange], bool | None]] = {
    "parameter": _has_parameter,
    "header": _has_header,
    "field": _gives,
}
"""By kind: whether an exchange has the name. The other kinds are told by method and path alone."""


def _is_logged(exchange: Exchange) -> bool:
    """Whether an exchange comes from a log: without the headers that every request or answer has."""
    return exchange.request.header(b"host") is None and not (exchange.response and exchange.response.headers)


def _named(name: str, headers: Headers) -> bool:
    return any(fits((name.lower(),), key.decode("latin-1").lower()) for key, _ in headers)


def _gives_header(name: str, response: Response) -> bool | None:
    return _named(name, response.headers) if response.headers else None


def _gives_json(name: str, response: Response) -> bool | None:
    return None if response.body is None else _in_json(response.body, name)


def _gives_text(name: str, response: Response) -> bool | None:
    return None if response.body is None else name.encode() in response.body


GIVEN: Mapping[str, Callable[[str, Response], bool | None]] = {
    "header": _gives_header,
    "json": _gives_json,
    "text": _gives_text,
}


@lru_cache(256)
def _in_json(body: bytes, name: str) -> bool:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return _reaches(document, name.split("."))


def _reaches(value: Any, steps: list[str]) -> bool:
    """Tell whether a path leads somewhere; lists are gone through, `*` is any key."""
    if not steps:
        return True
    if isinstance(value, list):
        return any(_reaches(item, steps) for item in value)
    if not isinstance(value, dict):
        return False
    inner = value.values() if steps[0] == "*" else [value[steps[0]]] if steps[0] in value else []
    return any(_reaches(item, steps[1:]) for item in inner)


def _path(request: Request) -> str:
    return request.path.decode("latin-1")


def _meet(pattern: str, endpoint: str) -> bool:
    """Tell whether a pattern (`/item/*`) and an endpoint (`/item/{}/`) may mean one path."""
    wanted = pattern.split("/")
    given = endpoint.split("/")
    if "{*}" in endpoint or (wanted[-1] == "*" and len(given) > len(wanted)):
        shared = min(len(wanted), len(given)) - 1
        wanted, given = wanted[:shared], given[:shared]
    return len(wanted) == len(given) and all(
        there == "{}" or fits((want,), there) for want, there in zip(wanted, given, strict=True)
    )
