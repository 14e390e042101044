"""Start lines and headers that come again and have nothing to replace in them: most lines of a log.

An exchange comes in, and the redacted one goes out where no more than the client's address has to be replaced, else
None. Nothing is left out for that: secrets learned since, and the client's own address, are looked for in the same
texts again; only to take heads apart and to look for names is saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from harness.exchange import Exchange, Headers, Redaction
from harness.redact.addresses import Addresses, may_hold_one
from harness.redact.finder import Finder
from harness.redact.headers import Finders
from harness.redact.known import Known, Secret
from harness.redact.parts import Head
from harness.redact.text import Text

REMEMBERED = 12_000
"""Start lines, and as many lists of headers, that are remembered; all are forgotten when there are more."""
LONGEST = 2048
"""Bytes of a text beyond which it is not."""


@dataclass(slots=True)
class Quiet:
    """A text in which no name and no pattern tells of a secret: itself and as it reads decoded, and all its words.

    `addressed` tells that a network address may stand in it; `edition` is that of the secrets last looked for.
    """

    texts: tuple[bytes, ...]
    words: frozenset[bytes]
    addressed: bool
    edition: int = -1


_Client = tuple[str, bytes, bool, Secret | None, tuple[Redaction, ...]]


class Repeated:
    """Remembers quiet heads; `known` and `addresses` are those that grow with every exchange."""

    def __init__(self, finder: Finder, finders: Finders, known: Known, addresses: Addresses) -> None:
        self._finder = finder
        self._finders = finders
        self._known = known
        self._addresses = addresses
        self._seen: dict[bytes | Headers, Quiet | None] = {}
        self._client = lru_cache(REMEMBERED)(_client)

    def redacted(self, exchange: Exchange, token: str) -> Exchange | None:
        """Return the exchange with `token` (empty: none) for its client, where its heads are quiet."""
        keys = _keys(exchange)
        if keys is None:
            return None
        peer, raw, numbers, secret, redactions = self._client(exchange.peer, token)
        if secret:
            self._addresses.add(raw, secret)
        seen, edition = self._seen, self._known.edition
        for key in keys:
            quiet = seen.get(key) or self._look(key)
            if quiet is None or (quiet.edition != edition and self._holds_known(quiet)):
                return None
            if (quiet.addressed or not numbers) and self._holds_address(quiet, raw):
                return None
        if not secret:
            return exchange
        # `replace` looks all fields up by name: a fifth of what such an exchange costs.
        return Exchange(
            exchange.id, exchange.request, exchange.response, exchange.started, exchange.duration, exchange.scheme,
            peer, exchange.user, exchange.user_by, redactions,
        )  # fmt: skip

    def _holds_known(self, quiet: Quiet) -> bool:
        """Tell whether a secret that was seen stands in a text; if not, that need not be asked again."""
        if any(self._known.hits(text, quiet.words) for text in quiet.texts):
            return True
        quiet.edition = self._known.edition
        return False

    def _holds_address(self, quiet: Quiet, own: bytes) -> bool:
        return any((own and own in text) or self._addresses.hits(text) for text in quiet.texts)

    def _look(self, key: bytes | Headers) -> Quiet | None:
        """Look through a start line, or through headers, for the first time."""
        if key in self._seen:
            return None
        if len(self._seen) >= 2 * REMEMBERED:
            self._seen.clear()
        quiet = self._seen[key] = self._quiet(key)
        return quiet

    def _quiet(self, key: bytes | Headers) -> Quiet | None:
        if isinstance(key, bytes):
            text: Text | None = Text("", key)
        else:
            head = Head(b"", (0, 0), key, "", self._finders)
            text = None if head.texts else head.joined
        if text is None or len(text.raw) > LONGEST or not self._finder.is_quiet(text):
            return None
        layers = [layer for layers in text.windows() for layer in layers]
        words = frozenset().union(*(layer.words for layer in layers))
        return Quiet(tuple(layer.text for layer in layers), words, any(may_hold_one(layer.text) for layer in layers))


def _keys(exchange: Exchange) -> tuple[bytes | Headers, ...] | None:
    """Return the texts of an exchange's heads, None where it has more than that to look through."""
    request, answer = exchange.request, exchange.response
    if request.body or exchange.redactions or request.raw_head is not None or "@" in exchange.user:
        return None
    if answer is None:
        return request.start_line, request.headers
    if answer.body or answer.raw_head is not None:
        return None
    if not answer.reason and not answer.headers:
        return request.start_line, request.headers
    return request.start_line, request.headers, answer.reason, answer.headers


def _client(peer: str, token: str) -> _Client:
    """Return what is told of a client, how its address is written, and whether that is numbers between dots."""
    if not token:
        return peer, b"", True, None, ()
    secret = Secret(peer, token, "address")
    return token, peer.encode(), may_hold_one(peer.encode()), secret, (Redaction("peer", "address", token),)
