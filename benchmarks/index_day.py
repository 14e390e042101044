"""The day of 2008 asked of the old index: how many of its GETs have the status of the log, and what explains the rest.

An index is made of the projects and releases that the log names (`recordings.seed_of_log`); every GET for /simple and
/pypi of the log is asked of `legacy.wsgi:application`, redirects within the index followed. A 301 of the log came from
the web server's virtual hosts, whose Host the log lacks: it is asked under an old name of the index. Prints the share
of equal statuses, and the others by what explains them, with the entry of the catalogue of behaviours.
Nothing is written meanwhile, so equal requests of one client are asked once and count as often as the log has them
(`--each` asks them all). With `--journal FILE` what was asked is written down, and not asked again by the next run.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import multiprocessing
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

import psycopg2

from harness import postgres
from harness.exchange import Exchange
from harness.recording import open_recordings
from recordings.seed_of_log import projects_of, seed_of

ROOT = Path(__file__).resolve().parents[1]
OLD_NAME = "old.index.example"
# What only those with an account can ask: in the log, not among its replayable GETs (L05).
OF_ACCOUNTS = re.compile(
    rb":action=(?:login|pkg_edit|submit_form|user|user_form|files|role_form)(?:&|$)", re.IGNORECASE
)
PORTION = 1_000  # requests that one worker asks before it is heard of again
App = Callable[..., Any]
Group = tuple[str, int, int]
"""What explains it, the status of the log, ours."""
Asked = tuple[Exchange, int]
"""A request of the log, and for how many it stands."""


class Portion(NamedTuple):
    """What came of some requests: counts after redirects, and at the first hop where redirects made it equal."""

    number: int
    found: Counter[Group]
    first: Counter[Group]


def main() -> None:
    """Ask, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.index_day", description=__doc__)
    parser.add_argument(
        "recording", type=Path, nargs="?", help="the log as an archive: harness import LOG -o day.archive"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth request")
    parser.add_argument("--era", default="", help="2008-11: names to the letter, as they were on that day")
    parser.add_argument("--each", action="store_true", help="ask equal requests as often as the log has them")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes that ask")
    parser.add_argument("--journal", type=Path, help="where to write what was asked, and go on from")
    options = parser.parse_args(sys.argv[1:] if __name__ == "__main__" else [])
    if options.recording is None:
        print("left out: no log at hand (python -m benchmarks.index_day day.archive)")
        return
    journal = Journal(
        options.journal, [sources(), options.recording.name, options.every, options.era, options.each, PORTION]
    )
    day = list(exchanges(options.recording))
    requests = different(islice(replayed(day), 0, None, options.every), options.each)
    portions = [(number, requests[number : number + PORTION]) for number in range(0, len(requests), PORTION)]
    with tempfile.TemporaryDirectory() as folder, postgres.start() as server:
        done = journal.portions()
        missing = [portion for portion in portions if portion[0] not in {one.number for one in done}]
        index(day, Path(folder), server.create_database("day"), options.era)
        for portion in asked_by(options.workers, missing):
            journal.write(portion)
            done.append(portion)
            print(f"  {len(done)} of {len(portions)} portions", file=sys.stderr, flush=True)
    print(f"asked: {len(requests)} requests")
    report(sum((one.found for one in done), Counter()), sum((one.first for one in done), Counter()))


class Journal:
    """The portions of one index, log and set of options, one a line; kept nowhere without a path."""

    def __init__(self, path: Path | None, what: list[str | int]) -> None:
        self._path = path
        self._what = what

    def portions(self) -> list[Portion]:
        """Return what was written of the same."""
        if self._path is None or not self._path.exists():
            return []
        rows = map(json.loads, self._path.read_text("utf-8").splitlines())
        return [
            Portion(row["number"], *(Counter({tuple(group): n for group, n in row[key]}) for key in ("found", "first")))
            for row in rows
            if row["what"] == self._what
        ]

    def write(self, portion: Portion) -> None:
        """Add a portion."""
        if self._path is not None:
            row = {"what": self._what, "number": portion.number}
            row |= {"found": list(portion.found.items()), "first": list(portion.first.items())}
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")


def sources() -> str:
    """A digest of the index's program: another one is asked anew."""
    found = sorted(path for path in (ROOT / "legacy").iterdir() if path.is_file())
    return hashlib.sha256(b"".join(path.read_bytes() for path in found)).hexdigest()


def different(requests: Iterable[Exchange], each: bool) -> list[Asked]:
    """Return the requests that differ, or have another status in the log, with how many each stands for."""
    if each:
        return [(exchange, 1) for exchange in requests]
    found: dict[tuple[object, ...], Asked] = {}
    for exchange in requests:
        assert exchange.response is not None
        key = exchange.request.target, exchange.request.header(b"user-agent"), exchange.response.status
        found[key] = exchange, found.get(key, (exchange, 0))[1] + 1
    return list(found.values())


def asked_by(workers: int, portions: list[tuple[int, list[Asked]]]) -> Iterator[Portion]:
    """Ask in several processes, which read the index's settings from the environment they inherit."""
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(_ask, portions)


def _ask(portion: tuple[int, list[Asked]]) -> Portion:
    from legacy.wsgi import application

    number, requests = portion
    return Portion(number, *judged(application, requests))


def index(day: list[Exchange], folder: Path, url: str, era: str) -> None:
    """An index of what the log names, configured by the environment of this process."""
    from legacy.config import HERE
    from legacy.load import load

    seed = folder / "seed.json"
    seed.write_text(json.dumps(seed_of(projects_of(day))))
    load(str(seed), url, str(folder / "files"))
    add_digests(url, sorted(digests(day)))
    ini = Path(HERE, "config.ini").read_text().replace("old_hosts =", f"old_hosts = {OLD_NAME}")
    (folder / "config.ini").write_text(ini)
    os.environ |= {
        "PYPI_DATABASE_URL": url, "PYPI_FILES": str(folder / "files"), "PYPI_CONFIG": str(folder / "config.ini"),
        "PYPI_ERA": era,
        "PYPI_BASE_URL": "http://index.example/pypi",
    }  # fmt: skip


def digests(day: list[Exchange]) -> set[str]:
    """Digests that the index of the day knew: no file can be made of them, but rows can."""
    wanted = re.compile(rb"digest=([0-9a-f]{32})")
    asked = (wanted.search(exchange.request.query) for exchange in day if answered(exchange))
    return {found[1].decode() for found in asked if found}


def answered(exchange: Exchange) -> bool:
    """Whether the log has a 200."""
    return exchange.response is not None and exchange.response.status == 200


def add_digests(url: str, found: list[str]) -> None:
    """Let the index know these digests, as files of any release."""
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        sql = (
            "INSERT INTO release_files (name, version, filename, path, md5_digest)"
            " SELECT name, version, %(digest)s, %(digest)s, %(digest)s FROM releases LIMIT 1"
        )
        cursor.executemany(sql, [{"digest": digest} for digest in found])
    connection.close()


def exchanges(recording: Path) -> Iterator[Exchange]:
    """All of the log."""
    for each in open_recordings([recording]):
        yield from each


def replayable(recording: Path) -> Iterator[Exchange]:
    """GETs for the program that need no account, not for files that the web server served (L05)."""
    return replayed(exchanges(recording))


def replayed(day: Iterable[Exchange]) -> Iterator[Exchange]:
    """Those among `day`."""
    for exchange in day:
        name = exchange.request.path[1:].partition(b"/")[0]
        asked_for = unquote_to_bytes(exchange.request.query)
        ours = exchange.request.method == b"GET" and name in (b"simple", b"pypi") and exchange.response is not None
        if ours and not OF_ACCOUNTS.search(asked_for):
            yield exchange


def judged(app: App, requests: Iterable[Asked]) -> tuple[Counter[Group], Counter[Group]]:
    """Count (what explains it, status of the log, ours): ours after redirects, and ours at the first hop where
    redirects made it equal. Nothing explains what is equal.
    """
    found: Counter[Group] = Counter()
    first: Counter[Group] = Counter()
    for exchange, count in requests:
        assert exchange.response is not None
        logged = exchange.response.status
        host = OLD_NAME if logged == 301 else "index.example"
        hops = list(followed(app, exchange, host))
        status = hops[0][0] if logged == 301 else hops[-1][0]
        found["" if status == logged else explained(exchange, logged, hops), logged, status] += count
        if status == logged != hops[0][0]:
            first[redirected(exchange), logged, hops[0][0]] += count
    return found, first


def followed(app: App, exchange: Exchange, host: str) -> Iterator[tuple[int, str]]:
    """Yield (status, target) of an answer and of those it leads to within the index."""
    target = exchange.request.target.decode("latin-1")
    agent = (exchange.request.header(b"user-agent") or b"").decode("latin-1")
    for _ in range(5):
        status, location = asked(app, target, host, agent)
        yield status, target
        if status not in (301, 302, 307) or host == OLD_NAME:
            return
        parts = urlsplit(location)
        target = parts.path + (f"?{parts.query}" if parts.query else "")


def asked(app: App, target: str, host: str, agent: str) -> tuple[int, str]:
    """Ask the application in this process; return status and Location."""
    path, _, query = target.partition("?")
    environ = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "QUERY_STRING": query, "SERVER_PROTOCOL": "HTTP/1.1",
        "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1"), "SERVER_NAME": "index.example",
        "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": host, "HTTP_USER_AGENT": agent,
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False, "RAW_URI": target,
    }  # fmt: skip
    seen: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[..., None]:
        seen[:] = [(status, headers)]
        return lambda data: None

    result = app(environ, start_response)
    for _ in result:
        pass
    getattr(result, "close", lambda: None)()
    status, headers = seen[0]
    return int(status[:3]), next((value for name, value in headers if name == "Location"), "")


