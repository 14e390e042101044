"""What traffic tells: names and counts, never a secret."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest

from harness.exchange import Exchange, Headers, Redaction, Request, Response
from harness.start.survey import LoginForm, Survey, survey

FORM = (b"Content-Type", b"application/x-www-form-urlencoded")


def exchange(
    line: bytes,
    *headers: tuple[bytes, bytes],
    body: bytes | None = b"",
    status: int = 200,
    sent: Headers = (),
    **more: object,
) -> Exchange:
    """Return an exchange."""
    return Exchange("a#1", Request(line + b" HTTP/1.1", headers, body), Response(status, b"", sent), **more)  # type: ignore[arg-type]


def basic(user: str) -> tuple[bytes, bytes]:
    """Return the header of a user."""
    return b"Authorization", b"Basic " + b64encode(user.encode() + b":tiger-secret")


def seen(*exchanges: Exchange) -> Survey:
    """Survey exchanges."""
    return survey(lambda: exchanges)


def test_counts() -> None:
    """How many, from when to when, of which host, asked for what, and what may write."""
    found = seen(
        exchange(b"GET /a", (b"Host", b"h:81"), started=20.0),
        exchange(b"POST /a", (b"Host", b"h:81"), started=10.0),
        exchange(b"PUT /b", (b"Host", b"other"), body=None),
    )
    assert (found.exchanges, found.first, found.last, found.bodiless) == (3, 10.0, 20.0, 1)
    assert list(found.hosts.items()) == [("h:81", 2), ("other", 1)]
    assert found.endpoints == {"GET /a": 1, "POST /a": 1, "PUT /b": 1}
    assert found.unsafe == {"POST /a": 1, "PUT /b": 1}


def test_doubtful() -> None:
    """Reads that look as if they wrote, by the entry that would list them."""
    found = seen(exchange(b"GET /logout"), exchange(b"GET /item/7/delete"), exchange(b"GET /item/8/delete"))
    assert list(found.doubtful.items()) == [("GET /item/*/delete*", 2), ("GET /logout*", 1)]


def test_nothing() -> None:
    """No exchanges are no error."""
    assert seen() == Survey()


def test_actions() -> None:
    """A parameter with a telling name and words as values tells actions apart; others with few values may."""
    found = seen(
        *[exchange(b"GET /x?action=%s&id=%d&lang=%s" % (action, n, lang)) for n in range(10)
          for action, lang in ((b"view", b"en"), (b"edit", b"de"))],
        exchange(b"POST /x", FORM, body=b"rm=start"),
        exchange(b"GET /x?cmd=17"),
    )  # fmt: skip
    assert found.parameters == ("action", "rm")
    assert found.candidates == {"lang": ("en", "de")}
    assert "GET /x ?action=edit" in found.endpoints


def test_users() -> None:
    """Who logged in by HTTP, or at the front end; not who was refused."""
    found = seen(
        exchange(b"GET /a", basic("bob")),
        exchange(b"GET /a", basic("bob")),
        exchange(b"GET /a", basic("eve"), status=401),
        exchange(b"GET /a", user="ann", user_by="remote"),
        exchange(b"GET /a", (b"Authorization", b"Basic !")),
        exchange(b"GET /a", (b"Authorization", b"Bearer x")),
    )
    assert found.users == {("basic", "bob"): 2, ("remote", "ann"): 1}


def test_cookies_from_before() -> None:
    """A cookie that no recorded answer had set is from before the recording; counters of visits are no sessions."""
    given = (b"Set-Cookie", b"sid=given-by-us; Path=/; HttpOnly")
    found = seen(
        exchange(b"GET /a", (b"Cookie", b"sid=brought-1; _ga=GA1.2.33344455; n=1")),
        exchange(b"GET /a", (b"cookie", b"sid=brought-2")),
        exchange(b"GET /a", sent=(given,)),
        exchange(b"GET /a", (b"Cookie", b"x=y; sid=given-by-us")),
    )
    assert found.cookies == {"sid": (2, 2)}


SECRETS = {
    "query": (exchange(b"GET /a?api_key=tiger-secret&q=1"), "field api_key"),
    "form": (exchange(b"POST /a", FORM, body=b"user=a&passwd=tiger-secret"), "field passwd"),
    "JSON": (
        exchange(b"POST /a", (b"Content-Type", b"application/json"), body=b'{"password": "tiger-secret"}'),
        "field password",
    ),
    "header": (exchange(b"GET /a", (b"X-API-Key", b"tiger-secret")), "header x-api-key"),
    "user": (exchange(b"GET /a", basic("a")), "header authorization"),
}


@pytest.mark.parametrize(("given", "name"), SECRETS.values(), ids=SECRETS)
def test_secrets(given: Exchange, name: str) -> None:
    """Secrets in clear are counted by name; nothing of them is kept."""
    found = seen(given, given)
    assert found.secrets == {name: 2}
    assert "tiger-secret" not in repr(found)


def test_no_secrets() -> None:
    """Words that look a little like it, empty fields, and JSON that is none."""
    found = seen(
        exchange(b"GET /a?author=x&password=&pinned=1"),
        exchange(b"POST /a", (b"Content-Type", b"application/json"), body=b'{"password'),
        exchange(b"POST /a", (b"Content-Type", b"application/json"), body=b'["password"]'),
    )
    assert found.secrets == {}


def test_redacted_secrets_are_not_in_clear() -> None:
    """They are counted by name and user instead; but not what an answer of the recording hands out."""
    pw, csrf = "zk81xq0b", "b7c9d0e1f2a3b4c5d6e7f809"
    page = replace(exchange(b"GET /login"), redactions=(Redaction("response.body html csrf", "token", csrf),))
    form = exchange(b"POST /login", FORM, body=f"user=alice&pw={pw}&passwd=&csrf={csrf}".encode())
    secrets = (Redaction("request.body form pw", "password", pw), Redaction("request.body form csrf", "token", csrf))
    found = seen(page, replace(form, redactions=secrets))
    assert (found.redacted, found.secrets) == ({("pw", "alice"): 1}, {})


def test_the_login_form() -> None:
    """The first form with a password shows how to log in."""
    found = seen(
        exchange(b"POST /login?next=x", FORM, body=b"name=a&pwd=b&go=1"), exchange(b"POST /l", FORM, body=b"pwd=b")
    )
    assert found.login == LoginForm("/login", ("next", "name", "pwd", "go"))
