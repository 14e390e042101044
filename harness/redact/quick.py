"""What of an exchange was seen before and holds no secret but those that were found in it then: most of it.

An exchange comes in, and which of its heads and bodies have to be taken apart goes out; if none has, the redacted
exchange. Nothing is left out for that: the secrets of the same exchange, and those learned since, are looked for in all
texts; only to take them apart and to look for names is saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from harness.exchange import Exchange, Headers, Redaction, Request, Response
from harness.redact.addresses import Addresses
from harness.redact.known import Form, Known, Secret, all_forms
from harness.redact.looks import Fields, Look, Looks, target_span
from harness.redact.parts import Body
from harness.redact.remainder import Own, own_of
from harness.store.made import made_exchange

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
    own: Own


class _Client(NamedTuple):
    """What a client's address is: a secret (None: it tells of nobody), how it is written, and what is told of it."""

    secret: Secret | None
    raw: bytes
    own: Own
    told: tuple[Redaction, ...]


class Quick:
    """Tells what has to be taken apart; `known` and `addresses` are those that grow with every exchange."""

    def __init__(self, looks: Looks, known: Known, addresses: Addresses) -> None:
        self._looks = looks
        self._known = known
        self._addresses = addresses
        self._forms = lru_cache(CLIENTS)(all_forms)
        self._client = lru_cache(CLIENTS)(_client)

    def redacted(self, exchange: Exchange, token: str, bodies: Sequence[Body]) -> Exchange | Seen | None:
        """Return the exchange with `token` for its client (empty: none), or what of it has to be taken apart.

        All secrets that it has are remembered. `bodies` are its own, looked through. None for an exchange that is more
        than heads and bodies.
        """
        heads = self._heads(exchange)
        if heads is None:
            return None
        client = self._client(exchange.peer, token)
        own = self._own(client, heads, bodies)
        apart = []
        for side, (first, fields) in enumerate(heads):
            if self._is_open(fields, own) or self._is_open(first, own):
                apart.append(side)
        left = [body for body in bodies if self._is_open(body, own)]
        if apart or left:
            return Seen(heads, tuple(apart), tuple(left), own)
        redactions: tuple[Redaction, ...] = ()
        for first, fields in heads:
            if first.redactions or fields.redactions:
                redactions = (*redactions, *first.redactions, *fields.redactions)
        if redactions:
            return _made(exchange, heads, token or exchange.peer, tuple(dict.fromkeys((*redactions, *client.told))))
        return _of_client(exchange, token, client.told) if token else exchange

    def _heads(self, exchange: Exchange) -> tuple[tuple[Look, Fields], ...] | None:
        """Return looks at the heads that are not empty; None where an exchange is more than these and bodies."""
        request, answer, looks = exchange.request, exchange.response, self._looks
        if exchange.redactions or request.raw_head is not None or "@" in exchange.user:
            return None
        asked = looks.fields("request", request.headers)
        if asked is None:
            return None
        line = looks.target(request)
        if answer is None or (not answer.headers and not answer.reason and answer.raw_head is None):
            return ((line, asked),)
        answered = looks.fields("response", answer.headers)
        if answered is None or answer.raw_head is not None:
            return None
        return (line, asked), (looks.reason(answer.reason), answered)

    def _own(self, client: _Client, heads: tuple[tuple[Look, Fields], ...], bodies: Sequence[Body]) -> Own:
        """Remember the secrets of an exchange, and return how they may be written."""
        secrets: dict[str, Secret] = {}
        for first, fields in heads:
            if first.secrets or fields.secrets:
                secrets.update((secret.value, secret) for secret in (*first.secrets, *fields.secrets))
        for body in bodies:
            if body.rest is None:
                secrets.update((secret.value, secret) for secret in self._looks.secrets(body.texts))
        if client.secret:
            if not secrets:
                self._addresses.add(client.raw, client.secret)
                return client.own
            secrets.setdefault(client.secret.value, client.secret)
        forms = [form for secret in secrets.values() for form in self._noted(secret)][:OWN]
        return own_of(forms) if forms else _NOTHING

    def _noted(self, secret: Secret) -> list[Form]:
        if secret.kind != "address":
            return self._known.add(secret)
        self._addresses.add(secret.value.encode(), secret)
        return self._forms(secret)

    def _is_open(self, part: Look | Fields | Body, own: Own) -> bool:
        """Tell whether a secret may stand in what is left of a text beside those found in it."""
        return part.rest is None or part.rest.may_hold(own, self._known, self._addresses)


_NOTHING = Own([], [])


def head_of(line: bytes, span: tuple[int, int], headers: Headers, first: Look, fields: Fields) -> tuple[bytes, Headers]:
    """Return the line of a head, of which `first` is the part at `span`, and its fields, with their tokens."""
    if first.made is not None:
        line = line[: span[0]] + first.made + line[span[1] :]
    return line, headers if fields.made is None else fields.made


def _made(
    exchange: Exchange, heads: tuple[tuple[Look, Fields], ...], peer: str, redactions: tuple[Redaction, ...]
) -> Exchange:
    """Return the exchange with the tokens that its heads have."""
    request, answer = exchange.request, exchange.response
    line, asked = heads[0]
    if line.made is not None or asked.made is not None:
        span = target_span(request) if line.made is not None else (0, 0)
        start_line, headers = head_of(request.start_line, span, request.headers, line, asked)
        request = Request(start_line, headers, request.body, request.framing)
    if answer is not None and len(heads) > 1 and (heads[1][0].made is not None or heads[1][1].made is not None):
        reason, headers = head_of(answer.reason, (0, len(answer.reason)), answer.headers, *heads[1])
        answer = Response(
            answer.status, reason, headers, answer.body, answer.version, answer.framing, None, answer.complete,
            answer.size,
        )  # fmt: skip
    return made_exchange(
        exchange.id, request, answer, exchange.started, exchange.duration, exchange.scheme, peer, exchange.user,
        exchange.user_by, redactions,
    )  # fmt: skip


def _client(peer: str, token: str) -> _Client:
    if not token:
        return _Client(None, b"", _NOTHING, ())
    secret = Secret(peer, token, "address")
    return _Client(secret, peer.encode(), own_of(all_forms(secret)), (Redaction("peer", "address", token),))


def _of_client(exchange: Exchange, peer: str, redactions: tuple[Redaction, ...]) -> Exchange:
    return made_exchange(
        exchange.id, exchange.request, exchange.response, exchange.started, exchange.duration, exchange.scheme, peer,
        exchange.user, exchange.user_by, redactions,
    )  # fmt: skip
