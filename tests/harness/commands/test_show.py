"""`harness show`: what a recording holds, as text."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.commands.show import command, printable
from harness.errors import HarnessError
from harness.exchange import Exchange, Request, Response
from harness.store.cassette import write_cassette

PIP = ((b"Host", b"h"), (b"User-Agent", b"pip/20.3 {json}"))
EXCHANGES = [
    Exchange("", Request(b"GET /a?x HTTP/1.1", PIP), Response(200, b"OK", ((b"X", b"\x1b[1m"),), b"one\ntwo")),
    Exchange("", Request(b"GET /a HTTP/1.1", PIP), Response(404, b"No", (), None, complete=False), peer="1.2.3.4"),
    Exchange("", Request(b"POST /b HTTP/1.0"), None, user="jo", user_by="basic", started=1.5),
]


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """Return the path of a cassette of three exchanges."""
    write_cassette(tmp_path / "a.yaml", EXCHANGES)
    return tmp_path / "a.yaml"


def show(cassette: Path, *arguments: str) -> list[str]:
    """Return what the command prints."""
    return CliRunner().invoke(command, [str(cassette), *arguments], catch_exceptions=False).output.splitlines()


def test_lists(cassette: Path) -> None:
    """Each exchange is a line of id, status and start line."""
    assert show(cassette) == [
        "a.yaml#1  200  GET /a?x HTTP/1.1",
        "a.yaml#2  404  GET /a HTTP/1.1",
        "a.yaml#3  -  POST /b HTTP/1.0",
    ]


def test_counts(cassette: Path) -> None:
    """--count is one number."""
    assert show(cassette, "--count") == ["3"]


def test_counts_by_columns(cassette: Path) -> None:
    """--by counts each combination, most frequent first; an endpoint has no query."""
    assert show(cassette, "--by", "client,endpoint") == ["       2  pip  GET /a", "       1  (none)  POST /b"]


@pytest.mark.parametrize("identity", ["a.yaml#1", "1"])
def test_one_in_full(cassette: Path, identity: str) -> None:
    """An exchange is shown as on the wire; escape sequences do nothing to the terminal."""
    assert show(cassette, identity) == [
        "a.yaml#1: from an unknown address, at 0.000",
        "GET /a?x HTTP/1.1",
        "Host: h",
        "User-Agent: pip/20.3 {json}",
        "",
        "",
        "HTTP/1.1 200 OK",
        "X: \\x1b[1m",
        "",
        "one",
        "two",
    ]


def test_what_is_unknown_is_said(cassette: Path) -> None:
    """Bodies that were not recorded, cut answers and missing ones are told apart from empty ones."""
    assert show(cassette, "2")[-2:] == ["(body not recorded)", "(cut off)"]
    assert show(cassette, "3")[0] == "a.yaml#3: from an unknown address as jo (basic), at 1.500"
    assert show(cassette, "3")[-1] == "no answer"


@pytest.mark.parametrize(
    ("arguments", "message"), [(("9",), "no exchange 9"), (("--by", "colour"), "choose from client")]
)
def test_refusals(cassette: Path, arguments: tuple[str, ...], message: str) -> None:
    """What is not there is said clearly."""
    with pytest.raises(HarnessError, match=message):
        show(cassette, *arguments)


def test_printable() -> None:
    """Text stays text; control characters and bytes that are no text are escaped."""
    assert printable("café \x07\n".encode() + b"\xff") == "café \\x07\\n\\xff"
