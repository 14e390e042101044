"""One recorded request, changed: a value or two replaced, a parameter dropped, doubled or added, another method.

Values come from the same endpoint and place, from any place, from literals, the likelier ones first, and from nowhere
(`invented`); each literal is tried in the path, in fields and in headers before it comes there again. Deterministic for
a seed; no I/O here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import cycle
from random import Random
from types import MappingProxyType

from harness.config import Config
from harness.endpoint import endpoint
from harness.exchange import Exchange, Request
from harness.fuzz.invented import Invented
from harness.fuzz.spots import FORM, Spot, field, kind_of, replaced, spots, value_at, with_body, with_target

METHODS = (b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS")
PAIR, PARAMETERS, METHOD = 0.3, 0.15, 0.03
"""Shares of the mutants of each sort; the others have one value replaced."""
BESIDE = 0.35
"""Share of the mutants of values with a header replaced as well."""
FAMILIAR, UNFAMILIAR = 0.8, 0.15
"""Share of values that were recorded at the same place: of pairs, which would have no end, and of single ones (and of
headers, of which there is one at a time).
"""
INVENTED, ANYWHERE = 0.2, 0.5
"""Of the other values: share of those that nobody recorded and no source names; up to which share they were recorded
at any place. The rest are literals.
"""
TOGETHER = 0.3
"""Share of values that belong to another one of the same request, where data says so."""
TRIES = 30
"""How often another change is drawn where the one drawn changes nothing."""
KEPT = 200
"""Characters of a recorded value that is tried elsewhere; longer ones are files."""


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
                if len(value) > KEPT:
                    continue
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
        """Return the request with something changed: a change that makes the same of it is none, and drawn again."""
        made = request
        for _ in range(TRIES):
            made = self._changed(request)
            if (made.start_line, made.headers, made.body) != (request.start_line, request.headers, request.body):
                break
        return made

    def _changed(self, request: Request) -> Request:
        sort = self._random.random()
        if sort < METHOD:
            method = self._random.choice(METHODS)
            return replace(request, start_line=method + b" " + request.start_line.partition(b" ")[2], raw_head=None)
        if sort < METHOD + PARAMETERS:
            return self._other_parameters(request)
        pair = sort < METHOD + PARAMETERS + PAIR
        chosen = self._chosen(request, 2 if pair else 1)
        values = {
            spot: self._value(request, spot, FAMILIAR if pair and spot.part != "header" else UNFAMILIAR)
            for spot in chosen
        }
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
        """Drop, double or add a parameter of the query or, as often, of a form."""
        if request.body and kind_of(request) is FORM and self._random.random() < 1 / 2:
            return with_body(request, b"&".join(self._parameters(request, request.body.split(b"&"))))
        path, _, query = request.target.partition(b"?")
        pairs = self._parameters(request, query.split(b"&") if query else [])
        return with_target(request, path + (b"?" + b"&".join(pairs) if pairs else b""))

    def _parameters(self, request: Request, pairs: list[bytes]) -> list[bytes]:
        how = self._random.choice(("drop", "double", "add")) if pairs else "add"
        if how == "add":
            name = self._random.choice(self._names or ["q"])
            pool = self._random.choice([*self._pools, []])
            value = (
                self._random.choice(pool) if pool else self._invented.next((self._endpoint(request), f"field {name}"))
            )
            return [*pairs, field(name) + b"=" + field(value)]
        number = self._random.randrange(len(pairs))
        return [*pairs[:number], *[pairs[number]] * (2 if how == "double" else 0), *pairs[number + 1 :]]
