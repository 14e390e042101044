"""Every change of the catalogue: it does its one thing to an answer that has it, and nothing to one that has not."""

from __future__ import annotations

import gzip
import xmlrpc.client
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest

from harness.difference import Difference
from harness.exchange import Request, Response
from harness.group import group_observations
from harness.group.observation import Observation
from harness.scream.catalogue import catalogue, changes_of_group
from harness.scream.heads import DETOURS, REFUSALS
from harness.scream.operators import LATENCY, Change, Operator, made
from tests.harness.scream.pretended import PAGE

ENDPOINT = "GET /"
REQUEST = Request(b"GET / HTTP/1.1", ((b"Host", b"h"),))
FEED = b"""<?xml version="1.0"?>
<!DOCTYPE rss SYSTEM "rss.dtd">
<rss version="0.91"><channel><title>News</title>
<item><title>one 1</title><link>http://h/1</link></item>
<item><title>two 2</title><link>http://h/2</link></item>
</channel></rss>
"""
MARKUP = b"""<!DOCTYPE html>\r
<html><body><!-- note -->  \r
<h1>Files</h1> (<a href="Dir/b.txt?y=2#md5=abcdef0123456789" title='the second'>b</a>)<br/>
<a href="Dir/a.txt">a</a>
</body></html>
"""
ROWS = [["a", "1.0", 5], ["b", None, 6]]
RECORD = {"name": "a", "files": [{"size": 1}], "odd": "\u00e9"}


def answer(body: bytes, kind: bytes, *headers: tuple[bytes, bytes]) -> Response:
    """Return an answer with a length."""
    length = (b"Content-Length", str(len(body)).encode())
    return Response(200, b"OK", ((b"Content-Type", kind), *headers, length), body, framing="length")


def call(value: object) -> Response:
    """Return the answer of an XML-RPC method."""
    text = xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True)  # type: ignore[arg-type]
    return answer(text.encode(), b"text/xml")


ANSWERS = {
    "page": PAGE,
    "markup": answer(MARKUP, b"text/html", (b"Set-Cookie", b"a=1"), (b"Location", b"/")),
    "feed": answer(FEED, b"text/xml; charset=utf-8"),
    "json": answer(b'{"name": "a", "files": [{"size": 1}], "odd": "\\u00e9"}', b"application/json"),
    "rows": call(ROWS),
    "record": call(RECORD),
    "text": answer(b"one \ntwo\n", b"text/plain"),
    "file": answer(b"\x00\x01\xff", b"application/octet-stream", (b"ETag", b'"1"')),
    "compressed": answer(gzip.compress(b"one"), b"text/html", (b"Content-Encoding", b"gzip")),
    "chunked": replace(answer(b"one", b"text/plain"), headers=((b"Content-Type", b"text/plain"),), framing="chunked"),
}
REFUSED = Response(
    404, b"Not Found", ((b"Content-Type", b"text/plain"), (b"Content-Length", b"0")), b"", framing="length"
)


@cache
def every(name: str) -> dict[str, Change]:
    """Return the changes to an answer by the names of their operators."""
    return {one.operator.name: one for one in catalogue(ENDPOINT, [(REQUEST, ANSWERS[name])])}


def cases() -> Iterator[tuple[str, str]]:
    """Yield each operator with the first answer that it changes."""
    seen: set[str] = set()
    for name in ANSWERS:
        for operator in every(name):
            if operator not in seen:
                seen.add(operator)
                yield name, operator


def test_each_acts_where_it_applies() -> None:
    """What the catalogue offers for an answer changes it, is named once, and says where that shows."""
    for name, answered in ANSWERS.items():
        for change in every(name).values():
            acts = change.operator.delay or change.operator.edit(answered) != answered
            assert acts, (name, change.operator.name)
            assert (change.aspect, change.kind) != ("", ""), (name, change.operator.name)


def test_none_is_offered_where_it_does_nothing() -> None:
    """An operator of one answer that would not change another is not in the other's catalogue: the map counts none."""
    # Keys of JSON documents and members of XML-RPC answers have the same names, and operators of their own.
    answers = {name: answered for name, answered in ANSWERS.items() if name not in ("rows", "record")}
    operators = {operator: every(name)[operator].operator for name, operator in cases() if name in answers}
    for name, answered in answers.items():
        for operator, edit in operators.items():
            if edit.edit(answered) == answered and not edit.delay:
                assert operator not in every(name), (name, operator)


def test_a_refusal_is_left_as_it_is() -> None:
    """Of an answer that is no page only the head and the framing are changed."""
    for _, change in ((name, every(name)[operator]) for name, operator in cases()):
        if change.aspect in ("body", "status"):
            after = change.operator.edit(REFUSED)
            assert (after.status, after.body) == (404, b""), change.operator.name


