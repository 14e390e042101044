"""Each real accident that the old index had, made again, is found by default options as one group, at the right place.

Every one of them was an outage in production that a diff before the deploy would have shown. Those that cannot be made
again on the endpoints that exist are listed with the reason.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from harness import postgres
from harness.recording import open_recordings
from harness.store.archive import ArchiveWriter

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent

SIMPLE = ("curl-simple",)
RPC = ("xmlrpc.client-3.11",)
UPLOADS = ("twine-7.0.0", "distutils-3.11", "curl-writes")

INCIDENTS = [
    # number, cassettes, aspect, kind, path, title, endpoint
    ("I02", ("curl-pages",), "body", "spelling", r".*comment\(\)", "same meaning", r"GET /pypi.*"),
    ("I03", ("curl-pages",), "body", "changed", r".*td/text\(\)", r'"\(" -> "\["', r"GET /pypi/\{\}.*"),
    ("I05", SIMPLE, "body", "changed", r".*a/@href", '"md5=" removed', r"GET /simple/\{\}/"),
    ("I06", SIMPLE, "header", "missing", "Content-Type", "Content-Type: missing", r"GET /simple/\{\}/"),
    ("I08_local", RPC, "body", "changed", r"params.*", "number -7200", r"POST /pypi changelog.*"),
    ("I08_null", RPC, "body", "missing", r"params.*", "missing in new", r"POST /pypi changelog.*"),
    ("I09", SIMPLE, "body", "changed", r".*a/@href", '"/" inserted', r"GET /simple/"),
    ("I11", ("curl-passwords",), "status", "changed", "", "200 -> 401", r"POST /pypi \?:action=submit"),
    ("I12", RPC, "body", "missing", "methodResponse", "methodResponse", r"POST /pypi .*"),
    ("I14_location", SIMPLE, "header", "changed", "Location", "Redirect", r"GET /simple.*"),
    ("I14_reason", SIMPLE, "reason", "changed", "", "empty", r".*"),
    ("I15", SIMPLE, "status", "changed", "", "301 -> 404", r"GET /simple/\{\}/"),
    ("I17", RPC, "body", "changed", r".*home_page", "&amp;", r"POST /pypi release_data\(\)"),
    ("I20", RPC, "body", "type", r".*", "xml", r"POST /pypi release_data\(\)"),
    ("I23", RPC, "body", "added", r"params.*", "only in new", r"POST /pypi search\(\)"),
    ("I24", ("curl-pages",), "status", "changed", "", "200 -> 301", r"GET /pypi/\{\}"),
    ("I26", ("curl-machine",), "body", "type", r".*", "json.*html", r"GET /pypi/\{\}.*/json"),
    ("I27", UPLOADS, "status", "changed", "", "200 -> 400", r"POST /pypi \?:action=submit"),
    ("I29_gzip", SIMPLE, "header", "added", "Content-Encoding", "Content-Encoding", r"GET /simple/\{\}/"),
    ("I29_length", SIMPLE, "framing|header", "spelling", r".*", "length", r"GET /simple/\{\}/"),
    ("I30", ("curl-machine",), "status", "changed", "", "200 -> 500", r"GET /pypi \?:action=search"),
    ("I32", UPLOADS, "status", "changed", "", "200 -> 403", r"POST /pypi/? \?:action=file_upload"),
    ("I33", SIMPLE, "status", "changed", "", "301 -> 302", r"GET /simple.*"),
    ("I35", ("feedparser-6.0.14",), "body", "changed", r".*item/link/text\(\)", "#new", r"GET /pypi \?:action=rss"),
    ("I36", RPC, "body", "order", r"params.*", "other order", r"POST /pypi changelog.*"),
    ("I38", ("curl-writes",), "status", "changed", "", "400 -> 200", r"POST /pypi \?:action=submit"),
    ("I39", ("distutils-3.11",), "status", "changed", "", "200 -> 400", r"POST /pypi \?:action=(submit|verify)"),
    ("I41", SIMPLE, "body", "spelling", r".*well-formed.*", '"?/"? removed', r"GET /simple/\{\}/"),
    ("I42", SIMPLE, "header", "changed", "Location", "itself", r"GET /simple/\{\}/?"),
    ("I44", ("curl-files",), "status", "changed", "", "404 -> 500", r"GET /packages/\{\*\}"),
    ("I47", SIMPLE, "body", "missing|changed", r".*body/a", r".*", r"GET /simple/"),
    ("I48", SIMPLE, "body", "order", r".*body/a", "other order", r"GET /simple/\{\}/"),
    ("I50", ("bandersnatch-6.8.0",), "status", "changed", "", "301 -> 500", r"GET /pypi/\{\}/json"),
    ("I53", UPLOADS, "status", "changed", "", "200 -> 500", r"POST /pypi/? \?:action=file_upload"),
    ("I54_gone", ("curl-files",), "status", "changed", "", "404 -> 410", r"GET /packages/\{\*\}"),
    ("I54_cached", ("curl-files",), "header", "changed", "Cache-Control", "31536000", r"GET /packages/\{\*\}"),
    ("I56", ("curl-files",), "body", "changed", "bytes", "bytes", r"GET /packages/\{\*\}"),
    ("I57", UPLOADS, "rows", "changed", r"roles\.role_name", "Maintainer -> Owner", r"POST /pypi.*file_upload"),
    ("I59", ("xmlrpc.client-3.11", "curl-machine"), "body", "missing", r".*cheesecake_code_kwalitee_id", r".*", r".*"),
    ("I62", ("curl-pages",), "body", "missing|changed", r".*table.*", r".*", r"GET /pypi \?:action=index"),
    ("I63", RPC, "body", "order", r"params.*", "other order", r"POST /pypi list_packages\(\)"),
    ("I65_fault", RPC, "body", "type", "methodResponse", "params -> fault", r"POST /pypi changelog.*"),
    ("I65_truncated", RPC, "body", "missing", r"params.*", "missing in new", r"POST /pypi changelog.*"),
    ("I66", UPLOADS, "status", "changed", "", "200 -> 400", r"POST /pypi/? \?:action=file_upload"),
    ("I68", ("curl-writes",), "status", "changed", "", "400 -> 500", r"POST /pypi \?:action=file_upload"),
    ("I69", ("curl-pages", "curl-odd"), "status", "changed", "", "400 -> 200", r"GET /pypi \?:action=display"),
]

NOT_AGAIN = {
    "I18": "the index of May 2016 has no links to other sites on its simple pages (PEP 470)",
    "I21": "no login cookie yet",
    "I45": "no signatures yet",
    "I51": "no recorded upload of an MSI installer",
    "I60": "the index of May 2016 has no links to other sites on its simple pages (PEP 470)",
}


def rounds():
    """Return lists of incidents, in each of which no two have what may be one cause."""
    seen = Counter()
    made = defaultdict(list)
    for number, cassettes, aspect, kind, _, title, _ in INCIDENTS:
        made[seen[aspect, kind, title]].append((number, cassettes))
        seen[aspect, kind, title] += 1
    return list(made.values())


def marked(folder, number, cassettes):
    """Record an incident's cassettes anew, each request with a header that asks for the incident; return the files."""
    files = []
    for recording in open_recordings([ROOT / "recordings" / f"{cassette}.yaml" for cassette in cassettes]):
        files.append(folder / f"{number}-{len(files)}.archive")
        with ArchiveWriter(files[-1], recording.state) as writer:
            for exchange in recording:
                headers = (*exchange.request.headers, (b"X-Incident", number.encode()))
                writer.add(replace(exchange, request=replace(exchange.request, headers=headers)))
    return files


