"""Uploads to and downloads from the index while its workers are killed at random: what was lost, torn or left over.

`python -m benchmarks.index_torture [--target old|new|mixed] [--count N]`: the old index, the new one, or both on one
database, where each request goes to either (compat.Strangler).
Clients send uploads at once to gunicorn; each that got 200 must be there, whole, once, with its journal row; each that
was refused or cut off must be there whole or not at all, and nothing else may lie in the folder. Then downloads: a cut
one is never a whole-looking 200, and resuming by Range gives the same bytes. Prints counts; all but the first two of
each kind are wanted to be 0.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import os
import queue
import random
import signal
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks.compat_peers import free_port
from harness import postgres

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = 8
WORKERS = 4
LONGEST_DELAY = 0.05  # seconds from the end of a request to the kill, so that others are anywhere
LARGEST = 3_000_000  # bytes of a file: more than sockets hold, so that a kill cuts an answer
NUMBERED = "X-Request-Id"
TARGETS = {
    "old": "legacy.wsgi:application", "new": "modern.wsgi:application", "mixed": "benchmarks.index_torture:mixed()",
}  # fmt: skip
Address = tuple[str, int]


def main(arguments: Sequence[str] = ()) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", choices=TARGETS, default="old")
    parser.add_argument("--count", type=int, default=2000)
    given = parser.parse_args(arguments)
    torture(TARGETS[given.target], given.count)


def torture(application: str, count: int, between: int = 4) -> None:
    """Begin a server, and print what became of it; so many requests end between two kills, on whatever machine."""
    with tempfile.TemporaryDirectory() as folder, postgres.start() as server:
        url = server.create_database("torture")
        files = Path(folder) / "files"
        load = [sys.executable, "-m", "legacy", "load", "recordings/seed.json"]
        subprocess.run([*load, "--database", url, "--files", str(files)], cwd=ROOT, check=True, capture_output=True)
        if application != TARGETS["old"]:
            migrate = [sys.executable, "-m", "modern", "migrate", "--database", url]
            subprocess.run(migrate, cwd=ROOT, check=True, capture_output=True)
        with served(url, files, application) as (address, process):
            for name, wanted in tortured(address, process, url, files, count, between).items():
                print(f"{name}: {wanted}", flush=True)


def tortured(
    address: Address,
    process: subprocess.Popen[bytes],
    url: str,
    files: Path,
    count: int,
    between: int,
) -> dict[str, int]:
    """Upload and download under kills; return what came of it, by name."""
    before = stored(files)
    contents = {f"demo-9.{number}.tar.gz": content(number) for number in range(count)}
    statuses, kills = under_kills(lambda name: upload(address, name, contents[name]), list(contents), process, between)
    settle(address)
    contents["demo-9.tar.gz"] = content(count)
    statuses["demo-9.tar.gz"] = upload(address, "demo-9.tar.gz", contents["demo-9.tar.gz"])  # clears up after the dead
    rows = database(url)
    there = {name: row for name, row in rows.items() if name in contents}
    expected = {row.path for row in rows.values()}
    left = stored(files) - before - expected
    notes = {name for name in left if not (files / name).stat().st_size}  # of uploads that had not begun to write
    found = Counter(statuses.values())
    outcome = {
        "uploads": count,
        "uploads answered 200": found[200],
        "uploads answered otherwise": sum(found.values()) - found[200] - found[0],
        "uploads cut off": found[0],
        "workers killed meanwhile": kills,
        "answered 200 and not there": len([n for n, s in statuses.items() if s == 200 and n not in there]),
        "there and not whole": len([n for n, row in there.items() if not whole(files / row.path, contents[n])]),
        "refused and there": len([n for n, s in statuses.items() if s not in (0, 200) and n in there]),
        "without exactly one journal row": len([row for row in there.values() if row.journal != 1]),
        "files without a row": len(left - notes),
        "empty notes, which an upload a minute later clears": len(notes),
    }
    paths = [row.path for row in there.values() for _ in (0, 1)][:count]
    numbered = [f"{number} {path}" for number, path in enumerate(paths)]
    by_path = {row.path: contents[name] for name, row in there.items()}
    results, kills = under_kills(lambda key: download(address, key.split(" ")[1], by_path), numbered, process, between)
    kinds = Counter(results.values())
    return outcome | {
        "downloads": len(numbered),
        "downloads whole at once": kinds[0],
        "downloads resumed": kinds[1],
        "workers killed during downloads": kills,
        "torn downloads that looked whole": kinds[2],
        "downloads with other bytes": kinds[3],
    }


# -- the server --


@contextlib.contextmanager
def served(
    url: str, files: Path, application: str = TARGETS["old"]
) -> Iterator[tuple[Address, subprocess.Popen[bytes]]]:
    """gunicorn with several workers, each a process that can be killed."""
    port = free_port()
    environment = {
        **os.environ, "PYPI_DATABASE_URL": url, "PYPI_FILES": str(files), "PYTHONPATH": str(ROOT),
        "PYPI_BASE_URL": f"http://127.0.0.1:{port}/pypi",
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS)]
    command += ["--no-control-socket", "--log-level", "critical", application]
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    try:
        settle(("127.0.0.1", port))
        yield ("127.0.0.1", port), process
    finally:
        process.terminate()
        process.wait()


def mixed() -> Any:
    """Both indexes on one database: half of the requests to each."""
    from compat import Strangler
    from legacy.wsgi import application as old
    from modern.wsgi import application as new

    return Strangler(old, new, [{"to": "new", "percent": 50, "by": f"header:{NUMBERED}"}], log=False)


def settle(address: Address) -> None:
    """Wait until requests are answered."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(*address, timeout=10)
            connection.request("GET", "/pypi?:action=list_classifiers")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.05)
    raise SystemExit("the index does not answer")


