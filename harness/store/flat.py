"""Exchanges as plain tuples, to be handed to another process: quick to pack, what they share packed once.

Exchanges come in and bytes go out, a batch at a time, and back.
"""

from __future__ import annotations

import marshal
from typing import Any

from harness.exchange import Exchange, Redaction, Request, Response
from harness.store.made import made_exchange, made_request, made_response

_REMEMBERED = 5_000


class Packer:
    """Collects exchanges for one batch; `size` is about how many bytes of bodies they have."""

    def __init__(self) -> None:
        self.size = 0
        self._rows: list[tuple[Any, ...]] = []
        self._made: dict[int, tuple[Any, tuple[Any, ...]]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, exchange: Exchange) -> None:
        """Add one exchange."""
        request, response = exchange.request, exchange.response
        kept = self._made.get(id(request))
        asked = kept[1] if kept else self._request(request)
        answered = None
        if response is not None:
            kept = self._made.get(id(response))
            answered = kept[1] if kept else self._response(response)
        redactions = tuple([(each.place, each.kind, each.token) for each in exchange.redactions])
        self._rows.append((
            asked, answered, exchange.started, exchange.duration, exchange.scheme, exchange.peer, exchange.user,
            exchange.user_by, redactions,
        ))  # fmt: skip

    def packed(self) -> bytes:
        """Return the batch, and begin the next one."""
        packed = marshal.dumps(self._rows)
        self._rows, self._made, self.size = [], {}, 0
        return packed

    def _request(self, request: Request) -> tuple[Any, ...]:
        self.size += len(request.body or b"")
        made = request.start_line, request.headers, request.body, request.framing, request.raw_head
        self._made[id(request)] = request, made
        return made

    def _response(self, response: Response) -> tuple[Any, ...]:
        self.size += len(response.body or b"")
        made = (
            response.status, response.reason, response.headers, response.body, response.version, response.framing,
            response.raw_head, response.complete, response.size,
        )  # fmt: skip
        self._made[id(response)] = response, made
        return made


class Unpacker:
    """Makes exchanges of batches; requests, answers and redactions that are alike are one object, also across batches.

    That holds for those without bodies; the others are made anew.
    """

    def __init__(self) -> None:
        self._requests: dict[tuple[Any, ...], Request] = {}
        self._responses: dict[tuple[Any, ...], Response] = {}
        self._redactions: dict[tuple[tuple[str, str, str], ...], tuple[Redaction, ...]] = {}

    def exchanges(self, packed: bytes) -> list[Exchange]:
        """Return the exchanges of a batch."""
        made: list[Exchange] = []
        for asked, answered, started, duration, scheme, peer, user, user_by, redactions in marshal.loads(packed):  # noqa: S302 - of our own process
            request = self._requests.get(asked)
            if request is None:
                request = made_request(*asked)
                if not request.body:
                    _remember(self._requests, asked, request)
            response = self._responses.get(answered) if answered else None
            if response is None and answered:
                response = made_response(*answered)
                if not response.body:
                    _remember(self._responses, answered, response)
            replaced = self._redactions.get(redactions)
            if replaced is None:
                replaced = tuple(Redaction(*each) for each in redactions)
                _remember(self._redactions, redactions, replaced)
            made.append(made_exchange("", request, response, started, duration, scheme, peer, user, user_by, replaced))
        return made


def _remember(known: dict[Any, Any], key: Any, value: Any) -> None:
    if len(known) >= _REMEMBERED:
        known.clear()
    known[key] = value
