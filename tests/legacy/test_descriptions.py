"""Descriptions: what docutils makes of them, what may stay of that, and text where it finds an error."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("docutils")

from legacy import descriptions

DANGEROUS = re.compile(r"<\s*(?:script|iframe|object|style|form|input|meta|link)|javascript:|data:|\son\w+=", re.I)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Title\n=====\n\n*a* and ``b``", "<p><em>a</em> and <tt>b</tt></p>\n"),
        ("A\n=\n\nx\n\nB\n-\n\ny", '<p>x</p>\n<div id="b">\n<h2>B</h2>\n<p>y</p>\n</div>\n'),
        ("`a <http://b.example/?c=1&d>`_", '<p><a href="http://b.example/?c=1&amp;d" rel="nofollow">a</a></p>\n'),
        ("::\n\n  a < b", "<pre>a &lt; b\n</pre>\n"),
        ("a\n  b & c", "<dl>\n<dt>a</dt>\n<dd>b &amp; c</dd>\n</dl>\n"),
        (".. image:: http://i.example/a.png", '<img alt="http://i.example/a.png" src="http://i.example/a.png">\n'),
        ("Grüße ✓", "<p>Grüße ✓</p>\n"),
    ],
    ids=["title", "section", "link", "literal", "definition", "image", "accents"],
)
def test_markup(text, html):
    """As the real server had it (shared markup of its recorded pages): no classes, no title, links not followed."""
    assert descriptions.render(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "**strong",
        ".. unheardof:: x",
        ".. raw:: html\n\n   <script>alert(1)</script>",
        ".. include:: /etc/passwd",
        ".. csv-table::\n   :file: /etc/passwd",
        "=====\na\n==",
        ".. nothing but a comment",
    ],
)
def test_text_where_docutils_finds_an_error(text):
    """Its lines, escaped; no file is read and no HTML let through."""
    assert descriptions.render(text) == text.replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>\n")


@pytest.mark.parametrize(
    "text",
    [
        "`a <javascript:alert(1)>`_",
        "a_\n\n.. _a: java\tscript:alert(1)",
        ".. image:: data:text/html,<script>",
        ".. image:: http://x/y.png\n   :target: javascript:alert(1)",
    ],
)
def test_schemes_of_links(text):
    """Only those of the web and of mail lead anywhere."""
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.extend(value for name, value in attrs if name in ("href", "src"))
    parser.feed(descriptions.render(text))
    assert [url for url in found if not url.startswith("http://x/")] == []


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p onclick='x' class='y' id='z'>a</p>", '<p id="z">a</p>'),
        ("<script>a</script><b>c</b>", "a<b>c</b>"),
        ("<a href=' jav\nascript:x'>a</a>", "<a>a</a>"),
        ("<img src=//i.example/a.png><br/>", '<img src="//i.example/a.png"><br>'),
        ('<a title="&quot;&gt;<b>">a</a>', '<a title="&quot;&gt;&lt;b&gt;">a</a>'),
    ],
)
def test_what_may_stay(html, kept):
    """Tags and attributes of a list; the text of the others."""
    assert descriptions.cleaned(html) == kept


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=" \n*`_:.|<>\"'&=-javscript/d1ons", max_size=120))
def test_nothing_dangerous_comes_through(text):
    """Whatever the text is, no tag outside of the list and no script."""
    tags = re.findall(r"<[^>]*>", descriptions.render(text))
    assert [tag for tag in tags if DANGEROUS.search(tag)] == []
