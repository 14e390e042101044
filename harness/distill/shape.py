"""The shape of an answer: what of it is there, whatever the values are. An exchange comes in, names of features go out.

Two answers of equal shape differ at most in what is in the fields. What was written (tables, files, mail) is part of
it. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from harness.effects import Effects
from harness.exchange import Response
from harness.targets import Answer

MARKUP = re.compile(rb"<\s*([A-Za-z][\w:.-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
ATTRIBUTE = re.compile(rb"\s([A-Za-z][\w:.-]*)\s*(?==|\s|$)")
DIGITS = re.compile(r"\d+")
LOOKED_AT = 1 << 20
"""Bytes of a body that are looked at."""
DEEPEST = 12


def shape(endpoint: str, answer: Answer, effects: Effects | None = None) -> frozenset[str]:
    """Return the features of an answer, each with the endpoint and the status that it belongs to."""
    status = str(answer.status) if isinstance(answer, Response) else answer.reason
    parts = {"", *(_of_answer(answer) if isinstance(answer, Response) else ()), *_of_effects(effects)}
    return frozenset(f"{endpoint} {status} {part}".rstrip() for part in parts)


def _of_answer(answer: Response) -> Iterator[str]:
    for name, value in answer.headers:
        yield f"header {name.decode('latin-1').lower()}"
        if name.lower() in (b"content-type", b"cache-control"):
            yield f"header {name.decode('latin-1').lower()}: {DIGITS.sub('N', value.decode('latin-1'))}"
        if name.lower() == b"set-cookie":
            yield f"cookie {value.partition(b'=')[0].decode('latin-1')}"
    if answer.body is None:
        yield "body not recorded"
    elif not answer.body:
        yield "body empty"
    else:
        yield from _of_body(answer.body[:LOOKED_AT], (answer.header(b"content-type") or b"").lower())


def _of_body(body: bytes, kind: bytes) -> Iterator[str]:
    if b"json" in kind:
        try:
            yield from (f"json {path}" for path in set(_paths(json.loads(body))))
        except (ValueError, RecursionError):
            yield "json that cannot be read"
    elif b"html" in kind or b"xml" in kind or body[:200].lstrip().startswith(b"<"):
        for name, attributes in set(MARKUP.findall(body)):
            element = name.decode("latin-1").lower()
            yield f"element {element}"
            yield from (f"element {element} {each.decode('latin-1').lower()}" for each in ATTRIBUTE.findall(attributes))
    else:
        yield "body other"


def _paths(value: object, path: str = "", depth: int = 0) -> Iterator[str]:
    yield f"{path}: {type(value).__name__}"
    if depth == DEEPEST:
        return
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _paths(each, f"{path}.{DIGITS.sub('N', name)}", depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from _paths(each, f"{path}[]", depth + 1)


def _of_effects(effects: Effects | None) -> Iterator[str]:
    if effects is None or effects.empty:
        return
    for table, rows in effects.rows.items():
        signs = {"+" if count > 0 else "-" for count in rows.values()}
        yield f"rows {table} {''.join(sorted(signs))}"
    if effects.files:
        yield "files removed" if None in effects.files.values() else "files"
    if effects.mail:
        yield "mail"
