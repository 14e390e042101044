"""Requests as pytest tests: they pass against what old answered, and fail against what new answered."""

import ast
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare import compare
from harness.difference import Difference
from harness.exchange import Request, Response
from harness.group import group_observations
from harness.group.observation import Observation
from harness.recording import open_recordings
from harness.report import snippet

AGENT = (b"User-Agent", b"x/1")
GET = Request(b"GET /simple/a/?x=[1] HTTP/1.1", ((b"Host", b"example.org"), AGENT))
REQUESTS = {
    "get": GET,
    "form": Request(b"POST /a HTTP/1.1", (AGENT, (b"Content-Length", b"3")), b"a=1", "length"),
    "chunked": Request(b"POST /a HTTP/1.1", (AGENT, (b"Transfer-Encoding", b"chunked")), b"a=1", "chunked"),
    "bytes": Request(b"PUT /a HTTP/1.1", (AGENT, (b"X", bytes(range(128, 256)))), bytes(range(256)), "length"),
    "nothing to send": Request(b"POST /a HTTP/1.1", (AGENT, (b"Content-Length", b"0")), b"", "length"),
    "odd target": Request(b"GET /a b#\xe9 HTTP/1.0", (AGENT,)),
}


def make(body=b"", status=200, headers=(), kind=b"text/plain"):
    """Return an answer."""
    pairs = ((b"Content-Type", kind), *headers, (b"Content-Length", str(len(body)).encode()))
    return Response(status, b"OK" if status == 200 else b"Gone", pairs, body)


