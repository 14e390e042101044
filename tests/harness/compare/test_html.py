"""HTML pages: what counts as another meaning, what as another spelling, and where it is said to be."""

import pytest

from harness.compare.html import read_html
from harness.compare.unreadable import TooLarge, Unreadable

PAGE = "<html><head><title>T</title></head><body>{}</body></html>"

SPELLINGS = {
    "quotes": ("<a href='x'>a</a>", '<a href="x">a</a>'),
    "no quotes": ("<a href=x>a</a>", '<a href="x">a</a>'),
    "entities": ("<p>a &amp; b &#39;c&#39;</p>", "<p>a &#38; b 'c'</p>"),
    "non-ASCII as entity": ("<p>&eacute;</p>", "<p>\u00e9</p>"),
    "attribute order": ('<a href="x" id="y">a</a>', '<a id="y" href="x">a</a>'),
    "case of tags": ("<P>a</P>", "<p>a</p>"),
    "case of attributes": ("<a HREF='x'>a</a>", "<a href='x'>a</a>"),
    "indentation": ("<ul><li>a</li><li>b</li></ul>", "<ul>\n  <li>a</li>\n  <li>b</li>\n</ul>"),
    "runs of spaces": ("<p>a b</p>", "<p>a \n  b</p>"),
    "end tag left out": ("<ul><li>a</li><li>b</li></ul>", "<ul><li>a<li>b</ul>"),
    "boolean attribute": ("<input checked>", '<input checked="checked">'),
    "void element closed": ("<br/>", "<br />"),
}


