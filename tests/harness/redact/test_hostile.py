"""Whatever clients send: the engine never raises, and changes no byte where it found nothing."""

from __future__ import annotations

import gzip
import os
import time
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.exchange import Exchange, Request, Response
from harness.redact import redactor

KEY = b"a key of this test, and no other"
EXAMPLES = int(os.environ.get("EXAMPLES", 150))
SNIPPETS = (
    b'password|token=|"token": "|<token>|<![CDATA[|name="pw"|%|%25|&#|&quot;|\\u00|\\|"|\'|=|a@b.org|://u:p@|--XX|'
    b"\r\n\r\n|{|[|</name>|QUJDREVGR0hJSktMTU5PUA==|203.0.113.9|Basic |Cookie|&|;|abc12345|\xff\xfe"
)
PIECES = st.one_of(st.binary(max_size=12), st.sampled_from(SNIPPETS.split(b"|")))
BLOBS = st.lists(PIECES, max_size=12).map(b"".join)
KINDS = (
    b"text/html|application/json|application/x-www-form-urlencoded|multipart/form-data; boundary=XX|text/xml|"
    b"text/plain; charset=utf-16|application/octet-stream|multipart/form-data|"
)
TYPES = st.sampled_from(KINDS.split(b"|"))
CODINGS = st.sampled_from([b"", b"gzip", b"deflate", b"zstd", b"gzip, gzip", b"unheard-of"])
NAMES = st.sampled_from(
    [b"Authorization", b"Cookie", b"Set-Cookie", b"X-Forwarded-For", b"Forwarded", b"X-Api-Key", b"Referer", b"X"]
)
HEADERS = st.lists(st.tuples(NAMES, BLOBS), max_size=4).map(tuple)


# Others each time only where more are asked for: what is found then belongs to nobody's change.
@settings(max_examples=EXAMPLES, deadline=None, derandomize="EXAMPLES" not in os.environ)
@given(
    line=BLOBS, headers=HEADERS, body=BLOBS, kind=TYPES, coding=CODINGS, pack=st.booleans(), peer=st.text(max_size=20)
)
def test_it_never_raises_and_is_idempotent(
    line: bytes,
    headers: tuple[tuple[bytes, bytes], ...],
    body: bytes,
    kind: bytes,
    coding: bytes,
    pack: bool,
    peer: str,
) -> None:
    """Broken texts, codings that lie and odd start lines are redacted as far as can be, and once only."""
    sent = gzip.compress(body, mtime=0) if pack else body
    fields = ((b"Content-Type", kind), (b"Content-Encoding", coding), *headers)
    exchange = Exchange("d#1", Request(line, fields, sent, raw_head=line), Response(200, line, fields, sent), peer=peer)
    made = redactor({}, KEY).redact(exchange)
    again = redactor({}, KEY).redact(made)
    assert again == made
    if not made.redactions:
        assert made is exchange


WORDS = st.sampled_from(
    [b"item", b"<p>", b"price 12.50", b"\xe4\xff\x00", b"page=3", b"%2F", b"&amp;", b"\\n", b"pass by"]
)
AROUND = st.lists(WORDS, max_size=8).map(b" ".join)


@given(before=AROUND, after=AROUND)
def test_bytes_around_a_secret_stay(before: bytes, after: bytes) -> None:
    """Only the value changes, whatever stands around it."""
    body = before + b' <input name="token" value="Zx7-qP4w9LkT2m"> ' + after
    made = redactor({}, KEY).redact(Exchange("d#1", Request(b"GET / HTTP/1.1"), Response(200, b"OK", (), body)))
    assert made.response is not None
    found = (made.response.body or b"").removeprefix(before + b' <input name="token" value="')
    assert found[14:] == b'"> ' + after
    assert len(found) < len(body)


SIZE = 40_000
REPEATED = [b"password=", b"key=", b'token="', b'{"token":', b'<input name="token" ', b"<token>", b"<token><![CDATA["]
REPEATED += [
    b"@",
    b"a@b.",
    b"1.",
    b"%25",
    b"&#38;",
    b"\\",
    b"://a:",
    b'"name":"token",',
    b'content-disposition: name="pw"\n',
    b"\npassword: ",
    b"\npassword:\n x",
    b"\npassword = x  ",
    b"\n[password] => ",
    b"\n[password] => Array\n(",
    b'["password"]=> array(',
    b's:8:"password";a:1:{',
    b's:8:"password";s:9:"',
    b'string(9) "',
    b"'password' => array (",
    b"<member><value>",
    b"<name>password</name></member>",
    b"+%0A",
    b"a=",
    b"{password: x, ",
]


