"""Accounts of the old index: registering by mail, logging in by cookie and form, passwords, keys, leaving."""

import base64
import re
from pathlib import Path

import pytest

import legacy

ALICE, BOB, FRANK = ("alice", "alicepw"), ("bob", "bobpw"), ("frank", "frankpw")


def link(text, action):
    """The key in the last mailed link to an action."""
    return re.findall(rf":action={action}&otk=(\S+)", text)[-1]


def register(visitor, **changes):
    """Send the form of a new account."""
    fields = {"name": "gina", "email": "gina@example.org", "password": "Gina-pw-9", "confirm": "Gina-pw-9", **changes}
    return visitor.post("user", **{key: value for key, value in fields.items() if value})


# -- registering --


def test_registration_by_mail(visitor):
    """Form, mail, agreement, login: before the end of that nobody gets in, afterwards everybody does (B236, B238)."""
    assert register(visitor).status == 200
    key = link(visitor.mails(), "user")
    assert "To: gina@example.org" in visitor.mails()
    visitor.user = ("gina", "Gina-pw-9")
    assert visitor.action("login").status == 401
    visitor.user = None
    assert b'name="agree_shown" value="1"' in visitor.action("user", otk=key).body
    refused = visitor.post("user", otk=key, agree_shown="1")
    assert (refused.status, refused.reason) == (400, "You need to confirm the usage agreement.")
    assert visitor.post("user", otk=key, agree_shown="1", agree="on").status == 200
    assert visitor.log_in("gina", "Gina-pw-9").status == 200
    assert visitor.action("user", otk=key).status == 400, "a key works once"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": ""}, "name is required"),
        ({"email": ""}, "email is required"),
        ({"password": ""}, "password and confirm are required"),
        ({"email": "gina"}, "Email is invalid"),
        ({"email": "gína@example.org"}, "Email is invalid (ASCII only)"),
        ({"name": "gi na"}, "Username is invalid (ASCII alphanum,.,_ only)"),
        ({"name": "bob"}, 'user "bob" already exists'),
        ({"email": "bob@example.org"}, "You have already registered as user bob"),
        ({"confirm": "other-pw-9"}, "Please check you've entered the same password in both fields."),
        ({"password": "short", "confirm": "short"}, "Please make your password at least 8 characters long."),
        ({"name": "gina.9Pw", "password": "gina.9Pw", "confirm": "gina.9Pw"},
         "Please make your password different from your name."),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_refused_registration(visitor, changes, reason):
    """Clients print the reason phrase, so it says what was wrong (B183, B236, B237)."""
    answer = register(visitor, **changes)
    assert (answer.status, answer.reason) == (400, reason)
    assert visitor.mails() == ""


@pytest.mark.parametrize(
    ("password", "accepted"),
    [("12345678", False), ("abcdefgh", False), ("ABCDEFGH", False), ("abcdefgh9", False), ("Abcdefgh9", True),
     ("abcdefghijklmnop", True)],
)  # fmt: skip
def test_password_of_one_kind(visitor, password, accepted):
    """Below 16 characters a password mixes digits, cases and letters (B237)."""
    assert (register(visitor, password=password, confirm=password).status == 200) == accepted


# -- logging in and out --


def test_login_by_basic_authentication_gives_a_cookie(visitor):
    """The cookie is enough from then on, and goes out again with each page (B229, B230, B062)."""
    visitor.user = BOB
    first = visitor.action("login")
    visitor.user = None
    assert re.fullmatch(r"pypi=[0-9a-f]{32};path=/", first.header("Set-Cookie"))
    page = visitor.get("/pypi")
    assert page.header("Set-Cookie") == first.header("Set-Cookie")
    assert b"%3Aaction=logout" in page.body
    assert b"%3Aaction=clear_auth" not in page.body


def test_cookie_wins_over_wrong_password(visitor):
    """A valid cookie is looked at first (B229)."""
    visitor.log_in(*BOB)
    visitor.user = ("bob", "wrong")
    assert visitor.action("pkg_edit", name="demo").status == 200


def test_unknown_cookie_is_nobody(visitor):
    """A cookie that no login made is none."""
    visitor.jar["pypi"] = "0" * 32
    assert visitor.action("user_form").status == 401
    assert visitor.get("/pypi").header("Set-Cookie") is None


def test_logout(visitor):
    """The cookie is worth nothing afterwards."""
    visitor.log_in(*BOB)
    cookie = dict(visitor.jar)
    assert visitor.action("logout").header("Set-Cookie") is None
    visitor.jar = cookie
    assert visitor.action("user_form").status == 401