@pytest.mark.parametrize(("old", "new"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_equal_meaning_is_one_spelling_difference(rows, old, new):
    """Where only bytes differ, there is one difference for the page, and it is never silent."""
    found = rows(PAGE.format(old), PAGE.format(new), "text/html")
    assert [(path.split("/")[:2], kind) for path, kind, _, _ in found] == [(["body", "html"], "spelling")]


MEANINGS = {
    "link": ('<a href="x">a</a>', '<a href="y">a</a>', ("html/body/a/@href", "changed", "x", "y")),
    "fragment lost": ('<a href="x#md5=1">a</a>', '<a href="x">a</a>', ("html/body/a/@href", "changed", "x#md5=1", "x")),
    "trailing slash": ('<a href="x/">a</a>', '<a href="x">a</a>', ("html/body/a/@href", "changed", "x/", "x")),
    "attribute gone": ('<a href="x" rel="r">a</a>', '<a href="x">a</a>', ("html/body/a/@rel", "missing", "r", "")),
    "attribute new": ('<a href="x">a</a>', '<a href="x" rel="r">a</a>', ("html/body/a/@rel", "added", "", "r")),
    "text": ("<p>a</p>", "<p>b</p>", ("html/body/p/text()", "changed", "a", "b")),
    "words apart": ("<p>a<b>b</b></p>", "<p>a <b>b</b></p>", ("html/body/p/text()", "changed", "a", "a ")),
    "space in pre": ("<pre>a  b</pre>", "<pre>a b</pre>", ("html/body/pre/text()", "changed", "a  b", "a b")),
    "space in textarea": (
        "<textarea>a\n\nb</textarea>",
        "<textarea>a\nb</textarea>",
        ("html/body/textarea/text()", "changed", "a\\n\\nb", "a\\nb"),
    ),
    "element gone": ("<p>a</p><hr>", "<p>a</p>", ("html/body/hr", "missing", "<hr></hr>", "")),
    "element new": ("<p>a</p>", "<p>a</p><hr>", ("html/body/hr", "added", "", "<hr></hr>")),
    "order": ("<p>a</p><p>b</p>", "<p>b</p><p>a</p>", ("html/body/p", "order", "a b", "b a")),
    "comment": ("<p>a</p><!--x-->", "<p>a</p><!--y-->", ("html/body/comment()", "spelling", "x", "y")),
    "comment gone": ("<p>a</p><!--x-->", "<p>a</p>", ("html/body/comment()", "spelling", "<!--x-->", "")),
    "comment and the space beside it": (
        "<p><b>a</b>: <!--x--> <a>b</a></p>",
        "<p><b>a</b>: <a>b</a></p>",
        ("html/body/p/comment()", "spelling", "<!--x-->", ""),
    ),
    "comment new beside text": ("<p>a</p>", "<p>a<!--x--></p>", ("html/body/p/comment()", "spelling", "", "<!--x-->")),
    "element beside text": ("<p>a</p>", "<p>a<b>b</b></p>", ("html/body/p/b", "added", "", "<b>b</b>")),
    "element renamed": ("<p><b>a</b></p>", "<p><i>a</i></p>", ("html/body/p/b", "renamed", "b", "i")),
    "link lost": ('<a href="x">a</a><br>', "a<br>", ("html/body/a", "missing", '<a href="x">', "")),
    "put into another": ("<p>a</p><hr>", "<div><p>a</p></div><hr>", ("html/body/div", "added", "", "<div>")),
    "another element in its place": (
        "<p>x</p><ul><li>a</li></ul><hr>",
        "<p>x</p><p>none</p><hr>",
        ("html/body/ul", "changed", "<ul><li>a</li></ul>", "<p>none</p>"),
    ),
    "a text in its place": ("<b>a</b><br>", "none<br>", ("html/body/b", "changed", "<b>a</b>", "none")),
    "several in its place": (
        "<h1>t</h1><table><tr><td>a</td></tr></table><hr>",
        "<h1>t</h1><p>a</p><p>b</p><hr>",
        (
            "html/body/table",
            "changed",
            "<table><tbody><tr><td>a</td></tr></tbody></table>",
            "<p>a</p><p>b</p>",
        ),
    ),
    "emptied": ("<i>x</i><p><b>a</b></p>", "<i>x</i><p></p>", ("html/body/p/b", "missing", "<b>a</b>", "")),
    "not escaped": (
        "<p>&lt;b&gt;a&lt;/b&gt; c</p>",
        "<p><b>a</b> c</p>",
        ("html/body/p", "type", "text <b>a</b> c", "markup <b>a</b> c"),
    ),
    "not escaped in an attribute": (
        "<p title='a'>b</p><p title=\"&quot;x&quot; y\">c</p>",
        '<p title=\'a\'>b</p><p title=""x" y">c</p>',
        (
            "html/body/p/@title",
            "type",
            """text  title="&quot;x&quot; y">c</p></body></html>""",
            """markup  title=""x" y">c</p></body></html>""",
        ),
    ),
    "not escaped, in an attribute too": (
        '<p title="&quot;a b">&lt;b&gt;</p>',
        '<p title=""a b"><b></p>',
        ("html/body/p", "type", "text <b>", "markup <b></b>"),
    ),
    "an element renamed and another value beside it": (
        "<table><tr><th>N</th><td>1</td></tr></table>",
        "<table><tr><td>N</td><td>1</td></tr></table>",
        ("html/body/table/tbody/tr/th", "renamed", "th", "td"),
    ),
    "non-breaking space": ("<p>a&nbsp;b</p>", "<p>a b</p>", ("html/body/p/text()", "changed", "a\\xa0b", "a b")),
}


@pytest.mark.parametrize(("old", "new", "expected"), MEANINGS.values(), ids=MEANINGS.keys())
def test_other_meaning_is_named_by_its_place(rows, old, new, expected):
    """One change is one difference, whose path holds tag names and no positions."""
    assert rows(PAGE.format(old), PAGE.format(new), "text/html; charset=utf-8") == [expected]


def test_doctype_counts(rows):
    """A doctype that went away switches browsers to quirks mode, so it is no spelling."""
    found = rows("<!DOCTYPE html>" + PAGE.format("a"), PAGE.format("a"), "text/html")
    assert [(path, kind) for path, kind, _, _ in found] == [("doctype()", "missing")]


def test_an_inserted_item_shifts_nothing(rows):
    """A list with one more item in front differs by that item alone, although every position changed."""
    items = [f'<li><a href="/p/{number}">project {number}</a></li>' for number in range(20)]
    old = PAGE.format("<ul>" + "".join(items) + "</ul>")
    new = PAGE.format("<ul>" + '<li><a href="/p/new">new one</a></li>' + "".join(items) + "</ul>")
    assert [(path, kind) for path, kind, _, _ in rows(old, new, "text/html")] == [("html/body/ul/li", "added")]


def test_links_without_identity_are_paired_by_their_text(rows):
    """Flat link lists with alike separators: a changed address and a new link are told apart."""
    links = [f'<a href="../{number}.tgz#md5={number}">pkg-{number}.tgz</a><br>' for number in range(6)]
    changed = [links[0], '<a href="n">new</a><br>', *links[1:4], links[4].replace("#md5=4", ""), links[5]]
    found = rows(PAGE.format("".join(links)), PAGE.format("".join(changed)), "text/html")
    assert ("html/body/a/@href", "changed", "../4.tgz#md5=4", "../4.tgz") in found
    assert {(path, kind) for path, kind, _, _ in found} == {
        ("html/body/a/@href", "changed"),
        ("html/body/a", "added"),
        ("html/body/br", "added"),
    }


@pytest.mark.parametrize(
    ("text", "error"),
    [("<p>a\0b</p>", Unreadable), ("<div>" * 5000, TooLarge), ("<b>" * 200_000, TooLarge), ("", Unreadable)],
    ids=["NUL", "too deep", "too many tags", "empty"],
)
def test_what_the_parser_would_drop_is_refused(text, error):
    """A page of which the parser keeps only a part must not be compared by that part."""
    with pytest.raises(error):
        read_html(text)


LINES = {
    "lines that became one": ("OK\nid=5\n", "OK id=5\n", "changed"),
    "spaces": ('{"a": "x  y"}', '{"a": "x y"}', "changed"),
    "the last line's end": ("OK\n", "OK", "missing"),
    "line ends": ("OK\r\nid=5", "OK\nid=5", "spelling"),
    "entities": ("a &lt; b", "a &#60; b", "spelling"),
    "a comment": ("a<!--x-->", "a", "spelling"),
}


@pytest.mark.parametrize(("old", "new", "kind"), LINES.values(), ids=LINES.keys())
def test_a_page_without_markup_is_a_text(rows, old, new, kind):
    """Programs that answer in lines leave the type as it was: where no tag is, white space is what is read."""
    assert [found for _, found, _, _ in rows(old, new, "text/html")] == [kind]
