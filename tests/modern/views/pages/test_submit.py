"""Registering a release: the form, the PKG-INFO file, the dry run."""

import pytest

PKG_INFO = """Metadata-Version: 1.1
Name: {name}
Version: 0.5
Summary: From a file
Classifier: Programming Language :: Python
Description: First line
        second line
"""


def test_the_form_needs_a_login(person):
    """401 with a text of its own."""
    answer = person.act("submit_form")
    assert answer.status_int == 401
    assert "You must log in." in answer.text


def test_the_form_logs_in_whoever_came_by_basic_authentication(person):
    """By the way, as ever (B246)."""
    person.user = ("bob", "bobpw")
    answer = person.act("submit_form")
    assert "pypi" in person.jar
    assert "<h1>Submitting package information</h1>" in answer.text


def test_the_form_of_a_release_is_filled_in(alice):
    """All that is known of it, its classifiers chosen."""
    page = alice.act("submit_form", name="demo", version="1.0").text
    assert 'name="name" value="demo"' in page
    assert '<option value="0" selected="selected">No</option>' in page
    hidden = alice.act("submit_form", name="demo", version="0.1").text
    assert '<option value="1" selected="selected">Yes</option>' in hidden


def test_others_do_not_get_the_form_of_a_release(bob, named):
    """Only those who may change it."""
    answer = bob.act("submit_form", name="empty-project", version="1")
    assert (answer.status_int, answer.text) == (403, "Forbidden\n\nNot Owner or Maintainer\n\n")


def test_a_release_that_is_not_there_breaks_the_request(alice):
    """As ever: 500."""
    assert alice.act("submit_form", name="demo", version="99").status_int == 500


def test_a_release_is_registered(bob, named):
    """Its page says thank you; what the form said is there, the lists too."""
    name = named("submitted")
    fields = {"name": name, "version": "1.0", "requires": "a\nb", "description": "\nA *word*", "summary": "<b>"}
    answer = bob.send("submit", {}, **fields)
    assert "Thank you: the release is stored." in answer.text
    assert "<li><strong>Requires:</strong> a, b</li>" in answer.text
    assert "<em>word</em>" in answer.text
    assert "&lt;b&gt;" in answer.text
    assert ">A *word*</textarea>" in bob.act("submit_form", name=name, version="1.0").text


def test_registering_needs_a_login(person, named):
    """And asks for it."""
    assert person.post("submit", name=named("x"), version="1").status_int == 401


def test_a_version_with_blanks_is_stored_and_not_found(bob, named):
    """The page is looked up by what was sent (B187)."""
    name = named("submitted")
    assert bob.post("submit", name=name, version=" 1.0 ").status_int == 404
    assert bob.get(f"/pypi/{name}/1.0").status_int == 200


def test_a_release_is_registered_from_a_file(bob, named):
    """Sent as a file or as text; the description loses its indent (B197)."""
    name = named("fromfile")
    answer = bob.send("submit_pkg_info", {"pkginfo": ("PKG-INFO", PKG_INFO.format(name=name).encode())})
    assert f"<h1>{name} 0.5</h1>" in answer.text
    other = named("fromfile")
    assert f"<h1>{other} 0.5</h1>" in bob.post("submit_pkg_info", pkginfo=PKG_INFO.format(name=other)).text


def test_a_file_must_come_from_our_form(bob, person):
    """With a login, a token and a file."""
    assert person.post("submit_pkg_info").status_int == 401
    assert bob.post("submit_pkg_info", token=False, pkginfo="x").status_int == 400
    answer = bob.post("submit_pkg_info")
    assert answer.text == "Error processing form\n\nYou must supply the PKG-INFO file\n\n"


@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({"name": "a", "version": "1"}, 200, "<h1>Validated OK</h1>"),
        ({"name": "a"}, 400, 'Package verification\n\nMissing required field "version"\n\n'),
    ],
    ids=["good", "bad"],
)
def test_metadata_can_be_tried(person, fields, status, text):
    """By anybody; nothing is stored (B102)."""
    answer = person.post("verify", **fields)
    assert (answer.status_int, text in answer.text) == (status, True)
