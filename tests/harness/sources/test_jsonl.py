"""JSON lines: simple dialects are understood, what they do not say is guessed or unknown, bad lines are counted."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from harness.exchange import Exchange, Request, Response
from harness.sources.jsonl import JSONL
from harness.sources.source import FRAMING, Input, Item, Note, Options, Read, Unreadable

REAL = Path(__file__).parents[4] / "shared/traffic/index-2016"


def items(*lines: object) -> list[Item]:
    """Read lines, given as objects or as they are."""
    data = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    return list(JSONL.read(Input(Path("x.jsonl"), io.BytesIO(data)), Options()))


def line(number: int = 1, **own: Any) -> dict[str, Any]:
    """A line as a script writes it."""
    request = {"method": "GET", "target": "/a b", "version": "HTTP/1.1", "headers": [["Host", "h"]], "body_base64": ""}
    response = {"version": "HTTP/1.1", "status": 200, "reason": "OK", "headers": [], "body_base64": "b2s="}
    return {"scenario": "s", "n": number, "request": request, "response": response} | own


def one(**own: Any) -> Exchange:
    """Read one line."""
    (read,) = items(line(**own))
    assert isinstance(read, Read)
    return read.exchange


def test_a_simple_line() -> None:
    """What a script says of an exchange; how bodies were delimited follows from the headers, and is a guess."""
    (read,) = items(line())
    assert read == Read(
        Exchange(
            "",
            Request(b"GET /a b HTTP/1.1", ((b"Host", b"h"),)),
            Response(200, b"OK", (), b"ok", framing="close"),
        ),
        frozenset({FRAMING}),
    )


def test_the_same_body_as_before() -> None:
    """A line may refer to an earlier one's answer; one that is not there makes the line unreadable."""
    again = line(2)
    again["response"] = {**again["response"], "body_same_as": 1}
    del again["response"]["body_base64"]
    found = items(line(), again)
    assert isinstance(found[1], Read)
    assert found[1].exchange.response is not None
    assert found[1].exchange.response.body == b"ok"
    assert isinstance(items(again)[0], Unreadable)


def test_chunks_are_undone() -> None:
    """The body of a chunked request stands there as sent."""
    chunks = b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    pairs = [["Transfer-Encoding", "chunked"]]
    request = line()["request"] | {"headers": pairs, "body_base64": b64encode(chunks).decode()}
    assert one(request=request).request.body == b"abcde"
    assert one(request=request).request.framing == "chunked"
    request["body_base64"] = b64encode(chunks[:8]).decode()
    assert isinstance(items(line(request=request))[0], Unreadable)


def test_no_answer_and_no_body() -> None:
    """`null` is no answer; a body that is neither there nor announced is empty, one that is announced unknown."""
    assert one(response=None).response is None
    bare = {"method": "POST", "target": "/", "version": "HTTP/1.1", "headers": []}
    assert one(request=bare).request.body == b""
    assert one(request=bare | {"headers": [["Content-Length", "3"]]}).request.body is None
    assert one(request=bare | {"body": "caf\u00e9"}).request.body == "caf\u00e9".encode()


@pytest.mark.parametrize(
    "bad",
    [
        b"garbage",
        b"[]",
        b'{"request": {}}',
        b"\xff{}",
        b'{"request": 3, "response": null}',
        json.dumps(line(started="soon")).encode(),
        json.dumps(line(response={"status": "200", "headers": []})).encode(),
        b"[" * 100_000,
        json.dumps(line(n=[1])).encode(),
        json.dumps(line(response={"status": 10**30, "headers": []})).encode(),
    ],
    ids=["text", "list", "empty", "bytes", "type", "time", "status", "deep", "number", "large"],
)
def test_bad_lines_are_counted(bad: bytes) -> None:
    """With their number and text; the others are read, empty ones passed over."""
    found = items(line(), b"", bad, line())
    assert [type(item) for item in found] == [Read, Unreadable, Read]
    assert found[1] == Unreadable(3, bad.decode("latin-1"))


def test_what_stands_beside_is_named() -> None:
    """And several scenarios in one file."""
    notes = [item.text for item in items(line(mails=[1]), line(2, scenario="t", rows=[])) if isinstance(item, Note)]
    assert notes[0].startswith("2 scenarios")
    assert notes[1].endswith(": mails, rows")


@pytest.mark.skipif(not REAL.exists(), reason="the recorded answers are not beside this checkout")
def test_recorded_answers_of_a_real_server() -> None:
    """Every line of every file is an exchange, with the bytes that stand there."""
    for path in sorted(REAL.glob("*.jsonl")):
        found = items(*path.read_bytes().splitlines())
        reads = [item for item in found if isinstance(item, Read)]
        assert not [item for item in found if isinstance(item, Unreadable)]
        lines = [json.loads(text) for text in path.read_bytes().splitlines()]
        targets = [values["request"]["target"].encode("latin-1") for values in lines]
        assert [read.exchange.request.target for read in reads] == targets
