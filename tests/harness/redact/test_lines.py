"""Settings that are neither quoted nor escaped: their values are replaced, and prose stays."""

from __future__ import annotations

import json
import re
from urllib.parse import quote_plus

import pytest

from harness.exchange import Exchange, Request, Response
from harness.redact import redactor

KEY = b"only this test knows this key..."
YAML = b"application/yaml"
TEXT = b"text/plain"
VALUES = (b"y", b"wonderland", b"hunter2", b"correct-horse", b"p@ss;w(o)rd#1", b"1234", b"a&b<c", b"$ecret!")
SETTINGS = {
    "a colon": b"user: a\npassword: %s\nhost: b\n",
    "an equals sign": b"[db]\nuser = a\npassword = %s\nhost = b\n",
    "no blanks": b"user=a\nPASSWORD=%s\nhost=b\n",
    "an environment": b"export DB_PASSWORD=%s\nexport HOST=b\n",
    "properties": b"db.user=a\r\ndb.password=%s\r\n",
    "the only line": b"password: %s",
    "further in": b"db:\n    user: a\n    password: %s\n",
    "in a list": b"- user: a\n  port: 1\n- password: %s\n",
    "a quoted name": b"'user': a\n\"password\": %s\n",
    "aligned": b"user            : a\napi_token       : %s\nhost            : b\n",
    "a comment behind it": b"password: %s   # of the test\nuser: b\n",
    "a comment of INI": b"password = %s ; of the test\n",
    "a comment itself": b"#password: %s\n# password = %s\n",
    "a tag": b"password: !!str %s\nuser: &a b\n",
    "in several words": b"Your new password: %s\n",
    "Go": b"password := %s\n",
    "a list below": b"passwords:\n  - %s\n  - %s\nuser: a\n",
    "a list below, not further in": b"passwords:\n- %s\n- %s\nuser: a\n",
    "a map below": b"passwords:\n  alice: %s\n  bob: '%s'\nuser: a\n",
    "a list in the line": b"passwords: [%s]\nuser: a\n",
    "a text below": b"password: |\n  %s\n\n  %s\nuser: a\n",
}
QUOTED = {
    "quotes": (b'password:   "%s"\n', b'a\\"b c'),
    "quotes of YAML": (b"password: '%s'  # x\n", b"it''s mine"),
    "three quotes": (b"password = '''%s'''\n", b"it's\nmine"),
}


def told(body: bytes, kind: bytes = TEXT) -> Exchange:
    """Return an answer with a body."""
    return Exchange("day#1", Request(b"GET / HTTP/1.1"), Response(200, b"OK", ((b"Content-Type", kind),), body))


def redacted(body: bytes, kind: bytes = TEXT) -> bytes:
    """Return a body that was answered, redacted."""
    made = redactor({}, KEY).redact(told(body, kind)).response
    assert made is not None
    return made.body or b""


@pytest.mark.parametrize("kind", [TEXT, YAML, b"application/x-yaml", b"application/vnd.x", b""])
@pytest.mark.parametrize("text", SETTINGS.values(), ids=SETTINGS)
def test_settings(text: bytes, kind: bytes) -> None:
    """Whatever the value is, all of it is replaced and nothing else."""
    for value in VALUES:
        found = re.fullmatch(
            b"(.+)".join(map(re.escape, text.split(b"%s"))), redacted(text.replace(b"%s", value), kind)
        )
        assert found, value
        assert value not in found.groups()


@pytest.mark.parametrize(("text", "value"), QUOTED.values(), ids=QUOTED)
def test_quoted_settings(text: bytes, value: bytes) -> None:
    """The value ends where its quotes do, also behind one that is escaped."""
    after = redacted(text % value, YAML)
    assert value[-2:] not in after
    assert after.startswith(text.partition(b"%s")[0])
    assert after.endswith(text.partition(b"%s")[2])


@pytest.mark.parametrize("text", [b"password: correct horse battery\n", b"password = correct horse, battery ; x\n"])
def test_several_words(text: bytes) -> None:
    """They are a value where the type says that a line is a setting."""
    assert b"horse" not in redacted(text, YAML)


def test_a_flow_of_yaml() -> None:
    """Names and values in one line."""
    assert b"wonderland" not in redacted(b"db: {user: a, password: wonderland, host: b}\n", YAML)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps({"file": "user: a\npassword: wonderland\nhost: b"}).encode(), b"application/json"),
        (json.dumps({"file": "user: a\npassword: wonderland"}).encode(), b"application/json"),
        (
            b"a=1&file=" + quote_plus("user: a\r\npassword: wonderland\r\n").encode(),
            b"application/x-www-form-urlencoded",
        ),
        (b"YTogYgpwYXNzd29yZDogd29uZGVybGFuZAo=", b"application/json"),
    ],
    ids=["JSON", "JSON, at the end", "form", "base64"],
)
def test_settings_within(body: bytes, kind: bytes) -> None:
    """Settings in a text of JSON, in a field of a form, and in base64."""
    after = redacted(body, kind)
    assert after != body
    assert b"wonderland" not in after
    assert b"d29uZGVybGFuZ" not in after
    if kind == b"application/json" and body.startswith(b"{"):
        assert json.loads(after)["file"].startswith("user: a\npassword: ")


PROSE = (
    b"Password: please enter it\nPassword: at least 8 characters\n",
    b"Password: required\nToken: optional\n- password: String!\n  token: Token\n",
    b"password: ********\ntoken: \nsession: none\n",
    b"Log in with your password: it was sent to you\nThe password is secret\n",
    b"type Login {\n  user: String\n  password: String!\n  token: [ID]\n}\n",
    b"def login(password):\n    token = user.token\n    self.password = password\n    secret = make(8)\n",
    b'token = re.compile(r"a\\n")\npassword = auth[2]\nsecret = make("of %s" % name)\ntoken = f(a,\n b)\n',
    b"    if token == x:\n        password.check()\n",
    b"password: {type: string}\n",
    b"password:\n  type: string\n  description: The password of the user.\n  required: true\n",
    b"SELECT password, token FROM users;\nsee password://x and token::name\n",
    b"password =>\n1. Passwords\n2. Tokens\n",
)


@pytest.mark.parametrize("text", PROSE)
def test_prose_and_programs_stay(text: bytes) -> None:
    """Texts that speak about secrets stay as they are."""
    assert redacted(text) == text


@pytest.mark.parametrize("kind", [b"text/html", b"application/javascript", b"text/css"])
def test_pages_and_programs_are_no_settings(kind: bytes) -> None:
    """There, a word behind a colon may be anything."""
    text = b"<p>\nPassword: wonderland\n</p>"
    assert redacted(text, kind) == text


def test_a_word_that_may_be_prose_is_replaced_in_its_place_only() -> None:
    """Else a page that has it loses it; what is irregular, or a setting for sure, is looked for elsewhere too."""
    one = redactor({}, KEY)
    for body, kind in (
        (b"Password: mandatorily\n", TEXT),
        (b"token = mandatorily\n", TEXT),
        (b"Password: k7Rx92Lm\n", TEXT),
        (b"password: elephants", YAML),
    ):
        assert one.redact(told(body, kind)).redactions
    page = one.redact(told(b"<p>mandatorily k7Rx92Lm elephants</p>", b"text/html")).response
    assert page is not None
    assert b"mandatorily" in (page.body or b"")
    assert b"k7Rx92Lm" not in (page.body or b"")
    assert b"elephants" not in (page.body or b"")
