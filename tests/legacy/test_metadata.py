"""The rules of a release's metadata, with the old words."""

import pytest

from legacy import metadata
from legacy.forms import FileUpload

KNOWN = ["Framework :: Pylons"]
GOOD = {"name": "demo", "version": "1.0"}


def verdict(**fields):
    """The message for GOOD with changes; empty if it passes."""
    data = {key: value for key, value in {**GOOD, **fields}.items() if value is not None}
    try:
        metadata.validate(data, lambda texts: [text for text in texts if text not in KNOWN])
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, ""),
        ({"name": None}, 'Missing required field "name"'),
        ({"name": ""}, 'Missing required field "name"'),
        ({"version": None}, 'Missing required field "version"'),
        ({"name": "a b"}, "Invalid package name"),
        ({"name": "é"}, "Invalid package name"),
        ({"name": "-a"}, "Invalid package name"),
        ({"name": "A.b_c-9"}, ""),
        ({"version": "abc"}, "Invalid version, cannot be parsed as a valid PEP 440 version."),
        ({"version": "1.0+local"}, "Invalid version, cannot use PEP 440 local versions on PyPI."),
        ({"version": "1.0.post1.dev2"}, ""),
        ({"requires": ["foo (>=1.0, <2.0)", "bar.baz"]}, ""),
        ({"requires": ["bad name!"]}, 'Bad "requires" syntax: Expected parenthesized list: name!'),
        ({"requires": ["ok (1.0"]}, 'Bad "requires" syntax: Expected parenthesized list: (1.0'),
        ({"requires": ["ok (1.0)"]}, 'Bad "requires" syntax: Bad package restriction syntax: 1.0'),
        ({"requires": ["ok (>1)"]}, "Bad \"requires\" syntax: invalid version number '1'"),
        ({"obsoletes": ["1bad"]}, 'Bad "obsoletes" syntax: Bad package name in 1bad'),
        ({"provides": ["fine (1.0)"]}, ""),
        ({"provides": ["1bäd"]}, "Bad \"provides\" syntax: illegal provides specification: u'1b\\xe4d'"),
        ({"classifiers": KNOWN}, ""),
        ({"classifiers": ["No :: Such"]}, 'Invalid classifier "No :: Such"'),
        ({"metadata_version": "1.2"}, '"Home-page" is missing'),
        ({"metadata_version": "1.2", "home_page": "http://a.example/"}, '"Author" is missing'),
        ({"home_page": "www.example.com"}, "Invalid URI: u'www.example.com'"),
        ({"home_page": "ftp://example.com/x"}, "Invalid scheme u'ftp' for URI u'ftp://example.com/x'"),
        ({"download_url": "javascript:x"}, "Invalid URI: u'javascript:x'"),
        ({"home_page": "UNKNOWN", "download_url": ""}, ""),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_rules(fields, message):
    """The first rule that is broken is named."""
    assert verdict(**fields) == message


def test_form_metadata():
    """Lower-case keys, stripped values, joined repeats, lists split by lines; no uploads, no `:keys` (B193)."""
    form = {
        ":action": "submit",
        "Name": " demo ",
        "keywords": ["a", "b"],
        "requires_dist": "one\n two \n\n",
        "provides": ["x", "y\nz"],
        "content": FileUpload("f", b"", None),
        "summary": "",
    }
    assert metadata.form_metadata(form) == {
        "name": "demo",
        "keywords": "a,b",
        "requires_dist": ["one", "two"],
        "provides": ["x", "y", "z"],
        "summary": "",
    }


@pytest.mark.parametrize(
    "ordered",
    [
        ["1.2", "1.10", "2.0.dev1", "2.0a2", "2.0b1", "2.0rc3", "2.0", "2.0.post2", "3.0"],
        ["build7", "0.2-beta-z", "1999e", "2.0", "2.0.1"],
        ["0.9", "0.10"],
        ["zzz", "0.1"],
    ],
    ids=["PEP 440", "from before it", "numbers", "words first"],
)
def test_order(ordered):
    """Versions are ordered as the old index did, whatever order they come in."""
    assert metadata.in_order(reversed(ordered)) == ordered


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "u'a'"), ("é", "u'\\xe9'"), ("it's", 'u"it\'s"'), (["a", "b"], "[u'a', u'b']"), (1, "1")],
    ids=["text", "accent", "quote", "list", "number"],
)
def test_u_repr(value, text):
    """repr() as Python 2 printed it."""
    assert metadata.u_repr(value) == text
