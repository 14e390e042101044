"""Making an account."""

import re

import pytest

GOOD = {"password": "Good one 1", "confirm": "Good one 1"}


def register(person, name, /, **fields):
    """Fill in the form."""
    return person.post("user", **{"name": name, "email": f"{name}@example.org", **GOOD, **fields})


def key_of(person, name):
    """The key that was mailed to somebody."""
    text = person.mails()
    assert f"To: {name}@example.org" in text
    return re.search(rf'The account "{name}" .*?\?:action=user&otk=(\w+)', text, re.DOTALL)[1]


def test_the_form_asks_for_what_is_needed(person):
    """Nobody need be logged in."""
    page = person.act("register_form").text
    assert "<title>Manual user registration : Python Package Index</title>" in page
    assert re.findall(r'<input[^>]* name="(\w+)"', page.split("<h1>")[1]) == [
        "name", "password", "confirm", "email", "gpg_keyid",
    ]  # fmt: skip


def test_an_account_is_made_by_form_mail_and_agreement(person, named):
    """It can log in only at the end (B236, B238)."""
    name = named("new")
    answer = register(person, name)
    assert f"A mail is on its way to {name}@example.org." in answer.text
    person.user = (name, GOOD["password"])
    assert person.act("login").status_int == 401
    person.user = None
    key = key_of(person, name)
    assert f"<p>Name: {name}</p>" in person.act("user", otk=key).text
    refused = person.post("user", otk=key, agree_shown="1")
    assert (refused.status_int, "You need to confirm the usage agreement." in refused.text) == (400, True)
    assert "<h1>Registration complete</h1>" in person.post("user", otk=key, agree_shown="1", agree="on").text
    assert person.log_in(name, GOOD["password"]).status_int == 200
    assert "Invalid or expired key" in person.act("user", otk=key).text


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"name": ""}, "Error processing form\n\nname is required"),
        ({"email": ""}, "Error processing form\n\nemail is required"),
        ({"confirm": ""}, "Error processing form\n\npassword and confirm are required"),
        ({"email": "x"}, "Error processing form\n\nEmail is invalid"),
        ({"name": "a b"}, "Error processing form\n\nUsername is invalid (ASCII alphanum,.,_ only)"),
        ({"name": "bob"}, 'User registration\n\nuser "bob" already exists'),
        ({"email": "bob@example.org"}, "Error processing form\n\nYou have already registered as user bob"),
        ({"confirm": "Other one 1"}, "Users\n\nPlease check you've entered the same password in both fields."),
    ],
    ids=["no name", "no address", "no password", "address", "name", "taken", "known", "password"],
)
def test_what_is_missing_or_wrong_is_said(person, named, fields, text):
    """In the old words: distutils shows them."""
    answer = register(person, named("never"), **fields)
    assert (answer.status_int, answer.text) == (400, text + "\n\n")