def explained(exchange: Exchange, logged: int, hops: list[tuple[int, str]]) -> str:
    """Why the status is another one than that of the log."""
    path, query = exchange.request.path, exchange.request.query
    ours = hops[-1][0]
    if logged in (500, 503):
        return "an outage of that day (L27)"
    if logged == 304:
        return "a conditional request, whose headers the log lacks"
    if logged == 404 and path.startswith(b"/simple"):
        return "another spelling of a name was 404, and is that project's page now (B109, I15)"
    if logged == 404 and ours == 200:
        return "another spelling of a name was 404, and is a redirect to the project now (B067)"
    if logged == 400 and b"doap" in query + path:
        return "a name encoded twice was 400, and is 404 now (L18, B178)"
    if logged == 200 and path.startswith(b"/simple") and re.search(rb"[^\w./-]", unquote_to_bytes(path)):
        return "a name with a blank or the like is listed, and has no page (B109)"
    if ours == 401:
        return "the login was a page, and asks for a password now (B062, B246)"
    if logged == 404 and b"search_form" not in query:
        return "an action that there was not yet"
    if ours == 400 and not re.search(rb"(?:^|[&;])name=", unquote_to_bytes(query)):
        return "an action without a name was a page, and is refused (B064, B075)"
    if logged == 200 and path.count(b"/") > 3:
        return "what stands below a release was the release in 2008, and is an action now (B042)"
    return "other"


def redirected(exchange: Exchange) -> str:
    """Why the way to the same status is longer than in the log."""
    path, query = exchange.request.path, unquote_to_bytes(exchange.request.query)
    if path.rstrip(b"/") == b"/simple":
        return "the simple index has a slash at its end (B106)"
    if path.startswith(b"/simple"):
        return "a page of the simple index has a slash at its end, and a folded name (B108, B109, I24)"
    if b":action=search" in query:
        return "a search with one hit was its page, and is a redirect to it (B095, I33)"
    return "another spelling of a name leads to the registered one (B067)"


def report(found: Counter[Group], first: Counter[Group]) -> None:
    """Print shares and groups."""
    total, equal = sum(found.values()), sum(count for (why, *_), count in found.items() if not why)
    print(f"equal after redirects: {equal} of {total} ({equal / total:.2%})")
    for (why, logged, status), count in found.most_common():
        if why:
            print(f"{count:7}  {logged} -> {status}  {why}")
    print(f"equal at the first hop: {equal - sum(first.values())}; the others:")
    for (why, logged, status), count in first.most_common():
        print(f"{count:7}  {logged} -> {status}  {why}")


if __name__ == "__main__":
    main()
