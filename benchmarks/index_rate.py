"""The old index under one gunicorn worker beside what it once had: a Python CGI program under Apache, one connection.

Requests a second, one after another, each on a connection of its own, in turns within one run; and the memory of the
worker while /simple/ with ever more projects is read. A machine without Apache says so.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg2

from benchmarks import compat_load as load
from benchmarks.compat_peers import Missing, apache, folder_for_all, gunicorn
from harness import postgres

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"/simple/demo/": 10.0, "/pypi": 4.0}
SECONDS, TURNS = 2.0, 5
PROJECTS = (1_000, 100_000)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, postgres.start() as server:
        url = seeded(server, Path(folder))
        environment = {
            "PYPI_DATABASE_URL": url, "PYPI_FILES": f"{folder}/files", "PYPI_BASE_URL": "http://127.0.0.1/pypi",
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        with gunicorn("legacy.wsgi:application", cwd=ROOT, env=environment) as port:
            try:
                compared(port)
            except Missing as missing:
                print(f"left out: {missing}")
            for count in PROJECTS:
                fill(url, count)
                print(f"/simple/ with {count} projects: {page_memory(port)}", flush=True)


def seeded(server: postgres.Server, folder: Path) -> str:
    """An index of recordings/seed.json."""
    url = server.create_database("rate")
    words = [sys.executable, "-m", "legacy", "load", "recordings/seed.json", "--database", url, "--files"]
    subprocess.run([*words, str(folder / "files")], cwd=ROOT, check=True, capture_output=True)
    return url


def compared(port: int) -> None:
    """Print the rates of pages, and their ratio to a hello-world CGI program under Apache."""
    with folder_for_all() as folder:
        program = load.write_programs(folder)["Python"].name
        with apache(folder) as peer:
            rates: dict[str, list[float]] = {}
            for _ in range(TURNS):
                for path in PAGES:
                    rates.setdefault(path, []).append(rate(port, path))
                rates.setdefault("CGI", []).append(rate(peer, f"/cgi-bin/{program}"))
    beside = statistics.median(rates.pop("CGI"))
    print(f"a Python hello-world as CGI under Apache: {beside:.0f}/s")
    for path, found in rates.items():
        ours = statistics.median(found)
        print(f"{path}: {ours:.0f}/s, {ours / beside:.1f} times (wanted {PAGES[path]:.0f})")


def rate(port: int, path: str) -> float:
    """Answers a second, one after another; raises SystemExit for one that is none."""
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        answer = load.get(port, path)
        if b" 200 " not in answer[:20]:
            raise SystemExit(f"{path}: {answer[:300]!r}")
        count += 1
    return count / (time.perf_counter() - began)


def fill(url: str, count: int) -> None:
    """Have so many projects."""
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO packages (name, created) SELECT 'project-' || n, '2016-01-01' FROM generate_series(1, %s) n"
            " ON CONFLICT DO NOTHING",
            (count,),
        )
    connection.close()


def page_memory(port: int) -> str:
    """Read the page, and say how large it is and what the worker had to hold."""
    size = len(load.get(port, "/simple/"))
    return json.dumps({"kB": size // 1000, "peak MiB of the worker": peak(port) // 1024})


def peak(port: int) -> int:
    """The peak resident memory, in KiB, of the largest process that listens there."""
    found = subprocess.run(["ss", "-ltnpH", f"sport = :{port}"], capture_output=True, text=True, check=True).stdout
    pids = {word.partition(",")[0] for word in found.split("pid=")[1:]}
    peaks = []
    for pid in pids:
        status = Path(f"/proc/{pid}/status").read_text()
        peaks.append(int(status.partition("VmHWM:")[2].split()[0]))
    return max(peaks)
