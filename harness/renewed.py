"""Answers of now in the place of recorded ones: what is written of them is redacted, and fits the rest of a recording.

The exchanges that are kept come in, then one of them and its answer of now; the exchange goes out with that answer.
Whoever writes such answers to a file does it by this. Tokens stay, and so does what the recording holds in clear:
requests go on to fit answers, and nothing comes to the disk that was not there.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.config import Config
from harness.exchange import Exchange, Redaction, Response, with_length
from harness.held import masked, tokens_in
from harness.redact import Redactor, Tokens, read_settings
from harness.redact.options import key_for

BODY, HEADER = "response.body", "response.header ?"


class Renewing:
    """Puts answers of now in the place of those of some exchanges; redacted, unless secrets are to be in clear.

    Raises UsageError for a wrong `[redact]` and a wrong key.
    """

    def __init__(self, exchanges: Iterable[Exchange], config: Config, redacting: bool = True) -> None:
        self._redactor: Redactor | None = None
        if not redacting:
            return
        settings, key = read_settings(config.redact, os.environ), key_for(None)
        asked = _Asked(key)
        looking = Redactor(settings, asked)
        asked.values.clear()  # those of the settings stand nowhere yet
        there: dict[Redaction, None] = {}
        for exchange in exchanges:
            looking.redact(exchange)
            there.update(dict.fromkeys(exchange.redactions))
        self._there = tuple(there)
        self._redactor = Redactor(replace(settings, keep=(*settings.keep, *asked.values)), Tokens(key))

    def __call__(self, exchange: Exchange, answer: Response | None) -> Exchange:
        """Return the exchange with another answer, which is under the recording's own names."""
        if self._redactor is None or answer is None:
            return replace(exchange, response=answer)
        made = self._redactor.redact(replace(exchange, response=answer, redactions=self._there))
        assert made.response is not None, "an answer was given"
        renewed = _as_recorded(exchange.response, made.response, made.redactions)
        return replace(exchange, response=renewed, redactions=self._told(exchange, renewed, made.redactions))

    def _told(self, exchange: Exchange, answer: Response, redactions: Sequence[Redaction]) -> tuple[Redaction, ...]:
        """Return what tells of an exchange's tokens; the place of one that came from another exchange is given anew."""
        tokens, in_body = tokens_in(answer, redactions), tokens_in(replace(answer, headers=()), redactions)
        asked = [one for one in exchange.redactions if not _is_answers(one)]
        own = [one for one in redactions if one in exchange.redactions or one not in self._there]
        answered = [one for one in own if _is_answers(one) and (not one.token or one.token in tokens)]
        left = tokens - {one.token for one in answered}
        others = {one.token: replace(one, place=BODY if one.token in in_body else HEADER) for one in self._there}
        return (*asked, *answered, *(one for token, one in others.items() if token in left))


class _Asked(Tokens):
    """Tokens that keep the values they were asked for: the secrets that stand in clear."""

    def __init__(self, key: bytes) -> None:
        super().__init__(key)
        self.values: set[str] = set()

    def of(self, value: str) -> str:
        self.values.add(value)
        return super().of(value)


def _is_answers(redaction: Redaction) -> bool:
    return redaction.place.startswith("response.")


def _as_recorded(recorded: Response | None, answer: Response, redactions: Sequence[Redaction]) -> Response:
    """Return an answer with the headers, and the body, that were recorded where no more than tokens are others."""
    if recorded is None or recorded.body is None:
        return answer
    then, now = masked(recorded, redactions), masked(answer, redactions)
    before: dict[tuple[bytes, bytes], list[tuple[bytes, bytes]]] = {}
    for same, header in zip(then.headers, recorded.headers, strict=True):
        before.setdefault(same, []).append(header)
    both = zip(now.headers, answer.headers, strict=True)
    headers = tuple(before[same].pop(0) if before.get(same) else made for same, made in both)
    body = recorded.body if then.body == now.body else answer.body
    headers = with_length(headers, len(answer.body or b""), len(body or b""))
    raw_head = answer.raw_head if headers == answer.headers else None
    return replace(answer, headers=headers, body=body, raw_head=raw_head)
