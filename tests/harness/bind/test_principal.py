"""Whom a recorded request comes from, and what it carries after that principal's login."""

from __future__ import annotations

import pytest

from harness.bind import Bindings, Identity, Logins
from harness.bind.login import Credentials
from harness.bind.logins import Login
from harness.bind.principal import Principal, is_principal
from harness.exchange import Exchange, Headers, Request, Response

SID = b"9b1c7f0e2a4d6b8c9b1c7f0e2a4d6b8d"
COOKIE: Headers = ((b"Cookie", b"lang=en; sid=" + SID),)
BASIC: Headers = ((b"Authorization", b"basic YWxpY2U6c2VjcmV0"),)


def exchange(headers: Headers = (), user: str = "", by: str = "", set_cookie: bytes = b"") -> Exchange:
    """A recorded exchange."""
    answer = Response(200, headers=((b"Set-Cookie", set_cookie),) if set_cookie else ())
    return Exchange("t#1", Request(b"GET / HTTP/1.1", headers), answer, user=user, user_by=by)


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        ("basic:alice", exchange(BASIC), "alice"),
        ("basic:bob", exchange(BASIC), None),
        ("basic:alice", exchange(((b"Authorization", b"Basic !"),)), None),
        ("basic:alice", exchange(((b"Authorization", b"Bearer YWxpY2U6"),)), None),
        ("remote:alice", exchange(user="alice", by="remote"), "alice"),
        ("remote:alice", exchange(user="alice", by="basic"), None),
        ("cookie:sid", exchange(COOKIE), f"sid={SID.decode()}"),
        ("cookie:lang=en", exchange(COOKIE), "lang=en"),
        ("cookie:lang=de", exchange(COOKIE), None),
        ("cookie:si", exchange(COOKIE), None),
        ("*", exchange(COOKIE), f"sid={SID.decode()}"),
        ("*", exchange(BASIC), "alice"),
        ("*", exchange(((b"Cookie", b"lang=en"),)), None),
        ("*", exchange(), None),
    ],
)
def test_a_principal_is_known_by_what_the_recording_shows(text: str, asked: Exchange, expected: str | None) -> None:
    """Nobody is taken for another."""
    assert is_principal(text)
    assert Principal(text).identity(asked, lambda name, value: True) == expected


def test_a_cookie_that_the_recording_shows_being_set_needs_no_login() -> None:
    """Until then it does."""
    login = Login(Principal("cookie:sid"), cookie="sid=x")
    identity = Identity(Logins((login,)), Bindings())
    assert identity.session(exchange(COOKIE)) == (login, f"sid={SID.decode()}")
    identity.note(exchange(set_cookie=b"sid=" + SID + b"; Path=/"), None)
    assert identity.session(exchange(COOKIE)) is None
    identity.clear()
    assert identity.session(exchange(COOKIE)) is not None


def test_the_first_login_that_fits_is_meant() -> None:
    """In the order of the file."""
    logins = tuple(Login(Principal(text), cookie="sid=x") for text in ("cookie:lang=de", "cookie:sid", "*"))
    session = Identity(Logins(logins), Bindings()).session(exchange(COOKIE))
    assert session is not None
    assert session[0] is logins[1]


def sent(principal: str, credentials: Credentials, asked: Exchange) -> Exchange:
    """Return what is sent for a principal that was logged in."""
    bindings = Bindings()
    identity = Identity(Logins((Login(Principal(principal), cookie="a=b"),)), bindings)
    session = identity.session(asked)
    assert session is not None
    identity.open(session, credentials)
    assert identity.is_open(session)
    identity.prepare(session, asked)
    return identity.dressed(session, asked, bindings.bind(asked))


@pytest.mark.parametrize(
    ("principal", "credentials", "headers", "expected"),
    [
        ("cookie:sid", Credentials({b"sid": b"mine"}), COOKIE, ((b"Cookie", b"lang=en; sid=mine"),)),
        ("cookie:sid", Credentials({b"session": b"mine"}), COOKIE, ((b"Cookie", b"lang=en; session=mine"),)),
        ("basic:alice", Credentials({b"sid": b"mine"}), BASIC, ((b"Cookie", b"sid=mine"),)),
        ("basic:alice", Credentials({b"sid": b"mine"}), BASIC + COOKIE, ((b"Cookie", b"lang=en; sid=mine"),)),
        ("basic:alice", Credentials(authorization=b"Basic x"), BASIC, ((b"Authorization", b"Basic x"),)),
        ("cookie:sid", Credentials(authorization=b"Bearer x"), COOKIE, (*COOKIE, (b"Authorization", b"Bearer x"))),
    ],
    ids=["its cookie", "under another name", "instead of a password", "beside others", "another password", "a header"],
)
def test_a_request_carries_what_its_login_gave(
    principal: str, credentials: Credentials, headers: Headers, expected: Headers
) -> None:
    """In the place of what the recording shows."""
    assert sent(principal, credentials, exchange(headers)).request.headers == expected


def test_a_user_of_the_front_end() -> None:
    """As REMOTE_USER; the recording's credentials are not sent."""
    made = sent("basic:alice", Credentials(remote_user="al"), exchange(BASIC, user="alice", by="basic"))
    assert (made.user, made.user_by, made.request.headers) == ("al", "remote", ())


def test_a_form_s_token_from_before_the_recording() -> None:
    """Is the one that the login's last page handed out."""
    form: Headers = ((b"Content-Type", b"application/x-www-form-urlencoded"), *COOKIE)
    asked = Exchange("t#1", Request(b"POST / HTTP/1.1", form, b"csrf=" + SID[::-1] + b"&n=1"))
    credentials = Credentials({b"sid": b"mine"}, {b"csrf": b"my+token", b"n": b"2"})
    assert sent("cookie:sid", credentials, asked).request.body == b"csrf=my%2Btoken&n=1"


def test_a_cookie_that_a_side_renews_by_itself_is_followed() -> None:
    """The recording shows no new one."""
    bindings = Bindings()
    identity = Identity(Logins((Login(Principal("cookie:sid"), cookie="sid=x"),)), bindings)
    asked = exchange(COOKIE)
    session = identity.session(asked)
    assert session is not None
    identity.open(session, Credentials({b"sid": b"one"}))
    identity.note(asked, Response(200, headers=((b"Set-Cookie", b"sid=two"),)))
    identity.prepare(session, asked)
    assert bindings.bind(asked).request.header(b"cookie") == b"lang=en; sid=two"
