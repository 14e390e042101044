"""Changes that once broke clients in production: each is seen, and told at the place where it was made."""

import pytest

LINK = '<html><body><a href="a.zip{fragment}">a.zip</a> {before}<a href="?md5">md5</a>{after}<br/>\n</body></html>'
TWO = '<html><body><a href="{0}" rel="{1}">{0}</a><br/>\n<a href="{2}" rel="{3}">{2}</a><br/>\n</body></html>'
HEAD = '<html><head><meta name="api-version" value="2"{}></head><body>a</body></html>'
CALL = "<?xml version='1.0'?>\n<{0}><params><param>{1}</param></params></{0}>"
ROW = "<value><array><data><value>{}</value><value>{}</value><value><int>7</int></value></data></array></value>"

INCIDENTS = {
    "a fake cell in a comment lost": (
        "text/html",
        "<ul><li><!-- <th>Home Page -->\n<strong>Home Page:</strong> <a>x</a></li></ul>",
        "<ul><li><strong>Home Page:</strong> <a>x</a></li></ul>",
        ("html/body/ul/li/comment()", "spelling"),
    ),
    "brackets instead of parentheses": (
        "text/html",
        LINK.format(fragment="", before="(", after=")"),
        LINK.format(fragment="", before="[", after="]"),
        ("html/body/text()", "changed"),
    ),
    "another fragment": (
        "text/html",
        LINK.format(fragment="#md5=1f", before="", after=""),
        LINK.format(fragment="#1f", before="", after=""),
        ("html/body/a/@href", "changed"),
    ),
    "files after the home page": (
        "text/html",
        TWO.format("a.zip", "internal", "http://h/", "homepage"),
        TWO.format("http://h/", "homepage", "a.zip", "internal"),
        ("html/body/a", "order"),
    ),
    "no slash at the end": (
        "text/html",
        TWO.format("a/", "x", "b/", "x"),
        TWO.format("a", "x", "b", "x"),
        ("html/body/a/@href", "changed"),
    ),
    "a page that is no XML any more": (
        "text/html",
        HEAD.format(" /"),
        HEAD.format(""),
        ("body/html/well-formed", "spelling"),
    ),
    "an answer without its wrapper": (
        "text/xml",
        CALL.format("methodResponse", "<value>a</value>"),
        "<?xml version='1.0'?>\n<params><param><value>a</value></param></params>",
        ("methodResponse", "missing"),
    ),
    "a column put first": (
        "text/xml",
        CALL.format("methodResponse", ROW.format("a", "b")),
        CALL.format("methodResponse", ROW.format("b", "a")),
        ("params[][]", "order"),
    ),
    "a control character": (
        "text/xml",
        CALL.format("methodResponse", "<value>a</value>"),
        CALL.format("methodResponse", "<value>a\x0b</value>"),
        ("body/xml", "type"),
    ),
    "a key lost": ("application/json", '{"info": {"a": 1, "b": 2}}', '{"info": {"a": 1}}', ("info.b", "missing")),
    "another document": ("application/json", '{"info": {}}', "<html><ul></ul></html>", ("body/json", "type")),
}


@pytest.mark.parametrize(("kind", "old", "new", "expected"), INCIDENTS.values(), ids=INCIDENTS.keys())
def test_an_incident_is_seen_at_its_place(rows, kind, old, new, expected):
    """Each row: a content type, what was answered before and after, and what is said first."""
    assert rows(old, new, kind)[0][:2] == expected
