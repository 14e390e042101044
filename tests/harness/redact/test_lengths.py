"""Lengths that a text tells of its strings are true of what is redacted, too."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from hypothesis import given
from hypothesis import strategies as st

from harness.exchange import Exchange, Request, Response
from harness.redact import redactor

KEY = b"only this test knows this key..."
WRITTEN: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    "as it is": (str, str),
    "JSON": (json.dumps, lambda text: str(json.loads(text))),
    "percent": (quote, unquote),
    "a form": (quote_plus, unquote_plus),
    "references": (html.escape, html.unescape),
}


def serialized(value: object) -> str:
    """Return a value as PHP serializes it."""
    if isinstance(value, str):
        return f's:{len(value.encode())}:"{value}";'
    if isinstance(value, int):
        return f"i:{value};"
    assert isinstance(value, dict)
    return f"a:{len(value)}:{{{''.join(serialized(key) + serialized(item) for key, item in value.items())}}}"


def read(text: bytes) -> tuple[object, bytes]:
    """Read a value as PHP does, and what follows it."""
    if found := re.match(rb's:(\d+):"', text):
        end = found.end() + int(found[1])
        assert text.startswith(b'";', end)
        return text[found.end() : end].decode(), text[end + 2 :]
    if found := re.match(rb"i:(\d+);", text):
        return int(found[1]), text[found.end() :]
    found = re.match(rb"a:(\d+):\{", text)
    assert found
    made, text = {}, text[found.end() :]
    for _ in range(int(found[1])):
        key, text = read(text)
        made[key], text = read(text)
    assert text.startswith(b"}")
    return made, text[1:]


def redacted(text: str, kind: bytes = b"text/plain") -> str:
    """Return a body that was answered, redacted."""
    answer = Response(200, b"OK", ((b"Content-Type", kind),), text.encode())
    made = redactor({}, KEY).redact(Exchange("day#1", Request(b"GET / HTTP/1.1"), answer)).response
    assert made is not None
    return (made.body or b"").decode()


TEXTS = st.one_of(
    st.sampled_from(["x", "kT9pass", "bob@x.de", "mail to bob@x.de, zwölf"]), st.text("aé\";s:1'{}", max_size=12)
)
NAMES = st.sampled_from(["password", "user", "token", "note"])
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(0, 99)),
    lambda inner: st.dictionaries(NAMES, inner, max_size=4) | inner.map(lambda value: "~" + serialized(value)),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, VALUES, min_size=1), st.sampled_from(sorted(WRITTEN)))
def test_what_is_serialized_can_be_read(value: dict[str, object], written: str) -> None:
    """Also what is serialized within, and where a secret is a part of a longer string."""
    write, unwrite = WRITTEN[written]
    made, rest = read(unwrite(redacted(write(serialized(value)))).encode())
    assert rest == b""
    assert isinstance(made, dict)
    assert list(made) == list(value)


def test_a_longer_token() -> None:
    """The lengths around it grow, one within the other; those beside it stay."""
    inner = serialized({"password": "x", "n": "abc"})
    made = redacted(serialized({"a": inner, "b": "c"}))
    grown = len(made) - len(serialized({"a": inner, "b": "c"}))
    within = r'a:2:{s:8:"password";s:16:"\w{16}";s:1:"n";s:3:"abc";}'
    assert re.fullmatch(f'a:2:{{s:1:"a";s:{len(inner) + 16}:"{within}";s:1:"b";s:1:"c";}}', made)
    assert grown == 16


def test_a_length_that_was_wrong_stays() -> None:
    """What looks like one and is none, too."""
    text = '<p>s:9:"kT9pass1 bob@x.de"</p>'
    assert redacted(text).startswith('<p>s:9:"')


def test_many_lengths_one_within_the_other() -> None:
    """They cost little more than the text."""
    text = "bob@x.de"
    for _ in range(1500):
        text = serialized(text)
    made = redacted(text).encode()
    while made.startswith(b"s:"):
        value, _ = read(made)
        made = str(value).encode()
    assert made.endswith(b".test")
