"""modern.forms: bytes of queries and bodies as Python 2's FieldStorage read them."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy import forms as old_forms
from legacy.forms import parse_multipart
from modern.forms import (
    MAX_BODY,
    URLENCODED,
    BadBody,
    BadEncoding,
    TooLong,
    Upload,
    delimiter,
    multipart,
    parse_form,
    parse_header,
)

TYPE = "multipart/form-data; boundary=B"


def parsed(method="GET", query="", body=b"", content_type="", **environ):
    """The form of a request."""
    length = {"CONTENT_LENGTH": str(len(body))} if body else {}
    environment = {"REQUEST_METHOD": method, "QUERY_STRING": query, "wsgi.input": io.BytesIO(body), **length, **environ}
    return parse_form(environment | ({"CONTENT_TYPE": content_type} if content_type else {}))


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ("", {}),
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=1;b=2", {"a": "1", "b": "2"}),
        ("a=&b&=x&c=3", {"": "x", "c": "3"}),
        ("a=1&a=2&a=3", {"a": ["1", "2", "3"]}),
        ("a=x+y%2Bz&%3Aaction=rss", {"a": "x y+z", ":action": "rss"}),
        ("%253Aaction=rss", {"%3Aaction": "rss"}),
        ("a=%C3%A4", {"a": "ä"}),
        ("%FF=1", {"\ufffd": "1"}),
        ("a=b=c", {"a": "b=c"}),
    ],
)
def test_a_query_is_read(query, form):
    """Separators, quoting, empty values and repeats."""
    assert parsed(query=query) == form
    assert parsed("POST", body=query.encode()) == form


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PROPFIND"])
def test_other_methods_have_no_form(method):
    """Neither query nor body of them is looked at where nothing says that there is a form (B030)."""
    assert parsed(method, "a=1", b"b=2") == {}


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PROPFIND"])
def test_other_methods_with_a_form(method):
    """A body of a form's type is one by whatever method, and the query counts then."""
    assert parsed(method, "a=1", b"b=2", URLENCODED) == {"a": "1", "b": "2"}


def test_a_query_is_merged_into_a_post():
    """Values of the body come first where it is urlencoded (B041)."""
    assert parsed("POST", "a=2", b"a=1") == {"a": ["1", "2"]}
    assert parsed("POST", "a=2", b"", content_type="text/plain") == {}


@pytest.mark.parametrize(
    "boundary", ["", "; boundary=", '; boundary="B "', "; boundary=" + 202 * "B", "; boundary=\xe9"]
)
def test_parts_without_a_boundary_are_refused(boundary):
    """Nobody can say where one ends: taken for an empty form, an upload would seem to have come."""
    with pytest.raises(BadBody, match="no boundary"):
        parsed("POST", "a=1", b"--B\r\n\r\n--B--", content_type="multipart/form-data" + boundary)


@given(st.lists(st.sampled_from([b"--", b"-", b"B", b"\n", b"\r\n", b" ", b"x", b"--B", b"\n--B"]), max_size=12))
def test_only_whole_lines_divide_a_body(pieces):
    """The lines that the expression of the standard library found, and no others."""
    body = b"".join(pieces)
    lines = re.finditer(rb"^--B(--)?[ \t\r\f\v]*(?:\n|\Z)", body, re.MULTILINE)
    found = delimiter(body, b"--B", 0)
    for line in lines:
        assert found == (line.start(), line.end(), line[1] is not None)
        found = delimiter(body, b"--B", found.end)
    assert found is None


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_a_multipart_body_is_read(end):
    """Texts, empty ones too, and files with and without a type, whatever ends the lines."""
    lines = [
        b"preamble", b"--B", b'Content-Disposition: form-data; name="a"', b"", b"", b"--B",
        b"content-disposition: form-data;", b' name="b"', b"", b"two", b"lines", b"--B",
        b'Content-Disposition: form-data; name="c"; filename="x \\"y\\".gz"', b"Content-Type: text/x", b"", b"\0\xff",
        b"--B", b"Content-Disposition: form-data; name=d; filename=", b"", b"z", b"--B", b"no disposition", b"", b"x",
        b"--B--", b"epilogue",
    ]  # fmt: skip
    form = parsed("POST", "q=1", end.join(lines), TYPE)
    assert form["q"] == "1"
    assert form["a"] == ""
    assert form["b"] == (b"two" + end + b"lines").decode()
    assert form["c"] == Upload('x "y".gz', b"\0\xff", "text/x")
    assert form["d"] == Upload("", b"z", None)
    assert set(form) == {"q", "a", "b", "c", "d"}


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut o', {"a": "cut o"}),
        (b'--B\r\nContent-Disposition: form-data; name="a"\r\n', {"a": ""}),
        (b"no delimiter", {}),
        (b"--B--", {}),
        (b"--B \t\r\nContent-Disposition: form-data; name=a\r\n\r\n--Bx\r\n--B--\r\n", {"a": "--Bx"}),
    ],
    ids=["cut off", "no blank line", "none", "only an end", "blanks after the boundary"],
)
def test_an_odd_multipart_body_is_read(body, form):
    """What is there is taken."""
    assert parsed("POST", "", body, TYPE) == form


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("Content-Length: 2", "va"),
        ("content-length:5", "value"),
        ("Content-Length: x", "value"),
        ("Content-Length: " + "9" * 5000, "value"),
        ("no header", "no header\r\n\r\nvalue"),
        ("X: one\r\n two", "value"),
        (" ; x=y", "value"),
    ],
    ids=["too short", "right", "no number", "beyond all numbers", "no header begins the content", "folded", "goes on"],
)
def test_the_head_of_a_part(line, value):
    """The length that a part says it has counts; the part after it is found all the same."""
    first = f'--B\r\nContent-Disposition: form-data; name="a"\r\n{line}\r\n\r\nvalue\r\n'
    body = first + '--B\r\nContent-Disposition: form-data; name="b"\r\n\r\nw\r\n--B--\r\n'
    assert parsed("POST", "", body.encode(), TYPE) == {"a": value, "b": "w"}


