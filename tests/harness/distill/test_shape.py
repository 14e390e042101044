"""What of an answer is its shape, and what only a value."""

from __future__ import annotations

import pytest

from harness.distill.shape import shape
from harness.effects import Effects
from harness.exchange import Response

HTML = ((b"Content-Type", b"text/html"),)
JSON = ((b"Content-Type", b"application/json"),)


def answer(body: bytes, headers: tuple[tuple[bytes, bytes], ...] = HTML, status: int = 200) -> Response:
    """Return an answer."""
    return Response(status, b"OK", headers, body)


ALIKE = {
    "other text": (answer(b"<p>one</p>"), answer(b"<p>two</p>")),
    "more of the same": (answer(b"<ul><li>1</ul>"), answer(b"<ul><li>1<li>2</ul>")),
    "other values": (answer(b'{"a": [1]}', JSON), answer(b'{"a": [2, 3]}', JSON)),
    "another age": (
        answer(b"", ((b"Cache-Control", b"max-age=1"),)),
        answer(b"", ((b"Cache-Control", b"max-age=600"),)),
    ),
}
UNLIKE = {
    "status": (answer(b"", status=200), answer(b"", status=404)),
    "a header": (answer(b""), answer(b"", (*HTML, (b"ETag", b"x")))),
    "an element": (answer(b"<p>x</p>"), answer(b"<p><b>x</b></p>")),
    "an attribute": (answer(b"<a>x</a>"), answer(b"<a href=x>x</a>")),
    "a key": (answer(b'{"a": 1}', JSON), answer(b'{"b": 1}', JSON)),
    "a type": (answer(b'{"a": 1}', JSON), answer(b'{"a": null}', JSON)),
    "nothing": (answer(b"x"), answer(b"")),
    "a cookie": (answer(b"", ((b"Set-Cookie", b"a=1"),)), answer(b"", ((b"Set-Cookie", b"b=1"),))),
}


@pytest.mark.parametrize(("one", "other"), ALIKE.values(), ids=ALIKE)
def test_the_same_shape(one: Response, other: Response) -> None:
    """Values are no shape."""
    assert shape("GET /", one) == shape("GET /", other)


@pytest.mark.parametrize(("one", "other"), UNLIKE.values(), ids=UNLIKE)
def test_another_shape(one: Response, other: Response) -> None:
    """What is there and what is not is."""
    assert shape("GET /", one) != shape("GET /", other)


def test_what_was_written_belongs_to_it() -> None:
    """Tables and the kind of write, not the rows."""
    row, another = (("id", "1"),), (("id", "2"),)
    wrote = shape("POST /", answer(b""), Effects({"notes": {row: 1}}))
    assert wrote == shape("POST /", answer(b""), Effects({"notes": {another: 1}}))
    assert wrote != shape("POST /", answer(b""), Effects({"notes": {row: -1}}))
    assert wrote != shape("POST /", answer(b""))
