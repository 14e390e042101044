"""Compares two bodies: as what they say they are, else as text, else as bytes.

Two answers whose bodies were recorded come in, differences go out: at least one whenever the bytes differ. Where only
spelling differs, it is one difference of kind `spelling` whose path says in what (`body/html`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from harness.compare.archive import compare_archives
from harness.compare.binary import compare_bytes
from harness.compare.bounds import bounded
from harness.compare.closing import of_closing
from harness.compare.content import LATIN_1, WINDOWS, Text, content_type, decoded, family, is_written, unpacked
from harness.compare.document import another_document
from harness.compare.escaping import of_escaping
from harness.compare.excerpt import LIMIT, excerpt, excerpts
from harness.compare.form import compare_forms, read_form
from harness.compare.html import read_html
from harness.compare.json import read_call, read_json
from harness.compare.multipart import compare_parts, read_parts
from harness.compare.namespace import compare_documents
from harness.compare.spelling import sort_of_spelling
from harness.compare.text import compare_text
from harness.compare.tree import compare_trees
from harness.compare.unreadable import TooLarge, Unreadable
from harness.compare.values import compare_values
from harness.compare.xml import is_late, read_xml
from harness.compare.xmlrpc import compare_messages, read_xmlrpc
from harness.difference import Difference
from harness.exchange import Response

DEPTH = 4
"""Parts within parts that are taken apart."""
PLACES = 50
"""Places and kinds beyond which two bodies are not one body, changed, but two documents."""

_MARKUP = re.compile(r"<[!/?A-Za-z]|&[#\w]+;")

DOCUMENT = "body/document"
"""The path of a body that is another document altogether."""
CONTENT = "content"
"""The path of a body where the other side has none."""


@dataclass(frozen=True, slots=True)
class Format:
    """How a content type is read (raising `Unreadable`) and how what was read is compared.

    `sure` is False where a body of that type may well be something else, so that failing to read it says nothing.
    """

    name: str
    read: Callable[[str], Any]
    compare: Callable[[Any, Any], list[Difference]]
    sure: bool = True


HTML = Format("html", read_html, compare_trees)
XML = Format("xml", read_xml, compare_documents)
XMLRPC = Format("xmlrpc", read_xmlrpc, compare_messages)
JSON = Format("json", read_json, compare_values)
FORM = Format("form", read_form, compare_forms)
CALL = Format("jsonp", read_call, compare_values, sure=False)
FORMATS: dict[str, tuple[Format, ...]] = {
    "html": (HTML,), "xml": (XMLRPC, XML), "json": (JSON,), "form": (FORM,), "script": (CALL,), "text": (),
}  # fmt: skip
"""The formats to try for each family, in order; text and bytes come after them all."""


def compare_bodies(old: Response, new: Response, depth: int = 0) -> list[Difference]:
    """Return how two recorded bodies differ: empty only where their bytes are equal. `depth` counts parts of parts."""
    if old.body == new.body:
        return []
    try:
        left, right = unpacked(old), unpacked(new)
    except Unreadable as error:
        return compare_bytes(old.body or b"", new.body or b"", str(error))
    if left == right:
        kind = "spelling" if _coding(old) == _coding(new) else "encoding"
        return [Difference("body", "body/compression", kind, *_codings(old, new))]
    old, new = replace(old, body=left), replace(new, body=right)
    if bool(left.strip()) != bool(right.strip()):
        return [_emptied(left, right)]
    if (other := _compare_sorts(old, new)) is not None:
        return [other]
    found = bounded(_compare_parts(old, new, depth) or _compare(left, right, content_type(old), content_type(new)))
    places = len({(difference.path, difference.kind) for difference in found})
    return found if places <= PLACES else [_another_document(left, right, places)]


def _another_document(left: bytes, right: bytes, places: int) -> Difference:
    """Return the one difference of two documents: hundreds of groups would bury every other cause."""
    note = f"another document, {places} places differ: "
    texts = excerpts(*(side.decode("utf-8", "replace") for side in (left, right)))
    return Difference("body", DOCUMENT, "changed", *((note + text)[:LIMIT] for text in texts))


def _emptied(left: bytes, right: bytes) -> Difference:
    """Return the one difference of a body and none, whatever it was."""
    kind, side = ("missing", left) if left.strip() else ("added", right)
    text = excerpt(side.decode("utf-8", "replace"))
    return Difference("body", CONTENT, kind, *((text, "") if side is left else ("", text)))


def _compare_sorts(old: Response, new: Response) -> Difference | None:
    """Return the one difference of two documents of different types, each of which is what it is called."""
    left, right = content_type(old), content_type(new)
    if left[0] == right[0]:
        return None
    one, other = decoded(old.body or b"", left[1]).text, decoded(new.body or b"", right[1]).text
    sorts = another_document(left[0], right[0], one, other)
    if sorts is None:
        return None
    texts = (f"{sort} {excerpt(text)}"[:LIMIT] for sort, text in zip(sorts, (one, other), strict=True))
    return Difference("body", DOCUMENT, "type", *texts)


def _codings(old: Response, new: Response) -> tuple[str, str]:
    return f"{_coding(old)}, {len(old.body or b'')} bytes", f"{_coding(new)}, {len(new.body or b'')} bytes"


def _coding(response: Response) -> str:
    return (response.header(b"content-encoding") or b"none").decode("latin-1").strip().lower()


def _compare_parts(old: Response, new: Response, depth: int) -> list[Difference]:
    """Return how two multipart bodies differ; nothing where they are none."""
    kinds = [(side.header(b"content-type") or b"") for side in (old, new)]
    if depth >= DEPTH or not all(kind.lstrip().lower().startswith(b"multipart/") for kind in kinds):
        return []
    try:
        left, right = read_parts(old.body or b"", kinds[0]), read_parts(new.body or b"", kinds[1])
    except Unreadable:
        return []
    found = compare_parts(left, right, lambda one, other: compare_bodies(one, other, depth + 1))
    texts = (side.decode("utf-8", "replace") for side in (old.body or b"", new.body or b""))
    return found or [_spelling("multipart", *texts)]


def _compare(
    left: bytes, right: bytes, old_type: tuple[str, str | None], new_type: tuple[str, str | None]
) -> list[Difference]:
    old, new = decoded(left, old_type[1]), decoded(right, new_type[1])
    media = old_type[0] or new_type[0]
    kind = family(media, old.text or new.text)
    if kind == "bytes" and is_written(media, left) and is_written(new_type[0] or media, right):
        kind = "text"
    if kind == "bytes":
        return _compare_binary(left, right)
    charset = _compare_charsets(old, new)
    if old.text == new.text:
        return charset or [Difference("body", f"body/{kind}", "spelling", *excerpts(repr(left), repr(right)))]
    try:
        return [*charset, *_compare_texts(old.text, new.text, kind)]
    except Unreadable as error:
        return compare_bytes(left, right, str(error))


def _compare_binary(left: bytes, right: bytes) -> list[Difference]:
    try:
        return compare_archives(left, right)
    except TooLarge as error:
        return compare_bytes(left, right, str(error))
    except Unreadable:
        return compare_bytes(left, right)


def _compare_charsets(old: Text, new: Text) -> list[Difference]:
    """Return a difference where the charset matters: beyond ASCII, or for a byte order mark."""
    same = old.charset == new.charset or {old.charset, new.charset} in ({"ascii", "utf-8"}, {LATIN_1, WINDOWS})
    if same or ("utf-8-sig" not in (old.charset, new.charset) and old.text.isascii() and new.text.isascii()):
        return []
    return [Difference("body", "charset", "encoding", old.charset, new.charset)]


def _compare_texts(old: str, new: str, kind: str) -> list[Difference]:
    reasons = []
    for form in FORMATS.get(kind, ()):
        left, right = _read(form, old), _read(form, new)
        if kind == "xml" and is_late(old) != is_late(new):
            late = Unreadable("the declaration is not at the beginning")
            left, right = (late, right) if is_late(old) else (left, late)
        broken = [side for side in (left, right) if isinstance(side, Unreadable)]
        if not broken:
            try:
                found = form.compare(left, right)
                found = of_closing(of_escaping(found, old, new), old, new) if form is HTML else found
                return found if any(one.kind != "spelling" for one in found) else _spelled(found, form.name, old, new)
            except TooLarge as error:
                broken = [error]
            except RecursionError:
                broken = [TooLarge("nested too deeply")]
        if not form.sure and len(broken) == 2:
            continue
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
    path = "/".join(filter(None, ("body", kind, sort_of_spelling(kind, old, new))))
    return Difference("body", path, "spelling", *excerpts(old, new))


def _spelled(found: list[Difference], form: str, old: str, new: str) -> list[Difference]:
    """Return one difference where a document is written otherwise, its comments too; else what was found in these.

    A page without any markup is a text: programs read its lines.
    """
    if form == HTML.name and not _MARKUP.search(old) and not _MARKUP.search(new) and (lines := compare_text(old, new)):
        return lines
    whole = _spelling(form, old, new)
    everywhere = whole.path.startswith(f"body/{form}/") and not whole.path.endswith(("/well-formed", "/order"))
    return [whole] if not found or everywhere else found


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
