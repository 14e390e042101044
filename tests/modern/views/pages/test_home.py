"""The front page and the pages about the index."""

import re

import pytest


def test_the_front_page_counts_projects_and_lists_the_newest_releases(person):
    """How many there are, and links to releases; clients of OpenID find the header that names the provider."""
    answer = person.get("/pypi")
    assert (answer.status_int, answer.content_type, answer.charset) == (200, "text/html", "utf-8")
    assert answer.headers["X-XRDS-Location"] == "http://index.example/id"
    assert "<title>PyPI - the Python Package Index : Python Package Index</title>" in answer.text
    # other tests of the session release more than fit on the page: which ones it lists is not ours to say
    listed = re.findall(r'<a href="/pypi/([^/"]+)/([^/"]+)">([^<]+)&#160;([^<]+)</a>', answer.text)
    assert any((name, version) == (shown, number) for name, version, shown, number in listed)


@pytest.mark.parametrize(
    ("target", "title"),
    [
        ("/pypi?:action=about", "About PyPI"), ("/mirrors", "PyPI Mirrors"), ("/security", "PyPI Security"),
        ("/pypi?:action=home", "PyPI - the Python Package Index"),
    ],
)  # fmt: skip
def test_pages_about_the_index_say_what_they_are(person, target, title):
    """Title and heading are those that people had bookmarked."""
    answer = person.get(target)
    assert answer.status_int == 200
    assert f"<title>{title} : Python Package Index</title>" in answer.text
    assert f"<h1>{title}</h1>" in answer.text
