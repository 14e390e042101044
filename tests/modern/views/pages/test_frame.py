"""Links of the frame: which colon is quoted and which is not has not changed since people bookmarked them."""

import pytest

from modern.settings import Settings
from modern.views.pages.frame import Frame

URLS = Settings("postgresql:///x", "", base_url="http://h/pypi", docs_url="http://docs").urls(https=False)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (lambda frame: frame.action_url("pkg_edit", name="a b/c"), "/pypi?%3Aaction=pkg_edit&name=a%20b%2Fc"),
        (lambda frame: frame.raw_url("browse", c=533), "/pypi?:action=browse&c=533"),
        (lambda frame: frame.plain_url("role_form", package_name="a/b"), "/pypi?:action=role_form&package_name=a/b"),
        (lambda frame: frame.release_url("a/b", "1 0"), "/pypi/a%2Fb/1%200"),
        (lambda frame: frame.release_url("a"), "/pypi/a"),
        (lambda frame: frame.full_release_url("a", "1"), "http://h/pypi/a/1"),
        (lambda frame: frame.doap_url("a b", "1"), "/pypi?:action=doap&name=a b&version=1"),
        (lambda frame: frame.file_url("aa/bb"), "http://h/packages/aa/bb"),
        (lambda frame: frame.docs_url("a b"), "http://docs/a%20b"),
    ],
    ids=["action", "raw", "plain", "release", "project", "full", "doap", "file", "docs"],
)
def test_links_are_quoted_as_ever(link, expected):
    """Each kind of link in its own, old way."""
    assert link(Frame(URLS)) == expected


def test_only_administrators_find_their_page():
    """The menu has one entry more for them."""
    labels = [label for _, label in Frame(URLS, admin=True).navigation()]
    assert "Administration" in labels
    assert labels[-1] == "For Python 3"
    assert "Administration" not in [label for _, label in Frame(URLS).navigation()]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), [("/pypi", "Package Index")]),
        (("",), [("/pypi", "Package Index")]),
        (("a",), [("/pypi", "Package Index"), ("/pypi/a", "a")]),
        (("a", "1"), [("/pypi", "Package Index"), ("/pypi/a", "a"), ("/pypi/a/1", "1")]),
    ],
    ids=["index", "no name", "project", "release"],
)
def test_the_breadcrumb_leads_from_the_index_to_the_release(names, expected):
    """As deep as the page is."""
    assert Frame(URLS).breadcrumb(*names) == expected


def test_those_who_are_not_logged_in_are_offered_the_ways_in():
    """Nothing is offered to be forgotten where nothing was sent."""
    labels = [label for _, label in Frame(URLS).account_links()]
    assert labels == ["Log in", "Make an account", "Forgotten password", "OpenID", "Launchpad", "Google"]


def test_a_password_that_a_browser_sends_can_be_forgotten():
    """Whoever came by Basic authentication is not greeted, but finds the way out."""
    links = Frame(URLS, authenticated=True).account_links()
    assert links[0] == ("/pypi?%3Aaction=clear_auth", "Forget my password")


def test_a_user_finds_account_way_out_and_projects():
    """All that is theirs, nothing else."""
    links = Frame(URLS, authenticated=True, username="bob", packages=("demo",)).account_links()
    assert links == [
        ("/pypi?%3Aaction=user_form", "My account"), ("/pypi?%3Aaction=logout", "Log out"),
        ("/pypi?%3Aaction=pkg_edit&name=demo", "demo"),
    ]  # fmt: skip


def test_maintainers_find_what_they_may_do():
    """With a project, and more with a release of it."""
    frame = Frame(URLS)
    assert [label for _, label in frame.maintainer_links("a")] == ["roles", "releases"]
    assert frame.maintainer_links("a", "1 0")[-1] == ("/pypi?name=a&version=1%200&:action=display_pkginfo", "PKG-INFO")
    assert frame.release_links("a", "1")[0] == ("/pypi?:action=display&name=a&version=1", "show")