def test_a_length_that_was_right_stays_right() -> None:
    """Or goes: no operator makes a second mistake beside its own."""
    for name, operator in cases():
        after = every(name)[operator].operator.edit(ANSWERS[name])
        length = after.header(b"content-length")
        if length is not None and after.complete:
            assert int(length) == len(after.body or b""), operator


def test_the_catalogue_is_as_wide_as_it_is_said_to_be() -> None:
    """A kind of change that is lost is noticed."""
    assert len(dict(cases()).keys()) <= len(ANSWERS)
    assert len(list(cases())) >= 230


def starts(one: Response, first: bytes, second: bytes) -> bool:
    """Tell whether one text stands before another in an answer."""
    body = one.body or b""
    return body.index(first) < body.index(second)


EFFECTS: dict[str, tuple[str, Callable[[Response], bool]]] = {
    "reason phrase changed": ("page", lambda one: one.reason == b"Fine"),
    "reason phrase empty": ("page", lambda one: one.reason == b""),
    "header Etag in upper case": ("file", lambda one: one.headers[1][0] == b"ETAG"),
    "header Etag in lower case": ("file", lambda one: one.headers[1][0] == b"etag"),
    "header Etag missing": ("file", lambda one: one.header(b"etag") is None),
    "header Etag twice": ("file", lambda one: [k for k, _ in one.headers].count(b"ETag") == 2),
    "header Etag: another value": ("file", lambda one: one.header(b"etag") == b"something-else"),
    "header Vary added": ("file", lambda one: one.header(b"vary") == b"Accept-Encoding"),
    "headers in reverse order": ("page", lambda one: one.headers == PAGE.headers[::-1]),
    "charset missing": ("page", lambda one: one.header(b"content-type") == b"text/html"),
    "charset latin-1": ("page", lambda one: one.header(b"content-type") == b"text/html; charset=iso-8859-1"),
    "charset added": ("json", lambda one: one.header(b"content-type") == b"application/json; charset=utf-8"),
    "Content-Type text/plain": ("page", lambda one: one.header(b"content-type") == b"text/plain"),
    "gzip, asked for or not": ("page", lambda one: one.body == gzip.compress(PAGE.body or b"", mtime=0)),
    "status 203": ("page", lambda one: (one.status, one.body) == (203, PAGE.body)),
    "status 404": ("page", lambda one: (one.status, one.body) == (404, b"Not Found")),
    "chunked, no length": ("page", lambda one: one.framing == "chunked" and one.header(b"content-length") is None),
    "no length, closed at the end": ("chunked", lambda one: one.framing == "close"),
    "HTTP/1.0": ("page", lambda one: one.version == b"HTTP/1.0"),
    "connection cut in the middle": ("page", lambda one: not one.complete),
    "byte order mark": ("text", lambda one: one.body == b"\xef\xbb\xbfone \ntwo\n"),
    "lines end in CRLF": ("feed", lambda one: one.body == FEED.replace(b"\n", b"\r\n")),
    "no white space at the end of lines": ("text", lambda one: one.body == b"one\ntwo\n"),
    "line end added": ("file", lambda one: one.body == b"\x00\x01\xff\n"),
    "body cut in two": ("file", lambda one: one.body == b"\x00"),
    "body empty": ("file", lambda one: one.body == b""),
    "comments missing": ("markup", lambda one: b"note" not in (one.body or b"")),
    "document type missing": ("feed", lambda one: b"DOCTYPE" not in (one.body or b"")),
    "<h1> in upper case": ("markup", lambda one: b"<H1>Files</H1>" in (one.body or b"")),
    "<h1> not closed": ("markup", lambda one: b"<h1>Files (" in (one.body or b"")),
    "<h1> empty": ("markup", lambda one: b"<h1></h1>" in (one.body or b"")),
    "<h1> missing": ("markup", lambda one: b"h1" not in (one.body or b"")),
    "title of <a> missing": ("markup", lambda one: b"the second" not in (one.body or b"")),
    "quotes the other way": ("markup", lambda one: b"href='Dir/a.txt'" in (one.body or b"")),
    "text in brackets": ("markup", lambda one: b"[<a " in (one.body or b"")),
    "links: fragment missing": ("markup", lambda one: b"y=2\"" in (one.body or b"")),
    "links: fragment without its name": ("markup", lambda one: b"#abcdef0" in (one.body or b"")),
    "links: fragment wrong": ("markup", lambda one: b"#md5=0000000023456789" in (one.body or b"")),
    "links: query added": ("markup", lambda one: b"Dir/b.txt?x=1#md5" in (one.body or b"")),
    "links: slash as entity": ("markup", lambda one: b"Dir&#47;a.txt" in (one.body or b"")),
    "links: path in lower case": ("markup", lambda one: b"dir/a.txt" in (one.body or b"")),
    "links: one level up": ("markup", lambda one: b'"../Dir/a.txt' in (one.body or b"")),
    "links: the last missing": ("markup", lambda one: b"a.txt" not in (one.body or b"")),
    "links: all missing": ("markup", lambda one: b"href" not in (one.body or b"")),
    "entries in reverse order": ("feed", lambda one: starts(one, b"two", b"one")),
    "control character": ("feed", lambda one: b"\x0b" in (one.body or b"")),
    "files[].size: missing": ("json", lambda one: b"size" not in (one.body or b"")),
    "files[].size: of another type": ("json", lambda one: b'"1"' in (one.body or b"")),
    "name: null": ("json", lambda one: b'"name": null' in (one.body or b"")),
    "name: renamed": ("json", lambda one: b'"name_": "a"' in (one.body or b"")),
    "JSON not ASCII": ("json", lambda one: "\u00e9".encode() in (one.body or b"")),
    "JSON keys in reverse order": ("json", lambda one: starts(one, b"odd", b"name")),
    "JSON without white space": ("json", lambda one: b'"name":"a",' in (one.body or b"")),
    "list in reverse order": ("rows", lambda one: loaded(one) == ROWS[::-1]),
    "list: everything twice": ("rows", lambda one: loaded(one) == [ROWS[0], ROWS[0], ROWS[1], ROWS[1]]),
    "list: columns shifted": ("rows", lambda one: loaded(one) == [[5, "a", "1.0"], [6, "b", None]]),
    "list: half of it": ("rows", lambda one: loaded(one) == ROWS[:1]),
    "list: empty": ("rows", lambda one: loaded(one) == []),
    "no methodResponse": ("rows", lambda one: b"methodResponse" not in (one.body or b"")),
    "a fault": ("rows", lambda one: b"<fault>" in (one.body or b"")),
    "odd: missing": ("record", lambda one: loaded(one) == {"name": "a", "files": [{"size": 1}]}),
}  # fmt: skip


