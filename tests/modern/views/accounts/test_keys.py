"""Public keys of SSH."""

import re

import pytest


def test_a_key_is_added_and_dropped(bob):
    """The profile lists it in between."""
    page = bob.post("addkey", key=" ssh-rsa AAAA bob \n").text
    assert "<p>ssh-rsa AAAA bob</p>" in page
    number = re.findall(r'name="id" value="(\d+)"', page)[-1]
    assert "ssh-rsa AAAA bob" not in bob.post("delkey", id=number).text


@pytest.mark.parametrize(
    ("action", "fields", "status", "text"),
    [
        ("addkey", {"key": " "}, 400, "missing key"),
        ("addkey", {"key": "ssh-rsa a\nssh-rsa b"}, 400, "Invalid key format: multiple lines"),
        ("addkey", {"key": "rsa a"}, 400, "Invalid key format: does not start with a known type"),
        ("delkey", {}, 400, "missing parameter"),
        ("delkey", {"id": "x"}, 400, "invalid ID"),
        ("delkey", {"id": "999999"}, 401, "not your key"),
    ],
    ids=["none", "two", "kind", "no number", "number", "somebody else's"],
)
def test_what_is_no_key_is_refused(bob, action, fields, status, text):
    """In the old words (B247)."""
    answer = bob.post(action, **fields)
    assert (answer.status_int, text in answer.text) == (status, True)


@pytest.mark.parametrize("action", ["addkey", "delkey"])
def test_keys_need_a_login_and_a_token(person, bob, action):
    """Both ways."""
    assert person.post(action, key="ssh-rsa a").status_int == 401
    assert bob.post(action, token=False, key="ssh-rsa a").status_int == 400
