"""READ FIRST: an exchange in, the same exchange with a token in the place of each secret out.

    texts of the exchange -> secrets by place and pattern -> the same secrets elsewhere -> tokens

All texts are looked through before any is changed, so that a secret found in the answer is replaced in the request
too. Pure but for what it remembers: the secrets seen, so that they are found where nothing tells of them. What is
already a token (`redactions`) stays.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.exchange import Exchange, Headers, Redaction, Request, with_length
from harness.redact.addresses import Addresses
from harness.redact.bodies import Bodies, Key
from harness.redact.body import describing
from harness.redact.finder import Finder
from harness.redact.kept import Kept
from harness.redact.known import Hit, Known, Secret, all_forms, own_hits
from harness.redact.layer import Layer
from harness.redact.looks import LOCAL, Looks, is_local, secrets_of, target_span, told
from harness.redact.names import Names
from harness.redact.parts import Body, Head, raw_head, request_head, response_head
from harness.redact.quick import OWN, Quick, Seen, head_of
from harness.redact.settings import Settings, read_settings
from harness.redact.spot import Spot, is_read_with
from harness.redact.text import Text
from harness.redact.tokens import Tokens

CODED = 20
"""Texts in base64, of one exchange, that are looked through for each secret remembered."""

ROUNDS = 3
"""How often an exchange is looked through anew."""

REQUEST, ANSWER = 0, 1
_SIDES = ("request", "response")


def redactor(settings: Mapping[str, Any], key: bytes) -> Redactor:
    """Make a redactor of the table `[redact]` and a key. Raises UsageError for a wrong table."""
    return Redactor(read_settings(settings, os.environ), Tokens(key))


class Redactor:
    """Redacts exchanges, one after the other; not for several threads at once. `tokens` makes what replaces values."""

    def __init__(self, settings: Settings, tokens: Tokens) -> None:
        self.tokens = tokens
        self.names = Names(settings.fields, settings.clear)
        self.finder = Finder(self.names, settings)
        self.keep = settings.keep
        self.looks = Looks(self.finder, self.names, self.tokens, Kept(self.keep))
        self.known = Known()
        self.addresses = Addresses()
        self.bodies = Bodies(self.finder)
        self.quick = Quick(self.looks, self.known, self.addresses)
        for value in settings.values:
            self.known.add(Secret(value, self.tokens.of(value), "known"), fixed=True)

    def redact(self, exchange: Exchange, rounds: int = ROUNDS) -> Exchange:
        """Return an exchange with tokens in the place of its secrets, and `redactions` that tell of them.

        A token behind a sign that opens an escape may change how the text around it reads: it is looked through anew.
        """
        peer = exchange.peer
        token = "" if peer in LOCAL or peer in self.keep else self.tokens.of(peer)
        bodies = self._bodies(exchange)
        made = self.quick.redacted(exchange, token, [body for _, body in bodies] if bodies else ())
        if not isinstance(made, Exchange):
            work = _Work(self, exchange, bodies, made)
            if made is None:
                work.find()
            work.find_known()
            made = work.made()
            if work.reread and rounds:
                made = self.redact(made, rounds - 1)
        for key, body in bodies:
            self.bodies.give(key, body)
        return made

    def learn(self, exchange: Exchange) -> None:
        """Remember the secrets of an exchange, so that `redact` finds them in others, whichever comes first."""
        _Work(self, exchange, self._bodies(exchange), None).find()

    def _bodies(self, exchange: Exchange) -> list[_Taken]:
        """Return the bodies of an exchange that are not empty, looked through, and what to give them back by."""
        request, answer = exchange.request, exchange.response
        taken = []
        if request.body:
            taken.append(self.bodies.take(request.body, describing(request.headers), "request"))
        if answer is not None and answer.body:
            taken.append(self.bodies.take(answer.body, describing(answer.headers), "response"))
        return taken


_Taken = tuple[Key | None, Body]


class _Work:
    """One exchange being redacted; what was `seen` to hold no more than was found in it stays aside."""

    def __init__(self, redactor: Redactor, exchange: Exchange, bodies: Sequence[_Taken], seen: Seen | None) -> None:
        self._redactor = redactor
        self._exchange = exchange
        self._kept = Kept(redactor.keep, exchange.redactions)
        self._found: dict[Redaction, None] = {}
        self._own = [*seen.own.dotted, *seen.own.others] if seen else []
        self._seen = seen
        self.reread = False
        request, answer = exchange.request, exchange.response
        self._heads: dict[int, Head] = {}
        if seen is None or REQUEST in seen.apart:
            self._heads[REQUEST] = request_head(request, redactor.looks)
        if answer is not None and (seen is None or ANSWER in seen.apart):
            self._heads[ANSWER] = response_head(answer, redactor.looks)
        self._bodies = {body.side: body for _, body in bodies if seen is None or body in seen.bodies}

    def find(self) -> None:
        """Remember the secrets that were found by place and by pattern."""
        redactor = self._redactor
        secrets: dict[str, Secret] = {}
        for text in self._texts():
            for secret in secrets_of(text, redactor.names, redactor.tokens, self._kept):
                secrets[secret.value] = secret
        self._note_peer(secrets)
        for secret in secrets.values():
            if secret.kind == "address":
                self._own += all_forms(secret)
                redactor.addresses.add(secret.value.encode(), secret)
            else:
                self._own += redactor.known.add(secret)

    def _note_peer(self, secrets: dict[str, Secret]) -> None:
        peer = self._exchange.peer
        if peer not in LOCAL and peer not in self._kept:
            secrets.setdefault(peer, Secret(peer, self._redactor.tokens.of(peer), "address"))

    def find_known(self) -> None:
        """Find the secrets of this exchange, and those remembered, wherever else they stand."""
        for text in self._texts():
            self._find_known(text)
        self._find_within()

    def _find_known(self, text: Text) -> None:
        for layers in text.windows():
            for layer in layers:
                for hit in self._hits(layer):
                    text.claim(layer, _spot(hit))

    def _hits(self, layer: Layer) -> list[Hit]:
        redactor = self._redactor
        own, seen = own_hits(layer.text, self._own[:OWN]), redactor.known.hits(layer.text, layer.words)
        hits = (*own, *seen, *redactor.addresses.hits(layer.text))
        return [hit for hit in hits if hit.secret.value not in self._kept]

    def _find_within(self) -> None:
        """Find the secrets remembered in texts in base64: what they begin and end with is not seen from outside."""
        inner = [one for part in self._parts() for text in part.texts for one in text.inner.values()]
        for text in inner[:CODED]:
            for hit in self._redactor.known.hits_within(text.raw):
                if hit.secret.value not in self._kept:
                    text.spots.add(_spot(hit))

    def _parts(self) -> Iterator[Head | Body]:
        yield from self._heads.values()
        yield from self._bodies.values()

    def _texts(self) -> Iterator[Text]:
        for part in self._parts():
            for text in part.texts:
                yield text
                yield from text.inner.values()

    def made(self) -> Exchange:
        """Return the exchange with its tokens; the same where nothing was found."""
        exchange = self._exchange
        request, answer = exchange.request, exchange.response
        line = request.start_line
        start_line, headers, body = self._side(REQUEST, line, target_span(request), request.headers, request.body)
        head = _head(request.raw_head, [(request.start_line, start_line)], request.headers, headers)
        raw, made = self._checked(head), request
        if (start_line, headers, body, raw) != (request.start_line, request.headers, request.body, request.raw_head):
            made = Request(start_line, headers, body, request.framing, raw)
        if answer is not None:
            whole = 0, len(answer.reason)
            reason, headers, body = self._side(ANSWER, answer.reason, whole, answer.headers, answer.body)
            head = _head(answer.raw_head, [(answer.reason, reason)], answer.headers, headers)
            raw = self._checked(head)
            if (reason, headers, body, raw) != (answer.reason, answer.headers, answer.body, answer.raw_head):
                answer = replace(answer, reason=reason, headers=headers, body=body, raw_head=raw)
        peer = self._fact(exchange.peer, "peer") if exchange.peer not in LOCAL else exchange.peer
        user = self._fact(exchange.user, "user") if "@" in exchange.user else exchange.user
        if not self._found:
            return exchange
        redactions = dict.fromkeys((*exchange.redactions, *self._found))
        return Exchange(
            exchange.id, made, answer, exchange.started, exchange.duration, exchange.scheme, peer, user,
            exchange.user_by, tuple(redactions),
        )  # fmt: skip

    def _side(
        self, side: int, line: bytes, span: tuple[int, int], headers: Headers, body: bytes | None
    ) -> tuple[bytes, Headers, bytes | None]:
        """Return first line, fields and body of a side."""
        part, after = self._bodies.get(_SIDES[side]), body
        if part is not None:
            if part.unread:
                self._found[Redaction(f"{part.side}.body", "unread", "")] = None
            after = part.made(self._rendered)
        if side in self._heads:
            line, headers = self._heads[side].made(self._rendered)
        elif self._seen and side < len(self._seen.heads):
            first, fields = self._seen.heads[side]
            self._found.update(dict.fromkeys((*first.redactions, *fields.redactions)))
            line, headers = head_of(line, span, headers, first, fields)
        if body is not None and after is not None and after is not body:
            headers = with_length(headers, len(body), len(after))
        return line, headers, after

    def _checked(self, raw: bytes | None) -> bytes | None:
        """Return a raw head in which nothing more is found; None for one with lines that are no header to anybody."""
        if raw is None:
            return None
        told = (*self._exchange.redactions, *self._found)
        tokens = Kept(self._redactor.keep, told)
        for text in raw_head(raw, self._redactor.looks).texts:
            self._find_known(text)
            if any(not tokens.has(text, spot) and not is_local(spot) for spot in text.spots):
                self._found[Redaction("head", "unread", "")] = None
                return None
        return raw

    def _rendered(self, text: Text) -> bytes:
        return text.rendered(lambda spot: self._token(spot, text))

    def _token(self, spot: Spot, text: Text) -> bytes | None:
        if self._kept.has(text, spot) or is_local(spot):
            return None
        self.reread |= is_read_with(text.raw, spot.start)
        redaction = told(text, spot, spot.token or self._redactor.tokens.of(spot.value))
        self._found[redaction] = None
        return spot.spelling(redaction.token)

    def _fact(self, value: str, place: str) -> str:
        if value in self._kept:
            return value
        token = self._redactor.tokens.of(value)
        self._found[Redaction(place, "address" if place == "peer" else "email", token)] = None
        return token


def _spot(hit: Hit) -> Spot:
    return Spot(hit.start, hit.end, hit.secret.value, hit.secret.kind, "", lambda token: hit.made, hit.secret.token)


def _head(raw: bytes | None, changes: list[tuple[bytes, bytes]], before: Headers, after: Headers) -> bytes | None:
    """Return a raw head with the same changes; None, so that it is written anew, where one cannot be placed."""
    if raw is None:
        return None
    at = 0
    for old, new in [*changes, *((old, new) for (_, old), (_, new) in zip(before, after, strict=True))]:
        found = raw.find(old, at)
        if found < 0:
            if old != new:
                return None
            continue
        raw = raw[:found] + new + raw[found + len(old) :]
        at = found + len(new)
    return raw
