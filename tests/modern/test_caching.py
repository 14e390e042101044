"""The index behind a real Varnish: what it keeps, what is purged, what is there without a database; and what only
those see who say that they are a surrogate.
"""

import base64
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from socketserver import ThreadingMixIn
from urllib.parse import urlencode
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import psycopg2
import pytest
from sqlalchemy import text
from transaction import TransactionManager

from modern.services import Services, keys
from modern.services.following import Follower
from modern.services.purging import Purger

VCL = Path(__file__).parents[2] / "docs" / "deploy" / "modern.vcl"
XKEY = list(Path("/usr/lib").glob("*/varnish/vmods/libvmod_xkey.so"))
SURROGATE = {"Surrogate_Capability": 'cache="Surrogate/1.0"'}
ALICE = ("alice", "alicepw")
LOGIN = "Basic " + base64.b64encode(":".join(ALICE).encode()).decode()
PUBLIC = {
    "/simple/": "simple-index", "/simple/demo/": "pkg~demo", "/simple/Demo/": "pkg~demo", "/simple/none-yet/":
    "pkg~none-yet", "/pypi/demo/json": "pkg~demo", "/pypi/demo/1.1": "pkg~demo", "/pypi?:action=rss": "newest",
    "/pypi": "newest", "/pypi/dotted.name/json": "pkg~dotted-name", "/security": "index",
}  # fmt: skip
PERSONAL = [
    "/pypi?:action=login",
    "/pypi?:action=login_form",
    "/pypi?:action=nothing",
    "/daytime",
    "/pypi?:action=files",
]
varnish = pytest.mark.skipif(not (shutil.which("varnishd") and XKEY), reason="Varnish with vmod xkey is not installed")


@pytest.mark.parametrize("target", PUBLIC)
def test_public_answers_say_so_to_surrogates(person, target):
    """With a key, times, what they vary by, and an ETag where they are whole; a HEAD says the same."""
    answer = person.get(target, **SURROGATE)
    assert PUBLIC[target] in answer.headers["Surrogate-Key"].split()
    assert re.fullmatch(
        r"max-age=\d+, stale-while-revalidate=\d+, stale-if-error=\d+", answer.headers["Surrogate-Control"]
    )
    assert answer.headers["Vary"].endswith("X-Forwarded-Proto")
    assert (answer.headers.get("ETag") is not None) is (answer.status_int == 200)
    assert dict(person.ask("HEAD", target, **SURROGATE).headers) == dict(answer.headers)


@pytest.mark.parametrize("target", [*PUBLIC, *PERSONAL])
def test_nobody_else_sees_anything_of_it(person, target):
    """Without a surrogate in front there is no ETag, and no word of stale answers."""
    headers = person.get(target).headers
    assert "ETag" not in headers
    assert "stale" not in headers.get("Surrogate-Control", "")


@pytest.mark.parametrize("target", PERSONAL)
def test_other_answers_are_kept_by_no_surrogate(person, target):
    """Logins, errors, what changes by itself."""
    headers = person.get(target, **SURROGATE).headers
    assert headers["Surrogate-Control"] == "no-store"
    assert "Surrogate-Key" not in headers


@pytest.mark.parametrize("target", PUBLIC)
def test_what_somebody_known_gets_is_kept_by_no_surrogate(bob, target):
    """A login cookie and a password, also where the answer would be the same."""
    assert bob.get(target, **SURROGATE).headers["Surrogate-Control"] == "no-store"
    bob.jar, bob.user = {}, ("bob", "bobpw")
    assert bob.get(target, **SURROGATE).headers["Surrogate-Control"] == "no-store"


@pytest.mark.parametrize("target", ["/simple/", "/simple/demo/", "/pypi/demo/1.1", "/pypi?:action=packages_rss"])
def test_who_has_an_answer_is_told_that_it_holds(person, target):
    """304 without a body, weak tags and `*` too; another tag gets all of it."""
    whole = person.get(target, **SURROGATE)
    tag = whole.headers["ETag"]
    for named in (tag, f'"x", W/{tag}', "*"):
        same = person.get(target, If_None_Match=named, **SURROGATE)
        assert (same.status_int, same.body, same.headers["ETag"]) == (304, b"", tag)
        assert same.headers["Surrogate-Key"] == whole.headers["Surrogate-Key"]
    assert person.get(target, If_None_Match='"x"', **SURROGATE).body == whole.body


