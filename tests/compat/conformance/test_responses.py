"""Catalogue, RESPONSE PARSING: what a program prints, and what becomes of it (RFC 3875 section 6)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Fields = list[tuple[str, str]]
TYPE = ("Content-Type", "text/plain")
MORE = b"Content-Type: text/plain\n"

# name, output, status, headers, body
GOOD: list[tuple[str, bytes, str, Fields, bytes]] = [
    ("107 the plain case", b"Content-Type: text/plain\n\nok", "200 OK", [TYPE], b"ok"),
    ("107a any bytes in the body", MORE + b"\n" + bytes(range(256)), "200 OK", [TYPE], bytes(range(256))),
    ("107b blank lines in the body", MORE + b"\n\r\n\n\r\n", "200 OK", [TYPE], b"\r\n\n\r\n"),
    ("109 CRLF, then LF", b"Content-Type: text/plain\r\n\nok", "200 OK", [TYPE], b"ok"),
    ("109a LF, then CRLF", b"Content-Type: text/plain\n\r\nok", "200 OK", [TYPE], b"ok"),
    ("109b CRLF", b"Content-Type: text/plain\r\n\r\nok", "200 OK", [TYPE], b"ok"),
    ("112 status and phrase", b"Status: 404 Not Here\n" + MORE + b"\nx", "404 Not Here", [TYPE], b"x"),
    ("112a a phrase of 8-bit bytes", b"Status: 404 caf\xc3\xa9\n" + MORE + b"\n", "404 caf\xc3\xa9", [TYPE], b""),
    ("113 status without phrase", b"Status: 404\n" + MORE + b"\nx", "404 Not Found", [TYPE], b"x"),
    ("113a blanks instead of a phrase", b"Status: 404  \n" + MORE + b"\nx", "404 Not Found", [TYPE], b"x"),
    ("115 spelling of Status", b"status:418\n" + MORE + b"\n", "418 I'm a Teapot", [TYPE], b""),
    ("115a another spelling", b"STATUS:\t410 Gone\n" + MORE + b"\n", "410 Gone", [TYPE], b""),
    ("116 status last", MORE + b"Status: 404 Late\n\n", "404 Late", [TYPE], b""),
    (
        "116a status after Location",
        b"Location: http://x/\nStatus: 307 T\n\n",
        "307 T",
        [("Location", "http://x/")],
        b"",
    ),
    ("119 a status nobody knows", b"Status: 999 Odd\n" + MORE + b"\n", "999 Odd", [TYPE], b""),
    ("119a the same without phrase", b"Status: 799\n" + MORE + b"\n", "799 Unknown", [TYPE], b""),
    ("121 status never forwarded", b"Status: 200 OK\nX-A: b\n" + MORE + b"\n", "200 OK", [("X-A", "b"), TYPE], b""),
    ("127 not modified", b"Status: 304\nETag: x\n\nbody", "304 Not Modified", [("ETag", "x")], b""),
    (
        "127b no content, and a length",
        b"Status: 204\nX-A: b\nContent-Length: 4\n\nbody",
        "204 No Content",
        [("X-A", "b")],
        b"",
    ),
    ("127a no content", b"Status: 204\nX-A: b\n\nbody", "204 No Content", [("X-A", "b")], b""),
    ("128 no Content-Type", b"X-A: b\n\n<html>", "200 OK", [("X-A", "b")], b"<html>"),
    ("134 an empty body", MORE + b"\n", "200 OK", [TYPE], b""),
    ("137 an empty value", b"X-A:\nX-B: \n" + MORE + b"\n", "200 OK", [("X-A", ""), ("X-B", ""), TYPE], b""),
    ("137a blanks around a value", b"X-A:\t b c \t\n" + MORE + b"\n", "200 OK", [("X-A", "b c"), TYPE], b""),
    ("137b a colon in a value", b"X-A: b: c\n" + MORE + b"\n", "200 OK", [("X-A", "b: c"), TYPE], b""),
    ("142 UTF-8 in a value", b"X-A: \xc3\xa9\n" + MORE + b"\n", "200 OK", [("X-A", "\xc3\xa9"), TYPE], b""),
    ("142a other 8-bit bytes", b"X-A: \xe9\x80\n" + MORE + b"\n", "200 OK", [("X-A", "\xe9\x80"), TYPE], b""),
    (
        "143 a header twice",
        b"X-D: 1\nSet-Cookie: a=1\nX-D: 2\nset-cookie: b=2\n\n",
        "200 OK",
        [("X-D", "1"), ("Set-Cookie", "a=1"), ("X-D", "2"), ("set-cookie", "b=2")],
        b"",
    ),
    ("145 two types", b"Content-Type: a/b\n" + MORE + b"\n", "200 OK", [TYPE], b""),
    ("146 the server's own", b"Server: x\nDate: y\n" + MORE + b"\n", "200 OK", [TYPE], b""),
    (
        "148a hop by hop",
        b"Connection: X-Z, close\nX-Z: 1\nKeep-Alive: 2\nUpgrade: h2c\nTE: t\nTrailer: x\nProxy-Connection: y\n"
        + MORE
        + b"\n",
        "200 OK",
        [TYPE],
        b"",
    ),
    ("149 too small a length", b"Content-Length: 2\n\n12345678", "200 OK", [("Content-Length", "2")], b"12"),
    ("149a the right length", b"Content-Length: 2\n\nok", "200 OK", [("Content-Length", "2")], b"ok"),
    ("149b no body promised", b"Content-Length: 0\n\nrest", "200 OK", [("Content-Length", "0")], b""),
    (
        "151a the same length twice",
        b"Content-Length: 2\ncontent-length: 2\n\nok",
        "200 OK",
        [("Content-Length", "2")],
        b"ok",
    ),
    ("152a the longest line", b"X-A: " + b"a" * 8187 + b"\n\n", "200 OK", [("X-A", "a" * 8187)], b""),
]


def on_the_wire(reply: Any) -> Fields:
    """Return the headers that come from the program, without what the server adds."""
    return [
        (name, value)
        for name, value in reply.headers
        if name not in {"Server", "Date", "Connection", "Transfer-Encoding"}
    ]


@pytest.mark.parametrize(
    ("output", "status", "headers", "body"), [row[1:] for row in GOOD], ids=[row[0] for row in GOOD]
)
def test_good(wire: Any, way: Any, output: bytes, status: str, headers: Fields, body: bytes) -> None:
    """What the program prints is what the client gets, on the wire."""
    reply = wire.ask(way.url("say"), method="POST", body=output)
    assert (f"{reply.status} {reply.reason}", on_the_wire(reply), reply.body, reply.error) == (
        status,
        headers,
        body,
        None,
    )


# name, output, what the log says of it
BAD: list[tuple[str, bytes, str]] = [
    ("118 a word for a status", b"Status: abc\n\nok", "Status is b'abc'"),
    ("118a two digits", b"Status: 30 FooBar\n\nok", "Status is b'30 FooBar'"),
    ("118b four digits", b"Status: 1000\n\nok", "Status is b'1000'"),
    ("118c a protocol in it", b"Status: HTTP/1.1 404\n\nok", "Status is b'HTTP/1.1 404'"),
    ("118d empty", b"Status:\n\nok", "Status is b''"),
    ("118e negative", b"Status: -20\n\nok", "Status is b'-20'"),
    ("118f digits of another script", "Status: \u0662\u0660\u0660\n\nok".encode(), "Status is b'"),
    ("118g two that differ", b"Status: 404\nStatus: 410\n\nok", "two different Status fields"),
    ("122 a status line", b"HTTP/1.0 404 Not Found\nA: b\n\nok", "an HTTP status line is for nph- programs"),
    ("124 an upgrade", b"Status: 101\nUpgrade: x\n\nok", "Status is b'101'"),
    ("125a an interim answer", b"Status: 103\n\nStatus: 200\n\nok", "Status is b'103'"),
    ("130 nothing at all", b"", "it ended without any output"),
    ("131 no header", b"hello world\nsecond\n", "b'hello world' is not a header line"),
    ("131a markup", b"<html>\n<body>\n", "is not a header line"),
    ("131b a blank line first", b"\nContent-Type: text/plain\n\nok", "it begins with a blank line"),
    (
        "131c cgitb's first line",
        b"<!--: spam\nContent-Type: text/html\n\n<b>trace</b>",
        "b'<!--: spam' is not a header line",
    ),
    ("131d Perl's warning first", b"Name main::x used once at a.pl line 3.\n" + MORE + b"\nok", "is not a header line"),
    ("131e a byte order mark", b"\xef\xbb\xbfContent-Type: text/plain\n\nok", "is not a header line"),
    ("133 no blank line", MORE, "its output ended before the blank line"),
    ("133a half a line", b"Content-Ty", "its output ended before the blank line"),
    ("133b CR instead of line ends", b"Content-Type: text/plain\r\rok", "its output ended before the blank line"),
    ("136 a space in a name", b"X A: b\n" + MORE + b"\nok", "is not a header line"),
    ("136a a space before the colon", b"X-A : b\n" + MORE + b"\nok", "is not a header line"),
    ("136b no name", b": b\n" + MORE + b"\nok", "is not a header line"),
    ("136c a space first", b" X-A: b\n" + MORE + b"\nok", "is not a header line"),
    ("136d folded", MORE + b" and more\n\nok", "is not a header line"),
    ("136e no colon", MORE + b"X-A\n\nok", "b'X-A' is not a header line"),
    ("136f 8-bit bytes in a name", b"X-\xe9: b\n" + MORE + b"\nok", "is not a header line"),
    ("136g quotes in a name", b'X"A: b\n' + MORE + b"\nok", "is not a header line"),
    (
        "139 CR in a value",
        b"X-A: a\rSet-Cookie: x\n" + MORE + b"\nok",
        "a control character in b'X-A: a\\rSet-Cookie: x'",
    ),
    ("139a CR at its end", b"X-A: a\r\r\n" + MORE + b"\nok", "a control character"),
    ("140 NUL in a value", b"X-A: a\0b\n" + MORE + b"\nok", "a control character in b'X-A: a\\x00b'"),
    ("140a another control byte", b"X-A: a\x01b\n" + MORE + b"\nok", "a control character"),
    ("140b an escape sequence", b"X-A: \x1b[31m\n" + MORE + b"\nok", "a control character"),
    ("140c DEL", b"X-A: a\x7fb\n" + MORE + b"\nok", "a control character"),
    ("140d in the phrase", b"Status: 404 a\x08b\n\nok", "a control character"),
    ("140e NUL in a name", b"X\0A: b\n" + MORE + b"\nok", "is not a header line"),
    ("148 its own framing", b"Transfer-Encoding: chunked\n" + MORE + b"\n0\r\n\r\n", "it sends Transfer-Encoding"),
    ("151 a length that is none", b"Content-Length: abc\n" + MORE + b"\nok", "Content-Length makes no sense: ['abc']"),
    ("151b two lengths", b"Content-Length: 1\nContent-Length: 2\n\nok", "Content-Length makes no sense: ['1', '2']"),
    ("151c a negative length", b"Content-Length: -1\n\nok", "Content-Length makes no sense"),
    ("151d two in one", b"Content-Length: 2, 2\n\nok", "Content-Length makes no sense"),
    ("152 a long line", b"X-A: " + b"a" * 9000 + b"\n" + MORE + b"\nok", "a header line exceeds 8192 bytes"),
    (
        "152b many lines",
        b"".join(b"X-%d: %s\n" % (n, b"a" * 60) for n in range(1100)) + b"\nok",
        "the header exceeds 65536",
    ),
    ("152c many short lines", b"a:\n" * 30_000 + b"\nok", "the header exceeds 65536 bytes"),
]


@pytest.mark.parametrize(("output", "says"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad(
    ask: Callable[..., Any], directory: Callable[..., Any], way: Any, cgi_bin: Path, output: bytes, says: str
) -> None:
    """Malformed output is 502: none of it is sent, one line of the log names program and rule."""
    answer = ask(directory(way.runner), "/" + way.file("say"), check=False, body=output)
    assert (answer.status, answer.body, answer.error) == ("502 Bad Gateway", b"502 Bad Gateway\n", None)
    assert {name for name, _ in answer.headers} == {"Content-Type", "Content-Length"}
    line = answer.log.removesuffix("\n")
    assert line.startswith(f"compat: {cgi_bin / way.file('say')}: POST status=502 ")
    assert says in line
    assert "\n" not in line


# name, output, status, headers, body: with strict=False
REPAIRED: list[tuple[str, bytes, str, Fields, bytes]] = [
    ("118h the last status counts", b"Status: 404 X\nStatus: 410 Y\n\n", "410 Y", [], b""),
    ("122a a status line", b"HTTP/1.0 404 Not Found\nA: b\n\nx", "404 Not Found", [("A", "b")], b"x"),
    ("131f a blank line first", b"\nbody", "200 OK", [], b"body"),
    ("139b CR in a value", b"X-A: a\rSet-Cookie: x\n\nok", "200 OK", [("X-A", "aSet-Cookie: x")], b"ok"),
    ("140f NUL in a value", b"X-A: a\0b\n\nok", "200 OK", [("X-A", "a")], b"ok"),
    ("148b its own framing", b"Transfer-Encoding: chunked\nA: b\n\nok", "200 OK", [("A", "b")], b"ok"),
    ("151e a length that is none", b"Content-Length: abc\nA: b\n\nok", "200 OK", [("A", "b")], b"ok"),
]


@pytest.mark.parametrize(
    ("output", "status", "headers", "body"), [row[1:] for row in REPAIRED], ids=[row[0] for row in REPAIRED]
)
def test_repaired(
    ask: Callable[..., Any],
    directory: Callable[..., Any],
    way: Any,
    output: bytes,
    status: str,
    headers: Fields,
    body: bytes,
) -> None:
    """What Apache repairs is repaired where the operator wants it."""
    answer = ask(directory(way.runner, strict=False), "/" + way.file("say"), check=False, body=output)
    assert (answer.status, answer.headers, answer.body) == (status, headers, body)


@pytest.mark.parametrize(
    "cut", ["\\n|\\n", "\\n\\n|", "Content-|Type: text/plain\\n\\n", "\\r|\\n\\r\\n", "\\r\\n\\r|\\n"]
)
def test_110_cut_between_two_writes(ask: Callable[..., Any], script: Callable[..., Any], cut: str) -> None:
    """A head that arrives in two pieces is one head."""
    text = cut.encode().decode("unicode_escape")
    if "Type" not in text:
        text = "Content-Type: text/plain" + text
    first, second = text.split("|")
    source = (
        f"import os, time\nos.write(1, {first!r}.encode())\ntime.sleep(0.02)\nos.write(1, {second + 'ok'!r}.encode())"
    )
    answer = ask(script(source))
    assert (answer.status, answer.headers, answer.body) == ("200 OK", [TYPE], b"ok")


def test_110a_a_byte_at_a_time(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """However the output is cut, the answer is the same."""
    source = "import os\nfor byte in b'Status: 404 No\\r\\nX-A: b\\r\\n\\r\\nok': os.write(1, bytes([byte]))"
    answer = ask(script(source), check=False)
    assert (answer.status, answer.headers, answer.body) == ("404 No", [("X-A", "b")], b"ok")


def test_134_connection_after_an_empty_body(wire: Any, way: Any, receive: Callable[..., Any]) -> None:
    """An answer without a body ends at once, for a client that does not wait for the connection's end."""
    started = time.monotonic()
    output = MORE + b"\n"
    reply = wire.talk(
        f"POST {way.url('say')} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(output)}\r\n\r\n".encode() + output
    )
    assert (reply.status, reply.body, reply.error) == (200, b"", None)
    assert time.monotonic() - started < 10


