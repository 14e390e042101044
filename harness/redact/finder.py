"""Finds the secrets in any text: bytes in, spots out. No type of document is presumed, and none is parsed.

Words are looked up first, so that a text without a telling word costs no more than that; names are then followed to
their values in each layer of encoding (`harness.redact.layer`), and patterns are tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from harness.bind.place import attribute
from harness.bind.token import strength
from harness.redact.coded import coded_texts, has_coded_json
from harness.redact.layer import Layer
from harness.redact.names import SURE, Names, shown, word_set
from harness.redact.patterns import credentials, emails, has_credentials, marked, of_rules, positional, userinfo
from harness.redact.regions import sort_of
from harness.redact.settings import Settings
from harness.redact.spot import Spot
from harness.redact.syntax import FORM, LONGEST_NAME, name_at, text_of
from harness.redact.tables import columns
from harness.redact.text import Text
from harness.redact.values import values

INNOCENT = 50_000
"""Words remembered as telling nothing."""
WEAK = 8192
"""Bytes of a value looked at where its name is a weak one."""
WEAK_NAMES = 2000
"""Weak names of a text that are followed."""
HIDDEN = 1000
"""Names of password fields that are remembered."""
TRIVIAL = word_set("0 1 true false null none nil yes no on off undefined deleted")
"""Values that are no token whatever their name says."""

_WITHIN = dict.fromkeys(("form", "data", "lines", "settings", "field"), "within")
"""Sorts of the texts that may hold settings in which an encoding is undone."""
_HIDDEN_INPUT = re.compile(rb"(?i)<input\b[^<>]*?\stype\s*+=\s*+[\"']?password\b[^<>]*+")
_PAIR = re.compile(rb"(?:\A|(?<=[?&;]))([^=&;?\s]{1,240}+)=([^&;\s]++)")


class Finder:
    """Finds what names, patterns and the user's rules say."""

    def __init__(self, names: Names, settings: Settings) -> None:
        self._names = names
        self._rules = (*settings.paths, *settings.rules)
        self._positions = dict(settings.xmlrpc or {})
        self._innocent: set[bytes] = set()
        self._hidden: set[str] = set()

    def find(self, text: Text) -> None:
        """Add the spots of a text; those that it has already stay."""
        if text.sort in ("binary", "header"):
            return
        if text.name:
            self._find_field(text)
        named, below = False, text.sort == "form"
        for layers in text.windows():
            # What a name names is a secret as a whole, whatever address or key is a part of it in another layer.
            for layer in layers:
                named |= self._find_named(layer, text)
            if named and not below:
                self._find_below(text)
                below = True
            for layer in layers:
                self._find_addresses(layer, text)
            for layer in layers:
                self._find_marked(layer, text)
        coded = text.sort in ("data", "form", "field")
        if coded or has_coded_json(text.raw):
            self._find_inner(text, coded)

    def _find_named(self, layer: Layer, text: Text) -> bool:
        """Find what names name in a layer, and tell whether a name in it may tell of a secret."""
        telling = self._telling(layer.words)
        if telling:
            _claim(text, layer, self._named(text, layer, telling))
            if text.place == "response.body" and any(word.lower() == b"password" for word in telling):
                self._learn(layer.text)
        if self._hidden and text.sort == "form" and layer.parent is None:
            _claim(text, layer, self._of_hidden(layer.text))
        return bool(telling)

    def _find_addresses(self, layer: Layer, text: Text) -> None:
        """Find what the user's rules say, and addresses."""
        if self._rules:
            _claim(text, layer, of_rules(layer.text, self._rules, "text"))
        if b"@" in layer.text:
            _claim(text, layer, userinfo(layer.text))
            _claim(text, layer, emails(layer.text))

    def _find_marked(self, layer: Layer, text: Text) -> None:
        """Find what says by its own look that it is a secret."""
        if has_credentials(layer.text):
            _claim(text, layer, credentials(layer.text))
        _claim(text, layer, marked(layer.text, layer.words))
        if self._positions and b"<methodName>" in layer.text:
            _claim(text, layer, positional(layer.text, self._positions))

    def _find_below(self, text: Text) -> None:
        """Find secrets in columns whose headings tell."""
        for name, verdict, value in columns(text.raw, self._names.verdict):
            read = value.writing.read(text.raw[value.start : value.end])
            if is_secret(verdict, read):
                place = f"{value.writing.name} {shown(name)}"
                spell, weak = value.writing.spell, value.weak or verdict == "weak"
                text.spots.add(Spot(value.start, value.end, read, _kind(verdict), place, spell, weak=weak))

    def _find_inner(self, text: Text, anything: bool) -> None:
        """Find secrets in the texts that stand in base64 in a text: in any, or only in JSON."""
        for start, end, decoded in coded_texts(text.raw, anything):
            if text.spots.add(Spot(start, end, "", "")):
                inner = text.inner[start] = Text(f"{text.place} base64", decoded, sort_of(decoded))
                self.find(inner)

    def _find_field(self, text: Text) -> None:
        """All of a form field whose name tells."""
        verdict, value = self._names.verdict(text.name), text_of(text.raw)
        verdict = verdict or ("password" if text.name in self._hidden else "")
        if verdict and is_secret(verdict, value):
            text.spots.add(Spot(0, len(text.raw), value, _kind(verdict), f"multipart {shown(text.name)}"))

    def _named(self, whole: Text, layer: Layer, telling: list[bytes]) -> Iterator[Spot]:
        """Yield the values of telling names; what stands within such a value is not looked at again."""
        text, after, weak = layer.text, 0, 0
        sort = whole.sort if layer.parent is None else _WITHIN.get(whole.sort, "text")
        for start, end in sorted({name_at(text, at) for word in telling for at in _places(text, word)}):
            name = read_name(text[start:end])
            verdict = self._names.verdict(name) if start >= after else ""
            weak += verdict == "weak"
            if verdict and (verdict != "weak" or weak <= WEAK_NAMES) and not whole.is_named(layer, start):
                spots = list(_values(text, (start, end), sort, name, verdict))
                after = spots[-1].end if spots else after
                if spots and whole.opens(layer, start, spots[-1]):
                    return
                if spots:
                    whole.note_named(layer, start, after)
                yield from (spot for spot in spots if spot.start < spot.end)

    def _learn(self, page: bytes) -> None:
        """Remember how the fields are called whose input pages do not show: in forms, these names tell."""
        for found in _HIDDEN_INPUT.finditer(page):
            name = text_of(attribute(found[0], b"name"))
            known = not name or len(name) > LONGEST_NAME or name in self._hidden or self._names.is_clear(name)
            if not known and self._names.verdict(name) not in SURE and len(self._hidden) < HIDDEN:
                self._hidden.add(name)

    def _of_hidden(self, text: bytes) -> Iterator[Spot]:
        """Yield the values of a form whose names were learned from a page."""
        for found in _PAIR.finditer(text):
            name = FORM.read(found[1])
            if name in self._hidden:
                yield Spot(*found.span(2), FORM.read(found[2]), "password", f"form {shown(name)}", FORM.spell)

    def _telling(self, words: frozenset[bytes]) -> list[bytes]:
        new = words - self._innocent
        if not new:
            return []
        telling = self._names.telling(new)
        if len(self._innocent) > INNOCENT:
            self._innocent.clear()
        self._innocent |= new.difference(telling) if telling else new
        return telling


