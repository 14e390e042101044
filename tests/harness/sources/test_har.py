"""HAR: files of real tools mean what the server saw; what HAR does not hold is unknown and never made up."""

from __future__ import annotations

import base64
import gzip
import importlib.util
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import RecordingError
from harness.exchange import Exchange, Request, Response
from harness.sources.har import HAR
from harness.sources.har_entry import har_entry
from harness.sources.source import BODY_BYTES, START_LINE, Input, Item, Note, Options, Read, Skipped

DATA = Path(__file__).parent / "data"
CHROMIUM = (DATA / "chromium.har").read_bytes()
COOKIE = {"name": "Cookie", "value": "a=1"}


def items(data: bytes) -> list[Item]:
    """Read a file."""
    return list(HAR.read(Input(Path("x.har"), io.BytesIO(data)), Options()))


def exchanges(found: list[Item]) -> list[Exchange]:
    """Only the exchanges."""
    return [item.exchange for item in found if isinstance(item, Read)]


def entry(request: dict[str, Any] | None = None, response: dict[str, Any] | None = None, **own: Any) -> dict[str, Any]:
    """An entry as tools write it, with some fields of one's own."""
    asked = {"method": "GET", "url": "http://h:81/a?b=c#d", "httpVersion": "HTTP/1.1", "headers": [COOKIE]}
    answered = {"status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "headers": []}
    answered["content"] = {"size": 2, "mimeType": "text/plain", "text": "ok"}
    return {
        "startedDateTime": "2016-05-16T12:00:00.500Z",
        "time": 12.5,
        "request": asked | (request or {}),
        "response": answered | (response or {}),
        **own,
    }


def har(*entries: dict[str, Any], creator: str = "Firefox") -> bytes:
    """A file of these entries."""
    return json.dumps({"log": {"version": "1.2", "creator": {"name": creator}, "entries": entries}}).encode()


def one(given: dict[str, Any]) -> Exchange:
    """Read a file of one entry."""
    (exchange,) = exchanges(items(har(given)))
    return exchange


def headers(pairs: list[list[str]]) -> list[tuple[bytes, bytes]]:
    """Headers without their order and the case of their names."""
    return sorted((name.lower().encode(), value.encode()) for name, value in pairs)


def matches(found: list[Exchange], seen: list[dict[str, Any]]) -> Iterator[str]:
    """Compare what a server saw with what was imported; yield each body that is unknown."""
    assert [exchange.request.start_line.decode() for exchange in found] == [each["line"] for each in seen]
    for exchange, each in zip(found, seen, strict=True):
        request, response = exchange.request, exchange.response
        assert response is not None
        assert sorted((name.lower(), value) for name, value in request.headers) == headers(each["headers"])
        assert response.status == each["status"]
        answer = bytes.fromhex(each["answer"])
        if request.body is None:
            yield f"request {each['line']}"
        else:
            assert request.body == bytes.fromhex(each["body"])
        if response.body is None:
            yield f"answer {each['line']}"
        elif response.header(b"content-encoding") == b"gzip":
            assert gzip.decompress(response.body) == gzip.decompress(answer)
        elif request.method != b"HEAD":
            assert response.body == answer


def test_chromium() -> None:
    """A file that Playwright made of a visit with headless Chromium: all but what the browser gave nobody."""
    found = items(CHROMIUM)
    unknown = list(matches(exchanges(found), json.loads((DATA / "chromium.json").read_text())))
    assert unknown == ["answer POST /login HTTP/1.1", "request POST /upload HTTP/1.1"]
    assert sorted(item.reason for item in found if isinstance(item, Skipped)) == [
        "WebSocket", "blocked or aborted, no answer", "from the browser's cache or a service worker",
    ]  # fmt: skip


def test_mitmproxy() -> None:
    """A file that mitmproxy made of what curl asked the same site: all of it, binary uploads too."""
    found = exchanges(items((DATA / "mitmproxy.har").read_bytes()))
    seen = json.loads((DATA / "mitmproxy.json").read_text())
    assert list(matches(found[:8], seen[:8])) == []
    # The site did not read chunks.
    assert (found[8].request.body, found[8].request.framing) == (b"abc", "chunked")


@pytest.mark.skipif(
    not (importlib.util.find_spec("playwright") and (shutil.which("chromium") or shutil.which("google-chrome"))),
    reason="needs playwright and Chromium",
)
def test_the_browser_of_this_machine(tmp_path: Path) -> None:
    """The file was made by a browser of 2026; this machine's writes it likewise."""
    spec = importlib.util.spec_from_file_location("make_har", DATA / "make_har.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    seen = module.record(str(tmp_path / "x.har"))
    found = exchanges(items((tmp_path / "x.har").read_bytes()))
    assert len(list(matches(found, [each for each in seen if "/ws" not in each["line"]]))) == 2


def test_a_usual_entry() -> None:
    """Method, URL, version, headers, time and duration; the fragment was never sent."""
    assert one(entry()) == Exchange(
        "",
        Request(b"GET /a?b=c HTTP/1.1", ((b"Host", b"h:81"), (b"Cookie", b"a=1"))),
        Response(200, b"OK", (), b"ok", framing="close"),
        started=1463400000.5,
        duration=0.0125,
    )


def test_byte_order_mark_and_list_headers() -> None:
    """A mark at the beginning, and headers as lists of two, do not hinder."""
    (exchange,) = exchanges(items(b"\xef\xbb\xbf" + har(entry({"headers": [["Host", "x"]]}))))
    assert exchange.request.headers == ((b"Host", b"x"),)


@pytest.mark.parametrize("version", ["h2", "http/2.0", "HTTP/2", "h3", "", "HTTP/3"])
def test_http_2(version: str) -> None:
    """What newer versions have is written as HTTP/1.1 would have it, and counted as a guess."""
    pseudo = [{"name": ":authority", "value": "h"}, {"name": ":path", "value": "/a"}, COOKIE]
    (read,) = items(har(entry({"httpVersion": version, "headers": pseudo})))
    assert isinstance(read, Read)
    assert read.exchange.request.start_line == b"GET /a?b=c HTTP/1.1"
    assert read.exchange.request.headers == ((b"Host", b"h:81"), (b"Cookie", b"a=1"))
    assert START_LINE in read.guesses


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (entry({"url": "data:text/plain,x"}), "data: URL"),
        (entry({"url": "blob:http://h/1"}), "blob: URL"),
        (entry({"url": "chrome-extension://x/y"}), "chrome-extension: URL"),
        (entry({"url": "ws://h/"}), "WebSocket"),
        (entry(_webSocketMessages=[{}]), "WebSocket"),
        (entry(response={"_transferSize": 0}), "from the browser's cache or a service worker"),
        (entry(_fromCache="memory"), "from the browser's cache or a service worker"),
        (entry(response={"status": 0}), "blocked or aborted, no answer"),
    ],
    ids=["data", "blob", "extension", "ws", "messages", "nothing-came", "cache", "aborted"],
)
def test_what_never_reached_the_server(given: dict[str, Any], reason: str) -> None:
    """Is no exchange and counted by its reason."""
    assert items(har(given, entry()))[0] == Skipped(reason)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_unpacked_answers_are_packed_again(coding: str) -> None:
    """So that body and Content-Encoding fit, as for the answers of a replay; the length follows."""
    pairs = [{"name": "Content-Encoding", "value": coding}, {"name": "Content-Length", "value": "999"}]
    found = items(har(entry(response={"headers": pairs})))
    assert isinstance(found[0], Read)
    response = found[0].exchange.response
    assert response is not None
    assert response.body not in (None, b"ok")
    assert response.header(b"content-length") == b"%d" % len(response.body or b"")
    assert BODY_BYTES in found[0].guesses
    assert any(isinstance(item, Note) and "packed again" in item.text for item in found)
    assert har_entry(found[0].exchange)["response"]["content"]["text"] == "ok"