def test_login_form(visitor):
    """The nonce of the form and of the cookie must be one; the 401 asks for no Basic authentication (B233, B232)."""
    page = visitor.action("login_form")
    assert page.header("X-FRAME-OPTIONS") == "DENY"
    nonce = re.search(rb'name="nonce" value="(\w+)"', page.body)[1].decode()
    assert visitor.jar["login_nonce"] == nonce
    wrong = visitor.post("login_form", nonce=nonce, username="bob", password="wrong")
    assert (wrong.status, wrong.reason, wrong.header("WWW-Authenticate")) == (401, "Incorrect password", None)
    assert visitor.post("login_form", nonce="X" + nonce, username="bob", password="bobpw").status == 400
    assert visitor.post("login_form", nonce=nonce, username="bob", password="bobpw").status == 200
    assert visitor.action("user_form").status == 200


def test_clear_auth(visitor):
    """Asks again for the name that it knows, shows the front page to nobody (B103)."""
    assert visitor.action("clear_auth").status == 200
    visitor.user = BOB
    answer = visitor.action("clear_auth")
    assert (answer.status, answer.reason) == (401, "Clearing basic auth")


@pytest.mark.parametrize("header", ["Basic ###", "Basic " + base64.b64encode(b"bob").decode(), "Bearer bobpw", "Basic"])
def test_odd_credentials_are_nobody(visitor, ask, header):
    """What is no name and password is ignored (B227)."""
    answer = ask(visitor.app, "GET", "/pypi?:action=login", [("Authorization", header)])
    assert (answer.status, answer.header("WWW-Authenticate")) == (401, 'Basic realm="pypi"')


# -- tokens --


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("user", {"email": "x@example.org"}),
        ("role", {"package_name": "demo", "user_name": "carol", "role_name": "Owner", ":operation": "Add Role"}),
        ("remove_pkg", {"name": "demo"}),
        ("submit_pkg_info", {"pkginfo": "Name: x"}),
        ("addkey", {"key": "ssh-rsa AAAA"}),
        ("delkey", {"id": "1"}),
        ("delete_user", {"submit_ok": "1"}),
        ("claim", {"openid_identifier": "http://me.example/"}),
    ],
)  # fmt: skip
def test_forms_without_their_token_are_refused(visitor, action, fields):
    """A page of somebody else's cannot make a visitor's browser change things (B235)."""
    visitor.log_in(*ALICE)
    for token in (None, "x" * 56):
        visitor.token = token
        answer = visitor.post(action, **fields)
        assert (answer.status, answer.reason) == (400, "Form Failure; reset form submission")


def test_token_stands_in_every_form_that_posts(visitor):
    """One token a user, after the first line of each form (B235)."""
    page = visitor.log_in(*BOB)
    forms = page.body.count(b'method="POST"')
    assert forms > 1
    assert page.body.count(b'name="CSRFToken" value="%s"' % visitor.token.encode()) == forms
    assert b"CSRFToken" not in visitor.get("/pypi/demo").body


# -- changing and leaving --


def test_new_password(visitor):
    """The old one no longer holds."""
    visitor.log_in(*BOB)
    assert visitor.post("user", name="bob", password="Bobs-new-9", confirm="Bobs-new-9").status == 200
    visitor.jar.clear()
    visitor.user = BOB
    assert visitor.action("login").status == 401
    visitor.user = ("bob", "Bobs-new-9")
    assert visitor.action("login").status == 200


def test_forgotten_password(visitor):
    """The mailed link leads to a form, and works until the password is another one."""
    assert visitor.post("forgotten_password", name="bob").status == 200
    key = link(visitor.mails(), "pw_reset")
    assert b'value="pw_reset_change"' in visitor.action("pw_reset", otk=key).body
    changed = visitor.post("pw_reset_change", otk=key, password="Bobs-new-9", confirm="Bobs-new-9")
    assert changed.status == 200
    assert visitor.post("pw_reset_change", otk=key, password="Again-pw-9", confirm="Again-pw-9").status == 400
    visitor.log_in("bob", "Bobs-new-9")


def test_password_reset_by_address(visitor):
    """What the menu of distutils asks for: unknown addresses are told so (B241)."""
    answer = visitor.post("password_reset", email="bob@example.org")
    assert answer.status == 200
    assert "https://index.example/pypi?:action=pw_reset&otk=" in visitor.mails()
    answer = visitor.post("password_reset", email="x@example.org")
    assert (answer.status, answer.reason) == (400, "email address unknown to me")
    answer = visitor.post("forgotten_password", name="nosuch")
    assert (answer.status, answer.reason) == (400, 'user "nosuch" unknown to me')


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key[:-1] + ("0" if key[-1] != "0" else "1"),
        lambda key: "YWxpY2U" + key[key.index(".") :],
        lambda key: "x",
        lambda key: "",
    ],
    ids=["last digit", "other user", "no key", "empty"],
)
def test_forged_reset_key(visitor, spoil):
    """A key that was not mailed opens nothing."""
    visitor.post("forgotten_password", name="bob")
    key = spoil(link(visitor.mails(), "pw_reset"))
    assert visitor.post("pw_reset_change", otk=key, password="Evil-new-9", confirm="Evil-new-9").status == 400


