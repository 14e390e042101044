"""Which changes there are for the answers of an endpoint: the catalogue by content type, and groups of a report.

Samples (request and answer) come in, `Change`s go out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from harness.exchange import Response
from harness.group import Group
from harness.scream.documents import json_operators, rpc_operators
from harness.scream.heads import head_operators
from harness.scream.markup import body_operators, in_text, markup_operators, text_operators
from harness.scream.operators import GRAVE, Change, Operator, Sample, changes_of


def catalogue(endpoint: str, samples: Sequence[Sample], groups: Sequence[Group] = ()) -> list[Change]:
    """Return the changes that show in any of the answers; those of `groups` (of a report) at this endpoint first."""
    told = [one for group in groups if endpoint in group.endpoints for one in changes_of_group(endpoint, group)]
    return [*told, *changes_of(endpoint, samples, _operators([response for _, response in samples]))]


def _operators(answers: Sequence[Response]) -> Iterator[Operator]:
    yield from head_operators(name for answer in answers for name, _ in answer.headers)
    for kind, bodies in _by_kind(answers).items():
        if kind == "json":
            yield from json_operators(bodies)
        elif kind == "rpc":
            yield from rpc_operators(bodies)
        elif kind in ("html", "xml"):
            yield from markup_operators(bodies, html=kind == "html")
        if kind != "binary":
            yield from text_operators()
    yield from body_operators()


def _by_kind(answers: Sequence[Response]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for answer in answers:
        if answer.body and 200 <= answer.status < 300:
            text = answer.body.decode("utf-8", "replace")
            found.setdefault(_kind(answer, text), []).append(text)
    return found


def _kind(answer: Response, text: str) -> str:
    declared = (answer.header(b"content-type") or b"").lower()
    if answer.header(b"content-encoding") is not None:
        return "binary"
    if "<methodResponse>" in text[:200]:
        return "rpc"
    for word, kind in ((b"html", "html"), (b"json", "json"), (b"xml", "xml"), (b"text/", "text")):
        if word in declared:
            return kind
    return "binary"


def changes_of_group(endpoint: str, group: Group) -> Iterator[Change]:
    """Yield the change that a group of a report tells of, where it can be made from what the report shows."""
    edit = {"header": _header, "status": _status, "reason": _reason, "body": _body}.get(group.aspect)
    if edit is not None and not group.follows:
        stage = {"body": 0, "header": 2}.get(group.aspect, 3)
        operator = Operator(f"group {group.id}", partial(edit, group=group), GRAVE, stage)
        yield Change(endpoint, operator, group.aspect, group.path, group.kind, group.old, group.new)


def _header(response: Response, group: Group) -> Response:
    name = group.path.encode("latin-1", "replace")
    others = tuple(pair for pair in response.headers if pair[0].lower() != name.lower())
    if group.kind == "missing":
        return replace(response, headers=others)
    if group.kind == "renamed":
        old, new = (text.partition(":")[0].encode("latin-1", "replace") for text in (group.old, group.new))
        renamed = tuple((new if key.lower() == old.lower() else key, value) for key, value in response.headers)
        return replace(response, headers=renamed)
    return replace(response, headers=(*others, (name, group.new.encode("latin-1", "replace"))))


def _status(response: Response, group: Group) -> Response:
    code, _, reason = group.new.partition(" ")
    same = group.old.startswith(str(response.status)) and code.isdigit()
    return replace(response, status=int(code), reason=reason.encode("latin-1", "replace")) if same else response


def _reason(response: Response, group: Group) -> Response:
    return replace(response, reason=group.new.encode("latin-1", "replace"))


def _body(response: Response, group: Group) -> Response:
    return in_text(response, lambda text: text.replace(group.old, group.new)) if group.old else response