def test_a_coding_that_cannot_be_done_again() -> None:
    """Its header is left out: body and headers must fit."""
    response = one(entry(response={"headers": [{"name": "content-encoding", "value": "br"}]})).response
    assert response is not None
    assert (response.headers, response.body) == ((), b"ok")


def test_an_answer_that_was_left_packed() -> None:
    """Some tools do not unpack; those bytes are exact."""
    packed = gzip.compress(b"page")
    content = {"size": 1, "text": base64.b64encode(packed).decode(), "encoding": "base64"}
    pairs = [{"name": "Content-Encoding", "value": "gzip"}]
    (read,) = items(har(entry(response={"headers": pairs, "content": content})))
    assert isinstance(read, Read)
    assert read.exchange.response is not None
    assert read.exchange.response.body == packed
    assert BODY_BYTES not in read.guesses


@pytest.mark.parametrize(
    ("post", "length", "body"),
    [
        ({"text": "a=b"}, 3, b"a=b"),
        ({"text": "caf\u00e9"}, 5, "caf\u00e9".encode()),
        ({"text": "caf\u00e9"}, 4, b"caf\xe9"),
        ({"text": "\ufffdPNG\ufffd"}, 5, None),
        ({"text": "\ufffdPNG\ufffd"}, None, None),
        ({"text": "AP8=", "encoding": "base64"}, 2, b"\x00\xff"),
        ({"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a", "value": "b"}]}, 3, b"a=b"),
        ({"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a", "value": "b c"}]}, 5, b"a=b+c"),
        ({"text": "Content-Type: x\r\nContent-Length: 3\r\n\r\na=b"}, 3, b"a=b"),
        (None, 7, None),
        (None, 0, b""),
    ],
    ids=["text", "utf-8", "latin-1", "binary", "no-length", "base64", "params", "quoted", "firefox", "none", "empty"],
)
def test_request_bodies(post: dict[str, Any] | None, length: int | None, body: bytes | None) -> None:
    """Only a body of the length that was sent is believed; else it is unknown."""
    pairs = [] if length is None else [{"name": "Content-Length", "value": str(length)}]
    request = one(entry({"method": "POST", "headers": pairs, **({"postData": post} if post else {})})).request
    assert request.body == body


