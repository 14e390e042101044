"""One recorded request, changed: a value or two replaced, a parameter dropped, doubled or added, another method.

Values come from the same endpoint and place, from any place, from literals, the likelier ones first, and from nowhere
(`invented`); each literal is tried in the path, in fields and in headers before it comes there again. Deterministic for
a seed; no I/O here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import cycle
from random import Random
from types import MappingProxyType
from urllib.parse import quote_plus, unquote_to_bytes

from harness.config import Config
from harness.endpoint import endpoint
from harness.exchange import Exchange, Request, with_length
from harness.fuzz.invented import Invented

METHODS = (b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS")
PAIR, PARAMETERS, METHOD = 0.3, 0.15, 0.03
"""Shares of the mutants of each sort; the others have one value replaced."""
BESIDE = 0.35
"""Share of the mutants of values with a header replaced as well."""
FAMILIAR, UNFAMILIAR = 0.8, 0.15
"""Share of values that were recorded at the same place: of pairs, which would have no end, and of single ones."""
INVENTED, ANYWHERE = 0.2, 0.5
"""Of the other values: share of those that nobody recorded and no source names; up to which share they were recorded
at any place. The rest are literals.
"""
TOGETHER = 0.3
"""Share of values that belong to another one of the same request, where data says so."""
RAW = "surrogateescape"
"""How texts hold bytes that are no text."""
FIXED = frozenset(b"host connection content-length content-type transfer-encoding expect authorization".split())

_TARGET = re.compile(rb"(?:(?P<name>[^?&=/]+)=|/)(?P<value>[^/?&= ]+)")
_PAIR = re.compile(rb"(?:^|&)(?P<name>[^&=]+)=(?P<value>[^&]*)")
_ELEMENT = re.compile(rb"<(?P<name>string|int|i4|methodName|double|boolean)>(?P<value>[^<]*)<")
_PART = re.compile(rb"[; ]name=\"?(?P<name>[^\";\r\n]+)\"?\r?\n\r?\n(?P<value>[^\r\n]{0,200})\r?\n")
_MEMBER = re.compile(rb"\"(?P<name>[^\"]+)\"\s*:\s*\"(?P<value>[^\"\\]*)\"")


@dataclass(frozen=True, slots=True)
class Spot:
    """A value in a request: in the target, the body, or header number `header`; its span, its place and encoding."""

    part: str
    start: int
    end: int
    place: str
    write: Callable[[str], bytes]
    header: int = 0


def _url(text: str) -> bytes:
    return quote_plus(text, safe="", errors=RAW).encode("ascii")


def _xml(text: str) -> bytes:
    return escape(text).encode("utf-8", RAW)


def _plain(text: str) -> bytes:
    return re.sub(r"[^ -~\x80-\U0010ffff]", "", text).encode("utf-8", RAW)


def _json(text: str) -> bytes:
    return text.replace("\\", "\\\\").replace('"', '\\"').encode("utf-8", RAW)


BODIES: tuple[tuple[bytes, re.Pattern[bytes], Callable[[str], bytes]], ...] = (
    (b"urlencoded", _PAIR, _url),
    (b"multipart", _PART, _plain),
    (b"xml", _ELEMENT, _xml),
    (b"json", _MEMBER, _json),
)


def spots(request: Request) -> list[Spot]:
    """Return where values stand."""
    found = [_spot("target", match, _url, at) for at, match in enumerate(_TARGET.finditer(request.target))]
    kind = (request.header(b"content-type") or b"").lower()
    for word, pattern, write in BODIES:
        if word in kind and request.body:
            found += [_spot("body", match, write) for match in pattern.finditer(request.body)]
            break
    for number, (name, value) in enumerate(request.headers):
        if name.lower() not in FIXED:
            place = "header " + name.decode("latin-1").lower()
            found.append(Spot("header", 0, len(value), place, _line, number))
    return found


def _line(text: str) -> bytes:
    return _plain(text).strip()


def _spot(part: str, match: re.Match[bytes], write: Callable[[str], bytes], at: int = 0) -> Spot:
    name = match["name"]
    place = f"segment {at}" if name is None else "field " + unquote_to_bytes(name).decode("latin-1")
    return Spot(part, match.start("value"), match.end("value"), place, write)


def value_at(request: Request, spot: Spot) -> str:
    """Return the value that stands there, decoded."""
    data = request.headers[spot.header][1] if spot.part == "header" else _data(request, spot.part)
    raw = data[spot.start : spot.end]
    plain = unquote_to_bytes(raw.replace(b"+", b" ")) if spot.write is _url else raw
    return plain.decode("utf-8", "replace")


def _data(request: Request, part: str) -> bytes:
    return request.target if part == "target" else request.body or b""


def replaced(request: Request, spot: Spot, value: bytes) -> Request:
    """Return the request with another value there."""
    if spot.part == "header":
        headers = list(request.headers)
        headers[spot.header] = headers[spot.header][0], value
        return replace(request, headers=tuple(headers), raw_head=None)
    data = _data(request, spot.part)
    return _with(request, spot.part, data[: spot.start] + value + data[spot.end :])


def _with(request: Request, part: str, data: bytes) -> Request:
    if part == "target":
        line = request.method + b" " + data + (b" " + request.version if request.version else b"")
        return replace(request, start_line=line, raw_head=None)
    headers = with_length(request.headers, len(request.body or b""), len(data))
    return replace(request, body=data, headers=headers, raw_head=None)


class Mutator:
    """Makes mutants of requests, by the values of these exchanges and these literals."""

    def __init__(
        self,
        exchanges: Iterable[Exchange],
        words: Sequence[Sequence[str]],
        config: Config,
        seed: int,
        related: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        self._random, self._config, self._related = Random(seed), config, related  # noqa: S311 (no secret)
        by_place: dict[tuple[str, str], dict[str, None]] = {}
        everywhere: dict[str, None] = {}
        for request in (exchange.request for exchange in exchanges):
            what = self._endpoint(request)
            for spot in spots(request):
                value = value_at(request, spot)
                by_place.setdefault((what, spot.place), {})[value] = None
                everywhere[value] = None
        self._by_place = {key: list(values) for key, values in by_place.items()}
        self._invented = Invented(self._by_place, seed)
        literal = [text for rank in words for text in self._random.sample(rank, len(rank))]
        self._pools = [pool for pool in (self._random.sample(list(everywhere), len(everywhere)), literal) if pool]
        self._turns: dict[str, list[Iterator[str]]] = {}
        self._names = sorted({place[6:] for _, place in by_place if place.startswith("field ")})

    def _endpoint(self, request: Request) -> str:
        return endpoint(request, self._config.endpoints, self._config.parameters)

    def mutant(self, request: Request) -> Request:
        """Return the request with something changed."""
        sort = self._random.random()
        if sort < METHOD:
            method = self._random.choice(METHODS)
            return replace(request, start_line=method + b" " + request.start_line.partition(b" ")[2], raw_head=None)
        if sort < METHOD + PARAMETERS:
            return self._other_parameters(request)
        pair = sort < METHOD + PARAMETERS + PAIR
        chosen = self._chosen(request, 2 if pair else 1)
        values = {spot: self._value(request, spot, FAMILIAR if pair else UNFAMILIAR) for spot in chosen}
        for spot in sorted(chosen, key=lambda spot: (spot.part, spot.header, spot.start), reverse=True):
            request = replaced(request, spot, spot.write(values[spot]))
        return request

    def _chosen(self, request: Request, number: int) -> list[Spot]:
        """Return where values are replaced: in target or body, and often in a header besides, which seldom hinders."""
        found = spots(request)
        near = [spot for spot in found if spot.part != "header"]
        headers = [spot for spot in found if spot.part == "header"]
        chosen = self._random.sample(near, min(number, len(near)))
        if headers and (not near or self._random.random() < BESIDE):
            chosen.append(self._random.choice(headers))
        return chosen

    def _value(self, request: Request, spot: Spot, familiar: float) -> str:
        """Return a value: one that belongs to another of the request, or, with this chance, one recorded at the place,
        else the next one of all.
        """
        beside = (value_at(request, other) for other in spots(request) if other != spot)
        others = [value for known in beside for value in self._related.get(known, ())]
        if others and self._random.random() < TOGETHER:
            return self._random.choice(others)
        same = self._by_place.get((self._endpoint(request), spot.place), [])
        if same and (self._random.random() < familiar or not self._pools):
            return self._random.choice(same)
        which = self._random.random()
        if not self._pools or which < INVENTED:
            return self._invented.next((self._endpoint(request), spot.place))
        kind = f"{spot.part} {spot.place.partition(' ')[0]}"
        if kind not in self._turns:  # each value once before any comes again
            self._turns[kind] = [cycle(pool) for pool in self._pools]
        return next(self._turns[kind][0 if which < ANYWHERE else -1])

    def _other_parameters(self, request: Request) -> Request:
        """Drop, double or add a parameter of the query."""
        path, _, query = request.target.partition(b"?")
        pairs = query.split(b"&") if query else []
        how = self._random.choice(("drop", "double", "add")) if pairs else "add"
        if how == "add":
            if not (self._names and self._pools):
                return request
            value = self._random.choice(self._random.choice(self._pools))
            pairs.append(_url(self._random.choice(self._names)) + b"=" + _url(value))
        else:
            number = self._random.randrange(len(pairs))
            pairs[number : number + 1] = [pairs[number]] * (2 if how == "double" else 0)
        return _with(request, "target", path + (b"?" + b"&".join(pairs) if pairs else b""))
