"""Slashes at the end of tags of HTML: where they close an element, and where browsers ignore them."""

import pytest

PAGE = "<html><head><title>T</title></head><body>{}</body></html>"

CASES = {
    "script": ("<script src=a></script><p>x</p>", "<script src=a /><p>x</p>", ["added"]),
    "link": ('<a name="x"></a>text', '<a name="x"/>text', ["added"]),
    "block": ("<div></div>x", "<div/>x", ["added"]),
    "text field": ("<textarea></textarea>x", "<textarea/>x", ["added"]),
    "two tags, one cause": ("<a id=x></a>y<p></p>z", "<a id=x />y<p/>z", ["added"]),
    "beside another difference": ("<div></div><p>x</p>", "<div/><p>y</p>", ["changed", "added"]),
    "an element that is gone": ("<a id=x /><p>x</p>", "<p>x</p>", ["missing"]),
    "void element": ("a<br>b", "a<br/>b", ["spelling"]),
    "void element in capitals": ("a<BR>b", "a<BR/>b", ["spelling"]),
    "another language": ("<svg><path d=x></path></svg>", '<svg><path d="x"/></svg>', ["spelling"]),
    "at the end of a value": ("<p><a href=/x/>y</a></p>", '<p><a href="/x/">y</a></p>', ["spelling"]),
    "in a script": ("<script>f('<a/>')</script><i></i>", "<script>f('<a/>')</script><I></I>", ["spelling"]),
    "in a comment": ("<!--<a/>--><a></a>", "<!--<a></a>--><a></a>", ["spelling"]),
}


@pytest.mark.parametrize(("old", "new", "kinds"), CASES.values(), ids=CASES.keys())
def test_a_slash_closes_what_holds_nothing(rows, old, new, kinds):
    """Each row, in both directions: elsewhere browsers ignore it, and what follows is within the element."""
    turned = {"added": "missing", "missing": "added"}
    found = rows(PAGE.format(old), PAGE.format(new), "text/html")
    assert [kind for _, kind, _, _ in found] == kinds
    found = rows(PAGE.format(new), PAGE.format(old), "text/html")
    assert [kind for _, kind, _, _ in found] == [turned.get(kind, kind) for kind in kinds]


def test_the_slash_is_the_place(rows):
    """All elements of a page that are closed otherwise are one cause, whose example is the first tag."""
    old, new = PAGE.format("<a id=x></a>y<p></p>z"), PAGE.format("<a id=x />y<p/>z")
    assert rows(old, new, "text/html") == [("body/html/self-closed", "added", "", "<a id=x />")]


def test_a_long_tag_takes_no_time(rows):
    """Neither do many that do not end."""
    for body in ("<a" + "b" * 100_000, "<a " * 100_000, "<script>" * 30_000, "<!--" * 30_000):
        rows(body + "x", body + "/>", "text/html")