def test_keys(visitor):
    """Public keys come and go; somebody else's stay (B247)."""
    visitor.log_in(*BOB)
    assert visitor.post("addkey", key="ssh-rsa AAAA bob").status == 200
    number = re.search(rb'name="id" value="(\d+)"', visitor.action("user_form").body)[1].decode()
    for fields, reason in (({}, "missing parameter"), ({"id": "x"}, "invalid ID")):
        assert visitor.post("delkey", **fields).reason == reason
    for key, reason in (("", "missing key"), ("ssh-rsa A\nssh-rsa B", "Invalid key format: multiple lines"),
                        ("rot13 X", "Invalid key format: does not start with a known type")):  # fmt: skip
        assert visitor.post("addkey", key=key).reason == reason
    visitor.log_in(*FRANK)
    answer = visitor.post("delkey", id=number)
    assert (answer.status, answer.reason) == (401, "not your key")
    visitor.log_in(*BOB)
    assert b'name="id"' not in visitor.post("delkey", id=number).body


def test_delete_account(visitor):
    """Asks, then goes; journals stay, under another name (B245)."""
    visitor.log_in(*FRANK)
    assert b"submit_cancel" in visitor.action("delete_user").body
    assert visitor.post("delete_user", token=False, submit_cancel="1").status == 200
    assert visitor.post("delete_user", submit_ok="1").status == 200
    visitor.jar.clear()
    visitor.user = FRANK
    assert visitor.action("login").status == 401


def test_owner_cannot_leave(visitor):
    """A foreign key stops it: 500, and the account stays (B245)."""
    assert b'value="delete_user"' not in visitor.log_in(*BOB).body
    assert visitor.post("delete_user", submit_ok="1").status == 500
    visitor.log_in(*BOB)


# -- OpenID: without its outside services --


def test_login_elsewhere(visitor):
    """Known providers get the browser, unknown ones are refused; nobody is asked beforehand (B062)."""
    answer = visitor.action("login", provider="Launchpad")
    assert answer.status == 307
    assert answer.header("Location").startswith("https://login.launchpad.net/+openid?openid.ns=")
    assert visitor.action("login", provider="nosuch").reason == "Unknown provider"


@pytest.mark.parametrize(
    ("method", "action", "fields", "reason"),
    [
        ("get", "claim", {}, "OpenID claim request must be a POST"),
        ("post", "claim", {}, "Missing parameter"),
        ("get", "dropid", {}, "ID missing"),
        ("get", "dropid", {"openid": "http://x.example/"}, "You don't own this ID"),
    ],
)
def test_identities(visitor, method, action, fields, reason):
    """Claiming and dropping an identity elsewhere (B063)."""
    assert visitor.action(action).reason == "You are not logged in"
    visitor.log_in(*BOB)
    answer = visitor.action(action, **fields) if method == "get" else visitor.post(action, **fields)
    assert answer.reason == reason


# -- too many wrong passwords (B234) --


@pytest.fixture
def blocking(visitor, tmp_path, monkeypatch):
    """An index that lets an address fail three times and a user twice."""
    ini = (Path(legacy.__file__).parent / "config.ini").read_text()
    for name, value in (("counters", tmp_path / "counters"), ("address_failures", 3), ("user_failures", 2)):
        ini = re.sub(rf"^{name} =.*", f"{name} = {value}", ini, flags=re.MULTILINE)
    (tmp_path / "config.ini").write_text(ini)
    monkeypatch.setenv("PYPI_CONFIG", str(tmp_path / "config.ini"))
    return visitor


def test_blocked_address(blocking):
    """403 for any name and password, in the header and in the form; pages and cookies still work (B234)."""
    blocking.log_in(*BOB)
    session, blocking.jar = dict(blocking.jar), {}
    for name in ("nobody", "alice", "bob"):
        blocking.user = (name, "wrong")
        assert blocking.get("/pypi/demo/1.0").status == 200
    blocking.user = ALICE
    refused = blocking.get("/pypi/demo/1.0")
    assert (refused.status, refused.body.split(b"\n")[0]) == (403, b"Blocked IP")
    blocking.user = None
    nonce = re.search(rb'name="nonce" value="([^"]*)"', blocking.action("login_form").body)[1].decode()
    assert blocking.post("login_form", nonce=nonce, username="alice", password="alicepw").status == 403
    blocking.jar = session
    assert blocking.action("user_form").status == 200


def test_blocked_user(blocking):
    """Like an unknown one, even with the right password; others of that address get in (B234)."""
    for password in ("wrong", "wronger"):
        blocking.user = ("alice", password)
        blocking.get("/pypi")
    blocking.user = BOB
    assert blocking.action("user_form").status == 200
    blocking.user = ALICE
    assert blocking.action("user_form").status == 401
