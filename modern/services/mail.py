"""Mails of the index: a text and an address in, a message appended to the file that PYPI_MAIL names out.

Without such a file nobody is written to; there is no other way out of this index.
"""

from __future__ import annotations

SENDER = "index@example.org"


class Mail:
    """A mailbox file."""

    def __init__(self, path: str) -> None:
        self._path = path

    def send(self, address: str, subject: str, text: str) -> None:
        """Append one message (RFC 5322), after a line that begins with `From ` as mailboxes have it."""
        if not self._path:
            return
        with open(self._path, "a", encoding="utf-8") as mails:
            mails.write(f"From {SENDER}\nSubject: {subject}\nFrom: {SENDER}\nTo: {address}\n\n{text}\n")
