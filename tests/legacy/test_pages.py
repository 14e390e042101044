"""The simple pages keep their bytes; values in pages are escaped."""

import xml.etree.ElementTree as ElementTree
from datetime import datetime

import pytest

from legacy import feeds, pages
from legacy.config import Config

FRAME = pages.Frame(Config({"PYPI_BASE_URL": "http://i.example/pypi"}))
NASTY = "<script>\"'&é"


def test_simple_index():
    """Byte for byte (B106)."""
    assert "".join(pages.simple_index([("a-b", "A & <b>")])) == (
        '<html><head><title>Simple Index</title><meta name="api-version" value="2" /></head><body>\n'
        "<a href='a-b'>A &amp; &lt;b&gt;</a><br/>\n</body></html>"
    )


def test_simple_package():
    """Byte for byte (B114)."""
    assert pages.simple_package("a", [("1/2/a.zip", "a.zip", "ff")]) == (
        '<html><head><title>Links for a</title><meta name="api-version" value="2" /></head><body><h1>Links for a</h1>'
        '<a href="../../packages/1/2/a.zip#md5=ff" rel="internal">a.zip</a><br/>\n</body></html>'
    )


@pytest.mark.parametrize(
    "page", ["".join(pages.simple_index([(NASTY, NASTY)])), pages.simple_package(NASTY, [(NASTY,) * 3])]
)
def test_simple_pages_are_well_formed(page):
    """A mirror client parses them as XML (I41)."""
    assert NASTY in "".join(ElementTree.fromstring(page).itertext())


def row(**fields):
    """A release as the store gives it, nasty in every text."""
    texts = dict.fromkeys((*feeds.INFO_FIELDS, "description"), NASTY)
    return {**texts, "created": datetime(2016, 1, 2, 3, 4, 5), "_pypi_ordering": 0, **fields}


FILE = {
    "path": NASTY, "filename": NASTY, "md5_digest": "ff", "has_signature": True, "comment_text": NASTY,
    "python_version": NASTY, "packagetype": NASTY, "upload_time": datetime(2016, 1, 2), "size": 5000,
}  # fmt: skip


@pytest.mark.parametrize(
    "page",
    [
        pages.home(FRAME, 1, [row()]),
        pages.release_list(FRAME, NASTY, [row()], NASTY, {NASTY: 3}),
        pages.release_list(FRAME, NASTY, []),
        pages.release(
            FRAME, row(home_page="http://x/" + NASTY), [FILE, FILE], [(NASTY, 1)],
            {"project_url": [f"{NASTY},http://x/{NASTY}"], "requires": [NASTY]}, [("Owner", NASTY)], NASTY, NASTY,
        ),
        pages.message(FRAME, NASTY),
    ],
    ids=["home", "list", "empty list", "release", "message"],
)  # fmt: skip
def test_pages_are_well_formed_and_escaped(page):
    """Every value that people write is text in them."""
    document = ElementTree.fromstring(page.replace("&nbsp;", " ").encode())
    assert not list(document.iter("{http://www.w3.org/1999/xhtml}script"))


def test_script_links_are_not_made_clickable():
    """A project URL of another scheme is left out."""
    assert pages.project_link("x", "javascript:alert(1)") == ""


@pytest.mark.parametrize(("count", "text"), [(None, ""), (0, "0B"), (1023, "1023B"), (1024, "1KB"), (5 * 2**20, "5MB")])
def test_sizes(count, text):
    """Bytes, for people."""
    assert pages.size(count) == text
