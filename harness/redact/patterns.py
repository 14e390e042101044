"""Secrets that are known by how they look, wherever they stand in a text: a text in, spots out.

E-mail addresses, user and password in a URL, and the patterns of `[redact]`. Each is tried only where a byte that it
must have is in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from harness.bind.token import strength
from harness.redact.coded import has_coded_json
from harness.redact.settings import Rule
from harness.redact.spot import Spot
from harness.redact.syntax import PLAIN, URL, XML, text_of

_USER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-"
_LONGEST_USER = 64  # RFC 5321 section 4.5.3.1.1
_DOMAIN = re.compile(rb"@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,8}[A-Za-z][A-Za-z0-9-]{1,24})(?![A-Za-z0-9-])")
_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")
_FILES = frozenset(b"png jpg jpeg gif svg webp ico css js map html htm json xml py php txt".split())
"""What follows the last dot of `logo@2x.png`, which is no address."""
_USER_ONLY = re.compile(rb"://([\w.~-]{16,400}+)(?:[@]|:x-oauth-basic@)")
_USERINFO = re.compile(rb"://([^\s/?#@:\"'<>]{0,200}):([^\s/?#@\"'<>]{1,400})@")

_FORMATS = (
    (b"pypi-AgE", re.compile(rb"(?<![\w-])(pypi-AgE[\w-]{32,}+)")),
    (b"gh", re.compile(rb"(?<![\w-])(gh[oprsu]_[A-Za-z0-9]{36,}+)")),
    (b"github_pat_", re.compile(rb"(?<![\w-])(github_pat_\w{36,}+)")),
    (b"glpat-", re.compile(rb"(?<![\w-])(glpat-[\w-]{20,}+)")),
    (b"xox", re.compile(rb"(?<![\w-])(xox[abeprs]-[\w-]{20,}+)")),
    (b"npm_", re.compile(rb"(?<![\w-])(npm_[A-Za-z0-9]{36,}+)")),
    (b"_live_", re.compile(rb"(?<![\w-])([rs]k_live_[A-Za-z0-9]{16,}+)")),
)
"""Keys that their issuers mark, so that they are recognised wherever they stand: PyPI, GitHub, GitLab, Slack, ..."""
_FORMAT_WORDS = frozenset(b"pypi ghp gho ghu ghs ghr github glpat xoxa xoxb xoxe xoxp xoxr xoxs npm live".split())
_LEADS = (
    b"password passwd pwreset reset activate activation confirm confirmation verify verification token tokens invite "
    b"invitation unsubscribe recover recovery magic"
)
_LEAD_WORDS = frozenset(_LEADS.split())
_IN_PATH = re.compile(
    rb"(?i)/(?:[a-z]{1,20}[_-]){0,3}(?:%s)(?:[_-][a-z]{1,20}){0,3}/(?:[\w=-]{1,8}/)?([\w~=-]{16,}+)(?![.%%+])"
    % b"|".join(_LEADS.split())
)
"""A segment behind one that says that it is a token; Django writes the user's number in between."""

_CREDENTIALS = (
    (b"(S(", re.compile(rb"/\((?:[A-Z]\([\w-]*+\))*?S\(([\w-]{16,})\)")),  # a session of ASP.NET without cookies
    (b"eyJ", re.compile(rb"(?<![\w-])(eyJ[\w-]{8,}+\.[\w-]{8,}+\.[\w-]*+)")),  # RFC 7519 section 3
    (b"PRIVATE KEY-----", re.compile(rb"PRIVATE KEY-----([^-]{1,20000})")),  # RFC 7468 section 10
    (b"AKIA", re.compile(rb"(?<![A-Za-z0-9])(AKIA[A-Z2-7]{16})(?![A-Za-z0-9])")),  # the name of a key of Amazon
)


def emails(text: bytes) -> Iterator[Spot]:
    """Yield the e-mail addresses in a text."""
    at = text.find(b"@")
    while at >= 0:
        domain = _DOMAIN.match(text, at)
        before = text[max(0, at - _LONGEST_USER) : at]
        user = before[len(before.rstrip(_USER)) :].lstrip(b".-+")
        escaped = _ESCAPE.match(text, at - len(user) - 1)  # it is read where the encoding is undone, whole and alone
        if domain and user and not escaped and domain[1].rpartition(b".")[2].lower() not in _FILES:
            yield Spot(at - len(user), domain.end(), text_of(user + domain[0]), "email")
        at = text.find(b"@", at + 1)


def userinfo(text: bytes) -> Iterator[Spot]:
    """Yield the passwords in URLs (`//user:password@host`, RFC 3986 section 3.2.1)."""
    if b"://" in text and b"@" in text:
        for found in _USER_ONLY.finditer(text):
            if strength(found[1]) == "strong":
                yield Spot(*found.span(1), URL.read(found[1]), "token", "url user", URL.spell, weak=True)
        for found in _USERINFO.finditer(text):
            yield Spot(found.start(2), found.end(2), URL.read(found[2]), "password", "url password", URL.spell)


def has_credentials(text: bytes) -> bool:
    """Tell whether a text may hold a credential, or JSON in base64, that says so by its own beginning."""
    return b"PRIVATE KEY-----" in text or b"(S(" in text or b"AKIA" in text or has_coded_json(text)


def marked(text: bytes, words: frozenset[bytes]) -> Iterator[Spot]:
    """Yield the keys of the formats known here, and the tokens in paths (`/reset-password/...`)."""
    if not _FORMAT_WORDS.isdisjoint(words):
        for mark, pattern in _FORMATS:
            for found in pattern.finditer(text) if mark in text else ():
                yield Spot(*found.span(1), text_of(found[1]), "token", "text")
    if not _LEAD_WORDS.isdisjoint(words):
        for found in _IN_PATH.finditer(text):
            if strength(found[1]) == "strong":
                yield Spot(*found.span(1), text_of(found[1]), "token", "path", weak=True)


def credentials(text: bytes) -> Iterator[Spot]:
    """Yield what says by its own beginning that it is a credential: JSON Web Tokens and private keys."""
    for mark, pattern in _CREDENTIALS:
        if mark in text:
            for found in pattern.finditer(text):
                yield Spot(*found.span(1), PLAIN.read(found[1]), "token", "text")


def of_rules(text: bytes, rules: Sequence[Rule], place: str) -> Iterator[Spot]:
    """Yield what patterns of the user find."""
    for rule in rules:
        for found in rule.pattern.finditer(text):
            if found[rule.group]:
                yield Spot(*found.span(rule.group), PLAIN.read(found[rule.group]), rule.name, place)


_CALL = re.compile(rb"<methodName>\s*([^<\s]+)\s*</methodName>")
_PARAM = re.compile(rb"<param>\s*+<value>\s*+(?:<(?!array|struct)[A-Za-z0-9]++>)?([^<]*+)")


def positional(text: bytes, positions: dict[str, tuple[int, ...]]) -> Iterator[Spot]:
    """Yield the parameters of an XML-RPC call that are secrets by their position."""
    call = _CALL.search(text)
    wanted = positions.get(text_of(call[1]), ()) if call else ()
    for number, piece in enumerate(_params(text)) if wanted else ():
        if number in wanted and (found := _PARAM.match(text, piece)):
            yield Spot(*found.span(1), XML.read(found[1]), "password", f"xmlrpc parameter {number}", XML.spell)


def _params(text: bytes) -> Iterator[int]:
    at = text.find(b"<param>")
    while at >= 0:
        yield at
        at = text.find(b"<param>", at + 1)