@pytest.mark.parametrize("piece", REPEATED, ids=repr)
@pytest.mark.parametrize("kind", [b"application/x-www-form-urlencoded", b"text/html", b"text/plain"])
def test_the_cost_grows_with_the_size_only(piece: bytes, kind: bytes) -> None:
    """No text makes the writer of a recording stop: each pattern is linear."""
    request = Request(b"POST / HTTP/1.1", ((b"Content-Type", kind),), piece * (SIZE // len(piece)))
    started = time.process_time()
    redactor({}, KEY).redact(Exchange("d#1", request))
    assert time.process_time() - started < 10


def test_a_long_text_is_redacted_throughout() -> None:
    """Also where a value lies across two of the windows that a long text is looked through by."""
    page = b"".join(b'<input name="token" value="%08dZx7qP4w9LkT2mabc">%200d\n' % (number, 0) for number in range(5000))
    packed = zlib.compress(page)
    headers = ((b"Content-Encoding", b"deflate"), (b"Content-Length", b"%d" % len(packed)))
    made = (
        redactor({}, KEY)
        .redact(Exchange("d#1", Request(b"GET / HTTP/1.1"), Response(200, b"OK", headers, packed)))
        .response
    )
    assert made is not None
    text = zlib.decompress(made.body or b"")
    assert b"Zx7qP4w9LkT2mabc" not in text
    assert len(text) == len(page)
    assert made.header(b"content-length") == b"%d" % len(made.body or b"")


def test_a_body_that_cannot_be_looked_into_is_not_kept() -> None:
    """A coding that is not known here may hide anything."""
    answer = Response(200, b"OK", ((b"Content-Encoding", b"unheard-of"),), b"\x01\x02")
    made = redactor({}, KEY).redact(Exchange("d#1", Request(b"GET / HTTP/1.1"), answer))
    assert made.response is not None
    assert made.response.body is None
    assert [redaction.kind for redaction in made.redactions] == ["unread"]


def test_a_truncated_gzip_is_redacted_as_far_as_it_reads() -> None:
    """The start of a body that was cut off is legible, so it is redacted."""
    packed = gzip.compress(b'{"token": "Zx7qP4w9LkT2mabc"}' + bytes(range(32, 127)) * 40)[:-30]
    answer = Response(200, b"OK", ((b"Content-Encoding", b"gzip"), (b"Content-Type", b"application/json")), packed)
    made = redactor({}, KEY).redact(Exchange("d#1", Request(b"GET / HTTP/1.1"), answer)).response
    assert made is not None
    assert b"Zx7qP4w9LkT2mabc" not in gzip.decompress(made.body or b"")


@pytest.mark.parametrize("piece", [b"<input name=password ", b"--"], ids=repr)
def test_a_long_line_and_many_parts_cost_little(piece: bytes) -> None:
    """A page of one line and a body that is nothing but boundaries take no longer than they are."""
    kind = b"multipart/form-data; boundary=-" if piece == b"--" else b"text/html"
    request = Request(b"POST / HTTP/1.1", ((b"Content-Type", kind),), piece * (200_000 // len(piece)))
    started = time.process_time()
    redactor({}, KEY).redact(Exchange("d#1", request))
    assert time.process_time() - started < 2


def test_the_last_of_many_fields_is_redacted() -> None:
    """Also of a form with more parts than are told apart."""
    part = b'--XX\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    body = part % (b"note", b"1") * 1200 + part % (b"password", b"correct horse 7") + b"--XX--\r\n"
    request = Request(b"POST / HTTP/1.1", ((b"Content-Type", b"multipart/form-data; boundary=XX"),), body)
    made = redactor({}, KEY).redact(Exchange("d#1", request)).request.body or b""
    assert b"correct horse" not in made
    assert made.count(b"\r\n--XX") == body.count(b"\r\n--XX")
