"""Compares the mails that both sides sent: paired in order, then by header and line.

The bytes of two mail files come in (mbox, or one mail as the application writes it), differences go out. What random
boundaries of parts are called is no content.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from email.utils import getaddresses
from itertools import zip_longest
from typing import TypeVar

from harness.compare.excerpt import excerpt, excerpts
from harness.difference import Difference
from harness.effects import split_mails

ENVELOPE = {"x-envelope-to": ("to", "cc", "bcc"), "x-envelope-from": ("from", "sender")}
"""The lines in which a side's mail file keeps a mail's envelope, and where the mail itself says the same."""

Item = TypeVar("Item", str, bytes)

_BOUNDARY = re.compile(
    rb"""^content-type:[ \t]*multipart/[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*?boundary="?([^"\s;]{8,70})""", re.I | re.M
)
_HEAD_END = re.compile(rb"\r?\n\r?\n")


def compare_mails(old: bytes, new: bytes) -> Iterator[Difference]:
    """Yield how what two sides sent differs; nothing where the bytes are equal."""
    if old == new:
        return
    without = _without_boundaries(old), _without_boundaries(new)
    if without[0] == without[1]:
        yield Difference("mail", "boundary", "spelling", *excerpts(*(_first_boundary(mail) for mail in (old, new))))
        return
    found = False
    for left, right in _pairs(*(split_mails(mail) for mail in without)):
        for difference in _compare(left, right):
            found = True
            yield difference
    if not found:  # the lines between mails, or how the last ends
        texts = excerpts(*(mail.decode("utf-8", "replace") for mail in without))
        yield Difference("mail", "separator", "changed", *texts)


def _compare(old: bytes | None, new: bytes | None) -> Iterator[Difference]:
    """Yield how one mail differs; a mail that only one side sent is one difference."""
    if old is None or new is None:
        text = excerpt((old or new or b"").decode("utf-8", "replace"))
        yield Difference("mail", "", "missing", text, "") if new is None else Difference("mail", "", "added", "", text)
        return
    (old_head, old_body), (new_head, new_body) = _parts(old), _parts(new)
    for place, left, right in (("head", *_without_envelope(old_head, new_head)), ("body", old_body, new_body)):
        for one, other in _pairs(left, right):
            kind = "missing" if other is None else "added" if one is None else "changed"
            path = _header(one or other or "") if place == "head" else "body"
            yield Difference("mail", path, kind, *excerpts(one or "", other or ""))


def _without_envelope(old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
    """Return two heads without the lines of the envelope that say no more than what the mail itself says otherwise."""
    follows = []
    for line, fields in ENVELOPE.items():
        named, said = (
            [_addresses(head, fields) for head in (old, new)],
            [_addresses(head, (line,)) for head in (old, new)],
        )
        if named[0] != named[1] and said[0] - named[0] == said[1] - named[1]:
            follows.append(line)
    left, right = ([line for line in head if _name(line) not in follows] for head in (old, new))
    return left, right


def _addresses(head: Sequence[str], fields: Sequence[str]) -> Counter[str]:
    """Return the addresses in header fields of these names (RFC 5322 section 3.6.3)."""
    values = [line.partition(":")[2] for line in head if _name(line) in fields]
    return Counter(address for _, address in getaddresses(values) if address)


def _name(line: str) -> str:
    return line.partition(":")[0].lower()


def _parts(mail: bytes) -> tuple[list[str], list[str]]:
    """Return the lines of head and body (RFC 5322 section 2.1)."""
    end = _HEAD_END.search(mail)
    head, body = (mail[: end.start()], mail[end.end() :]) if end else (mail, b"")
    return _lines(head), _lines(body)


def _lines(text: bytes) -> list[str]:
    return text.decode("utf-8", "surrogateescape").split("\n")


def _pairs(old: Sequence[Item], new: Sequence[Item]) -> Iterator[tuple[Item | None, Item | None]]:
    """Yield what differs, paired in order within each place where something was replaced."""
    for tag, i, end_i, j, end_j in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from zip_longest(old[i:end_i], new[j:end_j])


def _without_boundaries(mail: bytes) -> bytes:
    """Return mails with the boundaries of their parts, which are random, counted instead (RFC 2046 section 5.1.1)."""
    for number, mark in enumerate(dict.fromkeys(_BOUNDARY.findall(mail)), 1):
        mail = mail.replace(mark, b"boundary-%d" % number)
    return mail


def _first_boundary(mail: bytes) -> str:
    found = _BOUNDARY.search(mail)
    return found.group(1).decode("utf-8", "replace") if found else ""


def _header(line: str) -> str:
    """Return the name of the header that a line of a head is (RFC 5322 section 2.2), else `body`."""
    name, colon, _ = line.partition(":")
    return name if colon and name.isascii() and name.replace("-", "").isalnum() else "body"
