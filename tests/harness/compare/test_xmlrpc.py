"""XML-RPC: values with their types, against the standard library's own writer."""

import xmlrpc.client

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.unreadable import Unreadable
from harness.compare.xmlrpc import read_xmlrpc

RESPONSE = "<?xml version='1.0'?><methodResponse><params><param><value>{}</value></param></params></methodResponse>"
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\r\ufffe\uffff"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**31), 2**31 - 1)
    | TEXT
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_reads_what_the_standard_library_writes(value):
    """Any value comes back as it was, types included."""
    text = xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True)
    assert repr(read_xmlrpc(text)) == repr({"params": [value]})


SPELLINGS = {
    "int and i4": ("<int>1</int>", "<i4>1</i4>"),
    "implied string": ("a", "<string>a</string>"),
    "indentation": (
        "<array><data><value>a</value></data></array>",
        "<array>\n<data>\n<value>a</value>\n</data>\n</array>",
    ),
    "leading zeros": ("<int>1</int>", "<int>01</int>"),
    "nil prefix": ("<nil/>", '<x:nil xmlns:x="http://ws.apache.org/xmlrpc/namespaces/extensions"/>'),
    "line breaks in base64": ("<base64>AAEC</base64>", "<base64>\nAAEC\n</base64>"),
}


@pytest.mark.parametrize(("old", "new"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_equal_values_are_spelling(rows, old, new):
    """The same values in other markup are one spelling difference."""
    found = rows(RESPONSE.format(old), RESPONSE.format(new), "text/xml")
    assert [(path.split("/")[:2], kind) for path, kind, _, _ in found] == [(["body", "xmlrpc"], "spelling")]


STRUCT = "<struct><member><name>name</name><value>{}</value></member></struct>"
CHANGES = {
    "value": ("<int>1</int>", "<int>2</int>", ("params[]", "changed", "1", "2")),
    "type": ("<int>1</int>", "<string>1</string>", ("params[]", "type", "int 1", 'str "1"')),
    "boolean is no int": ("<boolean>1</boolean>", "<int>1</int>", ("params[]", "type", "bool true", "int 1")),
    "nil is no empty string": ("<nil/>", "<string/>", ("params[]", "type", "null null", 'str ""')),
    "member": (STRUCT.format("a"), STRUCT.format("b"), ("params[].name", "changed", '"a"', '"b"')),
    "date format": (
        "<dateTime.iso8601>20160102T03:04:05</dateTime.iso8601>",
        "<dateTime.iso8601>2016-01-02T03:04:05</dateTime.iso8601>",
        ("params[]", "changed", "20160102T03:04:05", "2016-01-02T03:04:05"),
    ),
    "a comment within": (
        "ab<!--x-->cd",
        "ab<!--x-->ZZ",
        ("methodResponse/params/param/value/text()", "changed", "cd", "ZZ"),
    ),
    "markup within": (
        "<string>a<b>x</b></string>",
        "<string>a<b>y</b></string>",
        ("methodResponse/params/param/value/string/b/text()", "changed", "x", "y"),
    ),
    "text where elements are": (
        "<array><data>x</data></array>",
        "<array><data>y</data></array>",
        ("methodResponse/params/param/value/array/data/text()", "changed", "x", "y"),
    ),
    "date is no string": (
        "<dateTime.iso8601>20160102T03:04:05</dateTime.iso8601>",
        "<string>20160102T03:04:05</string>",
        ("params[]", "type", "dateTime 20160102T03:04:05", 'str "20160102T03:04:05"'),
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_other_values_are_named_by_their_place(rows, old, new, expected):
    """Differences are told as values, not as markup."""
    assert rows(RESPONSE.format(old), RESPONSE.format(new), "text/xml") == [expected]


def test_a_fault_instead_of_a_value_is_one_difference(rows):
    """A call that fails on one side is said in one line, with the fault."""
    fault = xmlrpc.client.dumps(xmlrpc.client.Fault(1, "no such method"))
    ((path, kind, old, new),) = rows(RESPONSE.format("<int>1</int>"), fault, "text/xml")
    assert (path, kind, old) == ("methodResponse", "type", "params [1]")
    assert "no such method" in new


def test_fault_strings_are_compared(rows):
    """Two faults differ by their members."""
    old, new = (xmlrpc.client.dumps(xmlrpc.client.Fault(1, text)) for text in ("a", "b"))
    assert rows(old, new, "text/xml") == [("fault.faultString", "changed", '"a"', '"b"')]


@pytest.mark.parametrize(
    "markup", ["<int>x</int>", "<boolean>2</boolean>", "<odd>1</odd>", "<int>1</int><int>2</int>", "<base64>*</base64>"]
)
def test_broken_values_are_refused_and_compared_as_xml(rows, markup):
    """Markup that breaks the specification is no XML-RPC, but still XML."""
    with pytest.raises(Unreadable):
        read_xmlrpc(RESPONSE.format(markup))
    found = rows(RESPONSE.format(markup), RESPONSE.format("<int>7</int>"), "text/xml")
    assert found[0][0].startswith("methodResponse/params/param/value")
