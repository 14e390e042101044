"""What was redacted stays, byte for byte, when it is redacted again: whatever stands beside its tokens."""

from __future__ import annotations

import base64
import html
import json
import os
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.exchange import Exchange, Headers, Request, Response
from harness.redact import redactor

KEY = b"a key of this test, and no other"
EXAMPLES = int(os.environ.get("EXAMPLES", 150))
VALUES = st.one_of(
    st.sampled_from([
        "x", "1234", "hunter2", "wonderland", "kT9-pass-word1", "9f8a7c6e5d4b3a291807f6e5d4c3b2a1", "bob@corp.example",
        "Zq7Rt2vLx9Kp4Wm8", "203.0.113.9", "a b", "user:pw", "elephants", "2f1c7c1e-5b0b-4e3c-9d7a-0c2d4f6a8b1e",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.Zq7Rt2vLx9Kp4Wm8", "öäü ß€", "token", "password=abc",
    ]),
    st.text("aB1-_=&%;:,.'\"<>/+ @{}[]\\|#", min_size=1, max_size=12),
)  # fmt: skip
NAMES = st.sampled_from(["password", "token", "user", "note", "key", "session_id", "n", "tokens", "code"])
BESIDE = st.sampled_from(
    ["", "", "", "a", "7", "=", "&", "%", "%2", "x=", ";", ":", "/", "-", ".", " ", "@", "\n", '"', "\\"]
)
RUNS = st.lists(st.tuples(VALUES, BESIDE), min_size=1, max_size=3).map(lambda run: "".join(map("".join, run)))
"""Values directly beside each other, or with a sign between."""
TEXTS = st.one_of(VALUES, RUNS)
PAIRS = st.lists(st.tuples(NAMES, TEXTS), min_size=1, max_size=4)

Made = tuple[bytes, bytes]
"""A content type and a body."""


def form(pairs: list[tuple[str, str]], spell: bool) -> Made:
    """Return a form, escaped or not."""
    write = quote_plus if spell else str
    return b"application/x-www-form-urlencoded", "&".join(f"{name}={write(value)}" for name, value in pairs).encode()


def document(pairs: list[tuple[str, str]], spell: bool) -> Made:
    """Return JSON, of another in it or not."""
    text = json.dumps({name: value if spell else [value, {name: value}] for name, value in pairs})
    return b"application/json", (json.dumps({"d": text}) if spell else text).encode()


def page(pairs: list[tuple[str, str]], spell: bool) -> Made:
    """Return a page with fields, links, a table and prose."""
    write = html.escape if spell else str
    parts = (
        f'<input name="{name}" value="{write(value)}">'
        f'<a href="/{name}/{quote(value)}?{name}={quote(value)}">{write(value)}</a>'
        f"<td>{name}</td><td>{write(value)}</td> {name}: {write(value)} {write(value)}{write(value)}\n"
        for name, value in pairs
    )
    return b"text/html", "".join(parts).encode()


def lines(pairs: list[tuple[str, str]], spell: bool) -> Made:
    """Return settings, or what PHP serializes."""
    if spell:
        return b"text/plain", "".join(f"{name}: {value}\n" for name, value in pairs).encode()
    return b"text/plain", "".join(f's:{len(n)}:"{n}";s:{len(v.encode())}:"{v}";' for n, v in pairs).encode()


def markup(pairs: list[tuple[str, str]], spell: bool) -> Made:
    """Return XML, in base64 or not."""
    text = "".join(f"<{name}>{html.escape(value)}</{name}>" for name, value in pairs)
    return b"text/xml", f"<a>{base64.b64encode(text.encode()).decode() if spell else text}</a>".encode()


BODIES = st.builds(
    lambda make, pairs, spell: make(pairs, spell),
    st.sampled_from([form, document, page, lines, markup]),
    PAIRS,
    st.booleans(),
)
LATIN = TEXTS.map(lambda text: text.replace("\n", "").encode("latin-1", "replace"))
FIELDS = [b"Authorization", b"X-Api-Key", b"X-Note", b"User-Agent", b"X-Forwarded-For"]
HEADERS = st.lists(
    st.one_of(
        st.tuples(st.just(b"Cookie"), st.lists(st.tuples(NAMES, LATIN), max_size=3).map(
            lambda pairs: b"; ".join(name.encode() + b"=" + value for name, value in pairs))),
        st.tuples(st.just(b"Authorization"), LATIN.map(lambda text: b"Basic " + base64.b64encode(b"bob:" + text))),
        st.tuples(st.sampled_from(FIELDS), LATIN),
        st.tuples(st.just(b"Referer"), LATIN.map(lambda text: b"http://h/x?token=" + text)),
    ),
    max_size=3,
).map(tuple)  # fmt: skip