def _values(text: bytes, span: tuple[int, int], sort: str, name: str, verdict: str) -> Iterator[Spot]:
    """Yield the secrets that a name of this verdict names."""
    for value in values(text, *span, sort, WEAK if verdict == "weak" else len(text)):
        read = value.writing.read(text[value.start : value.end])
        if is_secret(verdict, read) or (value.start == value.end and verdict in SURE):
            place = f"{value.writing.name} {shown(name)}"
            weak = value.weak or verdict == "weak"
            yield Spot(value.start, value.end, read, _kind(verdict), place, value.writing.spell, weak=weak)


def read_name(raw: bytes) -> str:
    """Return a name as it is meant: without percent-encoding and namespace, or what PHP says of its visibility."""
    name = text_of(raw)
    if name.startswith("[") and ":" in name:
        return name[1:].partition(":")[0]
    return (unquote(name) if "%" in name else name).rpartition(":")[2]


def _places(text: bytes, word: bytes) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))


def _claim(text: Text, layer: Layer, spots: Iterator[Spot]) -> None:
    for spot in spots:
        text.claim(layer, spot)


def _kind(verdict: str) -> str:
    return "password" if verdict == "password" else "token"


def is_secret(verdict: str, value: str) -> bool:
    """Tell whether a value of a name of this verdict is a secret."""
    if not value.strip():
        return False
    if verdict == "password":
        return True
    if verdict == "weak":
        return strength(value.encode("utf-8", "surrogatepass")) == "strong"
    return value.strip().lower() not in TRIVIAL
