"""Redacted recordings replayed: what the recording hands out is learned, what it does not is named in `[bind]`."""

from __future__ import annotations

import gzip
import os
import socketserver
import threading
from base64 import b64encode
from collections.abc import Callable, Sequence
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from harness.bind import Unbound, as_redacted, bound, read_fixed, read_logins, read_secrets
from harness.bind.learn import Pair
from harness.errors import UsageError
from harness.exchange import Exchange, Headers, Redaction, Request, Response
from harness.redact import redactor

HERE = Path("harness.toml")
KEY = "the key of this test, 32 bytes .."
FORM: Headers = ((b"Content-Type", b"application/x-www-form-urlencoded"),)
MAIL = "qwzrtkpl@bcdfg.invalid"
BASIC = b"Basic " + b64encode(b"bob:zk81xq0b")
Diff = Callable[..., tuple[int, str, dict[str, Any]]]


def redacted(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return a recording as a recorder writes it."""
    made = redactor({}, KEY.encode())
    return [made.redact(exchange) for exchange in exchanges]


def a_session(client: Any) -> list[Exchange]:
    """A login by form, an item added by a form with a token, an API asked with a bearer token, and the list again."""
    client.log_in()
    client.send("POST /item/add", client.ask("GET /items"), b"name=spade")
    token = client.ask("GET /api/token").body.split(b'"')[3]
    client.ask("POST /api/items", b'{"name": "rake"}', ((b"Authorization", b"Bearer " + token),))
    client.ask("GET /items")
    return redacted(client.exchanges)


def test_nothing_of_the_session_is_in_the_recording(client: Any) -> None:
    """What is replayed below holds neither password nor session, token or CSRF."""
    whole = repr(a_session(client)).encode()
    for exchange in client.exchanges:
        for name, value in exchange.response.headers:
            if name == b"Set-Cookie":
                assert value.partition(b";")[0].partition(b"=")[2] not in whole
    assert b"password=secret" not in whole


def test_a_redacted_session_is_judged_and_equal(client: Any, diff: Diff) -> None:
    """Given the password by the name of its field: session, CSRF, redirect and bearer token are learned."""
    status, said, report = diff(a_session(client), '[bind.secret]\n"password of alice" = {env = "SHOP"}', SHOP="secret")
    assert status == 0, said
    assert (report["counts"]["judged"], report["counts"]["exchanges"], report["groups"]) == (8, 8, [])


def test_a_change_is_found_in_a_redacted_recording(client: Any, diff: Diff) -> None:
    """And it alone."""
    status, said, report = diff(a_session(client), '[bind.secret]\npassword = "secret"', "broken")
    assert status == 1, said
    assert [(group["aspect"], group["count"]) for group in report["groups"]] == [("body", 3)]


def test_known_test_values_are_recognised_with_the_key(client: Any, diff: Diff) -> None:
    """With the key of the recording it is enough to name the values."""
    values = '[bind]\nsecrets = [{env = "SHOP"}]'
    status, said, report = diff(a_session(client), values, SHOP="secret", HARNESS_KEY=KEY)
    assert (status, report["counts"]["judged"]) == (0, 8), said
    status, said, _ = diff(a_session(client), values, SHOP="secret", HARNESS_KEY="")
    assert (status, "set HARNESS_KEY" in said) == (2, True), said


def test_without_the_password_it_is_said_what_is_missing(client: Any, diff: Diff) -> None:
    """No verdict, and the field to give a value to: not the cookies, which follow from the login."""
    status, said, _ = diff(a_session(client), "")
    assert status == 2
    assert "1 exchange carries a redacted password (field `password` of POST /login)" in said
    assert "redacted cookie" not in said


def test_no_secret_is_asked_for_where_nothing_is_sent(diff: Diff) -> None:
    """What keeps a POST from a URL is not its password; to give one would not help."""
    with socketserver.TCPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        status, said, _ = diff([ALICE], "", url, url)
        server.shutdown()
        thread.join()
    assert (status, "unsafe method" in said, "redacted" in said) == (2, True, False), said


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"secret": "x"}, "must be a table"),
        ({"secrets": "x"}, "must be a list"),
        ({"secret": {"pw": 3}}, "must be a text"),
        ({"secret": {"pw": {"env": "NOT_SET_ANYWHERE"}}}, "is not set"),
    ],
)
def test_wrong_entries_are_named(table: dict[str, Any], words: str) -> None:
    """With the file, the entry, and what it should be."""
    with pytest.raises(UsageError, match=words):
        read_secrets(table, HERE, os.environ)


def asked(body: bytes, *redactions: Redaction, headers: Headers = FORM) -> Exchange:
    """Return a request of a form with redacted fields."""
    return Exchange("x#1", Request(b"POST /login HTTP/1.1", headers, body), Response(200), redactions=redactions)


PW = Redaction("request.body form pw", "password", "zk81xq0b")
ALICE = asked(b"user=alice%40here&pw=zk81xq0b", PW)
BOB = asked(
    b"",
    Redaction("request.header Authorization password", "password", "zk81xq0b"),
    headers=((b"Authorization", BASIC),),
)


@pytest.mark.parametrize(
    ("table", "exchange", "given"),
    [
        ({"pw": "v"}, ALICE, ["v"]),
        ({"PW": "v"}, ALICE, ["v"]),
        ({"password": "v"}, ALICE, ["v"]),
        ({"pw of alice@here": "v"}, ALICE, ["v"]),
        ({"pw": "any", "pw of alice@here": "v"}, ALICE, ["v"]),
        ({"pw of bob": "v"}, ALICE, []),
        ({"pw of alice": "v"}, asked(b"user=malice&pw=zk81xq0b", PW), []),
        ({"password of bob": "v"}, BOB, ["v"]),
        ({"pin": "v"}, ALICE, []),
    ],
    ids=["field", "any case", "kind", "user", "user first", "other user", "part of a user", "basic", "other field"],
)
def test_secrets_are_named_by_field_kind_and_user(table: dict[str, str], exchange: Exchange, given: list[str]) -> None:
    """The most particular entry that fits gives the value."""
    found = bound(read_secrets({"secret": table}, HERE, {}), None, [exchange])
    assert [pair.own.decode() for pair in found] == given


@pytest.mark.parametrize(
    ("answers", "given"),
    [
        ({"right-1": [302]}, ["right-1"]),
        ({"wrong-1": [401]}, []),
        ({"wrong-1": [403], "right-1": [302]}, ["right-1"]),
        ({"wrong-1": [401, 403], "right-1": [200]}, ["right-1"]),
        ({"right-1": [403, 200]}, ["right-1"]),
        ({"right-1": [403]}, ["right-1"]),
        ({"wrong-1": [200], "right-1": [302]}, ["right-1"]),
        ({"right-1": [200, 302], "right-2": [303]}, ["right-1", "right-2"]),
        ({"right-1": [200]}, ["right-1"]),
    ],
    ids=[
        "accepted",
        "401",
        "403 beside an accepted one",
        "both",
        "403 and accepted",
        "403 alone",
        "the form again",
        "both led on",
        "200 alone",
    ],
)
def test_a_wrong_password_stays_wrong(answers: dict[str, list[int]], given: list[str]) -> None:
    """What was refused gets no value: an attempt that failed in the recording must fail at the targets."""
    exchanges = [
        Exchange(
            "x#1",
            Request(b"POST /login HTTP/1.1", FORM, b"user=alice&pw=" + token.encode()),
            Response(status),
            redactions=(Redaction("request.body form pw", "password", token),),
        )
        for token, statuses in answers.items()
        for status in statuses
    ]
    found = bound(read_secrets({"secret": {"pw of alice": "v"}}, HERE, {}), None, exchanges)
    assert [pair.recorded.decode() for pair in found] == given


def test_a_slip_in_a_name_is_refused() -> None:
    """An entry that nearly has the name of a redacted field would be unused in silence."""
    with pytest.raises(UsageError, match=r"'passwrod'.* did you mean 'password'"):
        list(bound(read_secrets({"secret": {"passwrod of alice": "v"}}, HERE, {}), None, [ALICE]))


def test_named_entries_are_no_recorded_tokens() -> None:
    """`secret` and `secrets` stand beside tokens in `[bind]`."""
    table = {"secret": {"pw": "v"}, "secrets": ["w"], "R-1": "x"}
    assert read_fixed(table, HERE, {}) == (Pair("token", b"", b"R-1", b"x"),)


@pytest.mark.parametrize(
    ("bind", "login", "before", "missing"),
    [
        ({}, [], [], ["field `pw` of POST /login"]),
        ({"zk81xq0b": "v"}, [], [], []),
        ({}, [], [Redaction("response.body json pw", "password", "zk81xq0b")], []),
    ],
    ids=["unknown", "bound", "handed out"],
)
def test_what_nothing_puts_back_is_told(
    bind: dict[str, str], login: list[Any], before: list[Redaction], missing: list[str]
) -> None:
    """But not what is bound, nor what an earlier answer of the recording has handed out."""
    unbound = Unbound(read_fixed(bind, HERE, {}), read_logins(login, HERE, {}))
    unbound.missing(asked(b"", *before), "GET /")
    told = unbound.missing(ALICE, "POST /login")
    assert [any(words in text for text in told) for words in missing] == [True] * len(told)


def test_a_configured_login_needs_no_value() -> None:
    """`[[login]]` gives Basic credentials of its own."""
    logins = read_logins([{"principal": "basic:bob", "basic": "bob:x"}], HERE, {})
    assert Unbound((), logins).missing(BOB, "GET /") == []
    assert Unbound((), read_logins([], HERE, {})).missing(BOB, "GET /") != []


def page(text: str, *headers: tuple[bytes, bytes]) -> Response:
    """Return an answer of a text."""
    return Response(200, b"OK", ((b"Content-Length", str(len(text)).encode()), *headers), text.encode())


@pytest.mark.parametrize(
    ("then", "today", "alike"),
    [
        (f"<p>Mail to {MAIL}.</p>", "<p>Mail to al@shop.example.</p>", True),
        (f"<p>{MAIL}</p><i>{MAIL}</i>", "<p>al@shop.example</p><i>al@shop.example</i>", True),
        (f"<p>{MAIL}</p><i>{MAIL}</i>", "<p>al@shop.example</p><i>bo@shop.example</i>", False),
        (MAIL, "al@shop.example", True),
        (f"<p>Mail to {MAIL}.</p>", "<p>Post to al@shop.example.</p>", False),
        (f"<p>{MAIL}</p> 3 things", "<p>al@shop.example</p> 4 things", False),
        (f"<p>{MAIL}</p>", "<p></p>", False),
    ],
    ids=["once", "twice", "two values", "alone", "other words before", "other words after", "nothing there"],
)
def test_what_stands_for_a_token_is_no_other_data(then: str, today: str, alike: bool) -> None:
    """Old's own value at the place of a recorded token is that value; every other change stays a change."""
    recorded = page(then)
    seen = as_redacted(recorded, page(today), [Redaction("response.body", "email", MAIL)])
    assert (seen.body == recorded.body) is alike
    assert (seen == recorded) is alike


def test_headers_have_their_tokens_too() -> None:
    """A redirect to a page with a token of its own is the recorded one."""
    recorded = page("", (b"Location", b"/reset/zk81xq0b?next=1"))
    seen = as_redacted(
        recorded,
        page("", (b"Location", b"/reset/55aa77?next=1")),
        [Redaction("response.header Location", "token", "zk81xq0b")],
    )
    assert seen == recorded


def test_packed_pages_are_looked_into() -> None:
    """Both answers are gzip, as a server sent them, and differ in nothing but what a token stands for."""
    packed = ((b"Content-Encoding", b"gzip"), (b"Content-Type", b"text/html"))
    recorded, today = (
        Response(200, b"OK", packed, gzip.compress(f"<p>{who}</p>".encode() * 3)) for who in (MAIL, "al@shop.example")
    )
    seen = as_redacted(recorded, today, [Redaction("response.body", "email", MAIL)])
    assert gzip.decompress(seen.body or b"") == gzip.decompress(recorded.body or b"")