@pytest.fixture(scope="module")
def seeded(tmp_path_factory):
    """Return the variables that name a database and a folder with the seed, so that it is loaded once."""
    files = tmp_path_factory.mktemp("files")
    with postgres.start() as server:
        url = server.create_database("seed")
        load = ["-m", "legacy", "load", "recordings/seed.json", "--database", url, "--files", str(files)]
        subprocess.run([sys.executable, *load], cwd=ROOT, check=True, capture_output=True, timeout=60)
        yield {"PYPI_DATABASE_URL": url, "PYPI_FILES": str(files)}


@pytest.fixture(scope="module")
def groups_of(tmp_path_factory, seeded):
    """Return a function: the groups that hold an incident. Those of a round are replayed together, in one run."""
    found = {}

    def replay(incidents):
        folder = tmp_path_factory.mktemp("round")
        recordings = [str(file) for incident in incidents for file in marked(folder, *incident)]
        done = subprocess.run(
            [
                *(sys.executable, "-m", "harness", "diff", *recordings),
                *("--old", "legacy.wsgi:application", "--new", "incidents:application"),
                *("--json", str(folder / "report.json")),
            ],
            cwd=ROOT,
            env={**os.environ, **seeded, "PYTHONPATH": str(HERE)},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 1, done.stdout + done.stderr
        groups = json.loads((folder / "report.json").read_text())["groups"]
        assert len(groups) == len(incidents), [group["title"] for group in groups]
        for number, _ in incidents:
            found[number] = [
                group for group in groups if any(example.startswith(f"{number}-") for example in group["examples"])
            ]

    def groups_of(number):
        if number not in found:
            replay(next(incidents for incidents in rounds() if number in dict(incidents)))
        return found[number]

    return groups_of


@pytest.mark.parametrize(
    ("number", "aspect", "kind", "path", "title", "endpoint"),
    [(number, *expected) for number, _, *expected in INCIDENTS],
    ids=[number for number, *_ in INCIDENTS],
)
def test_an_incident_is_one_group(groups_of, number, aspect, kind, path, title, endpoint):
    """What once broke clients is one line of the report, and says where, whatever else is wrong."""
    groups = groups_of(number)
    assert len(groups) == 1, [group["title"] for group in groups]
    found = groups[0]
    assert all(example.startswith(f"{number}-") for example in found["examples"])
    assert re.fullmatch(aspect, found["aspect"])
    assert re.fullmatch(kind, found["kind"])
    assert re.fullmatch(path, found["path"])
    assert re.search(title, found["title"])
    assert re.fullmatch(endpoint, found["endpoint"])


def test_every_incident_has_a_case():
    """No incident is made without being looked for."""
    made = re.findall(r"^def (I\w+)\(asked", (HERE / "incidents.py").read_text(), re.MULTILINE)
    assert sorted(made) == sorted(number for number, *_ in INCIDENTS)
    assert not NOT_AGAIN.keys() & {number.partition("_")[0] for number in made}
