"""Compares two bodies: as what they say they are, else as text, else as bytes.

Two answers whose bodies were recorded come in, differences go out: at least one whenever the bytes differ. Where only
spelling differs, it is one difference of kind `spelling` whose path says in what (`body/html`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from harness.compare.binary import compare_bytes
from harness.compare.content import Text, content_type, decoded, family, unpacked
from harness.compare.excerpt import LIMIT, excerpts
from harness.compare.html import read_html
from harness.compare.json import read_json
from harness.compare.text import compare_text
from harness.compare.tree import compare_trees
from harness.compare.unreadable import TooLarge, Unreadable
from harness.compare.values import compare_values
from harness.compare.xml import read_xml
from harness.compare.xmlrpc import compare_messages, read_xmlrpc
from harness.difference import Difference
from harness.exchange import Response

ALIKE = 5
"""Differences of one place and kind that are kept for one body."""
PLACES = 50
"""Places and kinds beyond which two bodies are not one body, changed, but two documents."""


@dataclass(frozen=True, slots=True)
class Format:
    """How a content type is read (raising `Unreadable`) and how what was read is compared."""

    name: str
    read: Callable[[str], Any]
    compare: Callable[[Any, Any], list[Difference]]


HTML = Format("html", read_html, compare_trees)
XML = Format("xml", read_xml, compare_trees)
XMLRPC = Format("xmlrpc", read_xmlrpc, compare_messages)
JSON = Format("json", read_json, compare_values)
FORMATS: dict[str, tuple[Format, ...]] = {"html": (HTML,), "xml": (XMLRPC, XML), "json": (JSON,), "text": ()}
"""The formats to try for each family, in order; text and bytes come after them all."""


def compare_bodies(old: Response, new: Response) -> list[Difference]:
    """Return how two recorded bodies differ: empty only where their bytes are equal."""
    if old.body == new.body:
        return []
    try:
        left, right = unpacked(old), unpacked(new)
    except Unreadable as error:
        return compare_bytes(old.body or b"", new.body or b"", str(error))
    if left == right:
        return [Difference("body", "body/compression", "encoding", *_codings(old, new))]
    found = _bounded(_compare(left, right, content_type(old), content_type(new)))
    places = len({(difference.path, difference.kind) for difference in found})
    return found if places <= PLACES else [_another_document(left, right, places)]


def _another_document(left: bytes, right: bytes, places: int) -> Difference:
    """Return the one difference of two documents: hundreds of groups would bury every other cause."""
    note = f"another document, {places} places differ: "
    texts = excerpts(*(side.decode("utf-8", "replace") for side in (left, right)))
    return Difference("body", "body/document", "changed", *((note + text)[:LIMIT] for text in texts))


def _codings(old: Response, new: Response) -> tuple[str, str]:
    one, other = ((side.header(b"content-encoding") or b"none").decode("latin-1") for side in (old, new))
    return f"{one}, {len(old.body or b'')} bytes", f"{other}, {len(new.body or b'')} bytes"


def _compare(
    left: bytes, right: bytes, old_type: tuple[str, str | None], new_type: tuple[str, str | None]
) -> list[Difference]:
    old, new = decoded(left, old_type[1]), decoded(right, new_type[1])
    kind = family(old_type[0] or new_type[0], old.text or new.text)
    if kind == "bytes":
        return compare_bytes(left, right)
    charset = _compare_charsets(old, new)
    if old.text == new.text:
        return charset or [_spelling(kind, repr(left), repr(right))]
    try:
        return [*charset, *_compare_texts(old.text, new.text, kind)]
    except Unreadable as error:
        return compare_bytes(left, right, str(error))


def _compare_charsets(old: Text, new: Text) -> list[Difference]:
    """Return a difference where the charset matters: beyond ASCII, or for a byte order mark."""
    same = old.charset == new.charset or {old.charset, new.charset} == {"ascii", "utf-8"}
    if same or ("utf-8-sig" not in (old.charset, new.charset) and old.text.isascii() and new.text.isascii()):
        return []
    return [Difference("body", "charset", "encoding", old.charset, new.charset)]


def _compare_texts(old: str, new: str, kind: str) -> list[Difference]:
    reasons = []
    for form in FORMATS[kind]:
        left, right = _read(form, old), _read(form, new)
        broken = [side for side in (left, right) if isinstance(side, Unreadable)]
        if not broken:
            try:
                return form.compare(left, right) or [_spelling(form.name, old, new)]
            except TooLarge as error:
                broken = [error]
            except RecursionError:
                broken = [TooLarge("nested too deeply")]
        reasons.append(str(broken[0]))
        # The one side that is not what both claim to be is the cause; its lines would only repeat that.
        if form is FORMATS[kind][-1] and len(broken) == 1 and not isinstance(broken[0], TooLarge):
            return [_type_difference(form, left, right, old, new)]
    if "\0" in old or "\0" in new:
        raise Unreadable("; ".join(reasons) or "contains NUL characters")
    found = compare_text(old, new) or [_spelling("text", old, new)]
    return [_noted(difference, reasons[-1]) for difference in found] if reasons else found


def _read(form: Format, text: str) -> Any:
    try:
        return form.read(text)
    except Unreadable as error:
        return error
    except RecursionError:
        return TooLarge("nested too deeply")


def _spelling(kind: str, old: str, new: str) -> Difference:
    return Difference("body", f"body/{kind}", "spelling", *excerpts(old, new))


def _type_difference(form: Format, left: Any, right: Any, old: str, new: str) -> Difference:
    one, other = (
        f"not {form.name} ({side}): {text}" if isinstance(side, Unreadable) else f"{form.name}: {text}"
        for side, text in ((left, excerpts(old, "")[0]), (right, excerpts(new, "")[0]))
    )
    return Difference("body", f"body/{form.name}", "type", excerpts(one, "")[0], excerpts(other, "")[0])


def _noted(difference: Difference, reason: str) -> Difference:
    """Return a difference that says why its bodies were compared as plain text."""
    note = f" (as text: {reason})"[: LIMIT // 2]
    old, new = (side and side[: LIMIT - len(note)] + note for side in (difference.old, difference.new))
    return replace(difference, old=old, new=new)


def _bounded(differences: Iterable[Difference]) -> list[Difference]:
    """Return the first few differences of each place and kind, with short paths: the rest says nothing new."""
    seen: Counter[tuple[str, str]] = Counter()
    kept: list[Difference] = []
    for difference in dict.fromkeys(replace(one, path=_short(one.path)) for one in differences):
        seen[difference.path, difference.kind] += 1
        if seen[difference.path, difference.kind] <= ALIKE:
            kept.append(difference)
    return kept


def _short(path: str) -> str:
    return path if len(path) <= LIMIT else f"{path[: LIMIT // 2]}…{path[1 - LIMIT // 2 :]}"