def under_kills(
    task: Callable[[str], int], names: list[str], process: subprocess.Popen[bytes], between: int
) -> tuple[dict[str, int], int]:
    """Do a task for each name, several at once, while workers die; return the results and how many died."""
    chance = random.Random(1)
    ended: queue.SimpleQueue[bool] = queue.SimpleQueue()
    killed = 0

    def done(name: str) -> int:
        try:
            return task(name)
        finally:
            ended.put(True)

    with ThreadPoolExecutor(CLIENTS) as pool:
        tasks = {name: pool.submit(done, name) for name in names}
        for number in range(1, len(names) + 1):
            ended.get()
            workers = children(process.pid) if number % between == 0 else []
            if len(workers) > 1:
                time.sleep(chance.random() * LONGEST_DELAY)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(workers), signal.SIGKILL)
                    killed += 1
        return {name: found.result() for name, found in tasks.items()}, killed


def children(pid: int) -> list[int]:
    """The processes that a process has begun."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(number) for number in text.split()]


# -- the clients --


def content(number: int) -> bytes:
    """A file of its own length and bytes; a description goes with it, so that nobody opens it."""
    chance = random.Random(number)
    return chance.randbytes(chance.randrange(100, LARGEST))


def upload(address: Address, name: str, data: bytes) -> int:
    """Send one file as distutils does; return the status, 0 where no whole answer came."""
    version = name.removeprefix("demo-").removesuffix(".tar.gz")
    fields = {
        ":action": "file_upload", "protocol_version": "1", "name": "demo", "version": version, "filetype": "sdist",
        "description": "x", "md5_digest": hashlib.md5(data, usedforsecurity=False).hexdigest(),
    }  # fmt: skip
    parts = [f'--B\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()]
    parts.append(f'--B\r\nContent-Disposition: form-data; name="content"; filename="{name}"\r\n\r\n')
    body = "".join(parts).encode() + data + b"\r\n--B--\r\n"
    headers = {
        "Content-Type": "multipart/form-data; boundary=B",
        "Authorization": "Basic " + b64encode(b"bob:bobpw").decode(),
        NUMBERED: name,
    }
    connection = http.client.HTTPConnection(*address, timeout=60)
    try:
        connection.request("POST", "/pypi", body, headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
    return answer.status


def download(address: Address, path: str, contents: dict[str, bytes]) -> int:
    """Fetch a file, resuming where it was cut: 0 whole at once, 1 resumed, 2 torn and whole-looking, 3 other bytes."""
    wanted, data, resumed = contents[path], b"", 0
    for attempt in range(50):
        connection = http.client.HTTPConnection(*address, timeout=60)
        try:
            resuming = {"Range": f"bytes={len(data)}-"} if data else {}
            connection.request("GET", f"/packages/{path}", headers={NUMBERED: f"{path} {attempt}", **resuming})
            answer = connection.getresponse()
            if answer.status not in (200, 206):
                continue
            data = data if answer.status == 206 else b""
            data += answer.read()
            if len(data) < len(wanted):
                return 2
            return resumed if data == wanted else 3
        except http.client.IncompleteRead as cut:
            data, resumed = data + cut.partial, 1
        except (OSError, http.client.HTTPException):
            resumed = 1
        finally:
            connection.close()
    return 3


# -- what is there --


class Row:
    """A stored file as the database knows it."""

    def __init__(self, path: str, journal: int) -> None:
        self.path = path
        self.journal = journal


def database(url: str) -> dict[str, Row]:
    """{file name: row} of all files."""
    connection = psycopg2.connect(url)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.filename, f.path,"
            " (SELECT count(*) FROM journals j WHERE j.action LIKE 'add % file ' || f.filename) FROM release_files f"
        )
        rows = {name: Row(path, journal) for name, path, journal in cursor}
    connection.close()
    return rows


def whole(path: Path, wanted: bytes) -> bool:
    """Whether a file is there with these bytes."""
    return path.is_file() and path.read_bytes() == wanted


def stored(files: Path) -> set[str]:
    """Paths of all files below a folder, notes of unfinished ones too."""
    return {str(path.relative_to(files)) for path in files.rglob("*") if path.is_file()}


if __name__ == "__main__":
    main(sys.argv[1:])
