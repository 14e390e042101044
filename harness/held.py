"""Answers of now held against redacted recordings: that a secret is a token there, and in clear now, is no difference.

An outcome and what differed in it come in, and those of the differences go out that remain when both answers are
redacted. What stands in the place of a secret must be a secret too: a word that nobody would redact is a change.
"""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from harness.bind.spelling import DOCUMENT, Values, rewritten
from harness.config import Config
from harness.difference import Difference
from harness.exchange import Exchange, Redaction, Response, with_length
from harness.judge import Fronts, Judge, Replayed, Verdict
from harness.normalise import Normaliser
from harness.redact import Redactor
from harness.redact.options import redactor_with
from harness.replay import Outcome

TOKEN = b"1000000000000000"
"""What all tokens read here: a number, so that JSON stays JSON."""
PACKED = 64 << 20

Place = tuple[str, str, str]


class Held:
    """Holds the answers of one run against what was recorded, in their order; `fronts` and `replayed` as for Judge."""

    def __init__(self, config: Config, fronts: Fronts, replayed: Replayed) -> None:
        self._config, self._fronts, self._replayed = config, fronts, replayed
        self._judges: dict[str, Judge] = {}

    @cached_property
    def _redactor(self) -> Redactor:
        return redactor_with(self._config, None)

    def judged(self, outcome: Outcome, verdict: Verdict) -> Verdict:
        """Return the verdict without what is only redaction."""
        left = self.left(outcome, verdict.differences)
        return replace(verdict, differences=tuple(each for each in verdict.differences if place_of(each) in left))

    def left(self, outcome: Outcome, differences: Sequence[Difference]) -> frozenset[Place]:
        """Return the places of the differences that are more than redaction; all of them where that is not known."""
        exchange, old, new = outcome.exchange, outcome.old, outcome.new
        places = frozenset(map(place_of, differences))
        if not (isinstance(old, Response) and isinstance(new, Response)):
            return places
        if not any(one.place.startswith("response.") for one in exchange.redactions):
            return places
        made = self._redactor.redact(replace(exchange, response=new))
        if not places or old != exchange.response or made.response is None:
            return places
        both = replace(outcome, old=masked(old, made.redactions), new=masked(made.response, made.redactions))
        held = frozenset(map(place_of, self._judge(exchange).judge(both).differences))
        return held & places if held & places or not held else places

    def _judge(self, exchange: Exchange) -> Judge:
        name = exchange.id.rpartition("#")[0]
        if name not in self._judges:
            self._judges[name] = Judge(
                Normaliser((time.time(), float("inf"))),
                Normaliser((exchange.started, float("inf"))),
                self._fronts,
                self._replayed,
                stale=False,
            )
        return self._judges[name]


def place_of(difference: Difference) -> Place:
    """Return where something differs, and how."""
    return difference.aspect, difference.path, difference.kind


def masked(answer: Response, redactions: Iterable[Redaction]) -> Response:
    """Return an answer in which all tokens read alike, unpacked if it was packed by gzip."""
    values = _values(redactions)
    headers = tuple((name, _masked(value, values)) for name, value in answer.headers)
    body = answer.body or b""
    whole = _unpacked(body)
    made = _masked(whole, values)
    if made == whole:
        return replace(answer, headers=headers)
    made = made if whole is body else gzip.compress(made, 1, mtime=0)
    return replace(answer, headers=with_length(headers, len(body), len(made)), body=made)


def tokens_in(answer: Response, redactions: Iterable[Redaction]) -> frozenset[str]:
    """Return which tokens stand in an answer."""
    values = _values(redactions)
    texts = (*(value for _, value in answer.headers), _unpacked(answer.body or b""))
    found = (spot.value for text in texts for spot in values.spots(text, DOCUMENT))
    return frozenset(value.decode("utf-8", "surrogatepass") for value in found)


def _values(redactions: Iterable[Redaction]) -> Values:
    values = Values()
    for token in {redaction.token for redaction in redactions} - {""}:
        values.add(token.encode("utf-8", "surrogatepass"))
    return values


def _masked(text: bytes, values: Values) -> bytes:
    return rewritten(text, values, DOCUMENT, lambda spot: TOKEN)


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(47).decompress(body, PACKED)
    except zlib.error:
        return body
