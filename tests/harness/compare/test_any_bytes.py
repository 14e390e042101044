"""Whatever two bodies hold and claim to be: the comparison ends, says something, and says it in both directions."""

import gzip
import io
import zipfile

from hypothesis import given
from hypothesis import strategies as st

from harness.compare import compare
from harness.exchange import Response

TYPES = [
    b"",
    b"text/html; charset=utf-8",
    b"application/xhtml+xml",
    b"text/xml",
    b"application/json",
    b"application/javascript",
    b"application/x-www-form-urlencoded",
    b"multipart/mixed; boundary=b",
    b"multipart/mixed",
    b"text/plain; charset=utf-16",
    b"text/plain; charset=nonsense",
    b"application/zip",
    b"image/png",
    b"text",
    b";;=",
]


def zipped(name):
    """Return a zip file with one empty member."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        file.writestr(zipfile.ZipInfo(name), b"")
    return target.getvalue()


PIECES = [
    b"<p>", b"</p>", b"<a href='x#y'>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"&amp;", b"&#0;", b"&x;",
    b"<?xml ", b"?>", b" ",
    b"<methodResponse>", b"<params><param><value><int>1</int></value></param></params>", b"</methodResponse>",
    b'{"a":', b"1e400", b"-0", b"NaN", b"[", b"]", b"}", b",", b"f(", b")", b"%zz", b"a=b&", b"\r\n", b"\n", b"\0",
    b"--b", b"--b--", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3\xa9",
    b"\xe9", b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", zipped("a"), zipped("b"), gzip.compress(b"a"),
]  # fmt: skip
BODIES = st.binary(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join)
CODINGS = [None, b"gzip", b"deflate", b"br", b"gzip, gzip", b"identity"]


@st.composite
def answers(draw):
    """Draw an answer with any body of any declared type."""
    coding = draw(st.sampled_from([None, None, None, *CODINGS]))
    headers = [(b"Content-Type", draw(st.sampled_from(TYPES)))]
    headers += [(b"Content-Encoding", coding)] if coding else []
    return Response(200, b"OK", tuple(headers), draw(BODIES))


@given(answers(), answers())
def test_any_two_answers_are_compared_in_both_directions(old, new):
    """Never an error; something exactly where they are unequal; spelling one way is spelling the other way."""
    found, back = compare(old, new), compare(new, old)
    assert bool(found) == bool(back) == (old != new)
    assert {one.kind for one in found} == {"spelling"} or {one.kind for one in back} != {"spelling"}


@given(st.sampled_from(TYPES), BODIES, BODIES)
def test_two_bodies_of_one_type_are_compared_in_both_directions(kind, left, right):
    """The same for bodies that claim to be the same."""
    old, new = (Response(200, b"OK", ((b"Content-Type", kind),), body) for body in (left, right))
    found, back = compare(old, new), compare(new, old)
    assert bool(found) == bool(back) == (left != right)
    assert ({one.kind for one in found} == {"spelling"}) == ({one.kind for one in back} == {"spelling"})