def test_146_one_server_and_one_date(wire: Any, way: Any) -> None:
    """Server and Date are the server's own, once."""
    reply = wire.ask(way.url("say"), method="POST", body=b"Server: evil\nDate: never\n" + MORE + b"\nok")
    assert len(reply.all("Server")) == len(reply.all("Date")) == 1
    assert reply.all("Server") != ["evil"]


def test_146a_whatever_the_server_would_do(ask: Callable[..., Any], directory: Callable[..., Any], way: Any) -> None:
    """Not every server drops a program's Server and Date, and what belongs to the connection: we do."""
    output = b"Server: evil\nDate: never\nKeep-Alive: 1\nUpgrade: x\nConnection: X-Z\nX-Z: 1\n" + MORE + b"\nok"
    answer = ask(directory(way.runner), "/" + way.file("say"), check=False, body=output)
    assert (answer.status, answer.headers, answer.body) == ("200 OK", [TYPE], b"ok")


def test_149_nothing_left_for_the_next_answer(start_server: Callable[..., Any], receive: Callable[..., Any]) -> None:
    """What exceeds the promised length is not the beginning of the next answer on the connection."""
    server = start_server("--bind", "127.0.0.1:0", "-k", "gthread", "--threads", "2", workers=1)
    evil = b"Content-Length: 2\n\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    with server.connect() as client:
        for output, body in ((evil, b"ok"), (MORE + b"\nsecond", b"second"), (evil, b"ok")):
            head = f"POST /exec/say.cgi HTTP/1.1\r\nHost: x\r\nContent-Length: {len(output)}\r\n\r\n"
            client.sendall(head.encode() + output)
            assert receive(client).body == body