def test_both_forms_of_the_simple_index_are_told_apart(person):
    """Another ETag, and Vary names Accept."""
    html = person.get("/simple/demo/", **SURROGATE)
    json = person.get("/simple/demo/", Accept="application/vnd.pypi.simple.v1+json", **SURROGATE)
    assert html.headers["ETag"] != json.headers["ETag"]
    assert html.headers["Vary"] == json.headers["Vary"] == "Accept, X-Forwarded-Proto"


@pytest.mark.parametrize("filename", ["zope.interface-3.4.tar.gz", "zope_interface-3.4-py3-none-any.whl.asc"])
def test_a_file_has_the_key_of_its_project(filename):
    """By its name alone; removing the project purges it."""
    assert set(keys.of_change("zope.interface", "remove")) & set(keys.of_file(filename)) == {"file~zope-interface"}
    assert not set(keys.of_change("zope.interface", "new release")) & set(keys.of_file(filename))


class Cache(WSGIRequestHandler):
    """Takes purges as a cache does, after failing once."""

    got: list[str] = []

    def handle(self):
        """One request."""
        self.raw_requestline = self.rfile.readline()
        if self.parse_request():
            self.got.append(self.headers["Surrogate-Key"])
            self.send_response(503 if len(self.got) == 1 else 200)
            self.end_headers()

    def log_message(self, *words):
        """Say nothing."""


class Threading(ThreadingMixIn, WSGIServer):
    """One thread a connection."""

    daemon_threads = True


