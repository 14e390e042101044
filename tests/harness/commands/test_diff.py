"""`harness diff` as its users run it: a process, its output, its exit status, and what it leaves behind."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.commands.diff import lost
from harness.exchange import Exchange, Headers, Request, Response
from harness.record.counts import PREFIX
from harness.recording import open_recordings
from harness.store.archive import ArchiveWriter

ROOT = Path(__file__).parents[3]

APPLICATIONS = """
import os, time
def old(environ, start_response):
    if environ.get("HTTP_AUTHORIZATION") == "Basic d3Jvbmc=":
        start_response("401 Who", [])
        return [b"who?"]
    start_response("200 OK", [("X-Kind", "a"), ("Content-Type", "text/html")])
    return [b"<p>hello</p>"]

def new(environ, start_response):
    start_response("200 OK", [("X-Sort", "a"), ("Content-Type", "text/html")])
    return [b"<p>goodbye</p>" if environ["PATH_INFO"] == "/3" else b"<p>hello</p>"]

def dies_once(environ, start_response):
    if environ["PATH_INFO"] == "/2":
        os._exit(7)
    return old(environ, start_response)

def dies(environ, start_response):
    os._exit(7)
"""

ANSWER = Response(200, b"OK", ((b"X-Kind", b"a"), (b"Content-Type", b"text/html")), b"<p>hello</p>", framing="chunked")


class Place:
    """A folder with two applications and recordings, and the command run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        (folder / "apps.py").write_text(APPLICATIONS)

    def record(self, count: int = 5, headers: Headers = (), method: str = "GET", name: str = "x.archive") -> str:
        """Write an archive of requests for /1, /2, ... that were all answered alike."""
        with ArchiveWriter(self.folder / name) as writer:
            for number in range(1, count + 1):
                line = f"{method} /{number} HTTP/1.1".encode()
                writer.add(Exchange(f"x#{number}", Request(line, headers), ANSWER, started=float(number)))
        return name

    def diff(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run `harness diff`; its temporary files go where the test can see them."""
        return subprocess.run(
            [sys.executable, "-m", "harness.cli", "diff", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.temporary), **env},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def left_behind(self) -> list[str]:
        """Names of temporary files that stayed."""
        return sorted(os.listdir(self.temporary))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A fresh folder."""
    return Place(tmp_path)


def test_equal_sides_end_with_0(place: Place) -> None:
    """The first line says how much was judged."""
    done = place.diff(place.record(), "--old", "apps:old", "--new", "apps:old")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "judged 5 of 5 (100.0 %) · stale 0 · unreplayable 0 · different 0 in 0 groups"


def test_differences_end_with_1_one_group_a_cause(place: Place) -> None:
    """A renamed header in all exchanges is one group, a changed text in one exchange another."""
    done = place.diff(place.record(), "--old", "apps:old", "--new", "apps:new", "--json", "r.json", "--html", "r.html")
    assert done.returncode == 1
    report = json.loads((place.folder / "r.json").read_text())
    assert [(group["aspect"], group["kind"], group["count"]) for group in report["groups"]] == [
        ("header", "renamed", 5),
        ("body", "changed", 1),
    ]
    assert report["counts"] == {
        "exchanges": 5,
        "judged": 5,
        "matched": 0,
        "accepted": 0,
        "different": 5,
        "stale": 0,
        "unreplayable": 0,
        "errors": 0,
    }
    assert "goodbye" in (place.folder / "r.html").read_text()


def test_the_report_is_the_same_for_any_number_of_workers(place: Place) -> None:
    """Same run, same bytes."""
    names = [place.record(name=f"{number}.archive") for number in range(4)]
    for workers in ("1", "3"):
        place.diff(*names, "--old", "apps:old", "--new", "apps:new", "--workers", workers, "--json", f"{workers}.json")
    assert (place.folder / "1.json").read_bytes() == (place.folder / "3.json").read_bytes()


def test_a_limit_bounds_what_is_replayed(place: Place) -> None:
    """Over all recordings together."""
    names = [place.record(name=f"{number}.archive") for number in range(3)]
    done = place.diff(*names, "--old", "apps:old", "--new", "apps:old", "--limit", "7")
    assert done.stdout.startswith("judged 7 of 7 ")


def test_a_target_that_dies_in_the_middle_is_a_crash_difference(place: Place) -> None:
    """The others are judged all the same."""
    done = place.diff(place.record(), "--old", "apps:old", "--new", "apps:dies_once", "--json", "r.json")
    assert done.returncode == 1
    report = json.loads((place.folder / "r.json").read_text())
    assert [(group["aspect"], group["new"], group["count"]) for group in report["groups"]] == [
        ("crash", "ended with exit status 7", 1)
    ]
    assert report["counts"]["judged"] == 5


def truncate(path: Path) -> None:
    """Cut a file in half."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cut.archive", "--old", "apps:old", "--new", "apps:old"], "cut.archive"),
        (["nosuch.archive", "--old", "apps:old", "--new", "apps:old"], "nosuch.archive: no such file or folder"),
        (["empty.archive", "--old", "apps:old", "--new", "apps:old"], "empty.archive"),
        (["x.archive", "--old", "apps:nothing", "--new", "apps:old"], "target apps:nothing does not start"),
        (["x.archive", "--old", "apps:old", "--new", "nosuch:app"], "No module named 'nosuch'"),
        (["x.archive", "--old", "apps:old", "--new", "http://127.0.0.1:{port}"], "does not answer"),
        (["x.archive", "--old", "apps:old", "--new", "apps:dies"], "failed 3 times running"),
        (["x.archive", "--old", "not a target", "--new", "apps:old"], "'not a target' is not a target"),
        (["x.archive", "--old", "apps:old", "--new", "apps:old", "--state", "other"], "'other' is not in harness.toml"),
        (["x.archive", "--old", "apps:old", "--new", "apps:old", "--json", "no/r.json"], "no/r.json"),
    ],
    ids=[
        "truncated",
        "missing",
        "empty",
        "no such name",
        "no such module",
        "no server",
        "dies",
        "text",
        "state",
        "report",
    ],
)
def test_what_cannot_be_judged_ends_with_2_one_message_and_nothing_left(
    place: Place, arguments: Sequence[str], words: str
) -> None:
    """No traceback, no process, no file."""
    place.record(count=40)
    place.record(count=40, name="cut.archive")
    truncate(place.folder / "cut.archive")
    (place.folder / "empty.archive").touch()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        done = place.diff(*[argument.format(port=unused.getsockname()[1]) for argument in arguments])
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert done.stderr.startswith("harness: ")
    assert place.left_behind() == []


def test_an_unreachable_database_ends_with_2(place: Place) -> None:
    """The message names the server; nothing is left."""
    (place.folder / "harness.toml").write_text(
        textwrap.dedent("""
            default_state = "s"
            [state.s]
            database = "postgres"
            template = "SHOP_DATABASE"
            """)
    )
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"postgresql://u@127.0.0.1:{unused.getsockname()[1]}/shop"
        done = place.diff(place.record(), "--old", "apps:old", "--new", "apps:old", SHOP_DATABASE=url)
    assert (done.returncode, place.left_behind()) == (2, [])
    assert done.stderr.startswith("harness: ")
    assert "Traceback" not in done.stderr


def test_wrong_credentials_on_both_sides_prove_nothing(place: Place) -> None:
    """Every login refused, both sides agreeing: exit 2, because nothing was judged."""
    recording = place.record(headers=((b"Authorization", b"Basic d3Jvbmc="),))
    done = place.diff(recording, "--old", "apps:old", "--new", "apps:old")
    assert done.returncode == 2
    assert "only 0 of 5 exchanges were judged" in done.stderr


def test_refused_credentials_among_many_public_pages_prove_nothing_either(place: Place) -> None:
    """A judged share of more than 90 % hides no login that fails."""
    names = [place.record(99), place.record(1, ((b"Authorization", b"Basic d3Jvbmc="),), name="login.archive")]
    done = place.diff(*names, "--old", "apps:old", "--new", "apps:old")
    assert done.returncode == 2
    assert "only 0 of 1 exchanges whose credentials were accepted" in done.stderr


def test_pages_that_ignore_credentials_do_not_make_up_for_refused_ones(place: Place) -> None:
    """A public page answers whatever password comes with it."""
    wrong, right = ((b"Authorization", b"Basic d3Jvbmc="),), ((b"Authorization", b"Basic cmlnaHQ="),)
    names = [
        place.record(90),
        place.record(4, right, name="public.archive"),
        place.record(2, wrong, name="login.archive"),
    ]
    done = place.diff(*names, "--old", "apps:old", "--new", "apps:old")
    assert (done.returncode, "only 4 of 6 exchanges" in done.stderr) == (2, True)


def test_the_least_judged_share_may_be_lowered(place: Place) -> None:
    """For a log of another era."""
    names = [place.record(), place.record(5, ((b"Authorization", b"Basic d3Jvbmc="),), "GET", "login.archive")]
    share = ["--old", "apps:old", "--new", "apps:old", "--min-judged"]
    assert place.diff(names[0], *share, "1").returncode == 0
    assert place.diff(*names, *share, "0.5").returncode == 2  # the logins are refused


SHOP = """
import os, urllib.parse
import psycopg2

def application(environ, start_response, price=1):
    connection = psycopg2.connect(os.environ["SHOP_DATABASE"])
    with connection, connection.cursor() as cursor:
        if environ["REQUEST_METHOD"] == "POST":
            cursor.execute("INSERT INTO orders (at, price) VALUES (now(), %s)", [price])
            with open(os.path.join(os.environ["SHOP_FILES"], "last"), "w") as file:
                file.write("%d" % price)
        cursor.execute("SELECT count(*) FROM orders")
        count = cursor.fetchone()[0]
    connection.close()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % count]

