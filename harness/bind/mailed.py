"""Links with a token that a side sends by mail: no recorded answer shows them, yet a later request follows one.

Mails and request targets come in; a recorded token and this side's token for the same link go out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy

from harness.bind.learn import Pair
from harness.bind.token import may_be_strong, one_make
from harness.effects import split_mails

MOST = 1_000
"""Links remembered."""

_LINK = re.compile(rb"https?://[^\s/\"'<>]*(/[^\s\"'<>]*[^\s\"'<>.,;:!?)\]])")
_WORD = re.compile(rb"[A-Za-z0-9_~+-]+(?:[.=][A-Za-z0-9_~+-]+)*")
_HOLE = b"\0"


class Mailed:
    """The links of one side's mails in one scenario, the latest of each kind."""

    def __init__(self) -> None:
        self._links: dict[bytes, bytes] = {}

    def note(self, mail: bytes) -> None:
        """Read the mails that were sent."""
        for text in _texts(mail):
            for link in _LINK.findall(text.replace(b"&amp;", b"&")):
                for kind, token in _words(link):
                    self._links.pop(kind, None)
                    self._links[kind] = token
        while len(self._links) > MOST:
            del self._links[next(iter(self._links))]

    def take(self, other: Mailed) -> None:
        """Hear that this side goes on from what the other one wrote: its links hold now."""
        self._links.update(other._links)

    def pairs(self, target: bytes) -> Iterator[Pair]:
        """Yield what a request for a link of the same kind has in the place of the recorded token."""
        if not self._links:
            return
        for kind, token in _words(target):
            own = self._links.get(kind)
            if own is not None and own != token and one_make(token, own):
                yield Pair("token", b"", token, own, handed=True)


def _texts(mail: bytes) -> Iterator[bytes]:
    for one in split_mails(mail):
        for part in message_from_bytes(one, policy=policy.compat32).walk():
            text = part.get_payload(decode=True)
            if isinstance(text, bytes):
                yield text


def _words(target: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each word of a target that may be a token, with what is around it."""
    for word in _WORD.finditer(target):
        token = word[0].rpartition(b"=")[2] if b"=" in word[0].rstrip(b"=") else word[0]
        if may_be_strong(token):
            end = word.end()
            yield target[: end - len(token)] + _HOLE + target[end:], token
