"""Bodies: what decides how they are compared, charsets, compression, fallbacks and bounds."""

import gzip
import random
import time
from dataclasses import replace

import pytest

from harness.compare.body import compare_bodies
from harness.exchange import Response


def answer(body, kind=b"", *more):
    """Return an answer with a body of that content type."""
    headers = ((b"Content-Type", kind),) if kind else ()
    return Response(200, b"OK", (*headers, *more), body)


def differ(old, new):
    """Return differences as (path, kind, old, new)."""
    return [(d.path, d.kind, d.old, d.new) for d in compare_bodies(old, new)]


SORTS = {
    "html": (b"text/html; charset=utf-8", b"<p>a</p>", b"<p>b</p>", "html/body/p/text()"),
    "xhtml": (b"application/xhtml+xml", b"<html><p>a</p></html>", b"<html><p>b</p></html>", "html/p/text()"),
    "rss": (b"application/rss+xml", b"<r>a</r>", b"<r>b</r>", "r/text()"),
    "json": (b"application/json", b"[1]", b"[2]", "[]"),
    "json by suffix": (b"application/vnd.api+json", b"[1]", b"[2]", "[]"),
    "plain": (b"text/plain", b"a", b"b", "text"),
    "form": (b"application/x-www-form-urlencoded", b"a=1", b"a=2", "a"),
    "byte ranges": (b"multipart/byteranges; boundary=x", b"--x\r\n\r\na", b"--x\r\n\r\nb", "text"),
    "picture": (b"image/png", b"a", b"b", "bytes"),
    "unnamed html": (b"", b"<!DOCTYPE html><p>a", b"<!DOCTYPE html><p>b", "html/body/p/text()"),
    "unnamed xml": (b"", b"<?xml version='1.0'?><r>a</r>", b"<?xml version='1.0'?><r>b</r>", "r/text()"),
    "unnamed json": (b"", b'{"a": 1}', b'{"a": 2}', "a"),
    "unnamed text": (b"", b"a", b"b", "text"),
    "unnamed bytes": (b"", b"\x00a", b"\x00b", "bytes"),
    "lines under another name": (b"application/x-ndjson", b'{"a": 1}\n{"b": 1}\n', b'{"a": 1}\n{"b": 2}\n', "text"),
    "what is called octets": (b"application/octet-stream", b"a\r\n", b"a\n", "bytes"),
    "bytes on one side": (b"application/x-own", b"a", b"\x00", "bytes"),
    "letters of no charset": (b"application/x-own", b"a", b"\xff", "bytes"),
    "a picture of letters": (b"image/x-own", b"a", b"b", "bytes"),
    "text with NUL": (b"text/plain", b"a\x00", b"b\x00", "bytes"),
    "broken xml": (b"text/xml", b"<r>a", b"<r>b", "text"),
}


@pytest.mark.parametrize(("kind", "old", "new", "path"), SORTS.values(), ids=SORTS.keys())
def test_the_content_type_decides_how_bodies_are_compared(kind, old, new, path):
    """By the declared type, else by the beginning; what cannot be read falls back to text, then to bytes."""
    assert [found for found, *_ in differ(answer(old, kind), answer(new, kind))] == [path]


def test_old_decides_where_types_differ():
    """A body that lost its content type is still compared as what it was."""
    found = differ(answer(b"[1]", b"application/json"), answer(b"[1 ]"))
    assert found == [("body/json/white space", "spelling", "[1]", "[1 ]")]


CHARSETS = {
    "declared alike, sent otherwise": (
        b"text/plain; charset=utf-8",
        b"\xc3\xa9",
        b"\xe9",
        [("charset", "utf-8", "iso8859-1")],
    ),
    "sent as Windows has it": (
        b"text/plain; charset=utf-8",
        b"\xe2\x82\xac",
        b"\x80",
        [("charset", "utf-8", "cp1252")],
    ),
    "byte order mark": (b"text/plain", b"a", b"\xef\xbb\xbfa", [("charset", "utf-8", "utf-8-sig")]),
    "xml's own declaration": (
        b"text/xml",
        b"<?xml version='1.0' encoding='utf-8'?><r>\xc3\xa9</r>",
        b"<?xml version='1.0' encoding='latin-1'?><r>\xe9</r>",
        [("charset", "utf-8", "iso8859-1"), ("body/xml/declaration", None, None)],
    ),
}