def loaded(one: Response) -> object:
    """Return what an XML-RPC answer holds."""
    return xmlrpc.client.loads(one.body or b"")[0][0]


@pytest.mark.parametrize("operator", EFFECTS)
def test_does_what_its_name_says(operator: str) -> None:
    """And that is where the catalogue has it."""
    name, does = EFFECTS[operator]
    assert not does(ANSWERS[name])
    assert does(every(name)[operator].operator.edit(ANSWERS[name]))


def test_refusals_and_detours_are_all_there() -> None:
    """Each status once."""
    assert {f"status {code}" for code in REFUSALS} | {f"one more {code}" for code in DETOURS} <= set(every("page"))


def test_what_is_late_is_at_a_place_of_its_own() -> None:
    """No comparison of answers shows it."""
    assert every("page")["1 s late"].aspect == LATENCY


def test_changes_are_made_in_the_order_of_their_stages() -> None:
    """A body is changed before it is compressed, and a header after that."""
    named = every("page")
    changes = [named["gzip, asked for or not"], named["comment added"], named["charset missing"]]
    after = made(PAGE, [one.operator for one in changes])
    assert b"<!-- here -->" in gzip.decompress(after.body or b"")
    assert after.header(b"content-type") == b"text/html"


@pytest.mark.parametrize(
    ("difference", "does"),
    [
        (Difference("header", "Server", "missing", "some value", ""), lambda one: one.header(b"server") is None),
        (Difference("header", "Server", "changed", "some value", "new"), lambda one: one.header(b"server") == b"new"),
        (Difference("status", "", "changed", "200 OK", "410 Gone"), lambda one: one.status == 410),
        (Difference("reason", "", "changed", "OK", "Fine"), lambda one: one.reason == b"Fine"),
        (Difference("body", "h1/text()", "changed", "Links", "Files"), lambda one: b"<h1>Files for" in one.body),
    ],
    ids=["header missing", "header changed", "status", "reason", "body"],
)  # fmt: skip
def test_a_group_of_a_report_is_a_change(difference: Difference, does: Callable[[Response], bool]) -> None:
    """At the group's place."""
    (group,) = group_observations([Observation("a#1", ENDPOINT, "pip", difference)])
    (change,) = changes_of_group(ENDPOINT, group)
    assert (change.operator.name, change.aspect, change.path) == (f"group {group.id}", group.aspect, group.path)
    assert not does(PAGE)
    assert does(change.operator.edit(PAGE))


def test_groups_of_a_report_come_first() -> None:
    """At the endpoints that they are of."""
    (group,) = group_observations(
        [Observation("a#1", ENDPOINT, "pip", Difference("status", "", "changed", "200", "410"))]
    )
    samples = [(REQUEST, ANSWERS["file"])]
    assert catalogue(ENDPOINT, samples, [group])[0].operator.name == f"group {group.id}"
    assert {one.operator.name for one in catalogue("GET /other", samples, [group])} == set(every("file"))


def test_an_operator_is_told_by_its_name() -> None:
    """Two that are made anew are equal: what was run with one is known of the other."""
    assert Operator("a", lambda one: one) == Operator("a", lambda one: replace(one, status=500))
