"""Which requests a rule matches, and what is refused when it is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat import ConfigurationError
from compat.rules import place, read_rule, read_rules

MATCHES = [
    ({"method": "GET"}, "/", {}, True),
    ({"method": ["POST", "PUT"]}, "/", {}, False),
    ({"path": "/simple"}, "/simple", {}, True),
    ({"path": "/simple"}, "/simple/x", {}, True),
    ({"path": "/simple"}, "/simpleton", {}, False),
    ({"path": "/simple/"}, "/simple", {}, False),
    ({"path": "/simple/"}, "/simple/x", {}, True),
    ({"path": "/"}, "/anything", {}, True),
    ({"path": ["/a", "/b"]}, "/b/c", {}, True),
    ({"path": "/caf\u00e9"}, "/caf\u00c3\u00a9/x", {}, True),
    ({"path": "/app/x"}, "/x", {"SCRIPT_NAME": "/app"}, True),
    ({"glob": "/pypi/*/json"}, "/pypi/x/json", {}, True),
    ({"glob": "/pypi/*/json"}, "/pypi/x/1/json", {}, False),
    ({"glob": "/pypi/**/json"}, "/pypi/x/1/json", {}, True),
    ({"glob": "/a?c.[x]"}, "/abc.[x]", {}, True),
    ({"glob": "/a?c"}, "/a/c", {}, False),
    ({"regex": "/[a-z]+"}, "/abc", {}, True),
    ({"regex": "/[a-z]+"}, "/abc/", {}, False),
    ({"regex": "/[a-z]+"}, "/abc\n", {}, False),
    ({"query": {":action": "display"}}, "/?:action=display&name=x", {}, True),
    ({"query": {":action": "display"}}, "/?%3Aaction=display", {}, True),
    ({"query": {":action": ["a", "b*"]}}, "/?:action=bc", {}, True),
    ({"query": {":action": "*"}}, "/?action=display", {}, False),
    ({"query": {"q": "*"}}, "/?:action=submit", {}, False),
    ({"host": "*.example.org"}, "/", {"HTTP_HOST": "A.Example.org:8080"}, True),
    ({"host": "example.org"}, "/", {"HTTP_HOST": "example.org.evil"}, False),
    ({"client": "10.0.0.0/8"}, "/", {"REMOTE_ADDR": "10.1.2.3"}, True),
    ({"client": "10.0.0.0/8"}, "/", {"REMOTE_ADDR": "::ffff:10.1.2.3"}, True),
    ({"client": "::ffff:10.1.2.3"}, "/", {"REMOTE_ADDR": "10.1.2.3"}, True),
    ({"client": "::ffff:10.0.0.0/104"}, "/", {"REMOTE_ADDR": "::ffff:10.1.2.3"}, True),
    ({"client": "::ffff:10.0.0.0/104"}, "/", {"REMOTE_ADDR": "11.1.2.3"}, False),
    ({"client": "::/0"}, "/", {"REMOTE_ADDR": "10.1.2.3"}, False),
    ({"client": ["192.0.2.9", "2001:db8::/32"]}, "/", {"REMOTE_ADDR": "2001:db8::1"}, True),
    ({"client": "10.0.0.0/8"}, "/", {"REMOTE_ADDR": "11.1.2.3"}, False),
    ({"client": "0.0.0.0/0"}, "/", {"REMOTE_ADDR": ""}, False),
    ({"header": {"X-Beta": "*"}}, "/", {"HTTP_X_BETA": ""}, True),
    ({"header": {"X-Beta": "1"}}, "/", {}, False),
    ({"header": {"Content-Type": "text/*"}}, "/", {"CONTENT_TYPE": "text/xml"}, True),
    ({"cookie": {"beta": "1"}}, "/", {"HTTP_COOKIE": "a=b; beta=1"}, True),
    ({"cookie": {"beta": "1"}}, "/", {"HTTP_COOKIE": "a=b,beta=1"}, True),
    ({"cookie": {"beta": "1"}}, "/", {"HTTP_COOKIE": 'br[oken; beta="1"'}, True),
    ({"cookie": {"beta": "1"}}, "/", {"HTTP_COOKIE": "xbeta=1"}, False),
    ({"method": "GET", "path": "/a", "header": {"X": "1", "Y": "2"}}, "/a", {"HTTP_X": "1", "HTTP_Y": "2"}, True),
    ({"method": "GET", "path": "/a", "header": {"X": "1", "Y": "2"}}, "/a", {"HTTP_X": "1"}, False),
    ({"percent": 100}, "/", {}, True),
    ({"percent": 0}, "/", {}, False),
    ({"percent": 100, "by": "cookie:sid"}, "/", {}, False),
    ({"percent": 100, "by": "cookie:sid"}, "/", {"HTTP_COOKIE": "sid=x"}, True),
    ({"percent": 100, "by": "user"}, "/", {"REMOTE_USER": "ann"}, True),
    ({"percent": 100, "by": "header:X-Id"}, "/", {"HTTP_X_ID": "7"}, True),
]


@pytest.mark.parametrize(("table", "url", "changes", "expected"), MATCHES, ids=[f"{r[0]} {r[1]!r}" for r in MATCHES])
def test_matches(
    environ_for: Callable[..., Any], table: dict[str, Any], url: str, changes: dict[str, str], expected: bool
) -> None:
    """One condition, or all of several."""
    assert read_rule(table, "it").matches(environ_for(url, **changes)) is expected


@given(st.floats(0, 100), st.floats(0, 100), st.text(min_size=1))
def test_a_larger_share_holds_the_smaller(one: float, other: float, client: str) -> None:
    """Raising the percentage takes nobody back to the old application."""
    environ = {"REMOTE_ADDR": client}
    smaller, larger = (read_rule({"percent": value}, "it").matches(environ) for value in sorted((one, other)))
    assert larger or not smaller


@pytest.mark.parametrize("percent", [1, 25, 50])
def test_a_share_is_about_that_share(percent: int) -> None:
    """Of twenty thousand clients, within a tenth of it; and the same ones each time."""
    rule = read_rule({"percent": percent}, "it")
    chosen = [rule.matches({"REMOTE_ADDR": str(number)}) for number in range(20000)]
    assert sum(chosen) == pytest.approx(200 * percent, rel=0.15)
    assert chosen == [rule.matches({"REMOTE_ADDR": str(number)}) for number in range(20000)]


def test_each_rule_draws_its_own_clients() -> None:
    """Not the same tenth of the clients has to try everything."""
    assert [place("a", str(n)) < 1000 for n in range(100)] != [place("b", str(n)) < 1000 for n in range(100)]


REFUSED = [
    ({}, "no condition"),
    ({"to": "old"}, "no condition"),
    ({"client": "10.1.2.3/8"}, "is no network like"),
    ({"path": "/", "fallback": 1}, "must be true or false"),
    ({"path": "/", "to": "elsewhere"}, "must be old, new, shadow or off"),
    ({"paht": "/"}, "paht is not known"),
    ({"path": "simple"}, "begin with a slash"),
    ({"path": []}, "empty"),
    ({"path": 5}, "must be a text"),
    ({"path": "/", "glob": "/*"}, "one of path, glob, regex"),
    ({"regex": "/("}, "regex"),
    ({"method": "get"}, "not a method"),
    ({"header": "X-Beta"}, "must be a table"),
    ({"cookie": {}}, "must be a table"),
    ({"percent": 101}, "0 to 100"),
    ({"percent": "5"}, "0 to 100"),
    ({"percent": True}, "0 to 100"),
    ({"percent": 5, "by": "moon"}, "must be client"),
    ({"percent": 5, "by": ""}, "must be a text"),
    ({"percent": 5, "by": 0}, "must be a text"),
    ({"path": "/", "by": "client"}, "needs percent"),
    ({"regex": "a{99999999999}"}, "repetition"),
    ({"regex": "(" * 3000 + ")" * 3000}, "recursion"),
    ({"path": "/", "to": "off", "answer": [410]}, "must be 404"),
    ("path", "not a table"),
]


@pytest.mark.parametrize(("table", "says"), REFUSED, ids=[str(row[0])[:50] for row in REFUSED])
def test_refused(table: Any, says: str) -> None:
    """Each mistake is told when the rules are read, with the rule's number."""
    with pytest.raises(ConfigurationError, match=f"rule 2: .*{says}"):
        read_rules([{"path": "/"}, table])