def exchange(line: bytes, asked: Headers, sent: Made | None, answered: Headers, told: Made, peer: str) -> Exchange:
    """Return an exchange."""
    headers = ((b"Content-Type", sent[0]), *asked) if sent else asked
    answer = Response(200, b"OK", ((b"Content-Type", told[0]), *answered), told[1])
    return Exchange("day#1", Request(line, headers, sent[1] if sent else b""), answer, peer=peer)


LINES = st.tuples(NAMES, TEXTS, NAMES, TEXTS).map(
    lambda four: f"GET /{four[0]}/{quote(four[1])}/x?{four[2]}={quote(four[3])} HTTP/1.1".encode()
)
EXCHANGES = st.builds(
    exchange, LINES, HEADERS, st.none() | BODIES, HEADERS, BODIES, st.sampled_from(["", "203.0.113.9", "198.51.100.7"])
)


# Others each time only where more are asked for: what is found then belongs to nobody's change.
@settings(max_examples=EXAMPLES, deadline=None, derandomize="EXAMPLES" not in os.environ)
@given(st.lists(EXCHANGES, min_size=1, max_size=3))
def test_redacting_again_changes_nothing(exchanges: list[Exchange]) -> None:
    """With what each exchange of an archive tells of its tokens, nothing is found anew."""
    first, second, other = (redactor({}, key) for key in (KEY, KEY, b"another key of this test"))
    once = [first.redact(each) for each in exchanges]
    for each in once:
        second.learn(each)
        other.learn(each)
    assert [second.redact(each) for each in once] == once
    assert [other.redact(each) for each in once] == once


Z = "Zq7Rt2vLx9Kp4Wm8"
BESIDE_TOKENS = {
    "an escape that a token goes on": lines([("n", "%bob@corp.example"), ("password", "x")], spell=True),
    "a key and an address": form([("n", f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ.{Z}-bob@corp.example")], spell=True),
    "a key in a value": document([("session_id", f"elephants\\eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ.{Z}")], spell=True),
    "a short value in another": page([("token", "password=abc")], spell=False),
    "a value with a quote": page([("password", '"B_&7[:'), ("session_id", "1234")], spell=True),
    "a word of a token": document(
        [("user", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.Zq7Rt2vLx9Kp4Wm8=")], spell=False
    ),
    "quotes of two lines": (b"text/plain", b"password: \\'\ncode: 'a\ntoken: kT9-pass-word1\n"),
    "a text that ends like a name": (b"application/json", b'{"token": "x", "n": ["user:pw=", {"a": "b"}, "pw="]}'),
    "values side by side": form(
        [("password", Z + "hunter2" + Z), ("n", Z + Z), ("n", "a" + Z + "7=&" + Z)], spell=True
    ),
}


@pytest.mark.parametrize("made", BESIDE_TOKENS.values(), ids=BESIDE_TOKENS)
def test_what_stands_beside_a_token(made: Made) -> None:
    """Neither makes of a token what is none, nor is made a secret by it."""
    once = redactor({}, KEY).redact(exchange(b"GET /?token=" + Z.encode(), (), None, (), made, ""))
    assert redactor({}, KEY).redact(once) == once
    assert once.redactions


def test_a_name_that_tells_from_now_on() -> None:
    """What is found anew is replaced, also beside a token; what was replaced in its place stays."""
    clear = exchange(
        b"GET /", (), None, (), form([("note", "bob@corp.example is elephants"), ("password", "x")], True), ""
    )
    once = redactor({}, KEY).redact(clear)
    again = redactor({"fields": ["note"]}, KEY).redact(once)
    assert once.response is not None
    assert again.response is not None
    assert b"elephants" in (once.response.body or b"")
    assert b"elephants" not in (again.response.body or b"")
    assert again.redactions[: len(once.redactions)] == once.redactions


def test_what_a_name_names_is_replaced_as_a_whole() -> None:
    """Also where a part of it is a secret by its look, in another encoding."""
    made = redactor({}, KEY).redact(exchange(b"GET /", (), None, (), BESIDE_TOKENS["a key in a value"], ""))
    assert made.response is not None
    assert b"elephants" not in (made.response.body or b"")
