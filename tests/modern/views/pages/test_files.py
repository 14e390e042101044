"""The page of a release's files."""

import io
import re
import zipfile

import pytest


@pytest.fixture
def project(bob, named):
    """A project of bob's with a release."""
    name = named("files")
    bob.post("submit", name=name, version="1.0")
    return name


def sdist(name):
    """A zip as `sdist` makes it, unlike any other."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{name}-1.0/PKG-INFO", f"Name: {name}\n")
    return buffer.getvalue()


def upload(person, name, version="1.0"):
    """Send a file by the form."""
    files = {"content": (f"{name}-{version}.zip", sdist(name))}
    fields = {"name": name, "version": version, "filetype": "sdist", "comment": "c"}
    return person.send("files", files, submit_upload="Upload", **fields)


@pytest.mark.parametrize("fields", [{}, {"name": "demo"}, {"version": "1.0"}], ids=["neither", "name", "version"])
def test_a_release_must_be_named(person, fields):
    """The text is heading and message (B075)."""
    answer = person.act("files", **fields)
    assert (answer.status_int, answer.text) == (400, "Name and version are required\n\n" * 2)


def test_anybody_sees_files_and_a_form(person):
    """Even of a release that there is none of; nothing can be ticked."""
    page = person.act("files", name="demo", version="1.0").text
    assert "<h1>Files for demo 1.0</h1>" in page
    assert 'name="file-ids"' not in page
    assert person.act("files", name="demo", version="99").status_int == 200


def test_a_file_is_uploaded_and_removed(bob, person, project):
    """The page lists it with its digest, and then no more."""
    page = upload(bob, project).text
    digest = re.search(r'name="file-ids" value="([0-9a-f]{32})"', page)[1]
    url = re.search(r'<a href="([^"]+\.zip)">', page)[1]
    assert person.get(url).status_int == 200
    after = bob.post("files", name=project, version="1.0", submit_remove="Remove", **{"file-ids": digest})
    assert digest not in after.text
    assert person.get(url).status_int == 404


def test_several_files_are_removed_at_once_and_unknown_ones_do_not_matter(bob, project):
    """All that are ticked; ticking none removes none."""
    digest = re.search(r'name="file-ids" value="([0-9a-f]{32})"', upload(bob, project).text)[1]
    assert digest in bob.post("files", name=project, version="1.0", submit_remove="Remove").text
    fields = {"file-ids": [digest, "0" * 32]}
    assert digest not in bob.post("files", name=project, version="1.0", submit_remove="Remove", **fields).text


def test_a_file_that_breaks_a_rule_is_refused(bob, project):
    """With the words that tools get."""
    answer = bob.send(
        "files", {"content": ("x.py", b"")}, name=project, version="1.0", filetype="sdist", submit_upload="Upload"
    )
    assert (answer.status_int, answer.text) == (400, "Error processing form\n\ninvalid distribution file\n\n")


def test_strangers_upload_nothing(person, project):
    """Their button does nothing, as ever."""
    assert f"{project}-1.0.zip" not in upload(person, project).text
