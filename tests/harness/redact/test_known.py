"""Secrets seen are found again, and ordinary words are left alone."""

from __future__ import annotations

import base64

import pytest

from harness.exchange import Exchange, Request, Response
from harness.redact import Redactor, redactor
from harness.redact.known import is_telling

SECRET = "Zx7-qP4w/9LkT2m"
GET = Request(b"GET / HTTP/1.1")


def seen() -> Redactor:
    """Return a redactor that has seen a password, in an exchange before."""
    made = redactor({}, b"this test's key, sixteen bytes +")
    form = ((b"Content-Type", b"application/x-www-form-urlencoded"),)
    made.redact(Exchange("d#1", Request(b"POST / HTTP/1.1", form, b"password=Zx7-qP4w%2F9LkT2m"), peer="203.0.113.9"))
    return made


def shown(page: bytes, kind: bytes = b"text/html") -> bytes:
    """Return a later page, as it is recorded."""
    made = seen().redact(Exchange("d#2", GET, Response(200, b"OK", ((b"Content-Type", kind),), page))).response
    assert made is not None
    return made.body or b""


LATER = {
    "raw": SECRET.encode(),
    "percent": b"Zx7-qP4w%2f9LkT2m",
    "json": b"Zx7-qP4w\\/9LkT2m",
    "escape before it": b"\\nZx7-qP4w/9LkT2m",
    "percent before it": b"%2FZx7-qP4w%2F9LkT2m",
    "twice percent": b"Zx7-qP4w%252F9LkT2m",
    "references": b"Zx7&#45;qP4w&#x2f;9LkT2m",
    "joined": b"sess_Zx7-qP4w/9LkT2m-x",
    "base64": base64.b64encode(SECRET.encode()),
}


@pytest.mark.parametrize("written", LATER.values(), ids=LATER)
def test_it_is_found_in_a_later_page(written: bytes) -> None:
    """As a whole word, however it is written."""
    made = shown(b"<p>was " + written + b" here</p>")
    assert written not in made
    assert b"9LkT2m" not in made
    assert made.startswith(b"<p>was ")
    assert made.endswith(b" here</p>")


def test_it_is_found_within_longer_words_in_base64() -> None:
    """What it begins with there cannot be seen from outside."""
    coded = base64.b64encode(b"uid42" + SECRET.encode() + b"x")
    made = shown(b'{"a": "' + coded + b'"}', b"application/json")
    inner = base64.b64decode(made.partition(b'"a": "')[2].partition(b'"')[0])
    assert inner.startswith(b"uid42")
    assert SECRET.encode() not in inner
    assert len(made) == len(coded) + 9


def test_an_address_is_found_in_a_later_page() -> None:
    """As a list of visitors shows it; not within a longer number."""
    made = shown(b"<li>203.0.113.9</li><li>203.0.113.99</li><li>1.2.3</li>")
    assert b">203.0.113.9<" not in made
    assert b">203.0.113.99<" in made


def test_redaction_can_learn_first() -> None:
    """An existing recording is read twice, so that a secret is found before its place tells of it."""
    page = Exchange("d#1", GET, Response(200, b"OK", (), b"<p>your code: " + SECRET.encode()))
    posted = Exchange("d#2", Request(b"GET /x?token=Zx7-qP4w%2F9LkT2m HTTP/1.1"))
    made = redactor({}, b"this test's key, sixteen bytes +")
    for exchange in (page, posted):
        made.learn(exchange)
    answer = made.redact(page).response
    assert answer is not None
    assert SECRET.encode() not in (answer.body or b"")


TELLING = ["hunter2secret", "swordfish", "4f9a8b", "correct horse", "Pa$$w0rd!", "482913"]
ORDINARY = ["admin", "secret", "Administrator", "2026-11-23", "2.7.18", "index.html", "111111", "20261123", "undefined"]


@pytest.mark.parametrize("value", TELLING)
def test_values_that_are_looked_for(value: str) -> None:
    """They stand nowhere by chance."""
    assert is_telling(value)


@pytest.mark.parametrize("value", ORDINARY)
def test_ordinary_values_are_not(value: str) -> None:
    """They would destroy pages."""
    assert not is_telling(value)


def test_a_page_is_not_destroyed_by_a_weak_password() -> None:
    """It is replaced at its place only."""
    form = ((b"Content-Type", b"application/x-www-form-urlencoded"),)
    page = Response(200, b"OK", (), b"<p>admin and secret of 2026</p>")
    exchange = Exchange("d#1", Request(b"POST / HTTP/1.1", form, b"password=secret"), page)
    made = redactor({}, b"this test's key, sixteen bytes +").redact(exchange)
    assert made.response == page
    assert b"secret" not in (made.request.body or b"")
