"""Identities elsewhere."""

import pytest
from sqlalchemy.orm import Session

from modern.database import Database
from modern.models import OpenID


def test_the_form_asks_for_an_identity(person):
    """One that gets, as it always did."""
    assert '<input name="openid_identifier" aria-label="OpenID"/>' in person.act("openid").text


def test_claims_need_a_login(person):
    """By cookie."""
    answer = person.act("claim")
    assert (answer.status_int, answer.text) == (400, "You are not logged in\n\n")


def test_a_claim_by_provider_goes_there(bob):
    """As a login does."""
    assert bob.act("claim", provider="Launchpad").status_int == 307


def test_claims_are_forms(bob):
    """With an identifier that nobody can verify any more (B063)."""
    assert bob.act("claim").text == "OpenID claim request must be a POST\n\n"
    assert bob.post("claim").text == "Missing parameter\n\n"
    answer = bob.post("claim", openid_identifier="https://a.example/")
    assert answer.text == "Invalid OpenID: no provider was found there\n\n"


def test_an_identity_is_dropped(bob, seeded_site):
    """By a link, without a token (B063)."""
    database = Database(seeded_site[0].database_url)
    with Session(database.engine) as db:
        db.merge(OpenID(id="https://bob.example/", name="bob"))
        db.commit()
    database.close()
    assert "https://bob.example/" not in bob.act("dropid", openid="https://bob.example/").text


@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({}, 400, "Error processing form\n\nID missing\n\n"),
        ({"openid": "x"}, 403, "Forbidden\n\nYou don't own this ID\n\n"),
    ],
    ids=["none", "not theirs"],
)
def test_only_ones_own_identities_are_dropped(bob, person, fields, status, text):
    """And only by those who are logged in."""
    answer = bob.act("dropid", **fields)
    assert (answer.status_int, answer.text) == (status, text)
    assert person.act("dropid", **fields).text == "You are not logged in\n\n"


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("openid_endpoint", "OpenID request error: no request\n\n"),
        ("openid_decide_post", "OpenID request error: no request\n\n"),
        ("openid_return", "OpenID response error: not verified\n\n"),
    ],
)
def test_nobody_is_vouched_for(person, action, text):
    """There is no provider here any more."""
    assert person.act(action).text == text