def dearer(environ, start_response):
    return application(environ, start_response, price=2)
"""
LOAD = """
import sys, psycopg2
connection = psycopg2.connect(sys.argv[1])
with connection, connection.cursor() as cursor:
    cursor.execute("CREATE TABLE orders (id serial, at timestamptz, price int); INSERT INTO orders (price) VALUES (0)")
"""
SHOP_TOML = """
default_state = "stock"
[state.stock]
database = "postgres"
load = ["{python}", "load.py", "{database}"]
[state.stock.env]
SHOP_DATABASE = "{database}"
SHOP_FILES = "{files}"
"""


@pytest.mark.parametrize(
    ("new", "status", "groups"),
    [
        ("shop:application", 0, []),
        ("shop:dearer", 1, [("files", "*/text", 3), ("rows", "orders.price", 3)]),
    ],
)
def test_rows_and_files_are_compared_after_each_write(
    place: Place, new: str, status: int, groups: list[tuple[str, str, int]]
) -> None:
    """Both sides start from equal copies; writes accumulate within a scenario and are gone in the next."""
    for name, text in (("shop.py", SHOP), ("load.py", LOAD), ("harness.toml", SHOP_TOML)):
        (place.folder / name).write_text(text)
    for name in ("a.archive", "b.archive", "c.archive"):
        with ArchiveWriter(place.folder / name) as writer:
            for number, (line, body) in enumerate([(b"POST / HTTP/1.1", b"2"), (b"GET / HTTP/1.1", b"2")]):
                answer = Response(200, b"OK", ((b"Content-Type", b"text/plain"),), body)
                writer.add(Exchange("x", Request(line), answer, started=float(number)))
    done = place.diff(
        "a.archive", "b.archive", "c.archive", "--old", "shop:application", "--new", new, "--json", "r.json"
    )
    report = json.loads((place.folder / "r.json").read_text())
    assert done.returncode == status, done.stderr
    assert sorted((group["aspect"], group["path"], group["count"]) for group in report["groups"]) == groups
    assert report["stale"] == []  # the recorded count was 2 each time: no scenario saw the writes of another
    assert place.left_behind() == []


Serve = Callable[[], ThreadingHTTPServer]


@pytest.fixture
def serve() -> Serve:
    """A real server that counts what it is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.server.asked.append(self.command)  # type: ignore[attr-defined]
            self.send_response(200)
            self.send_header("X-Kind", "a")
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<p>hello</p>")

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    def server() -> ThreadingHTTPServer:
        made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        made.asked = []  # type: ignore[attr-defined]
        threading.Thread(target=made.serve_forever, daemon=True).start()
        return made

    return server