@contextmanager
def listening(app, handler):
    """(address) of a server in this process."""
    server = make_server("127.0.0.1", 0, app, Threading, handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def soon(question, seconds=10):
    """Ask until the answer is true."""
    end = time.monotonic() + seconds
    while not (found := question()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def test_a_purge_that_fails_is_made_again():
    """And each once more afterwards, for what was asked before the change and kept after it."""
    Cache.got = []
    with listening(None, Cache) as port:
        purger = Purger(f"http://127.0.0.1:{port}/", again=0.05)
        purger.purge(["pkg~demo"])
        soon(lambda: len(Cache.got) == 3)
        purger.close()
    assert Cache.got == ["pkg~demo"] * 3


def test_the_command_follows_the_journal_until_told_to_stop(seeded_site):
    """It purges everything at first; SIGTERM ends it."""
    Cache.got = ["one that failed"]
    with listening(None, Cache) as port:
        words = [sys.executable, "-m", "modern", "purge", "--cache", f"http://127.0.0.1:{port}/", "--database"]
        with subprocess.Popen([*words, seeded_site[0].database_url], stdout=subprocess.DEVNULL) as process:
            soon(lambda: len(Cache.got) == 2, 30)
            process.terminate()
            assert process.wait(10) == 130
    assert Cache.got[1] == "index"


def test_an_account_that_is_deleted_is_purged_from_its_projects(person, seeded_site):
    """No journal says that its roles went."""
    purged = []
    installation = seeded_site[1].registry["installation"]
    manager = TransactionManager(explicit=True)
    with manager:
        services = installation.services(manager, person.settings.urls(https=False))
        services.users.create("leaver", "leaver@example.org", "leaverpw1")
        services.users.activate("leaver")
        services.db.execute(text("INSERT INTO roles VALUES ('Maintainer', 'leaver', 'CamelCase')"))
    with manager:
        services = Services(
            installation.database, installation.store, person.settings, person.settings.urls(https=False), manager,
            installation.remembered, purged.append, installation.feed,
        )  # fmt: skip
        services.users.delete("leaver")
    assert "pkg~camelcase" in purged[0]


def test_too_many_purges_are_one_of_everything():
    """Memory is bounded while a cache is away."""
    Cache.got = ["one that failed"]
    with listening(None, Cache) as port:
        purger = Purger(f"http://127.0.0.1:{port}/", most=10)
        purger.purge(f"pkg~{number}" for number in range(11))
        soon(lambda: len(Cache.got) == 2)
        purger.close()
    assert Cache.got[1] == "index"


def test_what_the_old_index_wrote_is_purged(person, seeded_site, named):
    """At first everything, then what is new in the journal, in whatever order it appears."""
    purged = []
    follower = Follower(seeded_site[1].registry["installation"].database.engine, purged.append)
    assert (follower.step(), purged) == (0, [["index"]])
    name = named("followed")
    connection = psycopg2.connect(seeded_site[0].database_url)
    with connection, connection.cursor() as cursor:
        entry = "INSERT INTO journals (id, name, action) VALUES (%s, %s, 'new release')"
        cursor.execute("SELECT nextval('journals_id_seq')")
        early = cursor.fetchone()[0]
        cursor.execute("SELECT nextval('journals_id_seq')")
        cursor.execute(entry, (cursor.fetchone()[0], name))
        connection.commit()
        assert follower.step() >= 1
        assert f"pkg~{name}" in purged[-1]
        cursor.execute(entry, (early, name + "-early"))
    connection.close()
    assert follower.step() == 1
    assert f"pkg~{name}-early" in purged[-1]
    assert follower.step() == 0


class Quiet(WSGIRequestHandler):
    """Does not log."""

    def log_message(self, *words):
        """Say nothing."""


def free_port():
    """A port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def cached(modern_server, tmp_path_factory):
    """(port of Varnish, name of the database) of an index of its own behind docs/deploy/modern.vcl."""
    from legacy.load import load
    from modern.app import make_app
    from modern.settings import Settings

    folder, port = tmp_path_factory.mktemp("cached"), free_port()
    url = modern_server.create_database("cached")
    load(str(Path(__file__).parents[2] / "recordings" / "seed.json"), url, str(folder / "files"))
    base = f"http://127.0.0.1:{port}"
    settings = Settings(
        database_url=url, files=str(folder / "files"), base_url=base + "/pypi", purge_urls=(base,)
    )  # fmt: skip
    with listening(make_app(settings), Quiet) as behind:
        vcl = folder / "modern.vcl"
        vcl.write_text(VCL.read_text().replace('"8000"', f'"{behind}"'))
        words = [
            "varnishd",
            "-j",
            "none",
            "-F",
            "-n",
            str(folder / "varnish"),
            "-a",
            f"127.0.0.1:{port}",
            "-f",
            str(vcl),
        ]
        log = (folder / "log").open("wb")
        process = subprocess.Popen([*words, "-s", "malloc,32m"], stdout=log, stderr=log)
        try:
            soon(lambda: process.poll() is not None or reachable(port), 30)
            assert process.poll() is None, (folder / "log").read_text()
            yield port, url
        finally:
            process.terminate()
            process.wait(10)
            log.close()


def reachable(port):
    """Whether somebody listens."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def ask(port, target, method="GET", body=None, **headers):
    """(status, hit or miss, body) of an answer through the cache."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, answer.headers["X-Cache"], answer.read()
    connection.close()
    return found


def upload(port, filename, content):
    """Send a file of kept-demo 1.0."""
    fields = {
        ":action": "file_upload", "name": "kept-demo", "version": "1.0", "filetype": "bdist_wheel", "pyversion": "py3",
        "metadata_version": "1.0",
    }  # fmt: skip
    parts = [f'--B\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n' for key, text in fields.items()]
    parts.append(f'--B\r\nContent-Disposition: form-data; name="content"; filename="{filename}"\r\n\r\n')
    body = "".join(parts).encode() + content + b"\r\n--B--\r\n"
    return ask(port, "/pypi", "POST", body, Content_Type="multipart/form-data; boundary=B", Authorization=LOGIN)


def register(port):
    """Register kept-demo 1.0, as distutils does."""
    body = urlencode({":action": "submit", "name": "kept-demo", "version": "1.0", "metadata_version": "1.0"})
    kind = "application/x-www-form-urlencoded"
    return ask(port, "/pypi", "POST", body, Content_Type=kind, Authorization=LOGIN)


def wheel():
    """A wheel of kept-demo 1.0, as bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as files:
        files.writestr("kept_demo.py", "")
        files.writestr("kept_demo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: kept-demo\nVersion: 1.0\n")
        files.writestr(
            "kept_demo-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        files.writestr("kept_demo-1.0.dist-info/RECORD", "")
    return made.getvalue()


@varnish
@pytest.mark.parametrize("target", ["/simple/", "/simple/dotted.name/", "/pypi/demo/1.0", "/pypi?:action=rss"])
def test_the_second_answer_is_the_first_one_kept(cached, target):
    """And somebody with a cookie that logs in, or a password, has one of their own."""
    port, _ = cached
    first, second = ask(port, target), ask(port, target)
    assert (first[1:], second[1:]) == (("miss", first[2]), ("hit", first[2]))
    assert ask(port, target, Cookie="pypi=x")[1] == "miss"
    assert ask(port, target, Authorization="Basic eDp5")[1] == "miss"


@varnish
def test_an_upload_is_seen_then_installed_without_a_database(cached, tmp_path):
    """Kept 404s of the project and what is newest change at once; then the database goes, and pip installs."""
    port, url = cached
    pages = ["/simple/kept-demo/", "/pypi/kept-demo/1.0", "/pypi/kept-demo/json", "/pypi"]
    before = {page: ask(port, page) for page in pages}
    assert register(port)[0] == 200
    assert upload(port, "kept_demo-1.0-py3-none-any.whl", wheel())[::2] == (200, b"OK\n")
    for page in pages[:3]:
        soon(lambda page=page: b"kept_demo-1.0-py3-none-any.whl" in ask(port, page)[2])
    soon(lambda: ask(port, "/pypi") != before["/pypi"])
    install(port, tmp_path / "with")
    with without_database(url):
        assert ask(port, "/pypi/demo/1.0", Cookie="pypi=x")[0] == 503  # nobody known gets what was kept
        install(port, tmp_path / "without")
        ask(port, "/", "PURGE", Surrogate_Key="index")
        install(port, tmp_path / "purged")
        status, _, body = upload(port, "kept_demo-1.0-py2-none-any.whl", b"x")
        assert (status, body) == (503, b"Database connection failed\n\nPlease try again later.\n\n")
    assert ask(port, "/simple/kept-demo/")[0] == 200


def install(port, folder):
    """Have pip install kept-demo through the cache."""
    words = [sys.executable, "-m", "pip", "install", "--no-cache-dir", "--no-deps", "--target", str(folder), "-q"]
    index = f"http://127.0.0.1:{port}/simple/"
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    words += ["--index-url", index, "--retries", "0", "--no-compile", "kept-demo==1.0"]
    subprocess.run(words, check=True, timeout=60, env=environ)
    assert (folder / "kept_demo.py").exists()


@contextmanager
def without_database(url):
    """Nobody can connect meanwhile, and who was connected is not any more."""
    name = psycopg2.extensions.parse_dsn(url)["dbname"]
    connection = psycopg2.connect(url, dbname="postgres")
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
    try:
        yield
    finally:
        cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        connection.close()


def test_a_cache_must_have_a_url():
    """The setting is checked when it is read."""
    from modern.settings import Settings, SettingsError

    environ = {"PYPI_DATABASE_URL": "postgresql:///x", "PYPI_PURGE_URL": "http://a/ http://b/"}
    assert Settings.from_environ(environ).purge_urls == ("http://a/", "http://b/")
    with pytest.raises(SettingsError, match=r"PYPI_PURGE_URL: a\.example"):
        Settings.from_environ({**environ, "PYPI_PURGE_URL": "a.example"})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_sees_a_stale_page_can_have_it_purged(person, seeded_site, method):
    """Registered projects by any spelling; not any number of them, for anybody may ask. The old answer, whatever."""
    from modern.app import make_app
    from modern.views.odd import MOST_PURGED

    Cache.got = ["one that failed"]
    words = [(":action", "purge"), ("project", "Demo"), ("project", "no\0name"), ("project", "nobody")]
    words += [("project", "nobody")] * (MOST_PURGED - 3) + [("project", "lone-wheel")]
    query = urlencode(words)
    with listening(None, Cache) as port:
        person.app = make_app(replace(seeded_site[0], purge_urls=(f"http://127.0.0.1:{port}/",)))
        asked = ("/pypi", query.encode()) if method == "POST" else ("/pypi?" + query, b"")
        assert person.ask(method, *asked, Content_Type="application/x-www-form-urlencoded").text == "OK"
        soon(lambda: Cache.got[1:])
        person.app.registry["installation"].close()
    assert Cache.got[1:] == ["simple-index newest pkg~demo"]


def test_a_cache_that_is_away_fails_no_upload(person, seeded_site, caplog):
    """The uploader waits for nothing."""
    from modern.app import make_app

    person.app = make_app(replace(seeded_site[0], purge_urls=(f"http://127.0.0.1:{free_port()}/",)))
    person.user = ALICE
    fields = {"name": "demo", "version": "1.1", "filetype": "sdist", "protocol_version": "1"}
    assert person.send("file_upload", {"content": ("demo-unpurged.tar.gz", b"unpurged")}, **fields).body == b"OK\n"
    soon(lambda: "purges at http://127.0.0.1" in caplog.text)
    person.app.registry["installation"].close()
