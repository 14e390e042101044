"""Tokens of hidden fields, found by the field's name in pages that have nothing else in common."""

from __future__ import annotations

import pytest

from harness.bind.hidden import tokens
from harness.bind.learn import Pair, pairs
from harness.exchange import Response

A, B, C = b"ZGJhMjhhZDk4ODcwNjVkOTFm==", b"NjVmYzJhNGQ1NTg0MTYxNGFk==", b"MTliYjY5MGU1MjZjMDg3Y2Y0=="


def field(name: bytes, value: bytes) -> bytes:
    """A hidden field."""
    return b'<input type="hidden" name="%s" value="%s"/>' % (name, value)


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        (b"<div><p>old " + field(b"t", A), b"<main>new " + field(b"t", B), [(A, B)]),
        (field(b"t", A) + b"x" + field(b"t", A), field(b"t", B), [(A, B)]),
        (field(b"t", A), b"<INPUT value='%s' name=t TYPE=hidden>" % B, [(A, B)]),
        (field(b"t", A), field(b"t", b"FEBTDQXNBAHFACWUQWOKGSGDHWVIT0"), [(A, b"FEBTDQXNBAHFACWUQWOKGSGDHWVIT0")]),
        (field(b"t", A), field(b"t", b"none"), []),
        (field(b"t", A), field(b"t", A), []),
        (field(b"t", A), field(b"u", B), []),
        (field(b"t", A) + field(b"t", C), field(b"t", B), []),
        (field(b"t", A), field(b"t", B) + field(b"t", C), []),
        (field(b"t", b"browse"), field(b"t", b"search"), []),
        (field(b"t", A).replace(b"hidden", b"text"), field(b"t", B), []),
    ],
    ids=[
        "elsewhere",
        "twice",
        "spelled otherwise",
        "regular by chance",
        "too short for one",
        "equal",
        "renamed",
        "several",
        "several now",
        "words",
        "not hidden",
    ],
)
def test_tokens(then: bytes, now: bytes, expected: list[tuple[bytes, bytes]]) -> None:
    """One strong token of a name on each side, and they differ."""
    assert list(tokens(then, now)) == expected


def test_a_page_written_anew_still_tells_its_token() -> None:
    """It is handed out to come back with, as a token at the same place is."""
    then = b"<table><tr><td>Change your settings</td></tr></table><form>%s</form>" % field(b"t", A)
    now = b"<main><form><h1>Account</h1>%s<p>New words all over</p></form></main>" % field(b"t", B)
    found = list(pairs(Response(200, b"OK", (), then), Response(200, b"OK", (), now), b"/"))
    assert found[-1] == Pair("token", b"", A, B, handed=True)
