"""What of an exchange was seen before and holds no secret but those that were found in it then: most of it.

An exchange comes in, and which of its heads and bodies have to be taken apart goes out; if none has, the redacted
exchange. Nothing is left out for that: the secrets of the same exchange, and those learned since, are looked for in all
texts; only to take them apart and to look for names is saved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from harness.exchange import Exchange, Headers, Redaction, Request, Response
from harness.redact.addresses import Addresses
from harness.redact.known import Form, Known, Secret, all_forms
from harness.redact.looks import Fields, Look, Looks, target_span
from harness.redact.parts import Body

CLIENTS = 12_000
"""Addresses of clients whose spellings are remembered."""
OWN = 300
"""Ways to write secrets of the same exchange that are looked for within longer words too."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The first line and the fields of each side, and the bodies that have to be taken apart.

    So have the heads at the places `apart`. `own` is how the secrets of the exchange may be written.
    """

    heads: tuple[tuple[Look, Fields], ...]
    apart: tuple[int, ...]
    bodies: tuple[Body, ...]
    own: list[Form]


class Quick:
    """Tells what has to be taken apart; `known` and `addresses` are those that grow with every exchange."""

    def __init__(self, looks: Looks, known: Known, addresses: Addresses) -> None:
        self._looks = looks
        self._known = known
        self._addresses = addresses
        self._forms = lru_cache(CLIENTS)(all_forms)
        self._told = lru_cache(CLIENTS)(_peer_told)

    def seen(self, exchange: Exchange, token: str, bodies: Sequence[Body]) -> Seen | None:
        """Look for secrets where they are not expected, and remember all that the exchange has.

        `token` stands for the client (empty: none does), `bodies` were looked through. None for an exchange that is
        more than heads and bodies.
        """
        heads = self._heads(exchange)
        if heads is None:
            return None
        secrets: dict[str, Secret] = {}
        for first, fields in heads:
            for secret in (*first.secrets, *fields.secrets):
                secrets[secret.value] = secret
        for body in bodies:
            if body.rest is None:
                secrets.update((secret.value, secret) for secret in self._looks.secrets(body.texts))
        if token and exchange.peer not in secrets:
            secrets[exchange.peer] = Secret(exchange.peer, token, "address")
        own = self._noted(secrets.values()) if secrets else []
        apart = [side for side, head in enumerate(heads) if any(self._is_open(part, own) for part in head)]
        return Seen(heads, tuple(apart), tuple([body for body in bodies if self._is_open(body, own)]), own)

    def redacted(self, exchange: Exchange, token: str, seen: Seen) -> Exchange:
        """Return the exchange of which nothing has to be taken apart, with `token` for its client."""
        redactions: list[Redaction] = []
        for first, fields in seen.heads:
            redactions += first.redactions
            redactions += fields.redactions
        if token:
            redactions.append(self._told(token))
        return _made(exchange, seen.heads, token or exchange.peer, redactions) if redactions else exchange

    def _heads(self, exchange: Exchange) -> tuple[tuple[Look, Fields], ...] | None:
        """Return looks at the heads; None where there is more to an exchange than heads and bodies."""
        request, answer, looks = exchange.request, exchange.response, self._looks
        if exchange.redactions or request.raw_head is not None or "@" in exchange.user:
            return None
        asked = looks.fields("request", request.headers)
        if asked is None:
            return None
        line = looks.target(request)
        if answer is None:
            return ((line, asked),)
        answered = looks.fields("response", answer.headers)
        if answered is None or answer.raw_head is not None:
            return None
        return (line, asked), (looks.reason(answer.reason), answered)

    def _is_open(self, part: Look | Fields | Body, own: list[Form]) -> bool:
        """Tell whether a secret may stand in what is left of a text beside those found in it."""
        return part.rest is None or part.rest.may_hold(own, self._known, self._addresses)

    def _noted(self, secrets: Iterable[Secret]) -> list[Form]:
        """Remember the secrets of an exchange, and return how they may be written."""
        own: list[Form] = []
        for secret in secrets:
            if secret.kind == "address":
                self._addresses.add(secret.value.encode(), secret)
                own += self._forms(secret)
            else:
                own += self._known.add(secret)
        return own[:OWN]


def head_of(line: bytes, span: tuple[int, int], headers: Headers, first: Look, fields: Fields) -> tuple[bytes, Headers]:
    """Return the line of a head, of which `first` is the part at `span`, and its fields, with their tokens."""
    if first.made is not None:
        line = line[: span[0]] + first.made + line[span[1] :]
    return line, headers if fields.made is None else fields.made


def _made(
    exchange: Exchange, heads: tuple[tuple[Look, Fields], ...], peer: str, redactions: Iterable[Redaction]
) -> Exchange:
    """Return the exchange with the tokens that its heads have."""
    request, answer = exchange.request, exchange.response
    line, asked = heads[0]
    if line.made is not None or asked.made is not None:
        span = target_span(request) if line.made is not None else (0, 0)
        start_line, headers = head_of(request.start_line, span, request.headers, line, asked)
        request = Request(start_line, headers, request.body, request.framing)
    if answer is not None and (heads[1][0].made is not None or heads[1][1].made is not None):
        reason, headers = head_of(answer.reason, (0, len(answer.reason)), answer.headers, *heads[1])
        answer = Response(
            answer.status, reason, headers, answer.body, answer.version, answer.framing, None, answer.complete,
            answer.size,
        )  # fmt: skip
    # `replace` looks all fields up by name: a fifth of what such an exchange costs.
    return Exchange(
        exchange.id, request, answer, exchange.started, exchange.duration, exchange.scheme, peer, exchange.user,
        exchange.user_by, tuple(dict.fromkeys(redactions)),
    )  # fmt: skip


def _peer_told(token: str) -> Redaction:
    return Redaction("peer", "address", token)
