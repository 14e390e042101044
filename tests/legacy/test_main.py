"""The commands, as processes, over sockets."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TIMEOUT = 60


def run(*arguments):
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "legacy", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


class Served:
    """A running `serve`: its address, and its end."""

    def __init__(self, *arguments, program=("-m", "legacy")):
        command = [sys.executable, *program, "serve", "--bind", "127.0.0.1:0", *arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.line = self.process.stdout.readline()
        self.url = re.fullmatch(r"Serving on (http://127\.0\.0\.1:\d+)/pypi\n", self.line).group(1)

    def get(self, path):
        """(status, body)."""
        with urllib.request.urlopen(self.url + path, timeout=TIMEOUT) as answer:
            return answer.status, answer.read()

    def stop(self, number):
        """Send a signal; return (exit status, what was printed after the first line)."""
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=TIMEOUT)
        return self.process.returncode, rest


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A TMPDIR of our own, to see what is left."""
    folder = Path(os.path.realpath(tmp_path)) / "t"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def children(of):
    """Command lines of processes that mention `of` (none where there is no /proc)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            found.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return [line for line in found if of in line]


def test_serve_with_everything_of_its_own(temporary):
    """Embedded PostgreSQL, temporary files, default seed, a free port; SIGTERM leaves nothing."""
    served = Served()
    status, page = served.get("/simple/demo/")
    link = re.search(r'href="\.\./\.\.(/packages/[^"#]+)', page.decode()).group(1)
    assert (status, served.get(link)[0]) == (200, 200)
    assert served.url.encode() in served.get("/pypi/demo/json")[1]
    assert served.stop(signal.SIGTERM) == (0, "")
    assert list(temporary.iterdir()) == []
    assert children(str(temporary)) == []


def test_serve_cgi_over_a_database_of_ours(server, temporary):
    """--cgi, --database, --files, --seed; Ctrl-C; what was given stays."""
    url = server.create_database("served")
    served = Served("--cgi", "--database", url, "--files", str(temporary / "f"), "--seed", "recordings/seed.json")
    status, page = served.get("/pypi?:action=list_classifiers")
    code, log = served.stop(signal.SIGINT)
    assert (status, page.count(b"\n"), code) == (200, 14, 0)
    assert "pypi.cgi: GET status=200" in log
    assert len(list((temporary / "f").rglob("*.whl"))) == 10
    again = run("load", "recordings/seed.json", "--database", url, "--files", str(temporary / "f"))
    assert (again.returncode, again.stderr) == (2, "legacy: the index is not empty: load fills only a new one\n")


def test_serve_without_gunicorn(server, temporary):
    """The standard library's server does, one thread a connection."""
    hidden = "import sys; sys.modules['gunicorn'] = None; from legacy.__main__ import main; sys.exit(main())"
    served = Served(
        "--database", server.create_database("simply"), "--seed", "recordings/seed.json", program=("-c", hidden)
    )
    assert served.get("/simple/demo/")[0] == 200
    assert served.stop(signal.SIGTERM)[0] == 0


def test_load(server, tmp_path):
    """Says how much it loaded."""
    done = run("load", "recordings/seed.json", "--database", server.create_database("loaded"), "--files", str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "loaded 12 projects\n", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("load", "nosuch.json", "--database", "x", "--files", "y"), r"legacy: nosuch\.json: .*No such file"),
        (
            ("load", "recordings/seed.json", "--database", "postgresql://127.0.0.1:1/x", "--files", "y"),
            "legacy: connection to",
        ),
        (("serve", "--database", "postgresql://127.0.0.1:1/x", "--bind", "127.0.0.1:0"), "legacy: connection to"),
        (("serve", "--bind", "here"), "legacy: --bind here: must be HOST:PORT"),
        (("serve", "--bind", "192.0.2.1:80"), "legacy: .*[Cc]annot assign"),
    ],
    ids=["no file", "load without a server", "serve without a server", "no port", "not our address"],
)
def test_mistakes_are_one_message(arguments, message):
    """Exit status 2, no traceback."""
    done = run(*arguments)
    assert done.returncode == 2
    assert re.match(message, done.stderr), done.stderr
    assert "Traceback" not in done.stderr
