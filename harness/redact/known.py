"""The secrets that were seen, to be found again wherever else they stand: secrets and texts in, places out.

In memory only, and bounded: the oldest are forgotten. Only values that can be told from the words of a page are
remembered; a text's words are looked up, so that the cost does not grow with the number of secrets.
"""

from __future__ import annotations

import base64
import html
import re
import string
from collections import OrderedDict
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv6Address
from json import dumps
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from harness.bind.token import strength
from harness.redact.names import word_set
from harness.redact.tokens import read_address

REMEMBERED = 10_000
SHORTEST = 6
RECENT = 256
"""Words learned last that are looked up in a text that was looked through before; after more it is looked up in all."""
LONGEST = 8192
"""Characters of a value beyond which it is not looked for: a file, not a secret."""
FEW = 50
"""So many secrets in a text are searched for one after the other; for more, it is gone through word by word."""
WORD_LENGTH = 8
"""A value of letters only is a word, and not looked for, if it is shorter or an ordinary one."""

ORDINARY = word_set(
    "password passwords username anonymous administrator moderator undefined changeme disabled enabled default "
    "required optional original continue register document security download unknown! position relative absolute "
    "visible collapse collapsed expanded dismissed accepted rejected complete completed inactive internet function "
    "settings standard language english welcome1 letmein1 password1 test1234 admin123"
)
_LETTERS = frozenset(letter.encode() for letter in string.ascii_letters)
_HEX = frozenset(digit.encode() for digit in string.hexdigits)
_DIGITS = frozenset(digit.encode() for digit in string.digits)
_PIECE = re.compile(rb"[A-Za-z0-9]+")
_PLAIN_NUMBER = re.compile(r"[0-9]+\Z")
_REGULAR = re.compile(r"(.)\1*\Z|0*(?:12345)?6?7?8?9?0?\Z|(?:19|20)\d\d[01]\d[0-3]\d(?:\d{6})?\Z")
_CODE = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[\w.~+=-]{8,}\Z")
_DATE_OR_VERSION = re.compile(
    r"v?\d+(?:\.\d+)+\Z|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?)?\Z|\d\d?[:./]\d\d?[:./]\d{2,4}\Z"
)
_FILE_OR_TYPE = re.compile(
    r"[\w.-]*\.(?:html?|php|css|js|png|jpe?g|gif|svg|txt|xml|json|cgi|pl|py)\Z|[a-z]+/[a-z.+-]+\Z"
)


class Secret(NamedTuple):
    """A value that was found at its place, its token and its kind."""

    value: str
    token: str
    kind: str


@lru_cache(maxsize=20_000)
def is_telling(value: str, setting: bool = False) -> bool:
    """Tell whether a value is looked for elsewhere too: neither short, nor a word, a plain number, a date or a file.

    A `setting` may hold anything (a path, a colour), as cookies do: then only what looks like made up by a program.
    """
    if len(value) < SHORTEST or value.isspace():
        return False
    if setting and strength(value.encode("utf-8", "surrogatepass")) != "strong" and not _CODE.match(value):
        return False
    if value.isascii() and value.isalpha() and (value.islower() or value.isupper() or value.istitle()):
        return len(value) >= WORD_LENGTH and value.lower() not in ORDINARY
    if _PLAIN_NUMBER.match(value):
        return not _REGULAR.match(value)
    if value.lower() in ORDINARY or _DATE_OR_VERSION.match(value) or _FILE_OR_TYPE.match(value):
        return False
    return any(character.isalnum() for character in value) and len(set(value)) > 2


def forms(value: str, token: str) -> dict[bytes, bytes]:
    """Return how a value may be written, and how its token is written then."""
    made: dict[bytes, bytes] = {}
    if len(value) > LONGEST:
        return made
    for spell in _IN_BASE64 if _UNRESERVED.match(value) else _SPELLINGS:
        raw = spell(value)
        if raw not in made:
            made[raw] = spell(token)
    try:
        made.setdefault(value.encode("latin-1"), token.encode("latin-1"))
    except UnicodeEncodeError:
        pass  # then no Latin-1 text holds it
    return made


