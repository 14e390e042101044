"""What the servers of the oracle answer to a probe, made comparable, and how two answers differ.

Comes in: the raw bytes of an answer. Goes out: a flat table from aspect to value: `status`, `reason`, `header NAME`,
`body`, `ends` (whole or cut), `env NAME`. Framing, Date and Server are each server's own and left out; so is the text
of a server's own error page.
"""

from __future__ import annotations

import io
import re
import socket
from http.client import HTTPException, HTTPResponse, IncompleteRead

from tests.compat.oracle.probes import Probe

Answer = dict[str, str]

OWN = frozenset({"date", "server", "connection", "keep-alive", "transfer-encoding", "content-length", "accept-ranges"})
OWN_PAGES = re.compile(
    rb"<!DOCTYPE HTML PUBLIC [^>]*>.*</html>\s*"  # Apache
    rb'|<\?xml version="1\.0" encoding="iso-8859-1"\?>.*</html>\s*'  # lighttpd
    rb"|\d{3} [A-Za-z '-]+\n"  # compat
    rb"|<html>\s*<head>\s*<title>[^<]*</title>.*</html>\s*",  # gunicorn
    re.DOTALL,
)
# Set by the shell or the Python (PEP 538) that runs the program, not by the server.
OF_THE_INTERPRETER = frozenset({"PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"})
ENVIRONMENT = "application/x-environment"
LIMIT = 12.0


def ask(port: int, probe: Probe) -> bytes:
    """Send a probe and return everything that comes back until the server closes, or says nothing for some seconds."""
    received = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as client:
        try:
            client.sendall(probe.data)
            if probe.cut:
                client.shutdown(socket.SHUT_WR)
            while piece := client.recv(1 << 16):
                received += piece
        except (ConnectionError, TimeoutError):
            pass  # a server may close with unread bytes of ours, or not at all; what it said until then counts
    return bytes(received)


def answer_of(raw: bytes, probe: Probe, port: int) -> Answer:
    """Return an answer as a table; the server's port becomes PORT wherever it stands."""
    if not raw:
        return {"status": "none"}
    try:
        response = HTTPResponse(_Wire(raw), method=probe.data.partition(b" ")[0].decode())  # type: ignore[arg-type]
        response.begin()
    except (HTTPException, ValueError) as error:
        return {"status": f"not HTTP: {type(error).__name__}", "body": _text(raw[:80])}
    body, ends = _body(response)
    table = {"status": str(response.status), "reason": response.reason, "ends": ends}
    if response.getheader("Content-Type") == ENVIRONMENT and body:
        table |= _environment(body)
    elif response.status >= 300 and OWN_PAGES.fullmatch(body):
        return {**table, "body": "(a page of the server)", **_headers(response, OWN | {"content-type"})}
    else:
        table["body"] = _text(body) if len(body) < 200 else f"{len(body)} bytes {_text(body[:20] + body[-20:])}"
    table |= _headers(response, OWN)
    return {key: re.sub(rf"\b{port}\b", "PORT", value) for key, value in table.items()}


def differences(ours: Answer, theirs: Answer) -> dict[str, tuple[str, str]]:
    """Return aspect: (ours, theirs); `-` stands for what is not there. Where statuses differ, nothing else counts."""
    if ours["status"] != theirs["status"]:
        return {"status": (ours["status"], theirs["status"])}
    names = sorted(ours.keys() | theirs.keys())
    pairs = {name: (ours.get(name, "-"), theirs.get(name, "-")) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


class _Wire:
    """As much of a socket as http.client needs to parse bytes."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, *arguments: object) -> io.BytesIO:
        """Return the bytes as a file."""
        return io.BytesIO(self._raw)


def _body(response: HTTPResponse) -> tuple[bytes, str]:
    try:
        return response.read(), "whole"
    except IncompleteRead as error:
        return error.partial, "cut"


def _environment(body: bytes) -> Answer:
    pairs = (item.partition(b"=") for item in body.split(b"\0") if item)
    table = {f"env {_text(name)}": _text(value) for name, _, value in pairs if _text(name) not in OF_THE_INTERPRETER}
    return {name: "a port" if name.endswith("REMOTE_PORT") else value for name, value in table.items()}


def _headers(response: HTTPResponse, without: frozenset[str]) -> Answer:
    names = sorted({name.lower() for name in response.headers} - without)
    return {f"header {name}": " | ".join(response.headers.get_all(name, ())) for name in names}


def _text(data: bytes) -> str:
    return data.decode("latin-1").encode("unicode_escape").decode("ascii")
