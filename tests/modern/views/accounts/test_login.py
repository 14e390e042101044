"""Logging in and out."""

import re

import pytest

from modern.settings import Settings


def test_basic_authentication_is_changed_for_a_cookie(person):
    """Which goes out with every page from then on, readable everywhere below the root (B230)."""
    person.user = ("bob", "bobpw")
    answer = person.act("login")
    assert re.fullmatch(r"pypi=[0-9a-f]{32};path=/", answer.headers["Set-Cookie"])
    person.user = None
    assert '<a href="/pypi?%3Aaction=logout">Log out</a>' in person.get("/pypi").text


def test_over_https_the_cookie_is_secure(person):
    """And so are the addresses."""
    person.user = ("bob", "bobpw")
    answer = person.get("/pypi?:action=login", X_Forwarded_Proto="https")
    assert answer.headers["Set-Cookie"].endswith(";path=/;secure")


def test_nobody_is_asked_for_a_password(person):
    """By the realm under which clients remember it (B232)."""
    answer = person.act("login")
    assert (answer.status_int, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="pypi"')


def form_login(person, **fields):
    """Fill in the form."""
    page = person.act("login_form")
    nonce = re.search(r'name="nonce" value="([^"]+)"', page.text)[1]
    return person.post("login_form", **{"nonce": nonce, **fields})


def test_a_form_logs_in(person):
    """The nonce of form and cookie is one; nobody may frame the form (B233)."""
    page = person.act("login_form")
    assert re.fullmatch(r"login_nonce=[A-Z0-9]{30};secure", page.headers["Set-Cookie"])
    assert page.headers.getall("X-Frame-Options") == ["DENY", "deny"]
    answer = form_login(person, username="bob", password="bobpw")
    assert "<h1>PyPI - the Python Package Index</h1>" in answer.text
    assert "<li>bob</li>" in answer.text


@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({"username": "bob", "password": "wrong"}, 401, "Incorrect password"),
        ({"username": "nobody-at-all", "password": "x"}, 401, "Incorrect password"),
        ({}, 401, "Incorrect password"),
        ({"nonce": "other"}, 400, "Form Failure; reset form submission"),
        ({"nonce": ""}, 400, "Form Failure; reset form submission"),
    ],
    ids=["password", "user", "nothing", "nonce", "no nonce"],
)
def test_wrong_credentials_do_not(person, fields, status, text):
    """Without asking for Basic authentication."""
    answer = form_login(person, **fields)
    assert (answer.status_int, text in answer.text) == (status, True)
    assert "WWW-Authenticate" not in answer.headers


def test_only_forms_log_in(person):
    """Another method is not allowed."""
    answer = person.ask("HEAD", "/pypi?:action=login_form")
    assert (answer.status_int, answer.headers["Allow"]) == (405, "GET, POST")


def test_logging_out_forgets_the_cookie(bob):
    """Also for whoever has a copy of it."""
    assert "Log in</a>" in bob.act("logout").text
    assert bob.act("user_form").status_int == 401


def test_logging_out_without_a_login_does_nothing(person):
    """The front page, as ever."""
    assert person.act("logout").status_int == 200


def test_a_browser_is_made_to_forget_a_password(person):
    """By asking for it again (B103)."""
    assert person.act("clear_auth").status_int == 200
    person.user = ("bob", "bobpw")
    answer = person.act("clear_auth")
    assert answer.status_int == 401
    assert "Clearing basic auth" in answer.text


@pytest.mark.parametrize(
    "target", ["/google_login", "/pypi?:action=login&provider=Nobody", "/pypi?:action=login&openid_identifier=x"]
)
def test_unknown_providers_are_refused(person, target):
    """Only those of the settings are gone to."""
    answer = person.get(target)
    assert (answer.status_int, answer.text) == (400, "Unknown provider\n\n")


def test_a_known_provider_is_gone_to(person):
    """With where to come back to; no cache may keep it (B062)."""
    answer = person.get("/pypi?:action=login&provider=Launchpad")
    assert answer.status_int == 307
    assert answer.headers["Location"].startswith(dict(Settings("x", "").providers)["Launchpad"] + "?openid.ns=")
    assert "return_to=http%3A%2F%2Findex.example%2Fpypi%3F%3Aaction%3Dopenid_return" in answer.headers["Location"]
