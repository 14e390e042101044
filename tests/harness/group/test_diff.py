"""One mistake in an application with logins, redirects, mails and a feed is one group, with a title for people."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from urllib.parse import urlencode

import pytest

from harness.exchange import Exchange, Headers, Request, Response
from harness.store.archive import ArchiveWriter

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CONFIG = """
default_state = "start"

[state.start.env]
SENDMAIL = "{sendmail}"
"""


class Visitor:
    """Uses the office as a browser does, and keeps what was said."""

    def __init__(self, office: ModuleType, found: list[Exchange]) -> None:
        self.office, self.found, self.cookie = office, found, ""

    def ask(self, method: str, path: str, **form: str) -> str:
        """Send a request, and return where the answer leads."""
        body = urlencode(form).encode()
        headers: Headers = ((b"Host", b"office.example"), (b"User-Agent", b"Firefox/2.0"))
        headers += ((b"Cookie", self.cookie.encode()),) if self.cookie else ()
        headers += ((b"Content-Type", b"application/x-www-form-urlencoded"),) if body else ()
        headers += ((b"Content-Length", str(len(body)).encode()),) if body else ()
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_COOKIE": self.cookie}
        environ |= {"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
        begun: list = []
        content = b"".join(self.office.application(environ, lambda *given: begun.extend(given)))
        code, _, reason = begun[0].partition(" ")
        pairs = tuple((name.encode(), value.encode()) for name, value in begun[1])
        request = Request(f"{method} {path} HTTP/1.1".encode(), headers, body, "length" if body else "none")
        number = len(self.found) + 1
        answer = Response(int(code), reason.encode(), pairs, content, framing="length")
        self.found.append(Exchange(f"x#{number}", request, answer, started=1463400000.0 + number))
        told = dict(begun[1])
        self.cookie = told.get("Set-Cookie", self.cookie).partition(";")[0]
        return told.get("Location", "")


def visit(office: ModuleType) -> list[Exchange]:
    """Return the exchanges of three people, and of somebody who only looks."""
    found: list[Exchange] = []
    guest = Visitor(office, found)
    for path in ("/", "/things.json", "/feed.xml", "/me", "/nothing"):
        guest.ask("GET", path)
    for number in (1, 3, 4):
        guest.ask("HEAD", f"/thing/{number}/")
        guest.ask("GET", guest.ask("GET", f"/thing/{number}"))
    for number, name in enumerate(("alice", "bob", "carol"), 1):
        person = Visitor(office, found)
        person.ask("GET", person.ask("POST", "/login", name=name))
        person.ask("GET", "/me.json")
        for thing in (number, number + 2):
            person.ask("GET", person.ask("POST", "/order", thing=office.THINGS[thing - 1]))
        person.ask("GET", "/me")
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the office, its harness.toml, and the recording of a visit."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "harness.toml").write_text(CONFIG)
    (folder / "office.py").write_text((HERE / "office.py").read_text())
    accept = folder / "accept"
    accept.write_text("#!/bin/sh\ncat > /dev/null\n")
    accept.chmod(0o755)
    office = ModuleType("office")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENDMAIL", str(accept))
        patch.setenv("SALT", "when it was recorded")
        exec(compile((HERE / "office.py").read_text(), "office.py", "exec"), office.__dict__)
        with ArchiveWriter(folder / "x.archive") as writer:
            for exchange in visit(office):
                writer.add(exchange)
    return folder


def harness(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the folder."""
    command = [sys.executable, "-m", "harness", *words]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)


def diff(folder: Path, mistake: str, *options: str) -> tuple[int, dict]:
    """Return the exit status and the report of `harness diff`."""
    sides = ("--old", "office:application", "--new", f'office:broken("{mistake}")')
    done = harness(folder, "diff", "x.archive", "--json", "r.json", *sides, *options)
    assert not done.stderr.startswith("Traceback"), done.stderr
    return done.returncode, json.loads((folder / "r.json").read_text())


def groups_of(folder: Path, mistake: str) -> list[dict]:
    """Return the groups of `harness diff` by default options."""
    status, report = diff(folder, mistake)
    assert status in (0, 1), report
    return report["groups"]


def test_the_office_against_itself(folder: Path) -> None:
    """Without a mistake there is no group."""
    assert groups_of(folder, "") == []


MISTAKES = {
    "another place": ("header", "Location", '"/thing/1/" -> "/thing/2/"; 3 more requests follow from it$'),
    "off by one": ("header", "Location", r'number \+1, e.g. "/order/1\d+" -> "/order/1\d+"; 6 more requests follow'),
    "names lowercased": ("header", "names", "header names in lower case: Content-Type -> content-type$"),
    "cookie lost": ("header", "Set-Cookie", 'missing in new, e.g. "sid=.*; 21 more requests follow from it$'),
    "another person": ("body", "", '^another record is shown: body .*: "[^"]+" -> "[^"]+"$'),
    "mail to another": ("mail", "To", "several values -> To: office@example.com"),
    "length of HEAD": ("body", "address", 'only in new, e.g. "<address>The office</address>"; 3 more requests follow'),
    "other namespace": ("body", "feed/@xmlns", "http://www.w3.org/2005/Atom -> http://purl.org/atom/ns#$"),
    "emptied": ("body", "content", '^body: nothing, where there was ".*; 3 more requests follow from it$'),
}


@pytest.mark.parametrize(("mistake", "found"), MISTAKES.items(), ids=MISTAKES)
def test_one_mistake_is_one_group(folder: Path, mistake: str, found: tuple[str, str, str]) -> None:
    """Each row: a mistake, the aspect and path of its only group, and what its title says."""
    aspect, path, title = found
    groups = groups_of(folder, mistake)
    assert len(groups) == 1, [(group["title"], group["count"]) for group in groups]
    assert re.fullmatch(aspect, groups[0]["aspect"])
    assert re.search(path, groups[0]["path"])
    assert re.search(title, groups[0]["title"]), groups[0]["title"]


def test_the_length_of_a_page_in_another_spelling_is_spelling(folder: Path) -> None:
    """It counts with what GET shows of the page, and `--meaning` puts both aside; HEAD is asked before GET."""
    (group,) = groups_of(folder, "comment")
    assert (group["kind"], group["endpoints"]["HEAD /thing/{}/"]) == ("spelling", 3)
    assert group["title"].endswith("; 3 more requests follow from it")
    assert group["endpoint"].startswith("GET ")
    status, report = diff(folder, "comment", "--meaning")
    assert (status, report["groups"]) == (0, [])


@pytest.mark.parametrize(("mistake", "status"), [("another place", 0), ("cookie lost", 2)])
def test_where_an_accepted_difference_leads_to_nothing_is_judged(folder: Path, mistake: str, status: int) -> None:
    """Pages that only new came to were not compared: a few are counted as that, many leave no verdict."""
    (folder / "accepted.toml").unlink(missing_ok=True)
    _, found = diff(folder, mistake)
    done = harness(folder, "accept", "r.json", "--all", "--reason", "it is meant", "-o", "accepted.toml")
    assert done.returncode == 0, done.stderr
    ended, report = diff(folder, mistake, "--accepted", "accepted.toml")
    (folder / "accepted.toml").unlink()
    followed = report["counts"]["unreplayable"] - found["counts"]["unreplayable"]
    assert ended == status
    assert followed == int(re.search(r"(\d+) more requests follow", found["groups"][0]["title"])[1])
    assert report["counts"]["judged"] == found["counts"]["judged"] - followed
