"""Pages of releases that are kept for those who are not logged in."""


def test_a_kept_page_is_the_same_until_the_project_changes(person, bob, named):
    """Who is logged in gets a page of their own; what changed is seen at once."""
    name = named("kept")
    bob.post("submit", name=name, version="1.0", summary="first")
    page = person.get(f"/pypi/{name}/1.0")
    assert "first" in page.text
    again = person.get(f"/pypi/{name}/1.0")
    assert (again.body, again.headerlist) == (page.body, page.headerlist)
    assert "<li>bob</li>" in bob.get(f"/pypi/{name}/1.0").text
    bob.post("submit", name=name, version="1.0", summary="second")
    assert "second" in person.get(f"/pypi/{name}/1.0").text


def test_what_is_not_found_is_looked_for_each_time(person, bob, named):
    """A release that somebody misses may come."""
    name = named("kept")
    bob.post("submit", name=name, version="1.0")
    assert person.get(f"/pypi/{name}/2.0").status_int == 404
    bob.post("submit", name=name, version="2.0")
    assert person.get(f"/pypi/{name}/2.0").status_int == 200
