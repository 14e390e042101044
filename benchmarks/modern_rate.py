"""The new index beside the old one, one request after another in one process each: pages and uploads; then uploads by
several threads of it at once, as one worker of a server serves them. `--files DIR` says where uploads are kept: by
default where temporary files are.

Both are asked in turns within one run, over one PostgreSQL, each with a database and files of its own, so that only the
ratios count: of the processor time of a request (of the index and of its database, which a busy machine does not
change), and of the time that it waits for. Then /simple/ of very many projects: how long it takes from the kept page,
and what memory it needs.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2

from harness import postgres

ROOT = Path(__file__).resolve().parents[1]
TURNS, COUNT, UPLOADS, WANTED = 7, 150, 30, 2.0
THREADS, AT_ONCE = 8, 80  # each sends to a project of its own: files of one wait for each other
WANTED_OF = ("processor", "waited")
PROJECTS, WITHIN = 100_000, 0.3
PAGES = {"/simple/demo/": "/simple/demo/", "a project page": "/pypi/demo/1.1", "JSON": "/pypi/demo/json"}
Ask = Callable[..., int]


def main(arguments: Sequence[str] = ()) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", help="a folder on the file system that uploads are to be measured on")
    parser.add_argument("--only", choices=("pages", "uploads", "index"))
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=given.files) as folder, postgres.start() as server:
        sides = {name: Side(name, server, Path(folder)) for name in ("legacy", "modern")}
        try:
            if given.only in (None, "pages"):
                for label, path in PAGES.items():
                    compare(label, {name: side.asker("pages", path, COUNT) for name, side in sides.items()})
            if given.only in (None, "uploads"):
                compare("an upload", {name: side.asker("uploads", "", UPLOADS) for name, side in sides.items()})
                label = f"an upload, {THREADS} at once"
                compare(label, {name: side.asker("at once", "", AT_ONCE) for name, side in sides.items()})
            if given.only in (None, "index"):
                sides["modern"].fill(PROJECTS)
                print(f"/simple/ of {PROJECTS} projects: {sides['modern'].ask('index', '', 5)}")
        finally:
            for side in sides.values():
                side.close()


def compare(label: str, askers: dict[str, Callable[[], dict[str, float]]]) -> None:
    """Print the ratio of what both take a request, in turns."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in askers}
    for turn in range(TURNS):
        for name, ask in askers.items():
            taken = ask()
            if turn:
                found[name].append(taken)
    middle = {
        name: {kind: statistics.median(taken[kind] for taken in turns) for kind in turns[0]}
        for name, turns in found.items()
    }
    old, new = middle["legacy"], middle["modern"]
    told = ", ".join(f"{kind} {old[kind]:.2f} and {new[kind]:.2f}" for kind in old)
    ratios = ", ".join(f"{old[kind] / new[kind]:.2f}" for kind in old if kind in WANTED_OF)
    print(f"{label}: old and new, ms: {told}; times: {ratios} (wanted {WANTED})", flush=True)


