"""Catalogue, REQUEST BODY: what a program reads (RFC 3875 section 4.2), and what it is told of it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

import pytest


def chunked(*pieces: bytes, extension: str = "", trailer: str = "") -> bytes:
    """Return pieces in the chunked coding (RFC 9112 section 7.1)."""
    framed = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension.encode(), piece) for piece in pieces)
    return framed + f"0\r\n{trailer}\r\n".encode()


# name, method, header lines, what is sent after the head, X-Length, body
BODIES: list[tuple[str, str, list[str], bytes, str, bytes]] = [
    ("86 three bytes", "POST", ["Content-Length: 3"], b"abc", "3", b"abc"),
    ("86a three of more bytes", "POST", ["Content-Length: 3"], b"abcdef", "3", b"abc"),
    ("86b any bytes", "POST", ["Content-Length: 256"], bytes(range(256)), "256", bytes(range(256))),
    ("16 none", "POST", ["Content-Length: 0"], b"", "0", b""),
    ("88 GET", "GET", [], b"", "unset", b""),
    ("88a POST without a length", "POST", [], b"", "unset", b""),
    ("89 GET with a body", "GET", ["Content-Length: 3"], b"abc", "3", b"abc"),
    ("89a DELETE with a body", "DELETE", ["Content-Length: 3"], b"abc", "3", b"abc"),
    ("89b PUT", "PUT", ["Content-Length: 3"], b"abc", "3", b"abc"),
    ("91 chunked", "POST", ["Transfer-Encoding: chunked"], chunked(b"hel", b"lo"), "5", b"hello"),
    ("91a chunked and empty", "POST", ["Transfer-Encoding: chunked"], chunked(), "0", b""),
    (
        "91b chunked with a trailer",
        "POST",
        ["Transfer-Encoding: chunked"],
        chunked(b"a", trailer="X: y\r\n"),
        "1",
        b"a",
    ),
    (
        "91c chunked with an extension",
        "POST",
        ["Transfer-Encoding: chunked"],
        chunked(b"a", extension=";x=y"),
        "1",
        b"a",
    ),
    ("91d chunked and long", "POST", ["Transfer-Encoding: chunked"], chunked(b"z" * 99_999), "99999", b"z" * 99_999),
    ("95 two million bytes", "POST", ["Content-Length: 2000000"], b"z" * 2_000_000, "2000000", b"z" * 2_000_000),
    ("95a as long as a pipe", "POST", ["Content-Length: 65536"], b"z" * 65536, "65536", b"z" * 65536),
    ("95b one more", "POST", ["Content-Length: 65537"], b"z" * 65537, "65537", b"z" * 65537),
]


@pytest.mark.parametrize(
    ("method", "fields", "sent", "length", "body"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES]
)
def test_body(wire: Any, every_way: Any, method: str, fields: list[str], sent: bytes, length: str, body: bytes) -> None:
    """The program reads exactly the body, knows its length, and then comes to its end."""
    lines = [f"{method} {every_way.url('echo')} HTTP/1.1", "Host: x", "Connection: close", *fields, "", ""]
    reply = wire.talk("\r\n".join(lines).encode() + sent)
    assert (reply.status, reply.all("X-Length"), reply.all("X-Method")) == (200, [length], [method])
    assert reply.body == body


# name, header lines, what is sent after the head
REFUSED: list[tuple[str, list[str], bytes]] = [
    ("104 no number", ["Content-Length: 3x"], b"abc"),
    ("104a a negative number", ["Content-Length: -1"], b"abc"),
    ("104b two that differ", ["Content-Length: 3", "Content-Length: 4"], b"abcd"),
    ("104c a list", ["Content-Length: 3, 4"], b"abcd"),
    ("104d a plus sign", ["Content-Length: +3"], b"abc"),
    ("104e another number", ["Content-Length: 0x3"], b"abc"),
    ("104f two million digits would do", ["Content-Length: " + "9" * 40], b"abc"),
    ("92 chunked and a length", ["Transfer-Encoding: chunked", "Content-Length: 3"], chunked(b"hello")),
    ("92a chunks that are none", ["Transfer-Encoding: chunked"], b"zz\r\nhello\r\n0\r\n\r\n"),
    ("92b chunked, broken off", ["Transfer-Encoding: chunked"], b"5\r\nhel"),
    ("92c a coding nobody knows", ["Transfer-Encoding: gzip"], b"abc"),
]


@pytest.mark.parametrize(("fields", "sent"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(wire: Any, every_way: Any, fields: list[str], sent: bytes) -> None:
    """A body whose end nobody knows for sure starts no program, and is never an empty one."""
    lines = [f"POST {every_way.url('echo')} HTTP/1.1", "Host: x", *fields, "", ""]
    with wire.connect() as client:
        client.sendall("\r\n".join(lines).encode() + sent)
        client.shutdown(1)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    assert answer.split(b" ")[1][:1] in {b"4", b"5"}
    assert b"X-Length" not in answer
    assert b"200 OK" not in answer


@pytest.mark.parametrize(
    ("value", "status"),
    [("3x", "400"), ("-1", "400"), ("3, 4", "400"), ("\u0663", "400"), ("3 ", "400"), ("9" * 19, "400"), ("", "200")],
    ids=["104", "104g", "104h", "104i another script's digit", "104j a space", "104k too large", "103a none"],
)
def test_length_in_process(
    ask: Callable[..., Any], directory: Callable[..., Any], way: Any, value: str, status: str
) -> None:
    """Behind servers that check nothing we do."""
    answer = ask(
        directory(way.runner), "/" + way.file("echo"), check=False, CONTENT_LENGTH=value, REQUEST_METHOD="POST"
    )
    assert answer.status.startswith(status)


class Unread:
    """A `wsgi.input` that would block for ever."""

    def read(self, size: int = -1) -> bytes:
        """Fail: nobody should read."""
        raise AssertionError(f"read({size}) would block")

    readline = readlines = __iter__ = read


@pytest.mark.parametrize("method", ["GET", "POST"], ids="103 {}".format)
def test_no_length(ask: Callable[..., Any], directory: Callable[..., Any], way: Any, method: str) -> None:
    """Without a length there is no body: the socket is never read for one."""
    changes: dict[str, Any] = {"REQUEST_METHOD": method, "wsgi.input": Unread()}
    answer = ask(directory(way.runner), "/" + way.file("echo"), check=False, **changes)
    assert (answer.status, answer.all("X-Length"), answer.body) == ("200 OK", ["unset"], b"")


def test_94_content_coding(wire: Any, every_way: Any, variables: Callable[..., Any]) -> None:
    """A gzip body reaches the program as it is, with the headers that say so (git fetch needs both)."""
    fields = (
        "Content-Encoding: gzip",
        "Git-Protocol: version=2",
        "Content-Type: application/x-git-upload-pack-request",
    )
    seen = variables(wire.ask(every_way.url("env"), *fields, method="POST", body=b"\x1f\x8b\x08").body)
    assert seen[b"HTTP_CONTENT_ENCODING"] == b"gzip"
    assert seen[b"HTTP_GIT_PROTOCOL"] == b"version=2"
    assert seen[b"CONTENT_LENGTH"] == b"3"
    assert wire.ask(every_way.url("echo"), fields[0], method="POST", body=b"\x1f\x8b\x08").body == b"\x1f\x8b\x08"


def test_97_prints_before_it_reads(wire: Any, way: Any) -> None:
    """300 kB out before 2 MB in: done at once (Apache stalls until its Timeout, most others for ever)."""
    started = time.monotonic()
    reply = wire.ask(way.url("flood"), method="POST", body=b"z" * 2_000_000)
    assert reply.body.rstrip() == b"x" * 300_000 + b"2000000"
    assert time.monotonic() - started < 5


def test_98_complains_before_it_reads(wire: Any, way: Any) -> None:
    """300 kB of error output before 2 MB in: complete, and in the log."""
    started = time.monotonic()
    reply = wire.ask(way.url("noisy"), method="POST", body=b"z" * 2_000_000)
    assert (reply.status, reply.body.strip()) == (200, b"2000000")
    assert time.monotonic() - started < 5
    assert f"{way.file('noisy')}: stderr: eeee" in wire.log.read_text()


@pytest.mark.parametrize("length", [100, 1_000_000], ids=["100 a small body", "100a a large body"])
def test_client_breaks_off(wire: Any, way: Any, length: int) -> None:
    """Ten bytes, then a closed connection: no answer of the program, a line in the log, and the worker goes on."""
    length += ("exec", "warm", "sh", "c").index(way.name)  # one line in the log for each
    with wire.connect() as client:
        head = f"POST {way.url('upload' if way.suffix == '' else 'noisy')} HTTP/1.1\r\nHost: x\r\n"
        client.sendall(f"{head}Content-Length: {length}\r\n\r\n0123456789".encode())
        client.shutdown(1)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert f"the client sent 10 of {length} bytes" in wire.logged(f"the client sent 10 of {length} bytes")
    assert wire.ask(way.url("echo")).status == 200


def test_101_expect_100_continue(wire: Any, every_way: Any) -> None:
    """The client is told to go on, once, and then has its answer."""
    with wire.connect() as client:
        head = f"POST {every_way.url('echo')} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
        client.sendall(f"{head}Content-Length: 3\r\n\r\n".encode())
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    assert b"100 Continue" not in answer
    assert b"abc" in answer


@pytest.mark.parametrize("length", ["106 known", "106a chunked"])
def test_upload(wire: Any, runner: str, length: str) -> None:
    """A form with a file, read by cgi.FieldStorage: name, file name and content as they were sent."""
    content = bytes(range(256)) * 40
    boundary = "----b0undary"
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n'
    named = part % ("file", '; filename="a b.bin"')
    body = (part % ("name", "")).encode() + b"ann\r\n" + named.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    kind = f"Content-Type: multipart/form-data; boundary={boundary}"
    if length.endswith("known"):
        reply = wire.ask(f"/{runner}/upload.cgi", kind, method="POST", body=body)
    else:
        lines = [f"POST /{runner}/upload.cgi HTTP/1.1", "Host: x", kind, "Transfer-Encoding: chunked", "", ""]
        lines.insert(1, "Connection: close")
        reply = wire.talk("\r\n".join(lines).encode() + chunked(body[:5000], body[5000:]))
    assert reply.body.decode().strip() == f"ann a b.bin {hashlib.sha256(content).hexdigest()}", reply
