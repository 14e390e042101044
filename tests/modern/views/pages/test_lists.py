"""Lists of releases: the index, what matches a form, the search, browsing."""

import re

import pytest

from modern.services import browsing

BROWSER = {"User_Agent": "Mozilla/5.0"}


def test_the_index_lists_all_visible_releases(person):
    """Hidden ones are left out."""
    page = person.get("/pypi/").text
    assert "<h1>Index of Packages</h1>" in page
    assert "demo-extras&#160;2.0" in page
    assert "secretive" not in page


def test_an_index_with_one_hit_is_that_release(person):
    """By a substring of any field (B096)."""
    assert "<h1>demo-extras 2.0</h1>" in person.get("/pypi?:action=index&name=emo-extr").text


def test_an_index_without_hits_says_so(person):
    """Not an empty table."""
    assert "Nothing was found." in person.get("/pypi?:action=index&name=zzz").text


def test_a_search_puts_the_weightiest_first(person):
    """A name weighs more than a mention; the weight is shown."""
    page = person.get("/pypi?:action=search&term=demo").text
    assert "<h1>Index of Packages Matching &#39;demo&#39;</h1>" in page
    assert page.index("demo&#160;1.1") < page.index("demo-extras&#160;2.0")
    assert '<th scope="col">Weight</th>' in page


def test_a_search_with_one_hit_leads_there(person):
    """By a redirect that no cache may keep (B095)."""
    answer = person.get("/pypi?:action=search&term=lone-wheel")
    assert (answer.status_int, answer.headers["Location"]) == (307, "http://index.example/pypi/lone-wheel/4.1")
    assert answer.headers["Cache-Control"] == "max-age=0"


@pytest.mark.parametrize("query", ["", "&term=the", "&term=%21"], ids=["none", "stop word", "no letter"])
def test_a_search_for_nothing_is_refused(person, query):
    """In the old words (B091)."""
    answer = person.get("/pypi?:action=search" + query)
    assert (answer.status_int, answer.text) == (
        400, "Error processing form\n\nYou need to supply a search term\n\n",
    )  # fmt: skip


def test_several_terms_are_one_search(person):
    """All words of all of them must occur."""
    answer = person.get("/pypi?:action=search&term=lone-wheel&term=lone")
    assert answer.status_int == 307


@pytest.mark.parametrize("agent", ["", "Googlebot/2.1"], ids=["says nothing", "says it"])
def test_robots_get_a_blank_page(person, agent):
    """They got lost in the tree of classifiers (B087)."""
    answer = person.get("/pypi?:action=browse", User_Agent=agent)
    assert (answer.status_int, answer.content_type) == (200, "text/plain")
    assert answer.body == b"This page intentionally blank."


def classifiers(person):
    """Ids of classifiers that the tree offers at first."""
    page = person.get("/pypi?:action=browse", **BROWSER).text
    return [int(id) for id in re.findall(r"\?:action=browse&amp;c=(\d+)\"", page)]


def test_browsing_narrows_by_classifiers(person):
    """Nothing is listed before something is chosen; what is chosen can be given up again."""
    start = person.get("/pypi?:action=browse", **BROWSER).text
    assert '<meta name="robots" content="noindex,nofollow"/>' in start
    assert '<table class="list">' not in start
    chosen = person.get(f"/pypi?:action=browse&c={classifiers(person)[0]}", **BROWSER).text
    assert '<a href="/pypi?:action=browse">unselect</a>' in chosen
    assert '<table class="list">' in chosen


def test_many_releases_are_counted_until_they_are_asked_for(person, monkeypatch):
    """From 30 on, which our small index does not reach."""
    monkeypatch.setattr(browsing, "LONG", 1)
    target = f"/pypi?:action=browse&c={classifiers(person)[0]}"
    assert "Show all</a>" in person.get(target, **BROWSER).text
    assert '<table class="list">' in person.get(target + "&show=all", **BROWSER).text


def test_nobody_chooses_more_than_eight(person):
    """Each one costs the database a look."""
    ids = "".join(f"&c={id}" for id in range(1, 12))
    answer = person.get("/pypi?:action=browse" + ids, **BROWSER)
    assert (answer.status_int, answer.text) == (500, "Too many classifiers\n\n")
