# ruff: noqa: E501 (the text of a page)
"""Who depends on what: runnable clients by the details of the old index, and its incidents, as a page of the docs.

`python -m benchmarks.who_depends [KEPT [CLIENT...]]` writes docs/who-depends-on-what.md. What took long (the map, the
incidents) is kept in the folder KEPT run by run, and taken from there where it is; with `--so-far` nothing else is run.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import scream_incidents
from benchmarks.scream_clients import CLIENTS, runnable
from harness.config import find_config
from harness.scream.client import Client
from harness.scream.lab import Plan, starting_state, survey
from harness.scream.map import ClientMap, Map, read_map, write_map
from harness.scream.report import merely_asked
from harness.targets import parse_target

PAGE = scream_incidents.ROOT / "docs" / "who-depends-on-what.md"
DETAILS = (
    "reason phrase empty",
    "lower case",
    "charset missing",
    "Content-Type missing",
    "Content-Length missing",
    "one more 301",
    "status 404",
    "gzip, asked",
    "chunked, no length",
    "body empty",
    "comments missing",
    "not closed",
    "links: fragment",
    "links in reverse",
    "links: all missing",
    "href of <a>",
    "rel of <a>",
    "list: columns",
    "list: half",
    "list in reverse",
    "control character",
    "a fault",
    "no methodResponse",
    ": missing",
    ": null",
)
INTRO = """\
# Who depends on what

Clients against the old index with one detail of its answers changed: `python -m benchmarks.who_depends`
makes this page. **B**: the change kept the client from its job; r: it did something else (another request, another line); ·: nothing
came of it; blank: the client does not ask there. The smallest change that broke a client is named. How this is found out:
[scream.md](scream.md).
"""


def main(words: Sequence[str] = ()) -> None:
    """Write the page."""
    so_far = "--so-far" in words
    folder, *names = [*(word for word in words if word != "--so-far"), ""]
    kept = Path(folder) if folder else None
    found = _map(kept, [] if so_far else names[:-1] or list(CLIENTS))
    incidents = _kept_incidents(kept) if so_far else scream_incidents.tried(kept)
    lines = [INTRO, _covered(found), *_details(found), *_asked(found), *_told(incidents)]
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"written: {PAGE.name}")


def _covered(found: Map) -> str:
    """Say which of the clients the tables of details hold: a map that was kept may be of fewer."""
    names = [client.name for client in found.clients]
    absent = [name for name in CLIENTS if name not in names]
    return f"Tables of details: {', '.join(names)}." + (f" Not in them yet: {', '.join(absent)}." if absent else "")


def _map(kept: Path | None, names: Sequence[str]) -> Map:
    """Return the map, with the clients of these names; those that the folder `kept` has are not tried again."""
    file = kept / "map.json" if kept else None
    known = read_map(file).clients if file and file.exists() else ()
    config = find_config(scream_incidents.ROOT)
    old = parse_target(scream_incidents.OLD, config)
    have = {client.name for client in known}
    left = list(runnable([name for name in names if name not in have]))
    with starting_state("seed" if left else None, config, old) as state:
        plan = Plan(old, config, state, only=DETAILS, workers=2, resume=kept / "runs.jsonl" if kept else None)
        for two in batched(left, 2):
            known = (*known, *survey(two, plan, _advance).clients)
            if file:
                write_map(file, Map(old.text, known))
    order = list(CLIENTS)
    return Map(old.text, tuple(sorted(known, key=lambda client: order.index(client.name))))


def batched(clients: Sequence[Client], size: int) -> Iterator[Sequence[Client]]:
    """Yield so many at a time."""
    for start in range(0, len(clients), size):
        yield clients[start : start + size]


def _advance(runs: int, name: str) -> None:
    if not runs % 20:
        print(f"{runs} runs, now {name}", file=sys.stderr, flush=True)


def _kept_incidents(kept: Path | None) -> scream_incidents.Verdicts:
    file = kept / "incidents.json" if kept else None
    known: scream_incidents.Verdicts = json.loads(file.read_text()) if file and file.exists() else {}
    return known


def _details(found: Map) -> Iterator[str]:
    """Yield a table for each endpoint: details by the clients that ask there."""
    endpoints = sorted({place.endpoint for client in found.clients for place in (*client.reads, *client.ignores)})
    for endpoint in endpoints:
        clients = [client for client in found.clients if endpoint in client.asks and not client.flaky]
        places = sorted({(p.aspect, p.path) for c in clients for p in (*c.reads, *c.ignores) if p.endpoint == endpoint})
        shown = [(place, [_cell(client, endpoint, *place) for client in clients]) for place in places]
        yield f"\n## `{endpoint}`\n"
        yield f"| detail | {' | '.join(client.name for client in clients)} |"
        yield "|---" * (len(clients) + 1) + "|"
        for (aspect, path), cells in shown:
            if any(cell.strip() not in ("·", "") for cell in cells):
                yield f"| {aspect} {'`' + path + '`' if path else ''} | {' | '.join(cells)} |"
        quiet = [path or aspect for (aspect, path), cells in shown if all(c.strip() in ("·", "") for c in cells)]
        if quiet:
            yield f"\nNothing came of changing: {', '.join(f'`{name}`' for name in quiet)}."


def _cell(client: ClientMap, endpoint: str, aspect: str, path: str) -> str:
    for one in client.breaks:
        if (one.endpoint, one.aspect, one.path) == (endpoint, aspect, path):
            return f"**B** {one.operator}".replace("<", "&lt;").replace("|", "/")
    where = (endpoint, aspect, path)
    if any((place.endpoint, place.aspect, place.path) == where for place in client.reads):
        return "r"
    return "·" if any((place.endpoint, place.aspect, place.path) == where for place in client.ignores) else " "


def _asked(found: Map) -> Iterator[str]:
    yield "\n## Merely asked for\n"
    for client in found.clients:
        if client.flaky:
            yield f"- {client.name}: flaky, not judged: {client.why}"
        elif names := merely_asked(client):
            yield f"- {client.name}: {', '.join(f'`{name}`' for name in names)}"


def _told(incidents: scream_incidents.Verdicts) -> Iterator[str]:
    yield "\n## The incidents, in the lab\n"
    yield "What broke on the real index, tried on the clients that ask there. The last column is who was expected to break.\n"
    yield "| | what happened | the lab saw break | expected |"
    yield "|---|---|---|---|"
    for one in scream_incidents.INCIDENTS:
        broke = [n for n, verdicts in incidents.items() if isinstance(verdicts, dict) and verdicts.get(one.number)]
        yield f"| {one.number} | {one.about} | {', '.join(broke) or '-'} | {', '.join(one.victims) or '-'} |"
    yield "\n" + "; ".join(scream_incidents.table(incidents)[-2:]) + "."


if __name__ == "__main__":
    main(sys.argv[1:])
