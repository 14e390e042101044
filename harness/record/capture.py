"""An exchange while it happens: what has been seen of it so far.

The recorders fill it in, piece by piece; `fields` and `parcels()` give it as plain data, which another process can make
an exchange of. Nothing is redacted here: what a capture holds is in memory, or in an enciphered file.
"""

from __future__ import annotations

import binascii
import logging
import time
from base64 import b64decode
from typing import Any

from harness.exchange import Exchange, Framing, Headers, Response, first_header
from harness.record.spool import Budget, Sealed, Spool, unsealed
from harness.store.made import made_exchange, made_request, made_response

log = logging.getLogger("harness")

IN_MEMORY = 1 << 20  # bytes of each body; longer ones go to a temporary file
LARGEST_BODY = 900 << 20  # bytes; SQLite holds no value above 1e9. A longer body is passed on but not recorded
MEMORY = 64 << 20  # bytes of memory for all captures of a recorder together
EACH = 64  # bytes that Python needs for each object beside its contents

Fields = tuple[Any, ...]


class Body:
    """The bytes of one body, as they come. What there is no room for is only counted: then `dropped` is true."""

    __slots__ = ("_budget", "_pieces", "_spool", "_taken", "dropped", "size")

    def __init__(self, budget: Budget) -> None:
        self.size = 0
        self.dropped = False
        self._budget = budget
        self._pieces: list[bytes] = []
        self._taken = 0
        self._spool: Spool | None = None

    def add(self, data: bytes) -> None:
        """Append bytes; those of a body beyond `LARGEST_BODY`, the budget or the disk are only counted."""
        self.size += len(data)
        if self.dropped or not data:
            return
        try:
            kept = self._kept(data)
        except OSError as error:
            log.warning("a long body is not recorded: %s", error)
            kept = False
        if not kept:
            self.discard()
            self.dropped = True

    def _kept(self, data: bytes) -> bool:
        if self.size > LARGEST_BODY:
            return False
        if self._spool is not None:
            self._spool.add(data)
            return True
        cost = len(data) + EACH
        if self._taken + cost > IN_MEMORY:
            self._spool = Spool()
            self._spool.add(b"".join([*self._pieces, data]))
            self._forget()
            return True
        if not self._budget.take(cost):
            return False
        self._taken += cost
        self._pieces.append(data)
        return True

    def parcel(self) -> bytes | Sealed | None:
        """Return all of it, or where it stands; None where it was dropped."""
        if self.dropped:
            return None
        return b"".join(self._pieces) if self._spool is None else self._spool.sealed()

    def bytes(self) -> bytes | None:
        """Return all of it, or None where it was dropped."""
        return opened(self.parcel())

    def discard(self) -> None:
        """Give back memory and file."""
        self._forget()
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    def _forget(self) -> None:
        if self._taken:
            self._budget.give(self._taken)
            self._taken, self._pieces = 0, []


def opened(parcel: bytes | Sealed | None) -> bytes | None:
    """Return the bytes of a body's parcel."""
    return unsealed(parcel) if isinstance(parcel, Sealed) else parcel


UNLIMITED = Budget(1 << 62)


class Held:
    """What every capture holds: two bodies, times, and its share of the budget."""

    __slots__ = (
        "_budget", "_clock", "_taken", "duration", "request_body", "request_complete", "response_body", "started",
    )  # fmt: skip

    def __init__(self, budget: Budget) -> None:
        self.request_body = Body(budget)
        self.request_complete = False
        self.response_body = Body(budget)
        self.started = time.time()
        self.duration: float | None = None
        self._clock = time.perf_counter()
        self._budget = budget
        self._taken = 0

    def answered(self) -> None:
        """Note the time: the answer has ended."""
        self.duration = time.perf_counter() - self._clock

    def reserve(self) -> bool:
        """Take memory from the budget for the heads, until `discard`; False where there is not enough."""
        size = self.head_size
        if not self._budget.take(size):
            return False
        self._taken += size
        return True

    @property
    def head_size(self) -> int:
        """About how many bytes of memory all but the bodies takes."""
        raise NotImplementedError

    @property
    def fields(self) -> Fields:
        """All but the bodies, as plain data of which `exchange_of` makes an exchange."""
        raise NotImplementedError

    @property
    def bodies_dropped(self) -> int:
        """How many of the two bodies there was no room for."""
        return self.request_body.dropped + self.response_body.dropped

    def parcels(self) -> tuple[bytes | Sealed | None, bytes | Sealed | None]:
        """Return both bodies. That of a request that did not arrive whole is unknown: None."""
        return self.request_body.parcel() if self.request_complete else None, self.response_body.parcel()

    def discard(self) -> None:
        """Give back memory and files."""
        self.request_body.discard()
        self.response_body.discard()
        self._budget.give(self._taken)
        self._taken = 0


class Capture(Held):
    """One exchange as far as it has been seen on a connection; begins with the head of its request."""

    __slots__ = ("framing", "headers", "peer", "raw_head", "response", "scheme", "start_line")

    def __init__(
        self,
        start_line: bytes,
        headers: Headers,
        framing: Framing,
        raw_head: bytes | None = None,
        budget: Budget = UNLIMITED,
    ) -> None:
        super().__init__(budget)
        self.start_line, self.headers, self.framing, self.raw_head = start_line, headers, framing, raw_head
        self.scheme = "http"
        self.peer = ""
        # Status, reason and the rest are here once the answer's head was seen; the body is added when it has ended.
        self.response: Response | None = None

    @property
    def method(self) -> bytes:
        """The first word of the start line."""
        return self.start_line.partition(b" ")[0]

    @property
    def head_size(self) -> int:
        """About how many bytes of memory all but the bodies takes."""
        pairs = self.headers + (self.response.headers if self.response else ())
        return len(self.start_line) + sum(len(name) + len(value) + 2 * EACH for name, value in pairs) + 16 * EACH

    @property
    def fields(self) -> Fields:
        """All but the bodies."""
        seen = self.response
        answer = seen and (
            seen.status, seen.reason, seen.headers, seen.version, seen.framing, seen.raw_head, seen.complete,
            self.response_body.size if self.response_body.dropped else None,
        )  # fmt: skip
        return (
            self.start_line, self.headers, self.framing, self.raw_head, self.started, self.duration, self.scheme,
            self.peer, *basic_user(self.headers), answer,
        )  # fmt: skip


def exchange_of(fields: Fields, sent: bytes | None, answered: bytes | None) -> Exchange:
    """Return the exchange of a capture's fields and its two bodies."""
    start_line, headers, framing, raw_head, started, duration, scheme, peer, user, user_by, answer = fields
    response = None
    if answer is not None:
        status, reason, pairs, version, answer_framing, answer_head, complete, size = answer
        response = made_response(status, reason, pairs, answered, version, answer_framing, answer_head, complete, size)
    request = made_request(start_line, headers, sent, framing, raw_head)
    return made_exchange("", request, response, started, duration, scheme, peer, user, user_by, ())


def basic_user(headers: Headers) -> tuple[str, str]:
    """Return the user of Basic credentials (RFC 7617) and `basic`, or two empty texts."""
    scheme, _, credentials = (first_header(headers, b"authorization") or b"").partition(b" ")
    if scheme.lower() != b"basic":
        return "", ""
    try:
        user = b64decode(credentials.strip()).partition(b":")[0].decode("latin-1")
    except binascii.Error:
        return "", ""
    return user, "basic" if user else ""
