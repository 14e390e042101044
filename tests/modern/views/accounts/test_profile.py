"""One's own account."""

import re

import pytest
from sqlalchemy.orm import Session

from modern.database import Database
from modern.models import OpenID, SshKey


@pytest.fixture
def newcomer(person, seeded_site, named):
    """Somebody with a fresh account, logged in."""
    name, password = named("self"), "Good one 1"
    person.post("user", name=name, email=f"{name}@example.org", password=password, confirm=password)
    key = re.search(rf'The account "{name}" .*?otk=(\w+)', person.mails(), re.DOTALL)[1]
    person.post("user", otk=key, agree_shown="1", agree="on")
    person.log_in(name, password)
    person.name = name
    return person


def test_the_page_is_for_those_with_an_account(person):
    """401 with a text of its own."""
    answer = person.act("user_form")
    assert (answer.status_int, "You must authenticate" in answer.text) == (401, True)


def test_the_page_shows_all_that_is_known(seeded_site, newcomer):
    """Address, keys and identities; without projects one may go for good."""
    database = Database(seeded_site[0].database_url)
    with Session(database.engine) as db:
        db.add(OpenID(id=f"https://{newcomer.name}.example/", name=newcomer.name))
        db.add(SshKey(name=newcomer.name, key="ssh-rsa AAAA and more of it than is shown"))
        db.commit()
    database.close()
    page = newcomer.act("user_form").text
    assert f'name="email" value="{newcomer.name}@example.org"' in page
    assert f"https://{newcomer.name}.example/" in page
    assert "<p>ssh-rsa AAAA and more of it th</p>" in page
    assert 'value="Delete account"' in page
    assert "Claim with Launchpad" in page


def test_an_owner_of_packages_is_told_that_the_account_stays(alice):
    """There is no button for it."""
    page = alice.act("user_form").text
    assert "An owner of packages cannot delete it." in page
    assert 'value="Delete account"' not in page


def test_address_and_password_are_changed(newcomer):
    """What is empty stays; the page comes again."""
    password = {"password": "Other one 2", "confirm": "Other one 2"}
    answer = newcomer.post("user", email=f"x.{newcomer.name}@example.org", **password)
    assert f'value="x.{newcomer.name}@example.org"' in answer.text
    assert newcomer.post("user", email="", password="").status_int == 200
    newcomer.jar.clear()
    assert newcomer.log_in(newcomer.name, "Other one 2").status_int == 200


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"email": "x"}, "Error processing form\n\nEmail is invalid"),
        ({"password": "short", "confirm": "short"}, "User profile\n\nPlease make your password at least 8"),
        ({"password": "Good one 1", "confirm": "Good one 1"}, "User profile\n\nPlease choose another password than"),
    ],
    ids=["address", "password", "same"],
)
def test_what_may_not_be_chosen_is_said(newcomer, fields, text):
    """And nothing is changed."""
    answer = newcomer.post("user", **fields)
    assert (answer.status_int, answer.text.startswith(text)) == (400, True)


def test_an_account_is_deleted_after_a_question(newcomer):
    """And its login with it (B245)."""
    asked = newcomer.post("delete_user")
    assert f"The account {newcomer.name} will be gone for good." in asked.text
    assert newcomer.post("delete_user", submit_cancel="CANCEL").status_int == 200
    assert newcomer.post("delete_user", token=False, submit_ok="OK").status_int == 400
    assert "Log in</a>" in newcomer.post("delete_user", submit_ok="OK").text
    newcomer.user = (newcomer.name, "Good one 1")
    assert newcomer.act("login").status_int == 401


def test_nobody_deletes_nothing(person):
    """A login comes first."""
    assert person.post("delete_user", submit_ok="OK").status_int == 401
