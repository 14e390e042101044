"""`python -m modern`: serving over a real socket, and bringing a database to the newest revision."""

import base64
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import OperationalError

from modern.__main__ import embedded_database, fill
from modern.database import Database
from modern.migrations import upgrade

ROOT = Path(__file__).parents[2]


def run(*words):
    """The finished process of a command."""
    command = [sys.executable, "-m", "modern", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def served(modern_server, tmp_path_factory):
    """The URL of an index that is served by the command, on an empty database that it fills."""
    pytest.importorskip("gunicorn")
    folder = tmp_path_factory.mktemp("served")
    words = ["serve", "--bind", "127.0.0.1:0", "--database", modern_server.create_database("served"), "--sandbox"]
    words += ["--seed", "recordings/seed.json", "--files", str(folder), "--mail", str(folder / "mail")]
    words += ["--statistics", str(folder / "statistics")]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYPI_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "modern", *words], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    )
    line = process.stdout.readline()
    yield re.search(r"http://\S+", line)[0]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode in (0, 130)


def test_it_is_served(served):
    """Pages with links to where it is, the banner of a place to try, and an upload with a password."""
    with urllib.request.urlopen(served + "?:action=rss", timeout=10) as answer:
        assert f"<link>{served}</link>" in answer.read().decode()
    with urllib.request.urlopen(served, timeout=10) as answer:
        assert "sandbox" in answer.read().decode().lower()
    body = (
        b'--B\nContent-Disposition: form-data; name=":action"\n\nfile_upload\n'
        b'--B\nContent-Disposition: form-data; name="name"\n\ndemo\n'
        b'--B\nContent-Disposition: form-data; name="version"\n\n1.1\n'
        b'--B\nContent-Disposition: form-data; name="filetype"\n\nsdist\n'
        b'--B\nContent-Disposition: form-data; name="content"; filename="demo-served.tar.gz"\n\nserved\n--B--\n'
    )
    headers = {
        "Content-Type": "multipart/form-data; boundary=B",
        "Authorization": "Basic " + base64.b64encode(b"alice:alicepw").decode(),
    }
    request = urllib.request.Request(served, body, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.read() == b"OK\n"
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(request, timeout=10)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("serve", "--bind", "nowhere", "--database", "DATABASE", "--files", "x"), "--bind nowhere: must be HOST:PORT"),
        (("migrate", "--database", "mysql://x/y"), "only PostgreSQL is supported"),
    ],
)
def test_what_is_wrong_is_one_line(modern_server, words, text):
    """Exit status 2, and what to do."""
    if "DATABASE" in words:
        url = modern_server.create_database("wrong")
        words = [url if word == "DATABASE" else word for word in words]
    done = run(*words)
    assert done.returncode == 2
    assert text in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_database_of_the_old_index_is_no_sandbox(modern_server, tmp_path):
    """And stays as it was: it is refused before anything is added to it."""
    url = modern_server.create_database("old_index")
    upgrade(url, "0001")
    rows = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
    database = psycopg2.connect(url)
    with closing(database), database.cursor() as cursor:
        cursor.execute("INSERT INTO packages (name) VALUES ('x')")
        database.commit()
        cursor.execute(rows)
        before = cursor.fetchall()
        done = run("serve", "--sandbox", "--database", url, "--files", str(tmp_path / "files"))
        assert done.returncode == 2
        assert "the database is in use and no sandbox" in done.stderr
        cursor.execute(rows)
        assert cursor.fetchall() == before
    assert not (tmp_path / "files").exists()


def test_a_database_is_migrated(modern_server):
    """And again, which changes nothing."""
    url = modern_server.create_database("migrated")
    assert [run("migrate", "--database", url).returncode for _ in range(2)] == [0, 0]


def test_without_a_database_there_is_one_of_its_own(tmp_path):
    """Filled from our seed, and gone afterwards."""
    with ExitStack() as stack:
        url = embedded_database(stack)
        upgrade(url)
        fill(url, str(tmp_path), None, fresh=True)
        database = stack.enter_context(closing(Database(url)))
        assert database.states.serial("demo") is not None
    with pytest.raises(OperationalError):
        psycopg2.connect(url)