def test_154_a_head_without_end(ask: Callable[..., Any], script: Callable[..., Any], gone: Callable[..., bool]) -> None:
    """A program that prints headers for ever is ended at the limit, as is one that prints a line for ever."""
    for unit in ("X-A: b\\n", "x"):
        source = f"import os\nos.write(2, b'%d\\n' % os.getpid())\nwhile True: os.write(1, b'{unit}' * 1000)"
        answer = ask(script(source))
        assert answer.status == "502 Bad Gateway"
        assert "exceeds" in answer.log
        assert gone(int(answer.log.partition("stderr: ")[2].split()[0]))


def test_155_head(wire: Any, every_way: Any) -> None:
    """The headers of GET and no body; the program knows that it is HEAD."""
    get, head = (wire.ask(every_way.url("echo"), method=method) for method in ("GET", "HEAD"))
    assert [name for name, _ in on_the_wire(head)] == [name for name, _ in on_the_wire(get)]
    assert (head.status, head.all("X-Method"), head.body) == (200, ["HEAD"], b"")


def test_155a_head_with_a_length(wire: Any, way: Any) -> None:
    """The promised length of a HEAD stands, and nothing is missing."""
    output = b"Content-Length: 500\n" + MORE + b"\n"
    reply = wire.ask(way.url("say"), method="HEAD", body=output)
    assert (reply.status, reply.all("Content-Length"), reply.body, reply.error) == (200, ["500"], b"", None)


def test_157_seventeen_megabytes(wire: Any, way: Any) -> None:
    """A long body is the same at the other end."""
    body = bytes(range(256)) * 68_000
    reply = wire.ask(way.url("say"), method="POST", body=MORE + b"\n" + body)
    assert len(reply.body) == len(body)
    assert reply.body == body


def test_158_http_1_0(wire: Any, every_way: Any) -> None:
    """A client of HTTP/1.0 gets no chunks."""
    reply = wire.talk(f"GET {every_way.url('echo')} HTTP/1.0\r\n\r\n".encode())
    assert (reply.status, reply.all("Transfer-Encoding"), reply.all("X-Method")) == (200, [], ["GET"])