def test_a_part_that_says_it_is_longer_than_it_is():
    """Swallows what follows, as it did on the old index."""
    body = b'--B\r\nContent-Disposition: form-data; name="a"\r\nContent-Length: 99\r\n\r\nvalue\r\n--B--\r\n'
    assert parsed("POST", "", body, TYPE) == {"a": "value\r\n--B--\r\n"}


PIECES = [
    b"--B", b"--B--", b"\n", b"\r\n", b"\r", b" ", b"x", b"Content-Length: ", b"3", b"0", b"X: y", b"--", b"\n\n",
    b'Content-Disposition: form-data; name="a"', b'content-disposition: form-data; name=b; filename="f"', b";", b'"',
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_multipart_body_is_read_as_on_the_old_index(pieces):
    """Names, texts and files, in the same order."""
    body = b"\n".join(pieces)
    old = [(name, value if isinstance(value, bytes) else (value.filename, value.value, value.type))
           for name, value in parse_multipart(body, b"B")]  # fmt: skip
    new = [(name, value if isinstance(value, bytes) else (value.filename, value.value, value.type))
           for name, value in multipart(body, b"B")]  # fmt: skip
    assert new == old


@pytest.mark.parametrize(
    ("header", "filename"),
    [
        ('form-data; filename="demo-7.7"q.tar.gz"', 'demo-7.7"q.tar.gz'),
        ('form-data; filename="a;b.zip"; x="', "a;b.zip"),
        ('form-data; filename="a\\"b\\\\c.zip"', 'a"b\\c.zip'),
        ("form-data; filename = a b.zip ; x", "a b.zip"),
        ('form-data; filename="', '"'),
        ('form-data; FileName=""', ""),
    ],
)
def test_a_name_within_quotes_may_have_quotes(header, filename):
    """Browsers of the time did not escape them; a semicolon in quotes separates nothing."""
    assert parse_header(header) == ("form-data", parse_header(header)[1] | {"filename": filename})


@given(st.text('a=";\\ \r\n', max_size=30))
def test_any_header_is_taken_apart_as_on_the_old_index(value):
    """Name and value of each parameter."""
    assert parse_header(value) == old_forms.parse_header(value)


def test_texts_must_be_utf_8():
    """Else the request is refused (B223)."""
    with pytest.raises(BadEncoding):
        parsed(query="a=%FF")


def test_a_body_must_be_as_long_as_it_says():
    """A client that broke off, and a length that is none."""
    with pytest.raises(BadBody, match="sent 3 of 9 bytes"):
        parsed("POST", body=b"a=1", CONTENT_LENGTH="9")
    with pytest.raises(BadBody, match="is no number"):
        parsed("POST", body=b"a=1", CONTENT_LENGTH="-3")


def test_a_body_without_a_length_is_read_where_the_server_ends_it():
    """Chunked bodies: the server says that its input ends."""
    assert parsed("POST", body=b"a=1", CONTENT_LENGTH="", **{"wsgi.input_terminated": True}) == {"a": "1"}
    assert parsed("POST", body=b"a=1", CONTENT_LENGTH="") == {}


class Endless(io.RawIOBase):
    """A body of which there is always more; `given` is how much of it was read."""

    given = 0

    def read(self, size=-1):
        """As many bytes as are wanted, but never all."""
        assert size >= 0
        self.given += size
        return bytes(size)


@pytest.mark.parametrize(
    ("environ", "read"),
    [
        ({"CONTENT_LENGTH": str(MAX_BODY + 1)}, 0),
        ({"CONTENT_LENGTH": "9" * 5000}, 0),
        ({"CONTENT_LENGTH": "", "wsgi.input_terminated": True}, MAX_BODY + 1),
    ],
    ids=["too long", "beyond all numbers", "in chunks"],
)
def test_a_body_that_memory_should_not_hold_is_refused(environ, read):
    """Unread where it says how long it is; anybody could fill the memory before a password was asked for."""
    source = Endless()
    with pytest.raises(TooLong, match="longer than 101 MiB"):
        parsed("POST", **environ, **{"wsgi.input": source})
    assert source.given == read


def test_a_body_that_is_too_long_is_413(person):
    """Wherever it is sent, before anybody asks who sends it."""
    for target in ("/pypi", "/simple/"):
        answer = person.ask("POST", target, Content_Length=str(MAX_BODY + 1))
        assert (answer.status, answer.text) == (
            "413 The body is longer than 101 MiB", "The body is longer than 101 MiB\n\n",
        )  # fmt: skip