@pytest.mark.parametrize(("kind", "old", "new", "expected"), CHARSETS.values(), ids=CHARSETS.keys())
def test_another_charset_is_named_as_such(kind, old, new, expected):
    """The same text in other bytes is an `encoding` difference that names both charsets."""
    found = differ(answer(old, kind), answer(new, kind))
    assert [row[0] for row in found] == [row[0] for row in expected]
    assert (found[0][1:]) == ("encoding", *expected[0][1:])


LATIN = {
    "a euro sign more": (b"caf\xe9", b"caf\xe9 \x80", [("text", "changed", "caf\u00e9", "caf\u00e9 \u20ac")]),
    "a byte that is no letter there": (b"caf\xe9", b"caf\x81", [("text", "changed", "caf\u00e9", "caf\\x81")]),
}


@pytest.mark.parametrize(("old", "new", "expected"), LATIN.values(), ids=LATIN.keys())
def test_latin_1_is_read_as_browsers_do(old, new, expected):
    """Bytes that stand for nothing in Latin-1 are those of Windows: no other charset, only other text."""
    kind = b"text/plain; charset=iso-8859-1"
    assert differ(answer(old, kind), answer(new, kind)) == expected


def test_an_unknown_charset_is_no_obstacle():
    """A label that nobody knows does not stop the comparison."""
    kind = b"text/plain; charset=x-no-such"
    assert differ(answer(b"a", kind), answer(b"b", kind)) == [("text", "changed", "a", "b")]


GZIP = (b"Content-Encoding", b"gzip")


def test_compressed_bodies_are_compared_unpacked():
    """What is inside counts, and the difference is told in terms of that."""
    old, new = (answer(gzip.compress(body, mtime=0), b"application/json", GZIP) for body in (b"[1]", b"[2]"))
    assert differ(old, new) == [("[]", "changed", "1", "2")]


def test_other_compression_of_the_same_is_no_silence():
    """The same content packed otherwise is one `encoding` difference."""
    old, new = answer(b"abc", b"text/plain"), answer(gzip.compress(b"abc", mtime=0), b"text/plain", GZIP)
    assert [(path, kind) for path, kind, _, _ in differ(old, new)] == [("body/compression", "encoding")]


@pytest.mark.parametrize("packed", [b"no gzip at all", gzip.compress(b"a" * 99)[:-9]], ids=["not packed", "truncated"])
def test_broken_compression_falls_back_to_bytes(packed):
    """A body that cannot be unpacked is compared as it came, and the difference says why."""
    old = answer(gzip.compress(b"abc"), b"text/plain", GZIP)
    ((path, kind, text, _),) = differ(old, replace(old, body=packed))
    assert (path, kind) == ("bytes", "changed")
    assert "gzip" in text


def test_line_endings_are_spelling_and_other_space_is_not():
    """Text differs by its lines; how they end is another spelling."""
    old = answer(b"a\nb \n", b"text/plain")
    assert differ(old, answer(b"a\r\nb \r\n", b"text/plain")) == [
        ("body/text/line ends", "spelling", "a\\nb \\n", "a\\r\\nb \\r\\n")
    ]
    assert differ(old, answer(b"a\nb\n", b"text/plain")) == [("text", "changed", "b ", "b")]


def test_a_long_line_is_shown_where_it_differs():
    """The texts of a difference are a window around the first differing character."""
    line = b"x" * 5_000
    ((_, _, old, new),) = differ(answer(line + b"1" + line, b"text/plain"), answer(line + b"2" + line, b"text/plain"))
    assert (old.count("1"), new.count("2")) == (1, 1)
    assert max(len(old), len(new)) <= 200


def test_bytes_are_told_by_length_digest_and_place():
    """A picture differs from an offset on."""
    ((path, kind, old, new),) = differ(answer(b"\x89PNG1", b"image/png"), answer(b"\x89PNG22", b"image/png"))
    assert (path, kind) == ("bytes", "changed")
    assert old.startswith("5 bytes, sha256 ")
    assert old.endswith("from 4: 31")
    assert new.endswith("from 4: 32 32")


def many(differing):
    """Return a page of many links, all of which differ."""
    return b"".join(b'<a href="%d%s">a%d</a>' % (number, differing, number) for number in range(300))


