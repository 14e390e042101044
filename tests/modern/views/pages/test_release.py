"""The page of a release, and what a name alone leads to."""

import pytest
from sqlalchemy import text

from modern.models import File
from modern.views.pages import release


def test_a_release_shows_what_programs_looked_for(person):
    """Digests in links of files (I05), the comments before home page and download (I02), the anchor of the files."""
    page = person.get("/pypi/demo/1.0").text
    assert "<title>demo 1.0 : Python Package Index</title>" in page
    assert "<!-- <th>Home Page -->\n<a href=" in page
    assert '<a name="downloads"></a>' in page
    assert 'rel="meta" title="DOAP"' in page
    assert "#md5=" in page


def test_a_description_is_rendered(person):
    """Headings stand below the page's own."""
    page = person.get("/pypi/demo/1.1").text
    assert '<div class="description">' in page
    assert page.count("<h1") == 1


@pytest.mark.parametrize(
    ("target", "status", "found"),
    [
        ("/pypi/demo", 200, "Index of Packages"),
        ("/pypi/demo-extras", 200, "demo-extras 2.0"),
        ("/pypi?:action=display&name=demo&version=1.0", 200, "demo 1.0"),
        ("/pypi?:action=display", 400, "Which package do you want to display?"),
        ("/pypi?:action=display&name=demo&version=1.0&version=2.0", 500, "expected one version"),
        ("/pypi/secretive", 404, "Not Found ()"),
        ("/pypi/demo/99", 404, "Not Found ()"),
        ("/pypi/no-such", 404, "Not Found ()"),
    ],
    ids=["several", "one", "action", "no name", "two versions", "all hidden", "no release", "no project"],
)
def test_a_name_leads_to_a_release_a_list_or_nowhere(person, target, status, found):
    """By how many releases are visible (B065)."""
    answer = person.get(target)
    assert (answer.status_int, found in answer.text) == (status, True)


@pytest.mark.parametrize(
    ("target", "location"),
    [("/pypi/DEMO", "http://index.example/pypi/demo"), ("/pypi/Demo/1.0", "http://index.example/pypi/demo/1.0")],
    ids=["project", "release"],
)
def test_another_spelling_is_sent_to_the_registered_one(person, target, location):
    """With the version, which nobody has looked at (B067)."""
    answer = person.get(target)
    assert (answer.status_int, answer.headers["Location"]) == (301, location)


def test_an_old_release_leads_to_the_newest(person):
    """Its page says which that is."""
    assert (
        '<p>Newest version: <a href="http://index.example/pypi/demo/1.1">1.1</a></p>'
        in person.get("/pypi/demo/1.0").text
    )


def test_only_maintainers_find_the_ways_to_edit(person, alice):
    """Alice may edit everything, strangers nothing."""
    link = "?:action=pkg_edit&amp;name=demo"
    assert link in alice.get("/pypi/demo/1.1").text
    assert link not in person.get("/pypi/demo/1.1").text


def test_what_its_user_left_out_is_not_shown(person):
    """Distutils writes UNKNOWN for it; only as a summary it was always shown."""
    page = person.get("/pypi/unknown-fields/0.0.1").text
    assert "<strong>License:" not in page
    assert "<strong>Home Page:" not in page
    assert '<div class="description">' not in page


def test_project_links_are_clickable_by_web_schemes_only():
    """Anything else could be a script."""
    texts = ["Home,http://a/", "Docs, https://b/", "Bad,javascript:alert(1)", "None"]
    assert list(release.project_links(texts)) == [("Home", "http://a/"), ("Docs", " https://b/")]


@pytest.mark.parametrize(
    ("url", "clickable"),
    [
        ("http://a.example/", True), (" HTTPS://a.example/", True), ("ftp://a.example/b.tar.gz", True),
        ("javascript:alert(1)", False), ("\x01javascript:alert(1)", False), ("data:text/html,x", False),
        ("//a.example", False), ("a.example", False),
    ],
)  # fmt: skip
def test_an_old_home_page_is_clickable_if_it_cannot_be_a_script(person, alice, named, seeded_site, url, clickable):
    """Nobody checked before 2016 what it was; text it stays, without the mark by which old installers find the link."""
    name = named("home")
    alice.post("submit", name=name, version="1.0")
    with seeded_site[1].registry["installation"].database.engine.begin() as connection:
        words = {"url": url, "name": name}
        connection.execute(text("UPDATE releases SET home_page = :url, download_url = :url WHERE name = :name"), words)
    page = person.get(f"/pypi/{name}/1.0").text
    for label in ("Home Page", "Download URL"):
        assert (f'<!-- <th>{label} -->\n<a href="{url}">' in page) is clickable
        assert (f"<li><strong>{label}:</strong> {url}</li>" in page) is not clickable


def test_dependencies_and_roles_are_listed_by_their_names():
    """Roles that nobody has are left out."""
    found = release.lists({"requires_dist": ["a"]}, [("Owner", "bob"), ("Owner", "eve")])
    assert list(found) == [("Requires dist", ["a"]), ("Package Index Owner", ["bob", "eve"])]


def test_an_incomplete_row_of_a_file_is_shown_as_far_as_it_goes():
    """Rows of the first years have gaps."""
    shown = release.shown_file(File(filename="a.zip", packagetype="odd", python_version="2.7", size=None))
    assert (shown.kind, shown.python, shown.uploaded, shown.size) == ("odd", "2.7", "", "")


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0B"), (1023, "1023B"), (1024, "1KB"), (1048575, "1023KB"), (3 << 20, "3MB"), (None, "")]
)
def test_sizes_are_rounded_down(count, text):
    """Bytes, KB, MB."""
    assert release.size(count) == text