@pytest.mark.parametrize(
    ("method", "allowed", "sent", "status"),
    [("GET", False, 5, 0), ("POST", False, 0, 2), ("POST", True, 5, 0)],
)
def test_a_server_is_only_read_unless_writing_is_allowed(
    place: Place, serve: Serve, method: str, allowed: bool, sent: int, status: int
) -> None:
    """A server against the application that it will be replaced by; what was not sent was not judged."""
    server = serve()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    options = ["--allow-writes", "127.0.0.1"] if allowed else []
    done = place.diff(place.record(method=method), "--old", url, "--new", "apps:old", *options)
    server.shutdown()
    server.server_close()
    assert (len([m for m in server.asked if m == method]), done.returncode) == (sent, status)  # type: ignore[attr-defined]


def test_a_read_that_is_listed_as_unsafe_is_not_sent_to_a_server(place: Place, serve: Serve) -> None:
    """It is counted as unreplayable, and the report names the entry that it was listed by."""
    server = serve()
    (place.folder / "harness.toml").write_text('min_judged = 0.5\n[safety]\nunsafe = ["GET /3*"]\n')
    url = f"http://127.0.0.1:{server.server_address[1]}"
    done = place.diff(place.record(), "--old", url, "--new", "apps:old", "--json", "r.json")
    server.shutdown()
    server.server_close()
    assert done.returncode == 0, done.stderr
    reason = "unsafe as 'GET /3*' of harness.toml says, not sent to a URL (--allow-writes HOST)"
    report = json.loads((place.folder / "r.json").read_text())
    assert report["reasons"] == {f"unreplayable: {reason}": 1}
    assert reason in " ".join(done.stdout.split())
    assert len(server.asked) == 4  # type: ignore[attr-defined]


