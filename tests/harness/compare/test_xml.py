"""XML documents: names and namespaces, spelling, and that nothing is expanded or fetched."""

import pytest

from harness.compare.unreadable import Unreadable
from harness.compare.xml import parse_xml, read_xml

SPELLINGS = {
    "quotes": ("<r a='1'/>", '<r a="1"/>'),
    "empty element": ("<r><a/></r>", "<r><a></a></r>"),
    "CDATA": ("<r><![CDATA[a&b]]></r>", "<r>a&amp;b</r>"),
    "prefix": ('<x:r xmlns:x="u"/>', '<r xmlns="u"/>'),
    "attribute order": ('<r a="1" b="2"/>', '<r b="2" a="1"/>'),
    "indentation": ("<r><a>1</a><b>2</b></r>", "<r>\n <a>1</a>\n <b>2</b>\n</r>"),
    "declaration": ('<?xml version="1.0"?><r/>', "<r/>"),
    "space in the doctype": ('<!DOCTYPE r [<!ENTITY x "1">]><r/>', '<!DOCTYPE r [\n  <!ENTITY x "1">\n]>\n<r/>'),
    "declared too late by both": ("\n<?xml version='1.0'?><r a='1'/>", "\n<?xml version='1.0'?><r a=\"1\"/>"),
}


@pytest.mark.parametrize(("old", "new"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_equal_meaning_is_one_spelling_difference(rows, old, new):
    """Where only bytes differ, there is one difference for the document."""
    found = rows(old, new, "text/xml")
    assert [(path.split("/")[:2], kind) for path, kind, _, _ in found] == [(["body", "xml"], "spelling")]


MEANINGS = {
    "text": ("<r><a>1</a></r>", "<r><a>2</a></r>", ("r/a/text()", "changed", "1", "2")),
    "white space in text": ("<r><a>1 </a></r>", "<r><a>1</a></r>", ("r/a/text()", "changed", "1 ", "1")),
    "namespaced attribute": (
        '<r xmlns:d="u"><d:a d:b="1"/></r>',
        '<r xmlns:d="u"><d:a d:b="2"/></r>',
        ("r/a/@b", "changed", "1", "2"),
    ),
    "case of names": ("<r><a/></r>", "<r><A/></r>", ("r/a", "renamed", "a", "A")),
    "order": ("<r><a/><b/></r>", "<r><b/><a/></r>", ("r/a", "order", "<a> <b>", "<b> <a>")),
    "instruction": ("<?p a?><r/>", "<?p b?><r/>", ("text()", "changed", "<?p a?>", "<?p b?>")),
    "entity": (
        '<!DOCTYPE r [<!ENTITY x "1">]><r>&x;</r>',
        '<!DOCTYPE r [<!ENTITY x "2">]><r>&x;</r>',
        ("doctype()", "changed", '<!DOCTYPE r [ <!ENTITY x "1"> ]>', '<!DOCTYPE r [ <!ENTITY x "2"> ]>'),
    ),
    "default of an attribute": (
        '<!DOCTYPE r [<!ATTLIST r b CDATA "1">]><r/>',
        '<!DOCTYPE r [<!ATTLIST r b CDATA "2">]><r/>',
        (
            "doctype()",
            "changed",
            '<!DOCTYPE r [ <!ATTLIST r b CDATA "1"> ]>',
            '<!DOCTYPE r [ <!ATTLIST r b CDATA "2"> ]>',
        ),
    ),
    "a line before the declaration": (
        "<?xml version='1.0'?><r/>",
        "\n<?xml version='1.0'?><r/>",
        (
            "body/xml",
            "type",
            "xml: <?xml version='1.0'?><r/>",
            "not xml (the declaration is not at the beginning): \\n<?xml version='1.0'?><r/>",
        ),
    ),
    "root": ("<r/>", "<s/>", ("r", "renamed", "r", "s")),
    "a root lost": ("<r><s>a</s></r>", "<s>a</s>", ("r", "missing", "<r>", "")),
    "a root new": ("<s>a</s>", '<r b="1"><s>a</s></r>', ("r", "added", "", '<r b="1">')),
    "a wrapper lost": ("<r><s><a/><b/></s><c/></r>", "<r><a/><b/><c/></r>", ("r/s", "missing", "<s>", "")),
    "a wrapper of its like": ("<r><s><s>a</s></s></r>", "<r><s>a</s></r>", ("r/s", "missing", "<s>", "")),
}


@pytest.mark.parametrize(("old", "new", "expected"), MEANINGS.values(), ids=MEANINGS.keys())
def test_other_meaning_is_named_by_its_place(rows, old, new, expected):
    """Paths hold local names; what is said first is the change that was made."""
    assert rows(old, new, "application/rss+xml")[0] == expected


def test_another_namespace_is_another_name(rows):
    """The same local name in another namespace is not the same element."""
    assert rows('<r xmlns="u"/>', '<r xmlns="v"/>', "text/xml") == [("r/@xmlns", "changed", "u", "v")]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('<r xmlns="u"><a/><b>x</b></r>', "<r><a/><b>x</b></r>", [("r/@xmlns", "changed", "u", "")]),
        ("<r><a/><b>x</b></r>", '<r xmlns="u"><a/><b>x</b></r>', [("r/@xmlns", "changed", "", "u")]),
        (
            '<r><a/><p:b xmlns:p="u"/><q:c xmlns:q="u">x</q:c></r>',
            '<r><a/><p:b xmlns:p="v"/><q:c xmlns:q="v">y</q:c></r>',
            [("r/b/@xmlns", "changed", "u", "v"), ("r/c/text()", "changed", "x", "y")],
        ),
    ],
    ids=["lost", "given", "of some, beside another difference"],
)
def test_another_namespace_is_one_difference(rows, old, new, expected):
    """However many elements are in it: each would seem to be gone, and new."""
    assert rows(old, new, "text/xml") == expected


def test_two_other_namespaces_are_not_guessed_at(rows):
    """Which became which is not known: the elements differ."""
    found = rows('<r><a xmlns="u"/><b xmlns="v"/></r>', '<r><a xmlns="w"/><b xmlns="x"/></r>', "text/xml")
    assert len(found) > 1
    assert not any(path.endswith("@xmlns") for path, *_ in found)


def test_entities_are_not_expanded(tmp_path):
    """Neither a file nor a billion laughs gets into the tree: an entity stays the reference it is."""
    secret = tmp_path / "secret"
    secret.write_text("do not read me")
    text = f'<!DOCTYPE r [<!ENTITY e SYSTEM "{secret.as_uri()}"><!ENTITY l "lol">]><r><a>&e;</a><b>&l;</b></r>'
    tree = read_xml(text)
    assert "do not read me" not in repr(tree)
    assert "'&l;'" in repr(tree)


@pytest.mark.parametrize("text", ["", "<r>", "<r></s>", "text", "<r a=1/>", "<r/><r/>"])
def test_what_is_not_well_formed_is_refused(text):
    """XML is not repaired: broken markup is no XML."""
    with pytest.raises(Unreadable):
        parse_xml(text)
