"""Who may do what in a project: the form, giving and taking."""

import pytest


@pytest.fixture
def project(bob, named):
    """A project of bob's."""
    name = named("roles")
    bob.post("submit", name=name, version="1.0")
    return name


def give(person, name, user, right="Owner", operation="Add Role", **options):
    """Post the form."""
    fields = {"package_name": name, "user_name": user, "role_name": right, ":operation": operation}
    return person.post("role", **options, **fields)


def test_the_form_is_for_owners(bob, person, project):
    """Others must log in, as an owner (B083)."""
    assert "<h1>Role maintenance</h1>" in bob.act("role_form", package_name=project).text
    assert bob.act("role_form").status_int == 401
    assert person.act("role_form", package_name=project).status_int == 401


def test_administrators_choose_from_all_projects(alice, project):
    """And may be given the right of one."""
    page = alice.act("role_form").text
    assert f'<option value="{project}">{project}</option>' in page
    assert '<option value="Admin">Admin</option>' in page


@pytest.mark.parametrize("field", ["package_name", "user_name", "role_name", ":operation"])
def test_each_field_is_required(bob, field):
    """The old words name the first that is missing."""
    fields = {"package_name": "x", "user_name": "x", "role_name": "x", ":operation": "x"}
    answer = bob.post("role", **{name: value for name, value in fields.items() if name != field})
    assert (answer.status_int, answer.text) == (400, f"Error processing form\n\n{field} is required\n\n")


def test_a_role_is_given_and_taken(bob, project):
    """Each leaves an entry in the journal; the form comes again."""
    assert give(bob, project, "frank", "Maintainer").status_int == 200
    assert "<strong>Package Index Maintainer:</strong> frank" in bob.get(f"/pypi/{project}/1.0").text
    assert give(bob, project, "frank", "Maintainer", "Remove Role").status_int == 200
    assert "Package Index Maintainer" not in bob.get(f"/pypi/{project}/1.0").text


@pytest.mark.parametrize(
    ("user", "right", "operation", "text"),
    [
        ("frank", "Admin", "Add Role", "role_name not Owner or Maintainer"),
        ("nobody-at-all", "Owner", "Add Role", "user doesn't exist"),
        ("bob", "Owner", "Add Role", "user has that role already"),
        ("frank", "Owner", "Remove Role", "user doesn't have that role"),
        ("bob", "Owner", "Remove Role", "You can't remove yourself as the last owner; remove the package instead"),
    ],
    ids=["right", "user", "twice", "not given", "last owner"],
)
def test_what_makes_no_sense_is_refused(bob, project, user, right, operation, text):
    """In the old words (B085)."""
    answer = give(bob, project, user, right, operation)
    assert (answer.status_int, answer.text) == (400, f"Error processing form\n\n{text}\n\n")


def test_whoever_gives_up_a_project_is_shown_the_front_page(bob, project):
    """There is no form any more that is theirs."""
    give(bob, project, "frank")
    answer = give(bob, project, "bob", "Owner", "Remove Role")
    assert "<h1>PyPI - the Python Package Index</h1>" in answer.text


def test_roles_are_the_owners_to_give(another, project):
    """And need a token."""
    another.log_in("carol", "carol:has:colons")
    assert give(another, project, "carol").status_int == 401


def test_a_form_of_somebody_else_is_refused(bob, project):
    """It carries no token."""
    assert give(bob, project, "frank", token=False).status_int == 400