@pytest.mark.parametrize(("method", "warned"), [("GET", False), ("POST", True)])
def test_a_write_without_a_starting_state_is_announced(place: Place, method: str, warned: bool) -> None:
    """An application works on its live data when nothing else is configured."""
    done = place.diff(place.record(method=method), "--old", "recorded", "--new", "apps:old")
    assert ("x.archive#1 (POST) may write" in done.stderr) is warned


def test_the_recording_itself_can_be_the_old_side(place: Place) -> None:
    """For when the old system cannot run any more."""
    done = place.diff(place.record(), "--old", "recorded", "--new", "apps:new")
    assert done.returncode == 1
    assert "renamed" in done.stdout


def test_temporary_files_are_where_the_test_looks() -> None:
    """Else `left_behind` would prove nothing."""
    with tempfile.TemporaryDirectory() as folder:
        code = "import tempfile; print(tempfile.gettempdir())"
        done = subprocess.run(
            [sys.executable, "-c", code], env={"TMPDIR": folder}, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == folder


def test_what_a_recorder_lost_is_told_first(tmp_path: Path) -> None:
    """No verdict speaks of exchanges that are not there."""
    for name, written in (("a.archive", 1), ("b.archive", 3)):
        with ArchiveWriter(tmp_path / name) as writer:
            writer.add(Exchange("x#1", Request(b"GET / HTTP/1.1"), Response(200)))
            writer.note(f"{PREFIX}1", f'{{"accepted": 3, "written": {written}}}')
    said = list(lost(open_recordings([tmp_path])))
    assert said == ["harness: note: a.archive lacks 2 of 3 exchanges: they were lost when it was recorded"]
