"""Editing and removing the releases of a project."""

import re

import pytest


@pytest.fixture
def project(bob, named):
    """A project of bob's with two releases, of which the newer hides the older."""
    name = named("edited")
    for version in ("1.0", "2.0"):
        bob.post("submit", name=name, version=version, summary=f"of {version}")
    return name


def versions(person, name):
    """Versions that the page of a project's releases shows, and those hidden."""
    page = person.act("pkg_edit", name=name).text
    shown = re.findall(r'name="version" value="([^"]+)"', page)
    hidden = re.findall(r'name="hid_([^"]+)"[^>]*>\s*<option value="0">No</option>\s*<option value="1" selected', page)
    return shown, hidden


def test_strangers_cannot_edit(person, alice, project, another):
    """Nobody must log in, somebody without a role is refused (B078)."""
    anonymous = person.act("pkg_edit", name=project)
    assert anonymous.status_int == 401
    assert "You must be identified to edit package information" in anonymous.text
    another.log_in("carol", "carol:has:colons")
    assert another.act("pkg_edit", name=project).status_int == 403


@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({}, 400, "Invalid package name"),
        ({"name": "requirements.txt"}, 403, "Package name 'requirements.txt' invalid"),
    ],
    ids=["no name", "a name that is forbidden"],
)
def test_only_projects_can_be_edited(bob, fields, status, text):
    """A form without a name names nothing."""
    answer = bob.act("pkg_edit", **fields)
    assert (answer.status_int, text in answer.text) == (status, True)


def test_releases_are_hidden_and_described(bob, project):
    """The page shows them as they were before; a look later as they are (B079)."""
    assert versions(bob, project) == (["2.0", "1.0"], ["1.0"])
    changes = {"hid_1%2E0": "0", "sum_1.0": "anew", "hid_2.0": "1", "sum_2.0": "of 2.0", "sum_": "of nothing"}
    answer = bob.post("pkg_edit", name=project, **changes)
    assert 'value="of 1.0"' in answer.text
    assert versions(bob, project) == (["2.0", "1.0"], ["2.0"])
    assert 'value="anew"' in bob.act("pkg_edit", name=project).text


def test_looking_does_not_change(bob, project):
    """A GET with the same fields is none of a form."""
    bob.act("pkg_edit", name=project, **{"hid_2.0": "1"})
    assert versions(bob, project)[1] == ["1.0"]


def test_a_version_that_is_not_there_breaks_the_request(bob, project):
    """As ever: 500 (B078)."""
    assert bob.post("pkg_edit", name=project, hid_9="1").status_int == 500


@pytest.mark.parametrize(("given", "ticked"), [({"autohide": "on"}, True), ({}, False)], ids=["on", "off"])
def test_whether_a_new_release_hides_the_others_can_be_changed(bob, project, given, ticked):
    """By a form of its own."""
    answer = bob.post("pkg_edit", name=project, submit_autohide="Change", **given)
    assert ('name="autohide" checked="checked"' in answer.text) == ticked


def test_removing_asks_first(bob, project):
    """A page with two buttons that carries what is meant."""
    answer = bob.post("pkg_edit", name=project, submit_remove="Remove", version="1.0")
    assert f"<h1>Confirm removal of releases 1.0 of {project}</h1>" in answer.text
    assert '<input type="hidden" name="version" value="1.0"/>' in answer.text
    assert versions(bob, project)[0] == ["2.0", "1.0"]


def test_a_release_goes_once_that_is_confirmed(bob, project):
    """The others stay."""
    bob.act("user_form")
    bob.post("remove_pkg", name=project, version="1.0", submit_ok="OK")
    assert versions(bob, project)[0] == ["2.0"]


def test_several_releases_go_at_once(bob, project):
    """All that are ticked."""
    bob.post("remove_pkg", name=project, version=["1.0", "2.0"], submit_ok="OK")
    assert versions(bob, project)[0] == []


def test_a_project_goes_once_that_is_confirmed(bob, project):
    """The front page follows; the name is free again."""
    asked = bob.post("remove_pkg", name=project)
    assert f"the project {project} and all its releases" in asked.text
    answer = bob.post("remove_pkg", name=project, submit_ok="OK")
    assert "<h1>PyPI - the Python Package Index</h1>" in answer.text
    assert bob.get(f"/pypi/{project}").status_int == 404


def test_one_can_think_better_of_it(bob, project):
    """CANCEL leads back to the releases."""
    answer = bob.post("remove_pkg", name=project, submit_cancel="CANCEL")
    assert f"Package &#39;{project}&#39; Editing" in answer.text
    assert versions(bob, project)[0] == ["2.0", "1.0"]


def test_removing_needs_a_login_and_a_token(person, bob, project):
    """Not even the question is asked without (B080)."""
    assert person.post("remove_pkg", name=project).status_int == 401
    answer = bob.post("remove_pkg", token=False, name=project, submit_ok="OK")
    assert (answer.status_int, answer.text) == (
        400, "Error processing form\n\nForm Failure; reset form submission\n\n",
    )  # fmt: skip
