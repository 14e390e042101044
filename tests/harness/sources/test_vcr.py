"""Cassettes of other tools: vcrpy itself, Ruby's VCR and those that write like it."""

from __future__ import annotations

import gzip
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import vcr

from harness.commands.export import command as export_command
from harness.errors import RecordingError
from harness.exchange import Exchange, Request, Response
from harness.sources.source import BODY_BYTES, TIME, Input, Item, Note, Options, Read
from harness.sources.vcr import VCR
from harness.store.archive import ArchiveWriter

RUBY = """---
http_interactions:
- request:
    method: post
    uri: http://example.com/foo?a=b
    body: {encoding: US-ASCII, string: 'x=1'}
    headers:
      Accept: ['*/*']
      Content-Length: ['3']
  response:
    status: {code: 200, message: OK}
    headers:
      Content-Type: [text/html]
      Content-Length: ['3']
    body:
      encoding: ASCII-8BIT
      string: !binary |-
        /wAB
    http_version: '1.0'
  recorded_at: Tue, 01 Nov 2011 04:58:44 GMT
recorded_with: VCR 2.0.0
"""
BETAMAX = """{"http_interactions": [{"request": {"body": {"encoding": "utf-8", "base64_string": "eD0x"},
"headers": {"Content-Length": ["3"]}, "method": "POST", "uri": "http://example.com/"},
"response": {"body": {"encoding": null, "base64_string": "/wAB"}, "headers": {"Content-Length": ["3"]},
"status": {"code": 201, "message": "Created"}, "url": "http://example.com/"},
"recorded_at": "2015-06-21T19:22:54"}], "recorded_with": "betamax/0.4.2"}"""


class Site(BaseHTTPRequestHandler):
    """Answers with bytes that are no text, packed and not."""

    def do_GET(self) -> None:
        """Answer."""
        body = gzip.compress(b"packed", mtime=0) if self.path == "/gzip" else b"\xff\x00caf\xc3\xa9"
        self.send_response(404 if self.path == "/none" else 200)
        if self.path == "/gzip":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """Give back what came."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    """A server for as long as the test."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def items(path: Path) -> list[Item]:
    """Read a cassette, found by its content."""
    data = path.read_bytes()
    assert VCR.detect(data[:65536], path)
    with path.open("rb") as stream:
        return list(VCR.read(Input(path, stream), Options()))


def exchanges(path: Path) -> list[Exchange]:
    """Only the exchanges."""
    return [item.exchange for item in items(path) if isinstance(item, Read)]


def ask(url: str, data: bytes | None = None) -> tuple[int, bytes]:
    """Ask as the recorded program did."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_vcrpy_recorded_it(site: str, tmp_path: Path) -> None:
    """A cassette that vcrpy made of requests to a real server holds what was sent and answered."""
    path = tmp_path / "x.yaml"
    with vcr.use_cassette(str(path)):
        answers = [ask(site + "/"), ask(site + "/none"), ask(site + "/gzip"), ask(site + "/", b"\xfe=1")]
    found = exchanges(path)
    assert [(one.response.status, one.response.body) for one in found if one.response] == answers
    assert [one.request.method for one in found] == [b"GET", b"GET", b"GET", b"POST"]
    assert found[3].request.body == b"\xfe=1"
    assert found[0].response is not None
    assert [value for name, value in found[0].response.headers if name == b"Set-Cookie"] == [b"a=1", b"b=2"]


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_vcrpy_plays_it(tmp_path: Path, suffix: str) -> None:
    """What we export answers a program under vcrpy as the server did, without a server."""
    body = b"\xff\x00binary" if suffix == ".yaml" else b"caf\xc3\xa9"
    archive, path = tmp_path / "a.archive", tmp_path / f"x{suffix}"
    with ArchiveWriter(archive) as writer:
        for target in (b"/a?b=c", b"/d"):
            host = (b"Host", b"nowhere.example:81")
            answer = Response(418, b"Teapot", ((b"X-One", b"1"), (b"x-one", b"2")), target[:2] + body)
            writer.add(Exchange("", Request(b"GET " + target + b" HTTP/1.1", (host,)), answer))
    export_command.main([str(archive), "-o", str(path)], standalone_mode=False)
    serializer = "json" if suffix == ".json" else "yaml"
    with vcr.use_cassette(str(path), record_mode="none", serializer=serializer) as cassette:
        assert ask("http://nowhere.example:81/d") == (418, b"/d" + body)
        assert ask("http://nowhere.example:81/a?b=c") == (418, b"/a" + body)
        assert cassette.all_played


def test_ruby(tmp_path: Path) -> None:
    """Method in capitals, `!binary` bodies, the version and the time of Ruby's VCR."""
    path = tmp_path / "x.yml"
    path.write_text(RUBY)
    (read,) = items(path)
    assert isinstance(read, Read)
    assert TIME in read.guesses
    assert read.exchange == Exchange(
        "",
        Request(
            b"POST /foo?a=b HTTP/1.1",
            ((b"Host", b"example.com"), (b"Accept", b"*/*"), (b"Content-Length", b"3")),
            b"x=1",
            "length",
        ),
        Response(
            200, b"OK", ((b"Content-Type", b"text/html"), (b"Content-Length", b"3")), b"\xff\x00\x01", b"HTTP/1.0"
        ),
        started=1320123524.0,
    )


def test_betamax(tmp_path: Path) -> None:
    """JSON, base64 bodies, times of ISO 8601."""
    path = tmp_path / "x.json"
    path.write_text(BETAMAX)
    (exchange,) = exchanges(path)
    assert (exchange.request.body, exchange.started) == (b"x=1", 1434914574.0)
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body) == (201, b"\xff\x00\x01")


def test_bodies_a_library_unpacked(tmp_path: Path) -> None:
    """Are packed again, so that replayed answers can be compared; and that is said."""
    path = tmp_path / "x.yml"
    path.write_text(
        RUBY.replace("string: !binary |-\n        /wAB", "string: page").replace(
            "Content-Type: [text/html]", "content-encoding: [gzip]"
        )
    )
    read, note = items(path)
    assert isinstance(read, Read)
    assert isinstance(note, Note)
    assert BODY_BYTES in read.guesses
    assert read.exchange.response is not None
    assert gzip.decompress(read.exchange.response.body or b"") == b"page"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RUBY[:200], "x.yml: "),
        (RUBY.replace("uri:", "url_:"), r"x.yml: interaction 1 is not one of a cassette \(KeyError"),
        (RUBY.replace("code: 200", "code: many"), "x.yml: interaction 1"),
        ("interactions:\n- request: {}\n", "truncated"),
    ],
    ids=["cut", "field", "status", "no-end"],
)
def test_damage_has_a_place(tmp_path: Path, text: str, message: str) -> None:
    """The interaction, or the line that cannot be parsed."""
    path = tmp_path / "x.yml"
    path.write_text(text)
    with pytest.raises(RecordingError, match=message):
        exchanges(path)


def test_compressed_ones_are_refused(tmp_path: Path) -> None:
    """Plainly: a cassette is read where it lies."""
    path = tmp_path / "x.yml.gz"
    path.write_bytes(gzip.compress(RUBY.encode()))
    with gzip.open(path) as stream, pytest.raises(RecordingError, match="compressed; unpack it first"):
        list(VCR.read(Input(path, stream), Options()))  # type: ignore[arg-type]