@pytest.mark.parametrize(
    ("content", "pairs", "body"),
    [
        ({"size": 5, "text": "caf\u00e9", "mimeType": "x"}, {"Content-Type": "a/b; charset=latin-1"}, b"caf\xe9"),
        ({"size": 5, "text": "caf\u00e9"}, {"Content-Length": "4"}, b"caf\xe9"),
        ({"size": 9}, {}, None),
        ({"size": 0}, {"Content-Length": "9"}, None),
        ({"size": 0}, {}, b""),
        ({"size": 9, "text": "beginn"}, {"Content-Length": "9"}, None),
        ({"size": 3, "text": "!!!", "encoding": "base64"}, {}, None),
        ({"size": 3, "text": "YW\nJj", "encoding": "base64"}, {}, b"abc"),
        ({"size": 3, "text": "nop", "encoding": "rot13"}, {}, None),
    ],
    ids=["declared", "length", "left-out", "evicted", "empty", "cut", "no-base64", "base64-lines", "strange"],
)
def test_answer_bodies(content: dict[str, Any], pairs: dict[str, str], body: bytes | None) -> None:
    """Texts go back into the charset they came in; what is not there, or cut, is unknown."""
    listed = [{"name": name, "value": value} for name, value in pairs.items()]
    response = one(entry(response={"content": content, "headers": listed})).response
    assert response is not None
    assert response.body == body


def test_a_person_edited_it() -> None:
    """HAR's own fields win over ours where they were changed since."""
    exchange = Exchange("", Request(b"get /a b HTTP/1.1", ((b"Host", b"h"),)), Response(200, body=b"\xff"), started=1.0)
    given = har_entry(exchange)
    assert one(given) == exchange
    given["request"]["url"] = "http://h/edited"
    assert one(given).request.start_line == b"get /edited HTTP/1.1"
    assert one(given).response == exchange.response


def test_values_that_were_joined_are_apart() -> None:
    """Chrome's protocol joins the values of a name by line feeds; each was a header of its own."""
    response = one(entry(response={"headers": [{"name": "Set-Cookie", "value": "a=1\nb=2"}]})).response
    assert response is not None
    assert response.headers == ((b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2"))


def test_a_start_line_is_one_line() -> None:
    """A method or URL with the end of a line in it is refused: at replay it would be a request of its own."""
    with pytest.raises(RecordingError, match="end of a line"):
        items(har(entry({"method": "GET / HTTP/1.1\r\n\r\nPOST"})))


def test_a_preflight_is_an_exchange() -> None:
    """Though Chrome says that nothing was transferred: there is no content in it either."""
    answer = {"_transferSize": 0, "content": {"size": 0}}
    assert one(entry({"method": "OPTIONS"}, answer, _resourceType="preflight")).request.method == b"OPTIONS"


def test_credentials_in_a_url_are_no_host() -> None:
    """They were sent as a header, or not at all."""
    assert one(entry({"url": "http://me:pw@h/"})).request.headers[0] == (b"Host", b"h")


def sanitised(found: list[Item]) -> bool:
    """Whether the note on sanitised files was given."""
    return any(isinstance(item, Note) and "sanitised" in item.text for item in found)


def test_a_sanitised_export() -> None:
    """Chrome leaves cookies out by default; the note says how to keep them. A file with one is not sanitised."""
    bare = entry({"headers": []})
    assert sanitised(items(har(bare, creator="WebInspector")))
    assert not sanitised(items(har(bare, entry(), creator="WebInspector")))
    assert not sanitised(items(har(bare, creator="mitmproxy")))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (CHROMIUM[:-4000], rf"x.har: byte {len(CHROMIUM) - 4000}: .*ends too early"),
        (CHROMIUM[:3000] + b"\xff" + CHROMIUM[3000:], "x.har: byte 3000: .*no UTF-8"),
        (har(entry()).replace(b'"url"', b'"uri"'), r"x.har: byte \d+: entry 1 .*KeyError"),
        (har(entry({"url": 3})), "x.har: byte .*entry 1"),
        (har(entry()) + b"x", "something follows"),
        (b'{"log": {"entries": 3}}', "byte 20"),
        (b'{"log": {"version": "1.2"}}', "has no log.entries"),
        (har(entry()).replace(b'"time": 12.5', b'"time": 12.5.5'), "x.har: byte"),
    ],
    ids=["cut", "bytes", "field", "type", "after", "no-list", "no-entries", "number"],
)
def test_damage_has_a_place(data: bytes, message: str) -> None:
    """The byte where it was found, and the reason."""
    with pytest.raises(RecordingError, match=message):
        items(data)
