"""Forms are parsed as the FieldStorage of Python 2 did, and never refused for their line ends."""

import io
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy import forms

MULTIPART = "multipart/form-data; boundary=XX"


def parse(body=b"", content_type=None, query="", method="POST", **env):
    """parse_form of one request."""
    env = {"REQUEST_METHOD": method, "QUERY_STRING": query, "CONTENT_LENGTH": str(len(body)), **env}
    if content_type:
        env["CONTENT_TYPE"] = content_type
    return forms.parse_form(env, io.BytesIO(body))


@pytest.mark.parametrize(
    ("query", "form"),
    [
        pytest.param("a=1&b=2", {"a": "1", "b": "2"}, id="plain"),
        pytest.param("a=1;b=2", {"a": "1", "b": "2"}, id="semicolons separate"),
        pytest.param("a=&b=2", {"b": "2"}, id="an empty value is as if absent"),
        pytest.param("a&b=2", {"b": "2"}, id="a name alone is nothing"),
        pytest.param("a=1&a=2&a=3", {"a": ["1", "2", "3"]}, id="a repeated name is a list"),
        pytest.param("%3Aaction=x+y%26z", {":action": "x y&z"}, id="quoting"),
        pytest.param("%253Aaction=rss", {"%3Aaction": "rss"}, id="quoted twice is another name"),
        pytest.param("=", {}, id="nothing but a sign"),
        pytest.param("a=%C3%A9", {"a": "é"}, id="UTF-8"),
        pytest.param("%ff=1", {"�": "1"}, id="names need not be UTF-8"),
        pytest.param("a=b=c", {"a": "b=c"}, id="only the first sign counts"),
    ],
)
def test_query(query, form):
    """A query string is a form."""
    assert parse(query=query, method="GET") == form


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PROPFIND"])
@pytest.mark.parametrize("kind", [None, "text/plain", "application/json"])
def test_other_methods_have_no_form(method, kind):
    """Neither query nor body of other methods is looked at where nothing says that there is a form (B030)."""
    assert parse(b"a=1", kind, query="b=2", method=method) == {}


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PROPFIND", "put"])
def test_other_methods_with_a_form(method):
    """A body of a form's type is one by whatever method, and the query counts then: FieldStorage of 2.7.18 did so."""
    assert parse(b"a=1", forms.URLENCODED, query="b=2", method=method) == {"a": "1", "b": "2"}
    body = multipart(('Content-Disposition: form-data; name="a"', "1"))
    assert parse(body, MULTIPART, query="b=2", method=method) == {"a": "1", "b": "2"}


def test_the_query_is_merged_into_a_post():
    """Values of the body come first; the same name in both is a list (B041)."""
    assert parse(b"a=1", forms.URLENCODED, query="a=2&c=3") == {"a": ["1", "2"], "c": "3"}


def test_a_post_without_a_type_is_urlencoded():
    """As FieldStorage had it."""
    assert parse(b"a=1") == {"a": "1"}


def test_a_post_of_another_type_has_no_form():
    """Bodies that are no form are left alone."""
    assert parse(b"a=1", "application/json") == {}


def test_bad_length_reads_to_the_end():
    """A CONTENT_LENGTH that is no number is none."""
    assert parse(b"a=1", CONTENT_LENGTH="x") == {"a": "1"}


@pytest.mark.parametrize("body", [b"a=%ff", b"a=\xff"], ids=["quoted", "raw"])
def test_values_must_be_utf8(body):
    """Anything else is refused with the words that clients know (B223)."""
    with pytest.raises(forms.BadEncoding, match=r"^Form data is not correctly encoded in UTF-8$"):
        parse(body)


def multipart(*parts, end="\r\n", preamble=""):
    """A multipart body of (headers, content) with the given line ends."""
    text = preamble + "".join(f"--XX{end}{head}{end}{end}{content}{end}" for head, content in parts) + f"--XX--{end}"
    return text.encode()


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("preamble", ["", "\n", "\r\n", "words\n"], ids=["none", "LF", "CRLF", "words"])
def test_multipart_of_any_line_end(end, preamble):
    """distutils of old sends bare LF and an empty line in front (B218); empty values stay (B038)."""
    body = multipart(
        ('Content-Disposition: form-data; name=":action"', "submit"),
        ('Content-Disposition: form-data; name="empty"', ""),
        ('Content-Disposition: form-data; name="text"', "one\ntwo\n\nthree"),
        end=end,
        preamble=preamble,
    )
    assert parse(body, MULTIPART) == {":action": "submit", "empty": "", "text": "one\ntwo\n\nthree"}


def test_a_file_part():
    """A part with a file name is a file: bytes as they were, its type, or none."""
    body = (
        b'--XX\r\nContent-Disposition: form-data; name="content"; filename="a \\"b\\".zip"\r\n'
        b"Content-Type: application/zip\r\n\r\nPK\xff\r\n--XY\r\n\r\n\r\n--XX--\r\n"
    )
    upload = parse(body, MULTIPART)["content"]
    assert (upload.filename, upload.type, upload.value) == ('a "b".zip', "application/zip", b"PK\xff\r\n--XY\r\n\r\n")


