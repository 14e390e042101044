"""curl: what people and their scripts ask for by hand, the wrong and the odd included; one cassette a topic.

A row is the words for curl and the status that must come; `{base}` stands for the index's address. Pages and files
of the seed are derived from it.
"""

from __future__ import annotations

import functools
import json
import re
import shlex
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from recordings.clients import curl_tables as tables
from recordings.index import SEED
from recordings.projects import Project, write_wheel
from recordings.session import Scenario, Session

Row = tuple[str, int]


def _curl(session: Session, words: str, status: int) -> None:
    """Ask once; the words are split as a shell would, after the address was put in."""
    command = shlex.split(words.replace("{base}", session.base))
    session.run(
        "curl", "--silent", "--show-error", "--globoff", "--max-time", "20", "--output", "answer", "--write-out",
        "%{http_code}\n", *command, says=f"(?m)^{status}$",
    )  # fmt: skip


def _ask(session: Session, rows: Iterable[Row]) -> None:
    for words, status in rows:
        _curl(session, words, status)


def _seed() -> list[dict[str, Any]]:
    projects: list[dict[str, Any]] = json.loads(SEED.read_text())["projects"]
    return projects


def _visible(project: dict[str, Any]) -> bool:
    """Whether a page shows it: pages and DOAP pass over hidden releases."""
    return any(not release["hidden"] for release in project["releases"])


def _play_table(session: Session, rows: Sequence[Row]) -> None:
    _ask(session, rows)


def _play_pages(session: Session) -> None:
    _ask(session, tables.PAGES)
    for project in _seed():
        name = quote(project["name"])
        _curl(session, f"'{{base}}/pypi/{name}'", 200 if _visible(project) else 404)
        for release in project["releases"]:
            _curl(session, f"'{{base}}/pypi/{name}/{quote(release['version'])}'", 200)


def _play_simple(session: Session) -> None:
    _ask(session, tables.SIMPLE)
    for project in _seed():
        normal = quote(re.sub("[^A-Za-z0-9.]+", "-", project["name"]).lower())
        _curl(session, f"'{{base}}/simple/{normal}/'", 200)
        if project["name"] != normal:
            _curl(session, f"--location '{{base}}/simple/{quote(project['name'])}'", 200)


def _play_machine(session: Session) -> None:
    _ask(session, tables.MACHINE)
    for project in _seed():
        name, releases = quote(project["name"]), project["releases"]
        _curl(session, f"'{{base}}/pypi/{name}/json'", 200 if releases else 404)
        _curl(session, f"'{{base}}/pypi?:action=doap&name={name}'", 200 if _visible(project) else 404)
        for release in releases[-1:]:
            _curl(session, f"'{{base}}/pypi/{name}/{quote(release['version'])}/json'", 200)


def _play_files(session: Session) -> None:
    page = session.run("curl", "--silent", f"{session.base}/simple/demo/", says="href=")
    links = re.findall(r'href="(?:\.\./\.\.)?([^"#]*)#md5=([0-9a-f]{32})', page)
    thorough = [next(path for path, _ in links if path.endswith(suffix)) for suffix in (".tar.gz", ".whl")]
    for path, digest in links:
        url = path if path.startswith("http") else f"{session.base}{path}"
        for words, status in tables.FILES if path in thorough else tables.FILES[:2]:
            _curl(session, words.replace("{url}", url).replace("{digest}", digest), status)
        if path in thorough:
            _ask_again(session, url)
    _ask(session, tables.NO_FILES)


def _ask_again(session: Session, url: str) -> None:
    """Ask with the validators of the first answer."""
    _curl(session, f"--dump-header head {url}", 200)
    head = (session.work / "head").read_text()
    for name, condition in (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")):
        value = re.search(rf"(?mi)^{name}:\s*(.*?)\s*$", head)
        if value:
            _curl(session, f"--header {shlex.quote(f'{condition}: {value[1]}')} {url}", 304)


def _play_writes(session: Session) -> None:
    files = {
        "{wheel}": write_wheel(session, Project("curled")),
        "{other}": write_wheel(session, Project("curled", "1.1")),
        "{big}": session.work / "curled-2.0.tar.gz",
        "{small}": session.work / "curled-9.9.tar.gz",
    }
    files["{big}"].write_bytes(b"\x1f\x8b\x08\x00" + bytes(70_000))  # more than what servers keep in memory
    files["{small}"].write_bytes(b"\x1f\x8b\x08\x00" + bytes(16))
    for words, status in tables.WRITES:
        for name, path in files.items():
            words = words.replace(name, str(path))
        _curl(session, words, status)


def _play_raw(session: Session) -> None:
    """Bodies that no form library writes: line ends alone, parts without type, bytes that are no UTF-8."""
    for name, body in tables.BODIES.items():
        (session.work / name).write_bytes(body)
    _ask(session, tables.RAW)


SCENARIOS = (
    Scenario(
        "curl-pages", None, _play_pages, "curl: the home page, every project's and every release's page, wrong names"
    ),
    Scenario("curl-simple", None, _play_simple, "curl: /simple/ with its redirects, for every project, wrong names"),
    Scenario("curl-machine", None, _play_machine, "curl: JSON, DOAP, feeds, classifiers, search, MD5"),
    Scenario("curl-files", None, _play_files, "curl: downloads, HEAD, ranges, validators, wrong paths"),
    Scenario(
        "curl-passwords",
        None,
        functools.partial(_play_table, rows=tables.PASSWORDS),
        "curl: good, bad and odd credentials",
    ),
    Scenario(
        "curl-odd",
        None,
        functools.partial(_play_table, rows=tables.ODD),
        "curl: odd methods, headers, paths and queries",
    ),
    Scenario("curl-writes", None, _play_writes, "curl: register, verify, upload; chunked, Expect, HTTP/1.0; refusals"),
    Scenario("curl-raw", None, _play_raw, "curl: hand-made bodies of old clients and broken ones"),
)
