"""`[[login]]` and `[bind]` as they may and may not be written."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from harness.bind import read_fixed, read_logins
from harness.bind.learn import Pair
from harness.bind.logins import Step
from harness.errors import UsageError

PATH = Path("/srv/shop/harness.toml")
ENVIRON = {"ALICE": "alice:secret", "TOKEN": "abc"}

GOOD = """
[[login]]
principal = "basic:alice"
request = [
    {path = "/login"},
    {path = "/login", form = {user = "alice", password = "secret"}, headers = {X-Shop = "1"}},
]
expect = 302

[[login]]
principal = "cookie:sid"
request = {method = "PUT", path = "/api/session", body = "{}", expect = 201}

[[login]]
principal = "cookie:sid=abc"
cookie = "session=alice"

[[login]]
principal = "remote:bob"
remote_user = "bob"

[[login]]
principal = "*"
basic_env = "ALICE"

[[login]]
principal = "basic:carol"
command = ["./login", "carol"]
env = ["TOKEN"]
"""


def test_each_way_to_log_in_is_read() -> None:
    """In the order of the file; the last request of a login is expected to be answered as the login says."""
    entries = read_logins(tomllib.loads(GOOD)["login"], PATH, ENVIRON).entries
    assert [entry.principal.text for entry in entries] == [
        "basic:alice",
        "cookie:sid",
        "cookie:sid=abc",
        "remote:bob",
        "*",
        "basic:carol",
    ]
    form = (("user", "alice"), ("password", "secret"))
    assert entries[0].steps == (
        Step("GET", "/login"),
        Step("POST", "/login", (("X-Shop", "1"),), form, b"", 302),
    )
    assert entries[1].steps == (Step("PUT", "/api/session", body=b"{}", expect=201),)
    assert entries[2].cookie == "session=alice"
    assert entries[3].remote_user == "bob"
    assert entries[4].authorization == "Basic YWxpY2U6c2VjcmV0"
    assert (entries[5].command, entries[5].env, entries[5].folder) == (("./login", "carol"), ("TOKEN",), PATH.parent)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('cookie = "a=b"', "principal must be one of"),
        ('principal = "alice"\ncookie = "a=b"', "principal must be one of"),
        ('principal = "cookie:"\ncookie = "a=b"', "principal must be one of"),
        ('principal = "*"', "exactly one of request, cookie, remote_user, basic, basic_env, command, not none"),
        ('principal = "*"\ncookie = "a=b"\nbasic = "a:b"', "exactly one of"),
        ('principal = "*"\ncookies = "a=b"', "unknown key 'cookies'"),
        ('principal = "*"\ncookie = "ab"', 'must be "NAME=VALUE"'),
        ('principal = "*"\nbasic = "ab"', "must give USER:PASSWORD"),
        ('principal = "*"\nbasic_env = "NOBODY"', "the variable NOBODY is not set"),
        ('principal = "*"\nremote_user = 3', "remote_user must be a text"),
        ('principal = "*"\ncommand = "login"', "command must be a list of texts"),
        ('principal = "*"\ncommand = []', "command must be a list of texts"),
        ('principal = "*"\ncookie = "a=b"\nexpect = 200', "expect is for logins by request"),
        ('principal = "*"\ncookie = "a=b"\nenv = ["A"]', "env is for logins by command"),
        ('principal = "*"\nrequest = []', "request must be a list of tables"),
        ('principal = "*"\nrequest = ["/login"]', "request must be a list of tables"),
        ('principal = "*"\nrequest = [{path = "login"}]', "request 1: path must begin with /"),
        ('principal = "*"\nrequest = [{path = "/a b"}]', "path must begin with / and have no blanks"),
        ('principal = "*"\nrequest = [{path = "/", form = {a = 1}}]', "form must be a table of texts"),
        ('principal = "*"\nrequest = [{path = "/", form = {}, body = ""}]', "either form or body"),
        ('principal = "*"\nrequest = [{path = "/", method = "A B"}]', "method must be a word"),
        ('principal = "*"\nrequest = [{path = "/", headers = {A = "b\\nc"}}]', "headers are not names and values"),
        ('principal = "*"\nrequest = [{path = "/", expect = "302"}]', "expect must be a status"),
        ('principal = "*"\nrequest = [{path = "/", expect = 20}]', "expect must be a status"),
        ('principal = "*"\nrequest = [{url = "/"}]', "unknown key 'url'"),
    ],
)
def test_a_wrong_login_is_named_with_what_is_wrong(text: str, words: str) -> None:
    """File, number of the table, and what may stand there."""
    with pytest.raises(UsageError) as error:
        read_logins(tomllib.loads("[[login]]\n" + text)["login"], PATH, ENVIRON)
    assert str(error.value).startswith(f"{PATH}: [[login]] 1")
    assert words in str(error.value)


def test_a_secret_is_not_in_messages() -> None:
    """Of the environment, only names are told."""
    with pytest.raises(UsageError) as error:
        read_logins([{"principal": "*", "basic_env": "SECRET"}], PATH, {"SECRET": "hunter2"})
    assert "hunter2" not in str(error.value)


def test_fixed_substitutions() -> None:
    """Values, and variables."""
    table = {"R-1": "one", "R-2": {"env": "TOKEN"}}
    assert read_fixed(table, PATH, ENVIRON) == (
        Pair("token", b"", b"R-1", b"one"),
        Pair("token", b"", b"R-2", b"abc"),
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"R": 3}, "must be a text"),
        ({"R": {"env": "NOBODY"}}, "the variable NOBODY is not set"),
        ({"R": {"environ": "TOKEN"}}, "must be a text"),
        ({"--": "x"}, "letters or digits"),
    ],
)
def test_a_wrong_substitution_is_named(table: dict[str, object], words: str) -> None:
    """By the recorded token."""
    with pytest.raises(UsageError, match=words):
        read_fixed(table, PATH, ENVIRON)