PAIRS = {
    "status": (make(status=200), make(status=404)),
    "reason": (make(), Response(200, b"Fine", make().headers)),
    "header lost": (make(headers=[(b"X-A", b"1")]), make()),
    "header new": (make(), make(headers=[(b"X-A", b"1")])),
    "header changed": (make(headers=[(b"X-A", b"1")]), make(headers=[(b"X-A", b"2")])),
    "header renamed": (make(headers=[(b"X-A", b"1")]), make(headers=[(b"X-B", b"1")])),
    "case of a header": (make(headers=[(b"X-A", b"1")]), make(headers=[(b"x-a", b"1")])),
    "one of two cookies": (
        make(headers=[(b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=1")]),
        make(headers=[(b"Set-Cookie", b"a=1")]),
    ),
    "order of headers": (
        make(headers=[(b"X-A", b"1"), (b"X-B", b"2")]),
        make(headers=[(b"X-B", b"2"), (b"X-A", b"1")]),
    ),
    "long header": (make(headers=[(b"X", b"a" * 150 + b"old!")]), make(headers=[(b"X", b"a" * 150 + b"new?")])),
    "a line lost": (make(b"one\ntwenty\nthree\n"), make(b"one\nthree\n")),
    "a line more": (make(b"one\nthree\n"), make(b"one\ntwenty\nthree\n")),
    "an attribute": (
        make(b'<p><a href="../a.zip#md5=17f3&amp;x">a</a></p>', kind=b"text/html"),
        make(b'<p><a href="../a.zip">a</a></p>', kind=b"text/html"),
    ),
    "an element": (
        make(b"<ul><li>first</li><li>second <b>x</b></li></ul>", kind=b"text/html"),
        make(b"<ul><li>first</li></ul>", kind=b"text/html"),
    ),
    "a link that became text": (
        make(b'<p>x</p><a href="a b">a</a><br>', kind=b"text/html"),
        make(b"<p>x</p>a<br>", kind=b"text/html"),
    ),
    "another element in its place": (
        make(b"<h1>x</h1><table><tr><td>a</td></tr></table><hr>", kind=b"text/html"),
        make(b"<h1>x</h1><p>none</p><hr>", kind=b"text/html"),
    ),
    "another document": (
        make(b'{"a": 1}', kind=b"application/json"),
        make(b"<p>1</p>", kind=b"text/html"),
    ),
    "a number in JSON": (
        make(b'{"size": 3, "x": 33}', kind=b"application/json"),
        make(b'{"size":4, "x": 33}', kind=b"application/json"),
    ),
    "a type in JSON": (
        make(b'{"a": {"size": 3}}', kind=b"application/json"),
        make(b'{"a": {"size": "3"}}', kind=b"application/json"),
    ),
    "a text in JSON": (
        make(b'{"a": [{"name": "x1"}, {"name": "x2"}]}', kind=b"application/json"),
        make(b'{"a": [{"name": "x1"}, {"name": "x3"}]}', kind=b"application/json"),
    ),
    "a short text": (make(b"a b c\n"), make(b"a d c\n")),
    "bytes": (make(b"\0\1\2", kind=b"image/png"), make(b"\0\1\3", kind=b"image/png")),
    "framing": (make(b"x"), Response(200, b"OK", make().headers[:1], b"x", framing="chunked")),
}


def serve(answer, received=None):
    """Answer one request; return the address as the tests want it."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)

    def run():
        with listener:
            connection, _ = listener.accept()
        with connection:
            connection.settimeout(10)
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536)
            head, _, body = data.partition(b"\r\n\r\n")
            lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            while len(body) < int((lengths or [b"0"])[0]):
                body += connection.recv(65536)
            if received is not None:
                received.append((head, body))
            connection.sendall(wire(answer))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return f"127.0.0.1:{listener.getsockname()[1]}"


def wire(answer):
    """Return an answer as bytes."""
    head = b"HTTP/1.1 %d %s\r\n" % (answer.status, answer.reason)
    head += b"".join(b"%s: %s\r\n" % pair for pair in answer.headers)
    if answer.framing == "chunked":
        return head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(answer.body), answer.body)
    return head + b"\r\n" + answer.body


def run(code, answer, monkeypatch, received=None):
    """Run the one test in some code against a server that gives this answer."""
    monkeypatch.setenv("TARGET", serve(answer, received))
    names = {}
    exec(code, names)
    next(value for name, value in names.items() if name.startswith("test_"))()


def groups_of(old, new):
    """Return the groups of one pair of answers."""
    return group_observations(Observation("a#1", "GET /", "pip", one) for one in compare(old, new))


@pytest.mark.parametrize("known", [True, False], ids=["recorded answer known", "unknown"])
@pytest.mark.parametrize(("old", "new"), PAIRS.values(), ids=PAIRS.keys())
def test_it_passes_on_old_and_fails_on_new(old, new, known, monkeypatch):
    """What a test asserts is what differs; where the excerpts do not suffice there is no test, or one of the whole."""
    groups = groups_of(old, new)
    assert groups
    for group in groups:
        code = snippet(group, GET, old if known else None)
        if not code:
            assert not known
            assert group.aspect == "body" or group.kind == "spelling"
            continue
        run(code, old, monkeypatch)
        with pytest.raises(AssertionError):
            run(code, new, monkeypatch)


def test_a_redirect_that_loops_is_held_against_the_recorded_address(monkeypatch):
    """What is said of it is no header's value; without the recorded answer there is nothing to assert."""
    old, new = (
        Response(301, b"Gone", ((b"Location", place), (b"Content-Length", b"0"))) for place in (b"/b", GET.target)
    )
    (group,) = group_observations(Observation("a#1", "GET /", "pip", one) for one in compare(old, new, GET))
    code = snippet(group, GET, old)
    run(code, old, monkeypatch)
    with pytest.raises(AssertionError):
        run(code, new, monkeypatch)
    assert not snippet(group, GET, None)


RECORDED = [
    exchange
    for recording in open_recordings(sorted((Path(__file__).parents[3] / "recordings").glob("curl-*.yaml")))
    for exchange in recording
    if exchange.request.method == b"GET" and exchange.response and exchange.response.body
]


@pytest.mark.parametrize("exchange", RECORDED[::8], ids=lambda exchange: exchange.id)
def test_real_answers(exchange, monkeypatch):
    """With a line less, whatever the page is: what is asserted held when it was recorded, and no longer holds."""
    lines = exchange.response.body.splitlines(keepends=True)
    kind = exchange.response.header(b"content-type") or b"text/plain"
    old, new = make(b"".join(lines), kind=kind), make(b"".join(lines[: len(lines) // 2] + lines[len(lines) // 2 + 1 :]))
    new = replace(new, headers=((b"Content-Type", kind), *new.headers[1:]))
    for group in groups_of(old, new):
        code = snippet(group, exchange.request, old)
        run(code, old, monkeypatch)
        with pytest.raises(AssertionError):
            run(code, new, monkeypatch)


STATUS = group_observations([Observation("a#1", "GET /", "pip", Difference("status", "", "changed", "200 OK", "404"))])


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
def test_it_sends_the_request(request_, monkeypatch):
    """Start line, headers and body are the recorded ones, apart from what belongs to the connection."""
    received = []
    run(snippet(STATUS[0], request_), make(), monkeypatch, received)
    ((head, body),) = received
    start, *lines = head.split(b"\r\n")
    own = (b"connection", b"content-length", b"transfer-encoding")
    pairs = [tuple(line.split(b": ", 1)) for line in lines]
    assert start == request_.start_line
    assert [pair for pair in pairs if pair[0].lower() not in own] == [
        pair for pair in request_.headers if pair[0].lower() not in own
    ]
    assert body == request_.body


def test_it_is_short():
    """Five to fifteen lines of code for an ordinary request."""
    headers = tuple((name, b"x" * 20) for name in (b"Host", b"User-Agent", b"Accept", b"Accept-Encoding"))
    code = snippet(STATUS[0], Request(b"GET /simple/a/ HTTP/1.1", headers))
    assert 5 <= len([line for line in code.splitlines() if line.strip()]) <= 15
    assert max(map(len, code.splitlines())) <= 120


@pytest.mark.parametrize("aspect", ["rows", "files", "mail"])
def test_what_http_does_not_show_has_no_test(aspect):
    """Rows, files and mails are compared by the harness; a test that asserts nothing would be a lie."""
    groups = group_observations([Observation("a#1", "GET /", "pip", Difference(aspect, "x", "changed", "1", "2"))])
    assert snippet(groups[0], GET) == ""


def test_a_large_body_is_read_from_a_file():
    """It is not written out; the line says how large it is."""
    code = snippet(STATUS[0], Request(b"POST / HTTP/1.1", (AGENT,), b"a" * 100_000))
    assert 'open("body", "rb").read()  # 100000 bytes, not shown' in code
    assert len(code) < 2000


ASPECTS = st.sampled_from(["status", "reason", "header", "body", "framing", "crash", "rows"])
KINDS = st.sampled_from(["changed", "missing", "added", "type", "order", "renamed", "encoding", "spelling"])
PATHS = st.sampled_from(["order", "transfer", "version", "text", "info.name", "html/body/@x"]) | st.text(max_size=20)


@given(
    st.builds(Difference, ASPECTS, PATHS, KINDS, st.text(max_size=60), st.text(max_size=60)),
    st.binary(max_size=60).filter(lambda line: b"\n" not in line),
    st.lists(st.tuples(st.binary(max_size=10), st.binary(max_size=20)), max_size=3).map(tuple),
    st.binary(max_size=200),
    st.text(max_size=20),
)
def test_it_is_python_whatever_the_bytes_are(difference, start, headers, body, name):
    """Any request, any value, any title: one test function, in ASCII, and nothing beside it runs."""
    groups = group_observations([Observation(name, "GET /", "pip", difference)])
    for answer in (None, Response(200, b"OK", headers, body)):
        code = snippet(groups[0], Request(start, headers, body), answer)
        assert code.isascii()
        assert [type(node) for node in ast.parse(code).body] in ([], [ast.Import, ast.FunctionDef])
