"""Heads that came before and had nothing to replace in them: exchanges without bodies, most lines of a log.

An exchange comes in, and the redacted one goes out where no more than the client's address has to be replaced, else
None. Nothing is left out for that: secrets learned since, and the client's own address, are looked for in the same
texts again; only to take heads apart and to look for names is saved.
"""

from __future__ import annotations

from functools import lru_cache

from harness.exchange import Exchange, Headers, Redaction
from harness.redact.addresses import Addresses
from harness.redact.known import Form, Known, Secret, all_forms, own_hits
from harness.redact.layer import Layer
from harness.redact.text import Text

REMEMBERED = 20_000
"""Heads that are remembered; all are forgotten when there are more."""
LONGEST = 2048
"""Bytes of a head beyond which it is not."""

Heads = tuple[bytes, Headers, bytes, Headers]
_Client = tuple[str, Secret | None, list[Form], tuple[Redaction, ...]]


class Repeated:
    """Remembers quiet heads; `known` and `addresses` are those that grow with every exchange."""

    def __init__(self, known: Known, addresses: Addresses) -> None:
        self._known = known
        self._addresses = addresses
        self._quiet: dict[Heads, list[Layer]] = {}
        self.client = lru_cache(REMEMBERED)(_client)

    def redacted(self, exchange: Exchange, token: str) -> Exchange | None:
        """Return the exchange with `token` (empty: none) for its client, where its heads are quiet still."""
        heads = _heads(exchange)
        layers = self._quiet.get(heads) if heads else None
        if layers is None:
            return None
        peer, secret, own, redactions = self.client(exchange.peer, token)
        if secret:
            self._addresses.add(secret)
        for layer in layers:
            text = layer.text
            if own_hits(text, own) or self._known.hits(text, layer.words) or self._addresses.hits(text):
                return None
        if not secret:
            return exchange
        # `replace` looks all fields up by name: a fifth of what such an exchange costs.
        return Exchange(
            exchange.id, exchange.request, exchange.response, exchange.started, exchange.duration, exchange.scheme,
            peer, exchange.user, exchange.user_by, redactions,
        )  # fmt: skip

    def remember(self, exchange: Exchange, texts: list[Text]) -> None:
        """Note that nothing was found in these texts, which are all that the heads of an exchange hold."""
        heads = _heads(exchange)
        if heads is None or any(len(text.raw) > LONGEST for text in texts):
            return
        if len(self._quiet) >= REMEMBERED:
            self._quiet.clear()
        self._quiet[heads] = [layer for text in texts if text.raw for layers in text.windows() for layer in layers]


def _heads(exchange: Exchange) -> Heads | None:
    """Return what an exchange's heads are, None where it has more than heads to look through."""
    request, answer = exchange.request, exchange.response
    if request.body or exchange.redactions or "@" in exchange.user:
        return None
    if answer is None:
        return request.start_line, request.headers, b"", ()
    return None if answer.body else (request.start_line, request.headers, answer.reason, answer.headers)


def _client(peer: str, token: str) -> _Client:
    if not token:
        return peer, None, [], ()
    secret = Secret(peer, token, "address")
    return token, secret, all_forms(secret), (Redaction("peer", "address", token),)