def test_what_repeats_within_one_body_is_said_a_few_times_only():
    """Three hundred links changed alike are five differences, not three hundred."""
    assert len(differ(answer(many(b"/"), b"text/html"), answer(many(b""), b"text/html"))) == 5


def test_another_document_is_one_difference():
    """Two pages that share nothing are told as such, not as a hundred places that differ; a new design is one cause."""
    tags = [f"x-{number}" for number in range(60)]
    old = "".join(f"<{tag}>a</{tag}>" for tag in tags).encode()
    few, all_ = (b"<p>" + old.replace(b">a<", b">b<", count) for count in (40, 60))
    assert len(differ(answer(b"<p>" + old, b"text/html"), answer(few, b"text/html"))) == 40
    ((path, kind, text, _),) = differ(answer(b"<p>" + old, b"text/html"), answer(all_, b"text/html"))
    assert (path, kind) == ("body/document", "changed")
    assert text.startswith("another document, 60 places differ: ")


def words(seed, count, vocabulary):
    """Return that many random words, the same for the same seed."""
    source = random.Random(seed)
    return [source.choice(vocabulary) for _ in range(count)]


FEW, MANY = [f"{letter}" for letter in "abcdefgh"], [f"word{number}" for number in range(50_000)]
HUGE = {
    "one line": (b"text/plain", lambda seed: b"x" * 5_000_000 + b"%d" % seed),
    "few distinct lines": (b"text/plain", lambda seed: "\n".join(words(seed, 400_000, FEW)).encode()),
    "many distinct lines": (b"text/plain", lambda seed: "\n".join(words(seed, 200_000, MANY)).encode()),
    "html": (b"text/html", lambda seed: "".join(f"<p>{word}</p>" for word in words(seed, 500_000, FEW)).encode()),
    "html, just taken apart": (
        b"text/html",
        lambda seed: "".join(f"<p>{word}</p>" for word in words(seed, 40_000, FEW)).encode(),
    ),
    "json list, just taken apart": (
        b"application/json",
        lambda seed: ("[" + ",".join(f'"{word}"' for word in words(seed, 150_000, FEW)) + "]").encode(),
    ),
    "json objects, just taken apart": (
        b"application/json",
        lambda seed: (
            "[" + ",".join(f'{{"id":{n},"v":"{word}"}}' for n, word in enumerate(words(seed, 60_000, MANY))) + "]"
        ).encode(),
    ),
    "bytes": (b"image/png", lambda seed: random.Random(seed).randbytes(5_000_000)),
}


@pytest.mark.parametrize(("kind", "body"), HUGE.values(), ids=HUGE.keys())
def test_huge_bodies_take_seconds(kind, body):
    """However large and unlike two bodies are, the comparison ends soon, and says something."""
    old, new = answer(body(1), kind), answer(body(2), kind)
    start = time.process_time()
    assert differ(old, new)
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"a\nb\n", b"a\nb", ("text/last line's end", "missing", "\\n", "")),
        (b"a\nb", b"a\nb\n", ("text/last line's end", "added", "", "\\n")),
    ],
    ids=["gone", "new"],
)
def test_the_end_of_the_last_line_is_a_place(old, new, expected):
    """Nobody sees it; the report says it."""
    assert differ(answer(old, b"text/plain"), answer(new, b"text/plain")) == [expected]


def test_comments_that_are_written_as_all_the_rest_are_no_other_difference():
    """Another writer of quotes writes them so in comments, too; a comment that says something else is told as that."""
    page = b'<p class="a">x</p><!-- <p class="b">y</p> -->'
    single = page.replace(b'"', b"'")
    assert [row[:2] for row in differ(answer(page, b"text/html"), answer(single, b"text/html"))] == [
        ("body/html/quotes", "spelling")
    ]
    other = answer(single.replace(b"y", b"z"), b"text/html")
    assert [row[0] for row in differ(answer(page, b"text/html"), other)] == ["html/body/comment()"]


@pytest.mark.parametrize("kind", [b"text/html", b"application/json", b"text/plain", b"image/png", b""])
def test_no_body_at_all_is_one_difference(kind):
    """Whatever was in it: lines and elements of what is gone are no differences of their own."""
    full, empty = answer(b'{"a": "<p>x</p>"}', kind), answer(b"", kind)
    text = '{"a": "<p>x</p>"}'
    assert differ(full, empty) == [("content", "missing", text, "")]
    assert differ(empty, full) == [("content", "added", "", text)]
