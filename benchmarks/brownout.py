"""A brownout over sockets: three workers, many clients at once, a threshold; then predicted against actual victims.

Prints how many requests were refused before the rule stopped by itself, in each of several rounds, and what
`harness brownout` makes of the record beside a map of the lab.
"""

from __future__ import annotations

import http.client
import json
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.compat_peers import gunicorn
from compat import Brownout, Strangler
from harness.brownout import brownout_text, outcomes, read_record
from harness.config import Config
from harness.naming import names_of
from harness.screams import read_screams

ROUNDS, CLIENTS, LIMIT, WORKERS = 5, 100, 40, 3
RULE = {"name": "json", "glob": "/item/*/json", "to": "off", "stop_requests": LIMIT}
BREAK = {
    "endpoint": "GET /item/{}/json",
    "aspect": "status",
    "path": "",
    "kind": "changed",
    "operator": "status 503",
    "old": "200 OK",
    "new": "503 Service Unavailable",
    "evidence": {"exit": [0, 1], "output": "", "files": [], "requests": []},
}
AGENTS = ("pip/20.3.4", "curl/8.0")


def _old(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"old"]


def site(record: str) -> Strangler:
    """Return what each worker serves."""
    return Strangler(_old, _old, [RULE], brownout=Brownout(record))


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            record = Path(folder) / f"{number}.jsonl"
            print(f"round {number + 1}: {_round(record)} of {CLIENTS} refused by {WORKERS} workers, to stop at {LIMIT}")
        for line in _told(record, Path(folder) / "map.json"):
            print(f"  {line}")


def _round(record: Path) -> int:
    """Let many ask at once; return how many were refused."""
    options = ("--workers", str(WORKERS), "--threads", "8", "--worker-class", "gthread")
    served = gunicorn(f'benchmarks.brownout:site("{record}")', cwd=Path(__file__).parents[1], options=options)
    with served as port, ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda number: _asked(port, number), range(CLIENTS)))
    return statuses.count(503)


def _asked(port: int, number: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        agent = AGENTS[number % len(AGENTS)]
        connection.request("GET", f"/item/{number}/json", headers={"User-Agent": agent})
        return connection.getresponse().status
    finally:
        connection.close()


def _told(record: Path, scream: Path) -> Iterable[str]:
    clients = [
        {"name": name, "family": name, "flaky": False, "asks": [], "reads": [], "breaks": breaks}
        for name, breaks in (("pip", [BREAK]), ("twine", [BREAK]), ("curl", []))
    ]
    scream.write_text(json.dumps({"format": "harness-screams", "version": 1, "clients": clients}))
    read = read_record(record)
    found = outcomes(read, names_of(Config(root=record.parent)), now=4e9)
    return brownout_text(read, found, None, read_screams(scream))


if __name__ == "__main__":
    main()
