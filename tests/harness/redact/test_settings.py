"""`[redact]` of harness.toml: what it adds, what it keeps, and how it is wrong."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.exchange import Exchange, Request, Response
from harness.redact import read_settings, redactor

KEY = b"a key for the tests of settings."
VALUE = b"Rk93jd72Lw0p"
GET = Request(b"GET / HTTP/1.1")


def asked(target: bytes, **settings: Any) -> bytes:
    """Return the target of a redacted request."""
    return redactor(settings, KEY).redact(Exchange("d#1", Request(b"GET " + target + b" HTTP/1.1"))).request.target


ADDED: dict[str, tuple[dict[str, Any], bytes]] = {
    "field": ({"fields": ["badge_number"]}, b"/x?Badge-Number=" + VALUE),
    "path": ({"paths": ["/reset/{secret}/"]}, b"/reset/" + VALUE + b"/?a=1"),
    "path with another segment": ({"paths": ["/u/{}/{secret}"]}, b"/u/bob/" + VALUE),
    "rule with a group": ({"rules": [{"name": "badge", "pattern": "BDG-([A-Za-z0-9]{12})"}]}, b"/BDG-" + VALUE),
    "rule without": ({"rules": [{"name": "badge", "pattern": "Rk93[a-zA-Z0-9]+"}]}, b"/x?q=" + VALUE),
}


@pytest.mark.parametrize(("settings", "target"), ADDED.values(), ids=ADDED)
def test_what_the_user_adds_is_found(settings: dict[str, Any], target: bytes) -> None:
    """And nothing of it without the setting."""
    assert VALUE not in asked(target, **settings)
    assert asked(target) == target


def test_a_rule_names_the_kind() -> None:
    """As reports and `[bind.secret]` call it."""
    rules = [{"name": "badge", "pattern": "BDG-([A-Za-z0-9]{12})"}]
    page = Response(200, b"OK", (), b"<p>BDG-" + VALUE)
    made = redactor({"rules": rules}, KEY).redact(Exchange("d#1", GET, page))
    assert [redaction.kind for redaction in made.redactions] == ["badge"]


def test_names_that_do_not_tell_stay() -> None:
    """`clear` holds for fields, cookies and headers."""
    headers = ((b"Cookie", b"cart=" + VALUE), (b"X-Session-Kind", VALUE))
    request = Request(b"GET /?session_kind=" + VALUE + b" HTTP/1.1", headers)
    exchange = Exchange("d#1", request)
    clear = {"clear": ["cart", "x-session-kind", "session_kind"]}
    assert redactor(clear, KEY).redact(exchange) is exchange
    assert redactor({}, KEY).redact(exchange).request.headers[0] != headers[0]


def test_values_to_keep_stay() -> None:
    """Test credentials may be known to all."""
    target = b"/x?password=" + VALUE
    assert asked(target, keep=[VALUE.decode()]) == target
    assert asked(target) != target


def test_a_known_value_is_found_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes from the environment, so that it stands in no file."""
    monkeypatch.setenv("PAYMENT_KEY", VALUE.decode())
    target = b"/x/y-" + VALUE + b"/z"
    assert VALUE not in asked(target, values=[{"env": "PAYMENT_KEY"}])
    assert asked(target) == target


def test_parameters_of_a_call_are_secrets_by_position() -> None:
    """XML-RPC has no names for them."""
    call = (
        b"<methodCall><methodName>user.login</methodName><params><param><value><string>bob</string></value></param>\n"
        b"<param><value><string>" + VALUE + b"</string></value></param></params></methodCall>"
    )
    request = Request(b"POST /RPC2 HTTP/1.1", ((b"Content-Type", b"text/xml"),), call)
    made = redactor({"xmlrpc": {"user.login": [1]}}, KEY).redact(Exchange("d#1", request)).request.body or b""
    assert VALUE not in made
    assert b"<string>bob</string>" in made
    assert len(made) == len(call)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": ({"field": ["a"]}, "unknown key 'field'"),
    "no list": ({"fields": "a"}, "fields must be a list"),
    "path without a secret": ({"paths": ["/reset/{}/"]}, "must start with / and hold {secret} once"),
    "bad pattern": ({"rules": [{"name": "x", "pattern": "("}]}, "is no regular expression"),
    "pattern that matches nothing": ({"rules": [{"name": "x", "pattern": "a*"}]}, "must match something"),
    "rule without a name": ({"rules": [{"pattern": "a"}]}, "a rule has a name and a pattern"),
    "secret in the file": ({"values": ["hunter2"]}, "a secret does not stand in a file"),
    "variable not set": ({"values": [{"env": "NO_SUCH_VARIABLE"}]}, "NO_SUCH_VARIABLE is not set"),
    "positions": ({"xmlrpc": {"a": [-1]}}, "must be a table such as"),
}


@pytest.mark.parametrize(("table", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_table_is_refused(table: dict[str, Any], message: str) -> None:
    """The message says which key, and what was wanted."""
    with pytest.raises(UsageError, match=r"\[redact\]") as error:
        read_settings(table, {})
    assert message in str(error.value)


def test_the_documented_settings_are_read() -> None:
    """The example of docs/redaction.md."""
    page = (Path(__file__).parents[3] / "docs" / "redaction.md").read_text(encoding="utf-8")
    found = re.search(r"```toml\n(\[redact\]\n.*?)```", page, re.DOTALL)
    assert found
    settings = read_settings(tomllib.loads(found[1])["redact"], {"PAYMENT_KEY": "longenough"})
    assert settings.values == ("longenough",)
