# ruff: noqa: E501 (the text of a page)
"""Who depends on what: runnable clients by the details of the old index, and its incidents, as a page of the docs.

`python -m benchmarks.who_depends [KEPT]` writes docs/who-depends-on-what.md. What took long (the map, the incidents) is
kept in the folder KEPT, and taken from there where it is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import scream_incidents
from benchmarks.scream_clients import CLIENTS, runnable
from harness.config import find_config
from harness.scream.lab import Plan, starting_state, survey
from harness.scream.map import ClientMap, Map, read_map, write_map
from harness.scream.report import merely_asked
from harness.targets import parse_target

PAGE = scream_incidents.ROOT / "docs" / "who-depends-on-what.md"
LEFT_OUT = ("bandersnatch-6.8.0",)
"""It stops at the JSON of 2016, which lacks what it wants since 2019: no change can break it further."""
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


def main() -> None:
    """Write the page."""
    kept = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    found = _map(kept)
    incidents = _incidents(kept)
    lines = [INTRO, _covered(found), *_details(found), *_asked(found), *_told(incidents)]
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"written: {PAGE.name}")


def _covered(found: Map) -> str:
    """Say which of the clients the tables of details hold: a map that was kept may be of fewer."""
    names = [client.name for client in found.clients]
    absent = [name for name in CLIENTS if name not in names]
    return f"Tables of details: {', '.join(names)}." + (f" Not in them yet: {', '.join(absent)}." if absent else "")


def _map(kept: Path | None) -> Map:
    if kept and (kept / "map.json").exists():
        return read_map(kept / "map.json")
    config = find_config(scream_incidents.ROOT)
    old = parse_target(scream_incidents.OLD, config)
    clients = list(runnable([name for name in CLIENTS if name not in LEFT_OUT]))
    with starting_state("seed", config, old) as state:
        resume = kept / "runs.jsonl" if kept else None
        plan = Plan(old, config, state, only=DETAILS, workers=2, resume=resume)
        found = survey(clients, plan, _advance)
    if kept:
        write_map(kept / "map.json", found)
    return found


def _advance(runs: int, name: str) -> None:
    if not runs % 20:
        print(f"{runs} runs, now {name}", file=sys.stderr, flush=True)


def _incidents(kept: Path | None) -> scream_incidents.Verdicts:
    file = kept / "incidents.json" if kept else None
    if file and file.exists():
        known: scream_incidents.Verdicts = json.loads(file.read_text())
        return known
    found = scream_incidents.tried()
    if file:
        file.write_text(json.dumps(found))
    return found


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
    main()
