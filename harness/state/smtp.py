"""An SMTP server (RFC 5321) that delivers nothing: each mail is appended to the mail file of one side.

It listens on the loopback interface while a side exists, takes every sender, recipient and password, and answers 250 to
a message only when it stands in the file. Form and file are those of `sendmail`.
"""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.state.sendmail import append_mail

IDLE = 60.0  # seconds a client may stay silent
LONGEST = 1 << 16  # bytes of a line; RFC 5321 section 4.5.3.1.6 has 1000, which clients exceed
_PATH = re.compile(rb"(?i)(?:FROM|TO):\s*<?([^>\s]*)>?")


class Sink:
    """A server for one side; `address` is host and port, the same as long as it lives."""

    def __init__(self, mailbox: Path) -> None:
        handler = type("Handler", (_Session,), {"mailbox": str(mailbox)})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.address: tuple[str, int] = self._server.server_address[:2]  # type: ignore[assignment]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up or goes silent is no concern of the user's terminal."""


class _Session(socketserver.StreamRequestHandler):
    """One connection: commands in, replies out."""

    mailbox = ""
    timeout = IDLE

    def handle(self) -> None:
        """Answer commands until QUIT or the end."""
        self._reset()
        self._say(b"220 harness ESMTP")
        while line := self.rfile.readline(LONGEST):
            verb, _, rest = line.strip().partition(b" ")
            command = COMMANDS.get(verb.upper())
            self._say(command(self, rest) if command else b"502 5.5.1 not implemented")
            if verb.upper() == b"QUIT":
                return

    def _say(self, reply: bytes) -> None:
        self.wfile.write(reply + b"\r\n")

    def _reset(self) -> None:
        self.sender: bytes | None = None
        self.recipients: list[bytes] = []

    def _helo(self, rest: bytes) -> bytes:
        self._reset()
        return b"250 harness"

    def _ehlo(self, rest: bytes) -> bytes:
        self._reset()
        return b"250-harness\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n250 AUTH PLAIN LOGIN"

    def _auth(self, rest: bytes) -> bytes:
        mechanism, _, initial = rest.partition(b" ")
        prompts = {b"PLAIN": [b"334 "], b"LOGIN": [b"334 VXNlcm5hbWU6", b"334 UGFzc3dvcmQ6"]}.get(mechanism.upper())
        if prompts is None:
            return b"504 5.5.4 mechanism not supported"
        for prompt in prompts[1 if initial else 0 :]:
            self._say(prompt)
            self.rfile.readline(LONGEST)
        return b"235 2.7.0 accepted"

    def _mail(self, rest: bytes) -> bytes:
        path = _PATH.match(rest)
        if path is None:
            return b"501 5.5.4 syntax: MAIL FROM:<address>"
        self._reset()
        self.sender = path[1]
        return b"250 2.1.0 ok"

    def _rcpt(self, rest: bytes) -> bytes:
        path = _PATH.match(rest)
        if self.sender is None:
            return b"503 5.5.1 MAIL first"
        if path is None or not path[1]:
            return b"501 5.5.4 syntax: RCPT TO:<address>"
        self.recipients.append(path[1])
        return b"250 2.1.5 ok"

    def _data(self, rest: bytes) -> bytes:
        if not self.recipients:
            return b"503 5.5.1 RCPT first"
        self._say(b"354 end with a dot on a line of its own")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b".\n"):
            if not line:
                return b"451 4.3.0 the message has no end"
            lines.append(line.removeprefix(b"."))
        sender, *recipients = (
            word.decode("utf-8", "surrogateescape") for word in (self.sender or b"", *self.recipients)
        )
        self._reset()
        try:
            append_mail(self.mailbox, sender, recipients, b"".join(lines))
        except OSError:
            return b"452 4.3.1 the mail file cannot be written"
        return b"250 2.0.0 taken"

    def _rset(self, rest: bytes) -> bytes:
        self._reset()
        return b"250 2.0.0 ok"

    def _noop(self, rest: bytes) -> bytes:
        return b"250 2.0.0 ok"

    def _vrfy(self, rest: bytes) -> bytes:
        return b"252 2.5.2 will take it"

    def _quit(self, rest: bytes) -> bytes:
        return b"221 2.0.0 bye"


COMMANDS: dict[bytes, Callable[[_Session, bytes], bytes]] = {
    b"HELO": _Session._helo,
    b"EHLO": _Session._ehlo,
    b"AUTH": _Session._auth,
    b"MAIL": _Session._mail,
    b"RCPT": _Session._rcpt,
    b"DATA": _Session._data,
    b"RSET": _Session._rset,
    b"NOOP": _Session._noop,
    b"VRFY": _Session._vrfy,
    b"QUIT": _Session._quit,
}
