"""A client's words in the access log."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from compat.accesslog import Escaped, escape
from tests.compat.test_serve import script, serving


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Mozilla/5.0 (X11)", "Mozilla/5.0 (X11)"),
        ("", ""),
        ('a "quote"', r"a \"quote\""),
        ("back\\slash", r"back\\slash"),
        ("\x9b31m\x1b[2J", r"\x9b31m\x1b[2J"),
        ("caf\u00c3\u00a9", r"caf\xc3\xa9"),
        ("tab\tline\n", r"tab\tline\n"),
        ('\\"', r"\\\""),
        ("\u20ac", r"\xe2\x82\xac"),
    ],
)
def test_escape(text: str, written: str) -> None:
    """What Apache writes."""
    assert escape(text) == written


def test_values() -> None:
    """Names of headers in any case; numbers as they are; what is not there is `-`."""
    values = Escaped({"{referer}i": "\x9b", "s": "200", "B": 7})
    assert [values[name] for name in ("{Referer}i", "s", "B", "f", "{x}e")] == [r"\x9b", "200", 7, "-", "-"]


def test_served(tmp_path: Path) -> None:
    """Behind a server: bytes, quotation marks and all; the line has as many words as ever."""
    script(tmp_path / "bin", "a.cgi", "echo ok")
    log = tmp_path / "access"
    sent = b'GET /a.cgi HTTP/1.0\r\nReferer: \xc3\xa9\x9b2J"\r\nUser-Agent: a\\b\r\n\r\n'
    with (
        serving(tmp_path / "log", tmp_path / "bin", "--access-log", log) as server,
        socket.create_connection(("127.0.0.1", server.port), 20) as client,
    ):
        client.sendall(sent)
        while client.recv(4096):
            pass
    (line,) = log.read_bytes().splitlines()
    assert line.endswith(rb'"GET /a.cgi HTTP/1.0" 200 3 "\xc3\xa9\x9b2J\"" "a\\b"')
