"""A login by cookie is one on the old index and on the new."""

import pytest


@pytest.fixture
def old_index(seeded_site, monkeypatch):
    """The old index on the same database and files."""
    from legacy import wsgi

    settings, _ = seeded_site
    monkeypatch.setenv("PYPI_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("PYPI_FILES", settings.files)
    monkeypatch.setenv("PYPI_MAIL", settings.mail_file)
    monkeypatch.setenv("PYPI_BASE_URL", settings.base_url)
    return wsgi.application


def test_a_login_here_is_one_on_the_old_index(bob, old_index):
    """Cookie and token are rows that both read."""
    bob.app = old_index
    page = bob.act("user_form")
    assert page.status_int == 200
    assert bob.token in page.text
    assert bob.post("user", email="bob@example.org").status_int == 200


def test_a_login_on_the_old_index_is_one_here(person, seeded_site, old_index):
    """Until one logs out on either."""
    person.app = old_index
    person.log_in("frank", "frankpw")
    person.app = seeded_site[1]
    assert person.act("user_form").status_int == 200
    assert person.post("user", email="frank@example.org").status_int == 200
    person.app = old_index
    person.act("logout")
    person.app = seeded_site[1]
    assert person.act("user_form").status_int == 401


def test_a_form_without_its_token_changes_nothing(bob):
    """Nor with somebody else's."""
    assert bob.post("user", token=False, email="a@b.c").status_int == 400
    assert bob.post("user", token=False, email="a@b.c", CSRFToken="bm8=").status_int == 400
    assert bob.post("user", token=False, email="a@b.c", CSRFToken=[bob.token] * 2).status_int == 400