def _raw(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def _percent(value: str) -> bytes:
    return quote(value, safe="", errors="surrogatepass").encode()


_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]+\Z")
"""Characters that are written alike everywhere (RFC 3986 section 2.3)."""
_IN_BASE64 = (
    _raw,
    lambda value: base64.b64encode(_raw(value)).rstrip(b"="),  # what pads it stays
    lambda value: base64.urlsafe_b64encode(_raw(value)).rstrip(b"="),
)
_SPELLINGS = (
    *_IN_BASE64,
    _percent,
    lambda value: re.sub(rb"%..", lambda found: found[0].lower(), _percent(value)),
    lambda value: quote(value, safe="/:=@,;!~*'()$", errors="surrogatepass").encode(),
    lambda value: quote_plus(value, errors="surrogatepass").encode(),
    lambda value: _raw(value.replace(" ", "+")),
    lambda value: html.escape(value).encode("utf-8", "surrogatepass"),
    lambda value: html.escape(value, quote=False).encode("utf-8", "surrogatepass"),
    lambda value: dumps(value)[1:-1].encode(),
    lambda value: dumps(value, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass"),
    lambda value: dumps(value)[1:-1].replace("/", "\\/").encode(),
)


class Form(NamedTuple):
    """One way a secret is written: its bytes, the longest word in them, and the token written so.

    `alone` says beside which bytes it is no secret but a part of something longer: a number in a longer one.
    """

    raw: bytes
    word: bytes
    token: bytes
    alone: frozenset[bytes]
    secret: Secret


class Hit(NamedTuple):
    """A known secret at `text[start:end]`, and the bytes to stand in its place."""

    start: int
    end: int
    made: bytes
    secret: Secret


class Known:
    """The secrets seen, by a word that each has in it; `edition` counts the words that were learned so far."""

    def __init__(self) -> None:
        self._forms: dict[bytes, list[Form]] = {}
        self._secrets: OrderedDict[str, list[Form]] = OrderedDict()
        self._fixed: dict[str, list[Form]] = {}
        self._learned: list[bytes] = []
        self.edition = 0

    def __len__(self) -> int:
        return len(self._secrets)

    def add(self, secret: Secret, fixed: bool = False) -> list[Form]:
        """Remember a secret, and return how it may be written; a `fixed` one is never forgotten."""
        before = self._secrets.get(secret.value) or self._fixed.get(secret.value)
        if before:
            return before
        made = all_forms(secret)
        for form in made:
            self._forms.setdefault(form.word, []).append(form)
            self._learned.append(form.word)
        self.edition += len(made)
        if len(self._learned) > 2 * RECENT:
            del self._learned[:RECENT]
        (self._fixed if fixed else self._secrets)[secret.value] = made
        if len(self._secrets) > REMEMBERED:
            self._forget()
        return made

    def _forget(self) -> None:
        value, forms = self._secrets.popitem(last=False)
        for form in forms:
            left = [other for other in self._forms.get(form.word, ()) if other.secret.value != value]
            if left:
                self._forms[form.word] = left
            else:
                self._forms.pop(form.word, None)

    def may_be_in(self, words: frozenset[bytes], since: int) -> bool:
        """Tell whether a secret learned after an edition has its word among these; -1: whether any has."""
        new = self.edition - since
        if since < 0 or new > len(self._learned):
            return not self._forms.keys().isdisjoint(words)
        return not words.isdisjoint(self._learned[-new:]) if new else False

    def hits(self, text: bytes, words: frozenset[bytes]) -> list[Hit]:
        """Return the secrets in a text of these words, the longest way to write one first."""
        present = self._forms.keys() & words
        if len(present) > FEW:
            return [hit for word in _PIECE.finditer(text) for hit in self._at(text, word)]
        return _hits(text, [form for word in present for form in self._forms[word]]) if present else []

    def _at(self, text: bytes, word: re.Match[bytes]) -> Iterator[Hit]:
        """Yield the secrets that this word of a text is of."""
        for form in self._forms.get(word[0], ()):
            start = word.start() - form.raw.find(form.word)
            if start >= 0 and text.startswith(form.raw, start):
                yield Hit(start, start + len(form.raw), form.token, form.secret)

    def hits_within(self, text: bytes) -> list[Hit]:
        """Return the secrets in a text, also within longer words: this looks for one after the other."""
        return [
            hit
            for forms in (*self._fixed.values(), *self._secrets.values())
            if forms and forms[0].raw in text
            for hit in _all(text, forms[0])
        ]


def all_forms(secret: Secret) -> list[Form]:
    """Return each way a secret may be written that has a letter or digit in it, the longest first."""
    if secret.kind == "address":
        alone = _HEX if ":" in secret.value else _DIGITS
        return [Form(raw, raw, token, alone, secret) for raw, token in _addresses(secret.value, secret.token).items()]
    alone = _DIGITS if secret.value.isdigit() else _LETTERS if secret.value.isalpha() else frozenset()
    made = []
    for raw, token in forms(secret.value, secret.token).items():
        word = max(_PIECE.findall(raw), key=len, default=b"")
        if word:
            made.append(Form(raw, word, token, alone, secret))
    return made


def _addresses(value: str, token: str) -> dict[bytes, bytes]:
    """Return how a network address may be written (RFC 4291 section 2.2), and how its token is written then."""
    made = {value: token}
    address = read_address(value) if ":" in value else None
    if isinstance(address, IPv6Address):
        groups = ":".join(f"{int(group, 16):x}" for group in address.exploded.split(":"))
        for written in (address.compressed, address.exploded, groups):
            made |= {written: token, written.upper(): token}
        if address.ipv4_mapped:
            made[str(address.ipv4_mapped)] = token.rpartition(":")[2]
    return {written.encode(): other.encode() for written, other in made.items()}


def own_hits(text: bytes, forms: list[Form]) -> list[Hit]:
    """Return the secrets of the same exchange in a text, also within longer words."""
    found = [form for form in forms if form.raw in text]
    return _hits(text, found) if found else []


def _hits(text: bytes, forms: list[Form]) -> list[Hit]:
    return [hit for form in sorted(forms, key=_size) for hit in _all(text, form)]


def _size(form: Form) -> int:
    return -len(form.raw)


def _all(text: bytes, form: Form) -> Iterator[Hit]:
    at = text.find(form.raw)
    while at >= 0:
        end = at + len(form.raw)
        if text[at - 1 : at] not in form.alone and text[end : end + 1] not in form.alone:
            yield Hit(at, end, form.token, form.secret)
        at = text.find(form.raw, end)
