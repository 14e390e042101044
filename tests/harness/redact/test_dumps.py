"""What PHP prints of its variables holds no secret."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from urllib.parse import quote_plus, unquote_plus

import pytest

from harness.exchange import Exchange, Request, Response
from harness.redact import redactor

KEY = b"only this test knows this key..."
DUMPS = {
    "print_r": "Array\n(\n    [user] => bob\n    [password] => {}\n    [n] => 1\n)\n",
    "print_r of an object": "App Object\n(\n    [password:protected] => {}\n    [token:App\\User:private] => {}\n)\n",
    "print_r of a list": (
        "Array\n(\n    [tokens] => Array\n        (\n            [0] => {}\n"
        "            [1] => Array\n                (\n"
        "                    [a] => {}\n                )\n\n        )\n\n    [user] => bob\n)\n"
    ),
    "var_dump": 'array(2) {{\n  ["user"]=>\n  string(3) "bob"\n  ["password"]=>\n  string(9) "{}"\n}}\n',
    "var_dump of an object": (
        'object(App)#1 (2) {{\n  ["password":protected]=>\n  string(9) "{}"\n  ["token":"App\\User":private]=>\n'
        '  string(9) "{}"\n}}\n'
    ),
    "var_dump of a list": (
        'array(2) {{\n  ["tokens"]=>\n  array(1) {{\n    [0]=>\n    string(9) "{}"\n  }}\n'
        '  ["user"]=>\n  string(3) "bob"\n}}\n'
    ),
    "var_export": "array (\n  'user' => 'bob',\n  'password' => '{}',\n)",
    "var_export of a list": (
        "array (\n  'tokens' => \n  array (\n    0 => '{}',\n    10 => '{}',\n  ),\n  'user' => 'bob',\n)"
    ),
    "serialize": 'a:2:{{s:4:"user";s:3:"bob";s:8:"password";s:9:"{}";}}',
    "serialize of a list": 'a:2:{{s:6:"tokens";a:1:{{s:1:"a";s:9:"{}";}}s:4:"user";s:3:"bob";}}',
    "serialize of an object": 'O:3:"App":2:{{s:11:"\0*\0password";s:9:"{}";s:4:"user";s:3:"bob";}}',
    "a session": 'user|s:3:"bob";password|s:9:"{}";n|i:1;',
}
VALUES = ("y2345678z", "elephants", "a\"b;c d'e", "</pre><br")
Wrapped = tuple[str, Callable[[str], str], Callable[[str], str]]
WRAPPED: dict[str, Wrapped] = {
    "a text": ("text/plain", str, str),
    "a page": ("text/html", "<pre>{}</pre>".format, lambda text: text[5:-6]),
    "a page, escaped": (
        "text/html",
        lambda text: f"<pre>{html.escape(text)}</pre>",
        lambda text: html.unescape(text)[5:-6],
    ),
    "JSON": ("application/json", lambda text: json.dumps({"d": text}), lambda text: str(json.loads(text)["d"])),
    "a form": (
        "application/x-www-form-urlencoded",
        lambda text: "d=" + quote_plus(text),
        lambda text: unquote_plus(text)[2:],
    ),
}


def redacted(body: str, kind: str) -> str:
    """Return a body that was answered, redacted."""
    answer = Response(200, b"OK", ((b"Content-Type", kind.encode()),), body.encode())
    made = redactor({}, KEY).redact(Exchange("day#1", Request(b"GET / HTTP/1.1"), answer)).response
    assert made is not None
    return (made.body or b"").decode()


@pytest.mark.parametrize(("kind", "wrap", "unwrap"), WRAPPED.values(), ids=WRAPPED)
@pytest.mark.parametrize("dump", DUMPS.values(), ids=DUMPS)
def test_dumps(dump: str, kind: str, wrap: Callable[[str], str], unwrap: Callable[[str], str]) -> None:
    """The values of telling names are replaced, whatever is in them; all else stays."""
    pieces = dump.replace("{{", "{").replace("}}", "}").split("{}")
    for value in VALUES:
        escaped = value.replace("'", "\\'") if "array (" in dump else value
        made = unwrap(redacted(wrap(escaped.join(pieces)), kind))
        assert value[-4:] not in made.replace("\\'", "'"), value
        assert [piece for piece in pieces if not is_in(piece, made)] == []


def is_in(piece: str, text: str) -> bool:
    """Tell whether a piece of a dump is in it still, whatever lengths are told in both."""
    return "".join(one for one in piece if not one.isdigit()) in "".join(one for one in text if not one.isdigit())


@pytest.mark.parametrize(
    ("dump", "kept"),
    [
        ('s:3:"pin";i:4711;s:3:"x";i:4711;', "i:4711"),
        ('["pin"]=>\n  int(4711)\n  ["x"]=>\n  int(4711)\n', "int(4711)"),
        ("'pin' => 4711,\n'x' => 4711,\n", "4711"),
    ],
)
def test_numbers(dump: str, kept: str) -> None:
    """A number becomes a number."""
    made = redacted(dump, "text/plain")
    assert made.count(kept) == 1
    assert len(made) == len(dump) + 12


def test_what_xdebug_shows() -> None:
    """It colours names, types and values."""
    page = (
        "<pre>  'password' <font color='#888a85'>=&gt;</font> <small>string</small> "
        "<font color='#cc0000'>'elephants'</font> <i>(length=9)</i>\n</pre>"
    )
    made = redacted(page, "text/html")
    assert "elephants" not in made
    assert len(made) == len(page)


def test_a_value_is_no_key() -> None:
    """What is serialized behind a value that reads like a telling name stays."""
    dump = 'a:2:{s:1:"a";a:1:{i:0;s:4:"pass";}s:4:"type";s:8:"password";s:4:"name";s:3:"bob";}'
    assert redacted(dump, "text/plain") == dump


@pytest.mark.parametrize("dump", ['["token"]=>\n  NULL\n', 's:5:"token";N;s:1:"a";b:1;', "[token] => \n[a] => 1\n"])
def test_what_is_empty_stays(dump: str) -> None:
    """No value, no token."""
    assert redacted(dump, "text/plain") == dump
