"""The secrets that were seen, to be found again wherever else they stand: secrets and texts in, places out.

In memory only, and bounded: the oldest are forgotten. Only values that can be told from the words of a page are
remembered; a text's words are looked up, so that the cost does not grow with the number of secrets.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from json import dumps
from urllib.parse import quote, quote_plus

from harness.redact.names import word_set

REMEMBERED = 20_000
SHORTEST = 6
WORD_LENGTH = 8
"""A value of letters only is a word, and not looked for, if it is shorter or an ordinary one."""

ORDINARY = word_set(
    "password passwords username anonymous administrator moderator undefined changeme disabled enabled default "
    "required optional original continue register document security download unknown! position relative absolute "
    "visible collapse collapsed expanded dismissed accepted rejected complete completed inactive internet function "
    "settings standard language english welcome1 letmein1 password1 test1234 admin123"
)
_PIECE = re.compile(rb"[A-Za-z0-9]+")
_PLAIN_NUMBER = re.compile(r"[0-9]+\Z")
_REGULAR = re.compile(r"(.)\1*\Z|0*(?:12345)?6?7?8?9?0?\Z|(?:19|20)\d\d[01]\d[0-3]\d(?:\d{6})?\Z")
_DATE_OR_VERSION = re.compile(
    r"v?\d+(?:\.\d+)+\Z|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?)?\Z|\d\d?[:./]\d\d?[:./]\d{2,4}\Z"
)
_FILE_OR_TYPE = re.compile(
    r"[\w.-]*\.(?:html?|php|css|js|png|jpe?g|gif|svg|txt|xml|json|cgi|pl|py)\Z|[a-z]+/[a-z.+-]+\Z"
)


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that was found at its place, its token and its kind."""

    value: str
    token: str
    kind: str


@lru_cache(maxsize=20_000)
def is_telling(value: str) -> bool:
    """Tell whether a value is looked for elsewhere too: neither short, nor a word, a plain number, a date or a file."""
    if len(value) < SHORTEST or value.isspace():
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
    for spell in _SPELLINGS:
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


_SPELLINGS = (
    _raw,
    _percent,
    lambda value: re.sub(rb"%..", lambda found: found[0].lower(), _percent(value)),
    lambda value: quote(value, safe="/:=@,;!~*'()$", errors="surrogatepass").encode(),
    lambda value: quote_plus(value, errors="surrogatepass").encode(),
    lambda value: html.escape(value).encode("utf-8", "surrogatepass"),
    lambda value: html.escape(value, quote=False).encode("utf-8", "surrogatepass"),
    lambda value: dumps(value)[1:-1].encode(),
    lambda value: dumps(value, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass"),
    lambda value: dumps(value)[1:-1].replace("/", "\\/").encode(),
    lambda value: base64.b64encode(_raw(value)),
    lambda value: base64.urlsafe_b64encode(_raw(value)),
    lambda value: base64.b64encode(_raw(value)).rstrip(b"="),
    lambda value: base64.urlsafe_b64encode(_raw(value)).rstrip(b"="),
)


@dataclass(frozen=True, slots=True)
class Form:
    """One way a secret is written: its bytes, where its longest piece starts in them, and the token written so."""

    raw: bytes
    offset: int
    token: bytes
    secret: Secret


@dataclass(frozen=True, slots=True)
class Hit:
    """A known secret at `text[start:end]`, and the bytes to stand in its place."""

    start: int
    end: int
    made: bytes
    secret: Secret


class Known:
    """The secrets seen, by a word that each has in it."""

    def __init__(self) -> None:
        self._forms: dict[bytes, list[Form]] = {}
        self._secrets: dict[str, list[bytes]] = {}
        self._fixed: set[str] = set()

    def __contains__(self, value: str) -> bool:
        return value in self._secrets

    def __len__(self) -> int:
        return len(self._secrets)

    def add(self, secret: Secret, fixed: bool = False) -> None:
        """Remember a secret; a `fixed` one is never forgotten."""
        if secret.value in self._secrets:
            return
        pieces = self._secrets[secret.value] = []
        for form in all_forms(secret):
            piece = form.raw[form.offset :]
            word = _PIECE.match(piece)
            if word:
                self._forms.setdefault(word[0], []).append(form)
                pieces.append(word[0])
        if fixed:
            self._fixed.add(secret.value)
        elif len(self._secrets) - len(self._fixed) > REMEMBERED:
            self._forget(next(value for value in self._secrets if value not in self._fixed))

    def _forget(self, value: str) -> None:
        for piece in self._secrets.pop(value):
            left = [form for form in self._forms.get(piece, ()) if form.secret.value != value]
            if left:
                self._forms[piece] = left
            else:
                self._forms.pop(piece, None)

    def hits(self, text: bytes, words: frozenset[bytes]) -> Iterator[Hit]:
        """Yield the secrets in a text of these words (runs of letters, digits, `-` and `_`)."""
        if not self._forms:
            return
        for piece in self._pieces(words):
            for form in sorted(self._forms[piece], key=lambda form: -len(form.raw)):
                yield from _all(text, form)

    def _pieces(self, words: frozenset[bytes]) -> set[bytes]:
        found = set(self._forms.keys() & words)
        for word in words:
            if b"-" in word or b"_" in word:
                found.update(self._forms.keys() & _PIECE.findall(word))
        return found


def all_forms(secret: Secret) -> list[Form]:
    """Return each way a secret may be written that has a letter or digit in it."""
    made = []
    for raw, token in forms(secret.value, secret.token).items():
        piece = max(_PIECE.finditer(raw), key=lambda found: found.end() - found.start(), default=None)
        if piece is not None:
            made.append(Form(raw, piece.start(), token, secret))
    return made


def _all(text: bytes, form: Form) -> Iterator[Hit]:
    at = text.find(form.raw)
    while at >= 0:
        yield Hit(at, at + len(form.raw), form.token, form.secret)
        at = text.find(form.raw, at + len(form.raw))


def own_hits(text: bytes, secrets: list[Form]) -> Iterator[Hit]:
    """Yield the secrets of the same exchange in a text, within longer words too; longest forms first."""
    for form in secrets:
        if form.raw in text:
            yield from _all(text, form)