class Side:
    """One index in a process of its own, which does what it is told, line by line."""

    def __init__(self, name: str, server: postgres.Server, folder: Path) -> None:
        self.url = server.create_database(f"rate_{name}")
        files = folder / name
        words = [sys.executable, "-m", "legacy", "load", "recordings/seed.json", "--database", self.url, "--files"]
        subprocess.run([*words, str(files)], cwd=ROOT, check=True, capture_output=True)
        if name == "modern":
            migrate = [sys.executable, "-m", "modern", "migrate", "--database", self.url]
            subprocess.run(migrate, cwd=ROOT, check=True, capture_output=True)
        environ = os.environ | {
            "PYPI_DATABASE_URL": self.url, "PYPI_FILES": str(files), "PYPI_BASE_URL": "http://127.0.0.1/pypi",
        }  # fmt: skip
        self.fill(THREADS, owner="alice")
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from benchmarks.modern_rate import worker; worker('{name}')"], cwd=ROOT,
            env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, task: str, path: str, count: int) -> dict[str, float]:
        """Have something done, and return what it took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([task, path, count]) + "\n")
        self._process.stdin.flush()
        found: dict[str, float] = json.loads(self._process.stdout.readline())
        return found

    def asker(self, task: str, path: str, count: int) -> Callable[[], dict[str, float]]:
        """Return a function that asks so, and adds what the database had to do."""

        def timed() -> dict[str, float]:
            before = self._busy()
            taken = self.ask(task, path, count)
            database = sum(now - before[pid] for pid, now in self._busy().items() if pid in before) / count
            return {"processor": taken["index"] + database, "waited": taken["waited"], "in the database": database}

        return timed

    def _busy(self) -> dict[int, float]:
        """{process of the server for this index: milliseconds that it ran}."""
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            wanted = "datname = current_database() AND pid <> pg_backend_pid()"
            cursor.execute(f"SELECT pid FROM pg_stat_activity WHERE {wanted}")
            return {pid: int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6 for (pid,) in cursor}

    def fill(self, count: int, owner: str | None = None) -> None:
        """Have so many projects, whose they are."""
        connection = psycopg2.connect(self.url)
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO packages (name, created) SELECT 'project-' || n, '2016-01-01'"
                " FROM generate_series(1, %s) n ON CONFLICT DO NOTHING",
                (count,),
            )
            if owner:
                cursor.execute(
                    "INSERT INTO roles (role_name, user_name, package_name) SELECT 'Owner', %s, 'project-' || n"
                    " FROM generate_series(1, %s) n",
                    (owner, count),
                )
        connection.close()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def worker(name: str) -> None:
    """Do what the lines of stdin say; runs in the process of a Side."""
    import importlib

    app = importlib.import_module(f"{name}.wsgi").application
    uploader = Uploader()
    tasks = {"pages": pages, "uploads": uploader, "at once": uploader.at_once, "index": index}
    for line in sys.stdin:
        task, path, count = json.loads(line)
        print(json.dumps(tasks[task](app, path, count)), flush=True)


def pages(app: Any, path: str, count: int) -> dict[str, float]:
    """Milliseconds a page."""
    return timed(lambda _: call(app, "GET", path), [b""] * count)


def timed(ask: Callable[[bytes], object], bodies: Sequence[bytes]) -> dict[str, float]:
    """Milliseconds that this process ran, and that passed, for each body."""
    began, busy = time.perf_counter(), time.process_time()
    for body in bodies:
        ask(body)
    waited, ran = time.perf_counter() - began, time.process_time() - busy
    return {"index": ran * 1000 / len(bodies), "waited": waited * 1000 / len(bodies)}


class Uploader:
    """Uploads files of 20 kB, each another one."""

    def __init__(self) -> None:
        self.number = 0
        self._pool = ThreadPoolExecutor(THREADS)

    def __call__(self, app: Any, path: str, count: int) -> dict[str, float]:
        """Milliseconds an upload."""
        bodies = [self.body() for _ in range(count)]
        return timed(lambda body: call(app, "POST", "/pypi", body), bodies)

    def at_once(self, app: Any, path: str, count: int) -> dict[str, float]:
        """The same of uploads by several threads."""
        names = [f"project-{thread}" for thread in range(1, THREADS + 1)]
        bodies = [[self.body(name) for _ in range(count // THREADS)] for name in names]

        def send(bodies: Sequence[bytes]) -> None:
            for body in bodies:
                call(app, "POST", "/pypi", body)

        began, busy = time.perf_counter(), time.process_time()
        list(self._pool.map(send, bodies))
        waited, ran = time.perf_counter() - began, time.process_time() - busy
        return {"index": ran * 1000 / count, "waited": waited * 1000 / count}

    def body(self, name: str = "demo") -> bytes:
        """A form as tools send it."""
        self.number += 1
        content = f"{self.number} ".encode() * 4000
        fields = {
            ":action": "file_upload", "protocol_version": "1", "name": name, "version": "1.1", "filetype": "sdist",
            "description": "x",  # else the archive is opened for one
            "md5_digest": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        }  # fmt: skip
        begin, filename = "--B\r\nContent-Disposition: form-data; name=", f"{name}-1.1.post{self.number}.tar.gz"
        parts = [f'{begin}"{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()]
        head = f'{begin}"content"; filename="{filename}"\r\n\r\n'
        return "".join([*parts, head]).encode() + content + b"\r\n--B--\r\n"


def index(app: Any, path: str, count: int) -> dict[str, float]:
    """Seconds that the page of all projects takes, at first and then, and MiB more of memory than before."""
    before = peak()
    times = []
    for _ in range(count):
        began = time.perf_counter()
        size = call(app, "GET", "/simple/")
        times.append(time.perf_counter() - began)
    return {
        "s at first": round(times[0], 2), "s then": round(statistics.median(times[1:]), 3), "wanted s": WITHIN,
        "MB": round(size / 1e6, 1), "MiB more memory": peak() - before,
    }  # fmt: skip


def peak() -> int:
    """The peak resident memory in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def call(app: Any, method: str, path: str, body: bytes = b"") -> int:
    """Ask a WSGI application; the bytes of the answer's body are counted and dropped."""
    environ = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False, "RAW_URI": path,
        "REQUEST_URI": path, "CONTENT_LENGTH": str(len(body)) if body else "",
    }  # fmt: skip
    if body:
        environ["CONTENT_TYPE"] = "multipart/form-data; boundary=B"
        environ["HTTP_AUTHORIZATION"] = "Basic " + base64.b64encode(b"alice:alicepw").decode()
    seen: list[str] = []
    written = []

    def start_response(status: str, headers: object, exc_info: object = None) -> Callable[[bytes], object]:
        seen.append(status)
        return lambda data: written.append(len(data))

    answer: Iterator[bytes] = app(environ, start_response)
    size = sum(len(piece) for piece in answer) + sum(written)
    getattr(answer, "close", lambda: None)()
    if not seen[0].startswith("200"):
        raise SystemExit(f"{method} {path}: {seen[0]}")
    return size


if __name__ == "__main__":
    main(sys.argv[1:])
