"""Identity as users of `harness diff` meet it: archives, harness.toml, exit status, report."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
LOGIN = """
[[login]]
principal = "cookie:sid"
request = [{path = "/login"}, {path = "/login", form = {user = "alice", password = "%s"}, expect = 302}]
"""

Diff = Callable[..., tuple[int, str, dict[str, Any]]]


def test_a_session_is_judged_whole_and_equal(client: Any, diff: Diff) -> None:
    """Nothing to configure."""
    page = client.log_in()
    client.send("POST /item/add", page, b"name=spade")
    client.ask("GET /items")
    status, said, report = diff(client.exchanges, "")
    assert status == 0, said
    assert (report["counts"]["judged"], report["counts"]["exchanges"], report["groups"]) == (5, 5, [])


def test_a_change_in_it_is_one_group(client: Any, diff: Diff) -> None:
    """And the only one."""
    client.log_in()
    client.ask("GET /items")
    status, said, report = diff(client.exchanges, "", "broken")
    assert status == 1, said
    assert [(group["aspect"], group["count"]) for group in report["groups"]] == [("body", 2)]


def test_a_login_from_before_the_recording_is_configured(client: Any, diff: Diff) -> None:
    """With it, all is judged; without it, nothing; with a wrong password, the login is named."""
    page = client.log_in()
    client.send("POST /item/add", page, b"name=spade")
    client.ask("GET /items")
    late = client.since(3)
    assert diff(late, LOGIN % "secret")[0] == 0
    status, said, _ = diff(late, "")
    assert (status, "could not judge" in said) == (2, True), said
    status, said, _ = diff(late, LOGIN % "wrong")
    assert status == 2
    assert "cookie:sid" in said
    assert "answered 401, expected 302" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('[[login]]\nprincipal = "alice"\ncookie = "a=b"', "[[login]] 1: principal must be one of"),
        ('[bind]\n"R-1" = {env = "NOBODY_SET_THIS"}', "the variable NOBODY_SET_THIS is not set"),
    ],
)
def test_a_wrong_configuration_is_one_message(client: Any, diff: Diff, toml: str, words: str) -> None:
    """Before anything is started."""
    client.ask("GET /login")
    status, said, _ = diff(client.exchanges, toml)
    assert (status, words in said, "Traceback" in said) == (2, True, False), said


CGI = r'''#!{python}
"""Counts the visits of each session, in a file of its name."""
import hashlib, http.cookies, os, pathlib
folder = pathlib.Path(os.environ["VISITS"])
held = http.cookies.SimpleCookie(os.environ.get("HTTP_COOKIE", ""))
known = held["visit"].value if "visit" in held else ""
print("Content-Type: text/html")
if not (folder / known).is_file():
    known = hashlib.md5((os.environ["SALT"] + str(len(list(folder.iterdir())))).encode()).hexdigest()
    (folder / known).write_text("0")
    print("Set-Cookie: visit=" + known)
count = int((folder / known).read_text()) + 1
(folder / known).write_text("9" if count == 2 and os.environ.get("BROKEN") else str(count))
print()
print("<p>visit %d <a href='visits.cgi?visit=%s'>again</a></p>" % (count, known))
'''


@pytest.mark.parametrize(("broken", "groups"), [("", []), ("yes", [("files", 1)])], ids=["alike", "one write differs"])
def test_sessions_of_cgi_programs_are_files_of_other_names(
    tmp_path: Path, record: Any, diff: Diff, broken: str, groups: list[tuple[str, int]]
) -> None:
    """The cookie is bound, and the files that both sides write are the same file.

    After a write that differs new goes on from old's files, and under old's names for them.
    """
    script, empty, live = tmp_path / "visits.cgi", tmp_path / "empty", tmp_path / "live"
    script.write_text(CGI.replace("{python}", sys.executable))
    script.chmod(0o755)
    empty.mkdir()
    live.mkdir()
    app = f'compat:CGIScript({str(script)!r}, mount="/visits.cgi", pass_env=("SALT", "VISITS", "BROKEN"))'
    client = record(app, SALT="recorded", VISITS=str(live), PYTHONPATH=str(ROOT))
    for _ in range(4):
        answer = client.ask("GET /visits.cgi")
    assert b"visit 4" in answer.body
    toml = f"""
        default_state = "start"
        [state.start]
        load = ["cp", "-a", {json.dumps(f"{empty}/.")}, "{{files}}"]
        [state.start.env]
        VISITS = "{{files}}"
        [target.one]
        app = {json.dumps(app)}
        env = {{SALT = "one"}}
        [target.two]
        app = {json.dumps(app)}
        env = {{SALT = "two", BROKEN = "{broken}"}}
    """
    status, said, report = diff(client.exchanges, toml, "two", "one")
    assert status == bool(groups), said
    assert report["counts"]["judged"] == 4
    assert [(group["aspect"], group["count"]) for group in report["groups"]] == groups


DIARY = """
import os, pathlib
folder = pathlib.Path(os.environ["DIARY"])
session = os.environ["SALT"] * 8 + "0a1b2c3d4e"

def application(environ, start_response):
    if environ["REQUEST_METHOD"] == "POST":
        (folder / "last-login").write_text("by " + os.environ["SALT"])
        start_response("302 Found", [("Location", "/"), ("Set-Cookie", "sid=" + session)])
        return [b""]
    known = "sid=" + session in environ.get("HTTP_COOKIE", "")
    (folder / "visits").write_text("1")
    start_response("200 OK" if known else "401 Who", [("Content-Type", "text/plain")])
    return [b"dear diary" if known else b"who?"]
"""


def test_what_a_login_writes_is_no_difference(tmp_path: Path, record: Any, diff: Diff) -> None:
    """Each side's login is its own; what the recorded requests write is compared."""
    (tmp_path / "diary.py").write_text(DIARY)
    (tmp_path / "empty").mkdir()
    (tmp_path / "live").mkdir()
    client = record("diary:application", SALT="rec", DIARY=str(tmp_path / "live"), PYTHONPATH=str(tmp_path))
    client.ask("POST /login", b"user=al")
    client.ask("GET /")
    sides = "".join(
        f"[target.{name}]\napp = 'diary:application'\nenv = {{SALT = '{name}', PYTHONPATH = '{tmp_path}'}}\n"
        for name in ("one", "two")
    )
    toml = f"""
        default_state = "start"
        [[login]]
        principal = "cookie:sid"
        request = {{path = "/login", form = {{user = "al"}}}}
        [state.start]
        load = ["cp", "-a", {json.dumps(f"{tmp_path}/empty/.")}, "{{files}}"]
        [state.start.env]
        DIARY = "{{files}}"
        {sides}
    """
    status, said, report = diff(client.since(2), toml, "two", "one")
    assert status == 0, said
    assert (report["counts"]["judged"], report["groups"]) == (1, [])


def test_a_login_that_may_not_be_sent_says_what_allows_it(client: Any, diff: Diff) -> None:
    """At a URL nothing is written unasked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    client.log_in()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        status, said, _ = diff(client.since(3), LOGIN % "secret", "new", url)
        server.shutdown()
    assert (status, "cookie:sid" in said, "--allow-writes HOST" in said) == (2, True, True), said
