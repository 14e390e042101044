"""Exchanges whose secrets stand only where they were seen before: most of what a server is asked.

An exchange comes in, and the redacted one goes out where heads and bodies were looked through and no secret stands in
what is left of them, else None. Nothing is left out for that: the secrets of the same exchange, and those learned
since, are looked for in all texts; only to take them apart and to look for names is saved.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from harness.exchange import Exchange, Redaction, Request, Response
from harness.redact.addresses import Addresses
from harness.redact.known import Form, Known, Secret, all_forms
from harness.redact.looks import Fields, Look, Looks, target_span
from harness.redact.parts import Body
from harness.redact.spot import replaced

CLIENTS = 12_000
"""Addresses of clients whose spellings are remembered."""
OWN = 300
"""Ways to write secrets of the same exchange that are looked for within longer words too."""


Heads = tuple[Look, Fields] | tuple[Look, Fields, Look, Fields]
"""What was found in the target and in the fields of the request, in the reason and the fields of the answer."""


class Quick:
    """Redacts what it can; `known` and `addresses` are those that grow with every exchange."""

    def __init__(self, looks: Looks, known: Known, addresses: Addresses) -> None:
        self._looks = looks
        self._known = known
        self._addresses = addresses
        self._forms = lru_cache(CLIENTS)(all_forms)
        self._told = lru_cache(CLIENTS)(_peer_told)

    def redacted(self, exchange: Exchange, token: str, bodies: Iterable[Body]) -> Exchange | None:
        """Return the exchange with `token` (empty: none) for its client; None where it has to be taken apart.

        `bodies` are its own, looked through.
        """
        heads = self._heads(exchange)
        if heads is None:
            return None
        secrets = {secret.value: secret for head in heads for secret in head.secrets}
        if token and exchange.peer not in secrets:
            secrets[exchange.peer] = Secret(exchange.peer, token, "address")
        own = self._noted(secrets.values()) if secrets else []
        known, addresses = self._known, self._addresses
        for part in (*heads, *bodies):
            if part.rest is None or part.rest.may_hold(own, known, addresses):
                return None
        redactions = [redaction for head in heads for redaction in head.redactions]
        if token:
            redactions.append(self._told(token))
        return _made(exchange, heads, token or exchange.peer, redactions) if redactions else exchange

    def _heads(self, exchange: Exchange) -> Heads | None:
        """Return looks at the heads; None where there is more to an exchange than heads and bodies."""
        request, answer, looks = exchange.request, exchange.response, self._looks
        if exchange.redactions or request.raw_head is not None or "@" in exchange.user:
            return None
        asked = looks.fields("request", request.headers)
        if asked is None:
            return None
        line = looks.target(request)
        if answer is None:
            return line, asked
        answered = looks.fields("response", answer.headers)
        if answered is None or answer.raw_head is not None:
            return None
        return line, asked, looks.reason(answer.reason), answered

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


def _made(exchange: Exchange, heads: Heads, peer: str, redactions: Iterable[Redaction]) -> Exchange:
    """Return the exchange with the tokens that its heads have."""
    request, answer = exchange.request, exchange.response
    line, asked = heads[:2]
    if line.made is not None or asked.made is not None:
        start_line = replaced(request.start_line, iter([(*target_span(request), line.made)])) if line.made else None
        request = Request(
            start_line or request.start_line, asked.made or request.headers, request.body, request.framing
        )
    if answer is not None and len(heads) == 4:
        reason, answered = heads[2:]
        if reason.made is not None or answered.made is not None:
            answer = Response(
                answer.status, reason.made or answer.reason, answered.made or answer.headers, answer.body,
                answer.version, answer.framing, None, answer.complete, answer.size,
            )  # fmt: skip
    # `replace` looks all fields up by name: a fifth of what such an exchange costs.
    return Exchange(
        exchange.id, request, answer, exchange.started, exchange.duration, exchange.scheme, peer, exchange.user,
        exchange.user_by, tuple(dict.fromkeys(redactions)),
    )  # fmt: skip


def _peer_told(token: str) -> Redaction:
    return Redaction("peer", "address", token)
