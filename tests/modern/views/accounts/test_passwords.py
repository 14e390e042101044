"""Forgotten passwords."""

import re

import pytest


def key_of(person, name):
    """The last key that was mailed to somebody."""
    return re.findall(rf'password of the account "{name}" .*?(\w+)://\S+\?:action=pw_reset&otk=(\S+)', person.mails(),
                      re.DOTALL)[-1]  # fmt: skip


def test_a_link_leads_to_a_new_password(person):
    """By name; the link is good once (B240)."""
    assert 'name="name"' in person.act("forgotten_password_form").text
    assert "A mail with a link is on its way." in person.post("forgotten_password", name="Erin").text
    scheme, key = key_of(person, "Erin")
    assert scheme == "http"
    assert f'name="otk" value="{key}"' in person.act("pw_reset", otk=key).text
    short = person.post("pw_reset_change", otk=key, password="x", confirm="x")
    assert short.text.startswith("User password reset\n\nPlease make")
    password = "Erin and her 2nd"
    assert (
        "<h1>Password changed</h1>" in person.post("pw_reset_change", otk=key, password=password, confirm=password).text
    )
    assert person.post("pw_reset_change", otk=key, password=password, confirm=password).status_int == 400
    assert person.log_in("Erin", password).status_int == 200


def test_distutils_asks_by_address(person):
    """Its link goes over https (B241)."""
    assert person.post("password_reset", email="dave.d@example.org").status_int == 200
    assert key_of(person, "dave.d")[0] == "https"


@pytest.mark.parametrize(
    ("action", "fields", "text"),
    [
        ("forgotten_password", {"name": "nobody-at-all"}, 'user "nobody-at-all" unknown to me\n\n'),
        ("password_reset", {"email": "x@y.z"}, "email address unknown to me\n\n"),
        ("pw_reset", {}, "Error processing form\n\nInvalid reset code\n\n"),
        ("pw_reset_change", {"otk": "a.b.c"}, "Error processing form\n\nInvalid reset code\n\n"),
    ],
    ids=["name", "address", "no key", "key"],
)
def test_whom_the_index_does_not_know_it_mails_nothing(person, action, fields, text):
    """And says so, as ever."""
    answer = person.post(action, **fields)
    assert (answer.status_int, answer.text) == (400, text)
