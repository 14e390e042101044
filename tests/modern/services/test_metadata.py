"""modern.services.metadata: forms and PKG-INFO are read, and the first rule that is broken is told in the old words."""

import pytest

from modern.forms import Upload
from modern.services import metadata

GOOD = {"name": "demo", "version": "1.0"}


def broken(data):
    """What the first broken rule says; None where all are kept."""
    try:
        metadata.validate(data, lambda texts: [text for text in texts if text == "Unknown"])
    except metadata.BadMetadata as error:
        return str(error)
    return None


KEPT = {
    "requirements": {"requires": ["other", "a.b (>=1.0, <2.0)"], "obsoletes": ["old (==0.1a1)"]},
    "provisions": {"provides": ["demo", "demo.sub (1.0.1)"]},
    "metadata 1.2": {"metadata_version": "1.2", "home_page": "http://example.org/x", "author": "A"},
    "what distutils leaves out": {"home_page": "UNKNOWN", "download_url": ""},
    "a classifier": {"classifiers": ["Known"]},
}
BROKEN = {
    'Missing required field "name"': {"name": ""},
    'Missing required field "version"': {"version": None},
    "Invalid package name": {"name": "-demo"},
    "Invalid version, cannot have leading or trailing whitespace.": {"version": " 1.0"},
    "Invalid version, cannot be parsed as a valid PEP 440 version.": {"version": "1.0-final"},
    "Invalid version, cannot use PEP 440 local versions on PyPI.": {"version": "1.0+local"},
    'Bad "requires" syntax: Empty package restriction': {"requires": [" "]},
    'Bad "requires" syntax: Bad package name in 1x': {"requires": ["1x"]},
    'Bad "obsoletes" syntax: Expected parenthesized list: >1.0': {"obsoletes": ["x >1.0"]},
    'Bad "requires" syntax: Bad package restriction syntax: ~1.0': {"requires": ["x (~1.0)"]},
    "Bad \"requires\" syntax: invalid version number '1'": {"requires": ["x (>1)"]},
    "Bad \"provides\" syntax: illegal provides specification: u'x ()'": {"provides": ["x ()"]},
    "Bad \"provides\" syntax: invalid version number '1.x'": {"provides": ["x (1.x)"]},
    'Invalid classifier "Unknown"': {"classifiers": ["Known", "Unknown"]},
    '"Home-page" is missing': {"metadata_version": "1.2", "author": "A"},
    '"Author" is missing': {"metadata_version": "1.2", "home_page": "http://example.org/"},
    "Invalid URI: u'example.org'": {"home_page": "example.org"},
    "Invalid URI: u'http:///x'": {"download_url": "http:///x"},
    "Invalid scheme u'ftp' for URI u'ftp://example.org/'": {"home_page": "ftp://example.org/"},
}


@pytest.mark.parametrize("given", KEPT.values(), ids=KEPT)
def test_what_keeps_the_rules(given):
    """Is stored."""
    assert broken(GOOD | given) is None


@pytest.mark.parametrize(("message", "given"), BROKEN.items(), ids=BROKEN)
def test_what_breaks_a_rule(message, given):
    """The message is the answer."""
    assert broken(GOOD | given) == message


def test_a_form_is_read():
    """Keys in lower case, texts stripped, lists a line each; actions, files and what is empty of both left out."""
    form = {
        ":action": "submit", "NAME": " demo ", "classifiers": ["A :: B\n\n", "C"], "requires": "x\r\ny",
        "author": ["Ann", "Ben"], "content": Upload("x.zip", b""), "both": [Upload("y", b""), "text"],
    }  # fmt: skip
    assert metadata.form_metadata(form) == {
        "name": "demo", "classifiers": ["A :: B", "C"], "requires": ["x", "y"], "author": "Ann,Ben", "both": "text",
    }  # fmt: skip


def test_a_pkg_info_is_read():
    """Names as in forms, repeated fields as lists or joined, the description without its indent."""
    text = (
        "Metadata-Version: 1.1\nName: demo\nHome-page: http://x\nClassifier: A\nClassifier: B\nKeywords: one\n"
        "Keywords: two\nRequires: x\nDescription: First\n        Second\n          Third\n"
    )
    assert metadata.pkginfo_metadata(text) == {
        "metadata_version": "1.1", "name": "demo", "home_page": "http://x", "classifiers": ["A", "B"],
        "keywords": "one,two", "requires": ["x"], "description": "First\nSecond\n  Third",
    }  # fmt: skip


def test_versions_are_put_in_order():
    """PEP 440's, after those that it does not know, which go by pieces as setuptools had it."""
    assert metadata.in_order(["1.10", "x10", "1.9", "x2", "1.0rc1", "1.0"]) == [
        "x2", "x10", "1.0rc1", "1.0", "1.9", "1.10",
    ]  # fmt: skip
    old = ["1.0dev!", "1.0alpha!", "1.0!", "1.0-1!"]
    assert metadata.in_order(reversed(old)) == old
