"""Changes to bodies that hold values: JSON documents and XML-RPC answers.

The bodies of an endpoint's answers come in, operators go out, the small ones of each place first. A path names
a place without positions (`info.classifiers[]`), as `compare` does.
"""

from __future__ import annotations

import json
import xmlrpc.client
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from harness.scream.markup import in_text
from harness.scream.operators import GRAVE, Operator

MOST = 60
"""Paths of an endpoint's documents that are each changed."""
LARGEST = 200_000
"""Characters up to which a document is taken apart."""
Edit = Callable[[dict[str, Any], str], None]


def json_operators(bodies: Iterable[str]) -> Iterator[Operator]:
    """Yield what can be done to JSON documents."""
    for path in _paths(filter(None, map(_loaded, bodies))):
        for name, edit in _EDITS.items():
            yield _operator(f"{path}: {name}", partial(_at, path=path, edit=edit), _written)
    # What is made last is how the whole is written: the others write it anew.
    yield _operator("JSON keys in reverse order", _backwards, _written)
    yield _operator("JSON not ASCII", lambda value: value, partial(json.dumps, ensure_ascii=False, indent=1))
    yield _operator("JSON without white space", lambda value: value, partial(json.dumps, separators=(",", ":")))


def rpc_operators(bodies: Iterable[str]) -> Iterator[Operator]:
    """Yield what can be done to XML-RPC answers."""
    yield Operator("no methodResponse", partial(in_text, edit=_unwrapped), gravity=GRAVE)
    for name, edit in _ROWS.items():
        yield Operator(name, partial(in_text, edit=partial(_called, edit=edit)), gravity=GRAVE)
    for path in _paths(filter(None, map(_answered, bodies))):
        for name, place in _EDITS.items():
            at = partial(_at, path=path, edit=place)
            yield Operator(f"{path}: {name}", partial(in_text, edit=partial(_called, edit=at)))
    yield Operator("a fault", partial(in_text, edit=_fault), gravity=GRAVE)


def _operator(name: str, edit: Callable[[Any], Any], write: Callable[[Any], str]) -> Operator:
    def changed(text: str) -> str:
        try:
            before = json.loads(text)
            after = edit(json.loads(text))
        except ValueError:
            return text
        return text if write is _written and repr(after) == repr(before) else write(after)

    return Operator(name, partial(in_text, edit=changed))


def _written(value: Any) -> str:
    return json.dumps(value, indent=4, separators=(", ", ": "))


def _backwards(value: Any) -> Any:
    return dict(reversed(value.items())) if isinstance(value, dict) else value


def _loaded(body: str) -> Any:
    try:
        return json.loads(body) if len(body) <= LARGEST else None
    except ValueError:
        return None


def _answered(body: str) -> Any:
    try:
        return xmlrpc.client.loads(body, use_builtin_types=True)[0][0] if len(body) <= LARGEST else None
    except Exception:  # a fault, or nothing that the standard library reads
        return None


def _called(text: str, edit: Callable[[Any], Any]) -> str:
    """Return an XML-RPC answer with its value changed; a fault stays."""
    value = _answered(text)
    after = edit(_answered(text)) if value is not None else None
    if after is None or repr(after) == repr(value):
        return text
    return xmlrpc.client.dumps((after,), methodresponse=True, allow_none=True)


def _unwrapped(text: str) -> str:
    return text.replace("<methodResponse>", "").replace("</methodResponse>", "")


def _fault(text: str) -> str:
    fault = xmlrpc.client.Fault(1, "refused")
    return xmlrpc.client.dumps(fault, methodresponse=True) if "<methodResponse>" in text else text


def _rows(edit: Callable[[list[Any]], list[Any]]) -> Callable[[Any], Any]:
    return lambda value: edit(value) if isinstance(value, list) else value


_ROWS = {
    "list in reverse order": _rows(lambda rows: rows[::-1]),
    "list: everything twice": _rows(lambda rows: [row for row in rows for _ in range(2)]),
    "list: columns shifted": _rows(
        lambda rows: [[row[-1], *row[:-1]] if isinstance(row, list) and row else row for row in rows]
    ),
    "list: half of it": _rows(lambda rows: rows[: len(rows) // 2]),
    "list: empty": _rows(lambda rows: []),
}


def _paths(values: Iterable[Any]) -> list[str]:
    found: dict[str, None] = {}
    for value in values:
        found |= dict.fromkeys(_within(value, ""))
    return list(found)[:MOST]


def _within(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict) and len(value) <= MOST:
        for key, each in value.items():
            yield (inner := f"{path}.{key}" if path else str(key))
            yield from _within(each, inner)
    elif isinstance(value, list):
        for each in value[:20]:
            yield from _within(each, f"{path}[]")


def _at(value: Any, path: str, edit: Edit) -> Any:
    """Change what is at a path, wherever it leads to, in a document that nobody else holds."""
    names = path.replace("[]", ".[]").lstrip(".").split(".")
    for holder in _holders(value, names[:-1]):
        if isinstance(holder, dict) and names[-1] in holder:
            edit(holder, names[-1])
    return value


def _holders(value: Any, names: list[str]) -> Iterator[Any]:
    if not names:
        yield value
    elif names[0] == "[]" and isinstance(value, list):
        for each in value:
            yield from _holders(each, names[1:])
    elif isinstance(value, dict) and names[0] in value:
        yield from _holders(value[names[0]], names[1:])


def _to_null(holder: dict[str, Any], key: str) -> None:
    holder[key] = None


def _to_other_type(holder: dict[str, Any], key: str) -> None:
    holder[key] = 0 if isinstance(holder[key], str) else str(holder[key])


def _renamed(holder: dict[str, Any], key: str) -> None:
    holder[f"{key}_"] = holder.pop(key)


def _missing(holder: dict[str, Any], key: str) -> None:
    del holder[key]


_EDITS: dict[str, Edit] = {
    "missing": _missing,
    "renamed": _renamed,
    "null": _to_null,
    "of another type": _to_other_type,
}
