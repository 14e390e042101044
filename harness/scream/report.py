"""The map for people: a table on a terminal, and an HTML matrix of details and clients.

A `Map` comes in, text goes out. The JSON is the map itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from harness.scream.map import Break, ClientMap, Map
from harness.screams import Place

STYLE = """
body { font: 14px/1.4 sans-serif; margin: 2em; } table { border-collapse: collapse; }
th, td { border: 1px solid #ccc; padding: .2em .5em; text-align: left; vertical-align: top; }
thead th { position: sticky; top: 0; background: #fff; } .breaks { background: #f6b8b0; }
.reads { background: #fbe9b0; }
.ignores { color: #777; } summary { cursor: pointer; }
"""


def table(found: Map) -> Iterator[str]:
    """Yield the lines of a report: first who screams, then for each client at what."""
    parts = {
        "flaky": [client.name for client in found.clients if client.flaky],
        "not judged": [client.name for client in found.clients if not client.flaky and not client.judged],
    }
    screaming = [client.name for client in found.clients if client.breaks]
    rest = "".join(f" · {word}: {', '.join(names)}" for word, names in parts.items() if names)
    yield f"{len(found.clients)} clients · would scream: {', '.join(screaming) or 'none'}{rest}"
    for client in found.clients:
        yield ""
        yield from _lines(client)


def _lines(client: ClientMap) -> Iterator[str]:
    family = f" ({client.family})" if client.family not in ("", client.name) else ""
    if client.flaky:
        yield f"{client.name}{family}: flaky, not judged: {client.why}"
        return
    if not client.changes:
        yield f"{client.name}{family}: not judged: {client.why or 'nothing that it was answered can be changed so'}"
        return
    yield f"{client.name}{family}: {client.changes} changes in {client.runs} runs"
    for one in client.breaks:
        yield f"  breaks   {shown(one)}: {one.operator}"
        yield f"           {evidence(one)}"
    broken = {(one.endpoint, one.aspect, one.path) for one in client.breaks}
    for place in client.reads:
        if (place.endpoint, place.aspect, place.path) not in broken:
            yield f"  reads    {shown(place)}"
    for endpoint in merely_asked(client):
        yield f"  asks     {endpoint}"
    yield f"  ignores  {len(client.ignores)} other places"


def merely_asked(client: ClientMap) -> list[str]:
    """Return the endpoints that a client calls, and of which it reads nothing that was changed."""
    read = {place.endpoint for place in client.reads}
    return [endpoint for endpoint in client.asks if endpoint not in read]


def shown(place: Place | Break) -> str:
    """Write a place in words."""
    return f"{place.endpoint} · {' '.join(filter(None, (place.aspect, place.path)))}"


def evidence(one: Break) -> str:
    """Write what was seen in a line."""
    before, after = one.evidence.exit
    parts = [f"exit {before} -> {after}"] if before != after else []
    parts += [", ".join(one.evidence.files)] if one.evidence.files else []
    parts += [one.evidence.output] if one.evidence.output else []
    return "; ".join(parts)


def matrix(found: Map) -> str:
    """Return a page: a row for each detail, a column for each client."""
    places = sorted(
        {(place.endpoint, place.aspect, place.path) for client in found.clients for place in _places(client)}
    )
    heads = "".join(f"<th>{escape(client.name)}{'<br>flaky' if client.flaky else ''}</th>" for client in found.clients)
    rows = "".join(_row(place, found) for place in places)
    asked = "".join(
        f"<li>{escape(client.name)}: {escape(', '.join(names))}</li>"
        for client in found.clients
        if client.judged and (names := merely_asked(client))
    )
    return (
        f"<!DOCTYPE html>\n<html lang=en><meta charset=utf-8><title>Who screams</title><style>{STYLE}</style>\n"
        f"<h1>Who screams</h1>\n<p>{escape(next(table(found)))}</p>\n"
        f"<table><thead><tr><th>endpoint<th>detail{heads}</tr></thead><tbody>\n{rows}</tbody></table>\n"
        + (f"<h2>Merely asked for</h2><ul>{asked}</ul>\n" if asked else "")
    )


def _places(client: ClientMap) -> list[Place]:
    return [*client.reads, *client.ignores]


def _row(place: tuple[str, str, str], found: Map) -> str:
    cells = "".join(_cell(place, client) for client in found.clients)
    endpoint, *detail = place
    return f"<tr><td>{escape(endpoint)}<td>{escape(' '.join(filter(None, detail)))}{cells}</tr>\n"


def _cell(place: tuple[str, str, str], client: ClientMap) -> str:
    for one in client.breaks:
        if (one.endpoint, one.aspect, one.path) == place:
            return (
                f"<td class=breaks><details><summary>breaks</summary>{escape(one.operator)}<br>"
                f"{escape(evidence(one))}</details>"
            )
    if Place(*place) in client.reads:
        return "<td class=reads>reads"
    return "<td class=ignores>ignores" if Place(*place) in client.ignores else "<td>"