@pytest.mark.parametrize(
    ("head", "name", "filename"),
    [
        ('form-data; name="a;b"; filename="x;y.zip"', "a;b", "x;y.zip"),
        ("form-data; name=a; filename=f.txt", "a", "f.txt"),
        ('form-data; name = "a" ; filename="C:\\x\\f"', "a", "C:\\x\\f"),
        ('form-data; name="a"; filename="f"; filename="g"', "a", "g"),
        ('form-data; name="a"; filename="a\\"; b"', "a", 'a"; b'),
        ('form-data; NAME="a"; FileName=""', "a", ""),
        ('form-data; name="a"; filename="open', "a", '"open'),
    ],
)
def test_parameters_of_a_part(head, name, filename):
    """As FieldStorage of 2.7.18 took them apart: quotes protect semicolons, the last of a name counts."""
    upload = parse(multipart((f"Content-Disposition: {head}", "x")), MULTIPART)[name]
    assert (upload.filename, upload.value) == (filename, b"x")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        pytest.param("Content-Length: 2", "va", id="too short a length cuts"),
        pytest.param("Content-Length: 5", "value", id="the right length"),
        pytest.param("Content-Length: x", "value", id="no length"),
        pytest.param("Content-Length: " + "9" * 5000, "value", id="a length beyond all numbers"),
        pytest.param("no header", "no header\r\n\r\nvalue", id="a line that is no header begins the content"),
        pytest.param("X: one\r\n two", "value", id="a folded header"),
    ],
)
def test_head_of_a_part(line, value):
    """The length that a part says it has counts; the part after it is found all the same."""
    first = f'Content-Disposition: form-data; name="a"\r\n{line}'
    body = multipart((first, "value"), ('Content-Disposition: form-data; name="b"', "w"))
    assert parse(body, MULTIPART) == {"a": value, "b": "w"}


def test_a_length_beyond_the_next_part():
    """Swallows it."""
    first = 'Content-Disposition: form-data; name="a"\r\nContent-Length: 100'
    form = parse(multipart((first, "value"), ('Content-Disposition: form-data; name="b"', "w")), MULTIPART)
    assert list(form) == ["a"]
    assert form["a"].startswith("value\r\n--XX\r\n")


@pytest.mark.parametrize("kind", ["multipart/mixed; boundary=XX", 'multipart/related; boundary="XX"; type=x'])
def test_other_kinds_of_multipart(kind):
    """Are forms as well."""
    assert parse(multipart(('Content-Disposition: form-data; name="a"', "1")), kind) == {"a": "1"}


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=\xe9", "; boundary=" + "x" * 202])
def test_multipart_without_a_boundary(boundary):
    """An error that nobody caught: it escaped the constructor (B016)."""
    with pytest.raises(ValueError, match="Invalid boundary in multipart form: "):
        parse(b"--XX--", "multipart/form-data" + boundary)


def test_a_repeated_part_is_a_list():
    """As with queries; those of the query come first here."""
    body = multipart(("content-disposition: form-data; name=a", "1"), ('CONTENT-DISPOSITION: form-data; name="a"', "2"))
    assert parse(body, MULTIPART, query="a=0") == {"a": ["0", "1", "2"]}


def test_a_body_that_ends_early():
    """The last part goes to the end."""
    body = multipart(('Content-Disposition: form-data; name="a"', "1"))[: -len(b"--XX--\r\n")]
    assert parse(body, MULTIPART) == {"a": "1"}


def test_white_space_after_a_delimiter():
    """Is ignored; a delimiter inside a line is content."""
    body = b'--XX  \r\nContent-Disposition: form-data; name="a"\r\n\r\nx --XX y\n --XX\r\n--XX--'
    assert parse(body, MULTIPART) == {"a": "x --XX y\n --XX"}


names = st.text(st.characters(codec="utf-8"), min_size=1)


@given(st.dictionaries(names, names))
def test_what_a_client_quotes_is_what_the_form_has(values):
    """For all texts: urlencoded and back."""
    body = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in values.items()).encode()
    assert parse(body) == values


@given(st.binary(), st.sampled_from(["\n", "\r\n"]))
def test_any_bytes_survive_in_a_file(content, end):
    """For all contents without the delimiter: multipart and back."""
    head = f'--B0{end}Content-Disposition: form-data; name="f"; filename="x"{end}{end}'.encode()
    if b"--B0" not in content:
        form = parse(head + content + f"{end}--B0--{end}".encode(), "multipart/form-data; boundary=B0")
        if end == "\n" and content.endswith(b"\r"):
            content = content[:-1]  # CR and LF: a line end, whoever wrote which
        assert form["f"].value == content


@given(st.binary())
def test_no_body_is_too_odd(body):
    """Whatever is posted is parsed or refused for its encoding, in time."""
    try:
        assert isinstance(parse(body, "multipart/form-data; boundary=-"), dict)
    except forms.BadEncoding:
        assert body
