"""Captures: bodies of any length, and the user of Basic credentials."""

from __future__ import annotations

import pytest

from harness.exchange import Response
from harness.record import capture, frame
from harness.record.capture import Body, Capture, basic_user
from harness.record.spool import Budget


@pytest.mark.parametrize("size", [0, 1, capture.IN_MEMORY, capture.IN_MEMORY + 1, 3_000_000])
def test_bodies_come_out_whole(size: int) -> None:
    """A body is the same however long it is."""
    body, data = Body(Budget(1 << 30)), bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    for start in range(0, size, 10_000):
        body.add(data[start : start + 10_000])
    assert (body.bytes(), body.size) == (data, size)
    body.discard()


def test_too_long_bodies_are_counted_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body beyond the limit is unknown, its size is not; that of a request is unknown as well."""
    monkeypatch.setattr(capture, "LARGEST_BODY", 10)
    made = Capture(b"PUT / HTTP/1.1", (), "length")
    made.request_complete = True
    made.response = Response(200)
    for body in (made.request_body, made.response_body):
        body.add(b"12345678")
        body.add(b"12345678")
        body.add(b"1")
    exchange = frame.unpack(*frame.pack(made))
    assert exchange.request.body is None
    assert exchange.response
    assert (exchange.response.body, exchange.response.size) == (None, 17)
    made.discard()


@pytest.mark.parametrize(
    ("value", "user"),
    [
        (b"Basic am86c2VjcmV0", ("jo", "basic")),
        (b"basic  am86c2VjcmV0 ", ("jo", "basic")),
        (b"Basic am8=", ("jo", "basic")),
        (b"Basic ?", ("", "")),
        (b"Basic a", ("", "")),
        (b"Bearer am86c2VjcmV0", ("", "")),
        (b"", ("", "")),
    ],
)
def test_basic_user(value: bytes, user: tuple[str, str]) -> None:
    """The user stands before the first colon; what is no Basic credential names nobody."""
    assert basic_user(((b"authorization", value),)) == user
