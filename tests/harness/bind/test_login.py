"""Carrying out a login: what is asked, what is kept of the answers. No side is needed for that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from harness.bind.login import Credentials, LoginError, carried_out, form_fields, hidden_fields, known
from harness.bind.logins import Login, Step
from harness.bind.principal import Principal
from harness.exchange import Exchange, Headers, Request, Response

LIKE = Exchange("a#7", Request(b"GET / HTTP/1.1", ((b"Host", b"shop.example"),)), None, 5.0, None, "https", "10.0.0.1")
ANYONE = Principal("*")


def run(steps: Sequence[Step], *answers: Response) -> tuple[list[Exchange], Credentials]:
    """Answer the requests of a login in turn; return them and the credentials."""
    asking = carried_out(Login(ANYONE, tuple(steps)), LIKE)
    asked = [next(asking)]
    for answer in answers[:-1]:
        asked.append(asking.send(answer))
    with pytest.raises(StopIteration) as done:
        asking.send(answers[-1])
    return asked, done.value.value


def cookie(*lines: bytes, body: bytes = b"", status: int = 200) -> Response:
    """An answer that sets cookies."""
    return Response(status, headers=tuple((b"Set-Cookie", line) for line in lines), body=body)


FORMS = b"""<form action="/search"><input type=hidden name=s value=1></form>
<meta name="csrf-token" content="m1">
<form action="/login" method="post"><input type="hidden" name="csrf" value="a&amp;b"><input name="user">
<input type="password" name="password"></form>"""


def test_it_behaves_as_a_browser_does() -> None:
    """Cookies and hidden fields go along; Host, scheme, peer and time are those of who needs the login."""
    steps = [Step("GET", "/login"), Step("POST", "/login", form=(("user", "al"), ("password", "x y")))]
    answers = cookie(b"sid=1; Path=/", b"old=1", body=FORMS), cookie(b"sid=2", b"old=; Max-Age=0", status=302)
    (first, second), credentials = run(steps, *answers)
    assert first.request == Request(b"GET /login HTTP/1.1", ((b"Host", b"shop.example"),))
    assert (first.scheme, first.peer, first.started) == ("https", "10.0.0.1", 5.0)
    body = b"csrf=a%26b&user=al&password=x+y"
    headers: Headers = (
        (b"Host", b"shop.example"),
        (b"Cookie", b"sid=1; old=1"),
        (b"Content-Type", b"application/x-www-form-urlencoded"),
        (b"Content-Length", str(len(body)).encode()),
    )
    assert second.request == Request(b"POST /login HTTP/1.1", headers, body, "length")
    assert credentials.cookies == {b"sid": b"2"}
    assert credentials.fields == {b"s": b"1", b"csrf-token": b"m1", b"csrf": b"a&b"}


def test_what_the_configuration_says_wins() -> None:
    """Headers, hidden fields, a body that is no form."""
    steps = [
        Step("GET", "/login"),
        Step("POST", "/login", (("Host", "h"), ("Cookie", "c=1")), (("csrf", "mine"),)),
        Step("POST", "/api", (("Content-Type", "application/json"),), body=b"{}"),
    ]
    (_, second, third), _ = run(steps, cookie(b"sid=1", body=FORMS), cookie(), cookie())
    assert second.request.body == b"csrf=mine"
    assert second.request.headers[:2] == ((b"Host", b"h"), (b"Cookie", b"c=1"))
    assert third.request.header(b"content-type") == b"application/json"
    assert third.request.body == b"{}"


@pytest.mark.parametrize(
    ("step", "answer", "words"),
    [
        (Step("GET", "/"), Response(500), "request 1, GET /: answered 500"),
        (Step("GET", "/", expect=302), cookie(b"a=1"), "answered 200, expected 302"),
        (Step("GET", "/"), Response(200), "no answer set a cookie"),
        (Step("GET", "/"), cookie(b"a=; Max-Age=0"), "no answer set a cookie"),
    ],
)
def test_a_login_that_leads_nowhere_fails(step: Step, answer: Response, words: str) -> None:
    """With the request and what it was answered."""
    with pytest.raises(LoginError, match=words):
        run([step], answer)


def test_an_expected_refusal_is_no_failure() -> None:
    """Some programs answer a login with 401 and a cookie."""
    assert run([Step("GET", "/", expect=401)], cookie(b"a=1", status=401))[1].cookies == {b"a": b"1"}


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (b"/search?q=1", {b"s": b"1"}),
        (b"/login", {b"csrf": b"a&b"}),
        (b"/elsewhere", {b"csrf": b"a&b"}),
    ],
)
def test_the_form_is_the_one_that_is_sent_there(path: bytes, fields: dict[bytes, bytes]) -> None:
    """Else the one that asks for a password."""
    assert form_fields(FORMS, path) == fields
    assert form_fields(b"no form", path) == {}
    assert hidden_fields(b"") == {}


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        (Login(ANYONE, cookie="a=b=c"), Credentials({b"a": b"b=c"})),
        (Login(ANYONE, authorization="Basic x"), Credentials(authorization=b"Basic x")),
        (Login(ANYONE, remote_user="al"), Credentials(remote_user="al")),
        (Login(ANYONE, command=("x",)), None),
        (Login(ANYONE, steps=(Step("GET", "/"),)), None),
    ],
)
def test_credentials_that_nobody_need_be_asked_for(login: Login, expected: Any) -> None:
    """They stand in the configuration."""
    assert known(login) == expected
