"""Every page in its frame: readable by whoever cannot see it, and saying that a test index is one."""

import dataclasses
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import lxml.html
import pytest

from modern.app import make_app

PUBLIC = (
    "/pypi", "/pypi/", "/pypi?:action=search&term=demo", "/pypi?:action=search&term=zzz", "/pypi/demo",
    "/pypi/demo/1.1", "/pypi/markup/1.1", "/pypi/gruesse", "/pypi?:action=browse", "/pypi?:action=about", "/mirrors",
    "/security", "/pypi?:action=login_form", "/pypi?:action=register_form", "/pypi?:action=forgotten_password_form",
    "/pypi?:action=openid", "/pypi?:action=files&name=demo&version=1.0", "/pypi?:action=verify&name=a&version=1",
)  # fmt: skip
PRIVATE = (
    "/pypi?:action=user_form", "/pypi?:action=submit_form", "/pypi?:action=submit_form&name=demo&version=1.0",
    "/pypi?:action=pkg_edit&name=demo", "/pypi?:action=role_form", "/pypi?:action=role_form&package_name=demo",
    "/pypi?:action=delete_user", "/pypi?:action=files&name=demo&version=1.0", "/pypi/demo/1.1",
)  # fmt: skip
BROWSER = {"User_Agent": "Mozilla/5.0"}


def complaints(page):
    """What a reader of the page who cannot see it would miss."""
    tree = lxml.html.document_fromstring(page)
    ids = tree.xpath("//@id")
    labels = set(tree.xpath("//label/@for"))
    yield from (f"id {id} twice" for id in set(ids) if ids.count(id) > 1)
    if tree.get("lang") != "en" or not tree.findtext(".//title"):
        yield "no language or title"
    levels = [int(node.tag[1]) for node in tree.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    if levels.count(1) != 1 or levels[0] != 1 or any(b > a + 1 for a, b in pairwise(levels)):
        yield f"headings out of order: {levels}"
    for control in tree.xpath("//input[not(@type='hidden' or @type='submit')]|//select|//textarea"):
        if control.get("id") not in labels and not control.get("aria-label"):
            yield f"no label: {control.get('name')}"
    yield from ("image without a text" for _ in tree.xpath("//img[not(@alt)]"))
    yield from ("link without a text" for link in tree.xpath("//a[@href]") if not link.text_content().strip())
    yield from ("column without a scope" for _ in tree.xpath("//table[@class='list']//th[not(@scope)]"))
    for target in tree.xpath("//a[starts-with(@href, '#')]/@href"):
        if target[1:] not in [*ids, *tree.xpath("//a/@name")]:
            yield f"leads nowhere: {target}"


@pytest.mark.parametrize("target", PUBLIC)
def test_public_pages_can_be_read_by_all(person, target):
    """Language, title, headings in order, labels, texts for images, landmarks, a way past the menu."""
    page = person.get(target, **BROWSER)
    assert page.status_int == 200
    assert list(complaints(page.text)) == []
    for landmark in ("<header>", "<nav ", 'role="search"', 'role="main"', "<footer>", '<a class="skip" '):
        assert landmark in page.text


@pytest.mark.parametrize("target", PRIVATE)
def test_private_pages_can_be_read_by_all(alice, target):
    """The same behind a login; each form that posts carries the token."""
    page = alice.get(target, **BROWSER)
    assert page.status_int == 200
    assert list(complaints(page.text)) == []
    posting = lxml.html.document_fromstring(page.text).xpath("//form[@method='POST']")
    assert all(form.xpath("input[1]/@name") == ["CSRFToken"] for form in posting)


def test_the_checks_of_this_module_find_what_is_wrong():
    """Else the tests above prove nothing."""
    page = """<html><body><h2 id=a>x</h2><input name=b><img src=c><a href="#d"></a><p id=a>
    <table class="list"><tr><th>e</th></tr></table></body></html>"""
    assert sorted(complaints(page)) == [
        "column without a scope", "headings out of order: [2]", "id a twice", "image without a text",
        "leads nowhere: #d", "link without a text", "no label: b", "no language or title",
    ]  # fmt: skip


def test_pages_are_well_formed(person):
    """Mirrors parsed pages as XML (I41)."""
    for target in ("/pypi", "/pypi/demo", "/pypi?:action=login_form"):
        ElementTree.fromstring(person.get(target).text)


def test_what_strangers_wrote_is_escaped(bob, named):
    """Wherever it is shown."""
    name, bad = named("escaped"), "<script>alert('x')</script>"
    bob.post("submit", name=name, version="1", summary=bad, author=bad, license=bad, keywords=bad, description=bad)
    for target in (f"/pypi/{name}/1", "/pypi", "/pypi/", f"/pypi?:action=pkg_edit&name={name}"):
        assert "<script" not in bob.get(target).text


def test_a_path_that_is_no_utf8_has_no_page(person):
    """Even where it does not matter (B049)."""
    answer = person.get("/pypi/%ff?:action=home")
    assert answer.status_int == 404
    assert b"is not utf-8 encoded" in answer.body


def test_a_test_index_says_so_on_each_page(seeded_site, person):
    """And the real one does not."""
    settings, _ = seeded_site
    assert "Test index." not in person.get("/pypi").text
    person.app = make_app(dataclasses.replace(settings, sandbox=True))
    for target in ("/pypi", "/pypi/demo/1.1", "/pypi?:action=login_form"):
        assert "Test index." in person.get(target).text
