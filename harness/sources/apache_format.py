"""LogFormat of Apache (mod_log_config), also as lighttpd writes it, as fields.

A format, or the whole directive copied out of a configuration, comes in; a `LogFormat` goes out. Which directive tells
what of an exchange is the tables; directives that tell nothing of it (`%P`, `%{X}e`) are read over.
"""

from __future__ import annotations

import re
from dataclasses import replace

from harness.errors import UsageError
from harness.sources.log_escape import unescaped
from harness.sources.log_field import Field, LogFormat, Role, Shape, joined
from harness.sources.log_time import CLF, time_pattern

IDENT = Field(name="ident", shape="word")
"""What the client says of its user (RFC 1413): nearly always a hyphen."""

_PLAIN = {
    "a": Field("peer", shape="word"), "h": Field("peer", shape="word"), "u": Field("user"), "l": IDENT,
    "r": Field("line"), "m": Field("method", shape="word"), "U": Field("path"), "q": Field("query", shape="word"),
    "H": Field("protocol"), "s": Field("status", shape="status"), "b": Field("size", shape="number"),
    "B": Field("size", shape="number"), "D": Field("duration", shape="number", scale=1e-6),
    "T": Field("duration", shape="number"), "v": Field("host", shape="word"), "V": Field("host", shape="word"),
    "p": Field("port", shape="number"), "f": Field(), "R": Field(), "A": Field(shape="word"), "L": Field(shape="word"),
    **{letter: Field(shape="number") for letter in "kPIOS"}, "X": Field(shape="word"), "^FB": Field(shape="number"),
}  # fmt: skip
_HEADERS: dict[str, Role] = {"i": "sent", "o": "answered", "C": "cookie"}
_NAMED: dict[tuple[str, str], Field] = {
    ("a", "c"): Field("peer", shape="word"), ("h", "c"): Field("peer", shape="word"),
    ("T", "s"): Field("duration", shape="number"), ("T", "ms"): Field("duration", shape="number", scale=1e-3),
    ("T", "us"): Field("duration", shape="number", scale=1e-6), ("p", "canonical"): Field("port", shape="number"),
    ("p", "local"): Field("port", shape="number"),
}  # fmt: skip
_READ_OVER: dict[str, Shape] = {
    "e": "text", "n": "text", "c": "text", "x": "text", "^ti": "text", "^to": "text", "p": "number", "P": "word",
    "L": "word",
}  # fmt: skip
_DIRECTIVE = re.compile(
    r"%(?P<modifiers>[0-9,!<>]*)(?:\{(?P<name>[^}]*)\})?(?P<more>[0-9,!<>]*)(?P<letter>\^[a-zA-Z]{2}|[a-zA-Z%])"
    r"|(?P<text>[^%]+)|(?P<wrong>%)"
)
_WHOLE_DIRECTIVE = re.compile(r'\s*(?:LogFormat|CustomLog\s+\S+)\s+"((?:[^"\\]|\\.)*)"\s*\S*\s*')


def apache_format(text: str) -> LogFormat:
    r"""Translate a LogFormat, or the directive that holds it (`LogFormat "%h \"%r\"" mine`).

    Raises UsageError for a directive that Apache does not have.
    """
    if whole := _WHOLE_DIRECTIVE.fullmatch(text):
        text = re.sub(r'\\([\\"])', r"\1", whole[1])
    return LogFormat(joined([part for found in _DIRECTIVE.finditer(text) for part in _parts(found)]), unescaped)


def _parts(found: re.Match[str]) -> list[str | Field]:
    if found["wrong"]:
        raise UsageError(f"a lone % at column {found.start() + 1}")
    if found["text"]:
        # As mod_log_config reads its own argument; a format copied from a configuration has them.
        return [found["text"].replace("\\t", "\t").replace('\\"', '"')]
    if found["letter"] == "%":
        return ["%"]
    name, letter = found["name"], found["letter"]
    if letter == "t":
        return _time(name or "")
    field = _PLAIN.get(letter) if name is None else _parameterized(letter, name)
    if field is None:
        raise UsageError(f"{found[0]} is no directive of mod_log_config")
    # `%<s` is what came before an internal redirect, which the client never saw.
    overridden = "<" in found["modifiers"] + found["more"] and letter in "sUT"
    return [replace(field, role="") if overridden else field]


def _parameterized(letter: str, name: str) -> Field | None:
    if letter in _HEADERS:
        return Field(_HEADERS[letter], name)
    if letter in _READ_OVER and (letter, name.lower()) not in _NAMED:
        return Field(shape=_READ_OVER[letter])
    return _NAMED.get((letter, name.lower()))


def _time(name: str) -> list[str | Field]:
    """Return the field of `%t` or `%{...}t`; Apache's own form has brackets."""
    prefix, _, rest = name.partition(":")
    role: Role = "end time" if prefix == "end" else "time"
    if prefix in ("begin", "end"):
        name = rest
    if not name:
        return ["[", Field(role, CLF), "]"]
    time_pattern(name)  # says which directive is not known
    return [Field(role, name)]