def test_names_are_told_apart() -> None:
    """Two rules of one name would draw the same clients, and look alike in the log."""
    with pytest.raises(ConfigurationError, match="taken"):
        read_rules([{"name": "a", "path": "/"}, {"name": "a", "path": "/"}])


TOML = """
[[rule]]
name = "the simple index"
glob = "/simple/**"
method = ["GET", "HEAD"]
percent = 5
by = "cookie:sid"

[[rule]]
path = "/admin"
to = "old"
"""


def test_toml(tmp_path: Path) -> None:
    """The same as a file."""
    (tmp_path / "rules.toml").write_text(TOML)
    assert [(rule.name, rule.to) for rule in read_rules(tmp_path / "rules.toml")] == [
        ("the simple index", "new"),
        ("rule 2", "old"),
    ]


@pytest.mark.parametrize(
    "text", ["[[rule]", "[[rules]]\npath='/'", "rule = 5", "[[rule]]\npath = 5", f"x = {'[' * 3000}"]
)
def test_toml_refused(tmp_path: Path, text: str) -> None:
    """The message names the file."""
    (tmp_path / "rules.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"rules\.toml"):
        read_rules(str(tmp_path / "rules.toml"))


def test_a_pipe(tmp_path: Path) -> None:
    """Is no file that could be looked at again; nobody waits for what is written into it."""
    os.mkfifo(tmp_path / "rules.toml")
    with pytest.raises(ConfigurationError, match="is a pipe"):
        read_rules(tmp_path / "rules.toml")


def test_missing_file(tmp_path: Path) -> None:
    """No file, no server."""
    with pytest.raises(ConfigurationError, match="No such file"):
        read_rules(tmp_path / "rules.toml")
