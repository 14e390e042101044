# ruff: noqa: E501 (a table with one incident a line)
"""The accidents of the old index, tried in the lab: does it see the clients break that did, and no others?

Each incident (numbers as in the index's history) is a change at an endpoint; for each client that asks there, the lab
says whether it breaks. What was expected was written down before any run: the clients named at the time, where a
version with the dependence runs here, and those whose code has it. Prints the table, precision and recall.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import threading
import time
import xmlrpc.client
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from benchmarks.scream_clients import CLIENTS, runnable
from harness.config import find_config
from harness.exchange import Response
from harness.scream.bench import Bench
from harness.scream.client import Client
from harness.scream.heads import refused
from harness.scream.lab import starting_state
from harness.scream.markup import in_text
from harness.scream.operators import GRAVE, Change, Operator, with_body
from harness.scream.outcome import BREAKS, Yardstick, whim, yardstick
from harness.targets import parse_target

ROOT = Path(__file__).resolve().parent.parent
OLD = "benchmarks.scream_signed:application"
SIMPLE, FILES, JSON = "GET /simple/{}/", "GET /packages/{*}", "GET /pypi/{}/json"
FEED = "GET /pypi ?:action=packages_rss"
REGISTER, UPLOAD = "POST /pypi ?:action=submit", "POST /pypi ?:action=file_upload"
PIPS = ("pip-9.0.3", "pip-18.1", "pip-20.3.4", "pip-23.2.1", "pip-26.3", "pdm-2.10.4")
UV = ("uv-0.13.9",)
EASY = (
    "easy_install-18.8.1", "easy_install-36.8.0", "easy_install-40.6.2", "easy_install-44.1.1", "buildout-2.13.8",
    "buildout-6.0.1",
)  # fmt: skip
UPLOADERS = (
    "twine-1.9.1", "twine-1.15.0", "twine-6.1.0", "twine-7.0.0", "flit-4.2.0", "pdm publish 2.10.4",
    "uv publish 0.13.9", "curl upload", "upload-2.7", "upload-3.6", "upload-3.11",
)  # fmt: skip
REGISTERERS = ("register-2.7", "register-3.6", "register-3.11")
MIRROR = ("pep381client-1.5",)
BANDERSNATCH = ("bandersnatch-6.8.0",)
READERS = ("feedparser-5.2.1", "feedparser-6.0.14")
RPC = ("xmlrpclib-2.7", "xmlrpc.client-3.11")


@dataclass(frozen=True, slots=True)
class Incident:
    """What happened: at which endpoint, to the answer, and who is expected to break."""

    number: str
    about: str
    endpoint: str
    edit: Callable[[Response], Response]
    victims: tuple[str, ...] = ()
    refuses: bool = False
    detour: int = 0


def text(edit: Callable[[str], str]) -> Callable[[Response], Response]:
    """Return a change to the text of answers."""
    return partial(in_text, edit=edit)


def value(edit: Callable[[Any], Any]) -> Callable[[Response], Response]:
    """Return a change to what an XML-RPC answer holds."""

    def changed(body: str) -> str:
        (before,), _ = xmlrpc.client.loads(body)
        return xmlrpc.client.dumps((edit(before),), methodresponse=True, allow_none=True)

    return text(changed)


def without(name: bytes) -> Callable[[Response], Response]:
    """Return the change that leaves a header out."""
    return lambda one: replace(one, headers=tuple(pair for pair in one.headers if pair[0].lower() != name))


def located(response: Response) -> Response:
    """Let redirects lead to the text of an exception."""
    pairs = tuple((n, b"Redirect('x')" if n.lower() == b"location" else v) for n, v in response.headers)
    return replace(response, headers=pairs)


def compressed(response: Response) -> Response:
    """Compress, asked for or not."""
    made = with_body(response, gzip.compress(response.body or b"", mtime=0))
    return replace(made, headers=(*made.headers, (b"Content-Encoding", b"gzip")))


def crashed(response: Response) -> Response:
    """Crash in place of a redirect."""
    return (
        replace(response, status=500, reason=b"Error", headers=(), framing="close")
        if response.status == 301
        else response
    )


def page(response: Response) -> Response:
    """Answer a page."""
    made = with_body(response, b"<html><ul><li>1.0</li></ul></html>")
    return replace(made, headers=(*without(b"content-type")(made).headers, (b"Content-Type", b"text/html")))


def call(name: str) -> str:
    """Return the endpoint of an XML-RPC method."""
    return f"POST /pypi {name}()"


FAULT = xmlrpc.client.dumps(xmlrpc.client.Fault(1, "too many changes"), methodresponse=True)
NO = partial(refused, code=403, reason=b"Forbidden")
INCIDENTS = (
    Incident("I05", "#HEX for #md5=HEX", SIMPLE, text(lambda t: t.replace("#md5=", "#"))),
    Incident("I06", "no Content-Type", SIMPLE, without(b"content-type"), (*PIPS, *EASY, *UV)),
    Incident("I08a", "changelog in local time", call("changelog"), value(lambda v: [[*r[:2], r[2] - 7200, *r[3:]] for r in v]), RPC),
    Incident("I08b", "changelog without NULL versions", call("changelog"), value(lambda v: [r for r in v if r[1] is not None]), RPC),
    Incident("I12", "no methodResponse", call("list_packages"), text(lambda t: re.sub(r"</?methodResponse>\n?", "", t))),
    Incident("I14a", "Location is an exception", JSON, located, ("json-3.11",)),
    Incident("I14b", "no reason phrase", SIMPLE, lambda one: replace(one, reason=b"")),
    Incident("I18", "links in another order", SIMPLE, text(lambda t: _turned(t))),
    Incident("I20", "control character", call("release_data"), text(lambda t: t.replace("<string>", "<string>\x0b", 1)), RPC),
    Incident("I23", "search counts releases", call("search"), value(lambda v: [r for r in v for _ in range(2)]), RPC),
    Incident("I24", "301 more", SIMPLE, lambda one: one, (), detour=301),
    Incident("I26", "a page for JSON", JSON, page, ("json-3.11", *BANDERSNATCH)),
    Incident("I27", "agreement demanded of register", REGISTER, NO, REGISTERERS, refuses=True),
    Incident("I29", "gzip, asked for or not", SIMPLE, compressed, (*EASY, *MIRROR)),
    Incident("I32", "CSRF token demanded of upload", UPLOAD, NO, UPLOADERS, refuses=True),
    Incident("I36", "id first in changelog rows", call("changelog"), value(lambda v: [[r[-1], *r[:-1]] for r in v]), RPC),
    Incident("I35a", "a new link with each release", FEED, text(lambda t: re.sub(r" *<guid>.*?</guid>\n?|(?<=</title>)(\s*<link>[^<]*)", lambda m: m[1] + "/1.0" if m[1] else "", t)), READERS),
    Incident("I35b", "titles of a feed broken", FEED, text(lambda t: re.sub(r"<title>[^<]* added to PyPI", "<title>", t)), READERS),
    Incident("I36s", "id first in changelog rows, by serial", call("changelog_since_serial"), value(lambda v: [[r[-1], *r[:-1]] for r in v]), BANDERSNATCH),
    Incident("I41", "meta not closed", SIMPLE, text(lambda t: re.sub(r"(<meta[^>]*?)\s*/>", r"\1>", t)), MIRROR),
    Incident("I48", "files in another order", SIMPLE, text(lambda t: _turned(t, 1))),
    Incident("I50", "500 for a wrong-case name", JSON, crashed, ("json-3.11",)),
    Incident("I53", "uploads refused by name", UPLOAD, partial(refused, code=500, reason=b"Error"), UPLOADERS, refuses=True),
    Incident("I54", "signatures gone", "GET /serversig/{}/", partial(refused, code=410, reason=b"Gone"), MIRROR),
    Incident("I56", "files cut", FILES, lambda one: with_body(one, (one.body or b"")[:400]), (*PIPS, *EASY, *UV, *BANDERSNATCH)),
    Incident("I59", "a key gone", call("release_data"), value(lambda v: {k: x for k, x in v.items() if k != "stable_version"})),
    Incident("I63", "list_packages not sorted", call("list_packages"), value(lambda v: v[::-1])),
    Incident("I65a", "changelog refused", call("changelog"), text(lambda t: FAULT), RPC),
    Incident("I65b", "changelog cut", call("changelog"), value(lambda v: v[:3]), RPC),
    Incident("I65c", "changelog by serial refused", call("changelog_since_serial"), text(lambda t: FAULT), BANDERSNATCH),
    Incident("I65d", "changelog by serial cut", call("changelog_since_serial"), value(lambda v: v[:3]), BANDERSNATCH),
)  # fmt: skip


def _turned(page: str, by: int = -1) -> str:
    found = re.findall(r"<a .*?</a><br/>\n", page, re.DOTALL)
    turned = found[::-1] if by < 0 else found[by:] + found[:by]
    return page.replace("".join(found), "".join(turned)) if found else page


def _change(one: Incident) -> Change:
    operator = Operator(one.number, one.edit, GRAVE, detour=one.detour, refuses=one.refuses)
    return Change(one.endpoint, operator, "body", "", "changed", "", "")


def judged(bench: Bench, client: Client) -> dict[str, bool] | str:
    """Return which incidents break a client, of those at endpoints that it asks; or why it cannot be said."""
    runs = [bench.run(client) for _ in range(2)]
    if reason := whim([run.outcome for run in runs]):
        return f"flaky: {reason}"
    measure: Yardstick = yardstick([run.outcome for run in runs], client.product)
    asked = {seen.endpoint for seen in runs[0].seen}
    return {
        one.number: measure.judge(bench.run(client, [_change(one)]).outcome).level == BREAKS
        for one in INCIDENTS
        if one.endpoint in asked
    }


Verdicts = dict[str, dict[str, bool] | str]


def main(words: Sequence[str] = ()) -> None:
    """Try all incidents on all clients, and print the table; a word is the folder where what was tried is kept."""
    for line in table(tried(Path(words[0]) if words else None)):
        print(line)


def tried(kept: Path | None = None, workers: int = 2) -> Verdicts:
    """Return by client which incidents broke it; in the folder `kept` it is known of which it was tried."""
    file = kept / "incidents.json" if kept else None
    found: Verdicts = json.loads(file.read_text()) if file and file.exists() else {}
    config = find_config(ROOT)
    old = parse_target(OLD, config)
    work: SimpleQueue[Client] = SimpleQueue()
    for client in runnable([name for name in CLIENTS if name not in found]):
        work.put(client)
    with starting_state("seed", config, old) as state:

        def take(index: int) -> None:
            with Bench(index, old, state, config) as bench:
                while True:
                    try:
                        client = work.get_nowait()
                    except Empty:
                        return
                    began = time.monotonic()
                    found[client.name] = judged(bench, client)
                    print(f"  {client.name}: {time.monotonic() - began:.0f} s", flush=True)
                    if file:
                        file.write_text(json.dumps(found))

        threads = [threading.Thread(target=take, args=(index,)) for index in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return {name: found[name] for name in CLIENTS if name in found}


def table(found: Verdicts) -> list[str]:
    """Return incidents by clients: `X` broke, `x!` broke unexpectedly, `-!` did not break though expected, `.` not."""
    right = wrong = missed = quiet = 0
    lines = ["", f"{'':5} {'':32} " + " ".join(found)]
    for one in INCIDENTS:
        cells = []
        for name, verdicts in found.items():
            broke = isinstance(verdicts, dict) and verdicts.get(one.number, False)
            expected = name in one.victims
            right, wrong = right + (broke and expected), wrong + (broke and not expected)
            missed, quiet = missed + (expected and not broke), quiet + (not expected and not broke)
            cells.append({(1, 1): "X", (1, 0): "x!", (0, 1): "-!"}.get((broke, expected), ".").ljust(len(name)))
        lines.append(f"{one.number:5} {one.about:32} {' '.join(cells)}")
    lines += [f"{name}: {verdicts}" for name, verdicts in found.items() if isinstance(verdicts, str)]
    precision, recall = right / max(1, right + wrong), right / max(1, right + missed)
    total = right + wrong + missed + quiet
    lines.append(f"{total} cells: {right} breaks seen, {wrong} too many, {missed} missed, {quiet} quiet")
    lines.append(f"precision {precision:.2f}, recall {recall:.2f}")
    return lines


if __name__ == "__main__":
    main(sys.argv[1:])
