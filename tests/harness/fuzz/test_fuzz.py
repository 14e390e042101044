"""Fuzzing: what mutants are made of, and that a planted change is found."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.commands.fuzz import keep
from harness.config import Config
from harness.exchange import Exchange, Request
from harness.fuzz import Finding, Mutator, confirmed, literals
from harness.fuzz.related import related
from harness.fuzz.spots import spots, value_at
from harness.group import Group
from harness.recording import open_recordings
from harness.report.model import Result
from harness.shrink import Small
from harness.store.cassette import Cassette, write_cassette

APP = """
from urllib.parse import parse_qsl
def make(planted):
    paid = []
    def application(environ, start_response):
        given = dict(parse_qsl(environ["QUERY_STRING"]))
        hit = planted == "yes" and given.get("sort") == "secret word"
        if environ["REQUEST_METHOD"] == "POST":
            paid.append(environ["wsgi.input"].read())
        twice = planted == "yes" and len(paid) > len(set(paid))
        start_response("200 OK", [("Content-Type", "text/plain"), *([("X-Twice", "1")] if twice else [])])
        return [b"planted" if hit else b"same"]
    return application
"""


def recorded(number: int, target: bytes) -> Exchange:
    """An exchange without an answer."""
    return Exchange(f"x.yaml#{number}", Request(b"GET " + target + b" HTTP/1.1", ((b"Host", b"a"),)), started=1e9)


def test_literals_of_python_and_of_other_sources(tmp_path: Path) -> None:
    """Python is read by its syntax, other text by its quotes; what is compared comes before other words and texts."""
    (tmp_path / "a.py").write_text("x = f('one', 2)  # 'no'\nif x == 'up' or x in ('down', 'of it'):\n    d['key']\n")
    (tmp_path / "b.pl").write_text('print "three";\n')
    assert literals([tmp_path]) == [["down", "key", "up"], ["2", "one", "three"], ["of it"]]


def test_values_of_a_request() -> None:
    """Segments, parameters and fields of forms are values."""
    headers = ((b"Content-Type", b"application/x-www-form-urlencoded"),)
    request = Request(b"POST /a/b?c=d HTTP/1.1", headers, b"e=f+g")
    found = [value_at(request, spot) for spot in spots(request) if spot.part != "header"]
    assert sorted(found) == ["a", "b", "d", "f g"]


def test_the_same_seed_makes_the_same_mutants(tmp_path: Path) -> None:
    """Mutants follow from the seed alone."""
    exchanges = [recorded(1, b"/a?sort=up"), recorded(2, b"/b?sort=down")]

    def mutants(seed: int) -> list[Request]:
        mutator = Mutator(exchanges, [["word"]], Config(tmp_path), seed)
        return [mutator.mutant(exchanges[0].request) for _ in range(50)]

    assert mutants(1) == mutants(1)
    assert mutants(1) != mutants(2)


def test_each_literal_is_tried_at_each_kind_of_place(tmp_path: Path) -> None:
    """The likely ones first: after 400 requests 50 of them have stood in a field, whatever else there is."""
    exchanges = [recorded(1, b"/a?sort=up")]
    likely = [f"word{number}" for number in range(50)]
    mutator = Mutator(exchanges, [likely, ["never" * 3] * 500], Config(tmp_path), 1)
    made = [mutator.mutant(exchanges[0].request).target for _ in range(400)]
    assert all(any(b"sort=%s" % word.encode() in target for target in made) for word in likely)


JSON, FORM, UPLOAD = (
    Request(b"POST /a HTTP/1.1", ((b"Content-Type", kind),), body)
    for kind, body in (
        (b"application/json", b'{"qty": 3, "on": true}'),
        (b"application/x-www-form-urlencoded", b"a=1"),
        (b"multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n'
         b"Content-Type: text/plain\r\n\r\nx\r\n--b--\r\n"),
    )
)  # fmt: skip


@pytest.mark.parametrize(
    "request_",
    [Request(b"GET / HTTP/1.1"), Request(b"GET /a HTTP/1.1"), JSON, FORM, UPLOAD, Request(b"OPTIONS * HTTP/1.1")],
    ids=["root", "path", "json", "form", "upload", "nothing"],
)
def test_a_mutant_is_another_request(tmp_path: Path, request_: Request) -> None:
    """A replacement by the value that stands there is none; it would be counted as a request made up."""
    mutator = Mutator([Exchange("x#1", request_)], [["word"]], Config(tmp_path), 1)
    made = [mutator.mutant(request_) for _ in range(200)]
    assert not [each for each in made if (each.start_line, each.body) == (request_.start_line, request_.body)]


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [(JSON, b'{"qty": 13, "on": true}'), (FORM, b"a=1&a=1"), (FORM, b"a=13"), (UPLOAD, b'filename="13"')],
    ids=["a number in JSON", "a field of a form doubled", "a field of a form", "the name of a file"],
)
def test_what_comes_of_a_request(tmp_path: Path, request_: Request, wanted: bytes) -> None:
    """A literal of the source comes wherever a value stands."""
    mutator = Mutator([Exchange("x#1", request_)], [["13"]], Config(tmp_path), 1)
    assert any(wanted in (mutator.mutant(request_).body or b"") for _ in range(300))


def test_values_of_one_record_belong_together(tmp_path: Path) -> None:
    """With each other, and with those of the record they are part of; not with those of another."""
    (tmp_path / "seed.json").write_text('[{"name": "a", "parts": [{"number": 7}], "text": "of it"}, {"name": "b"}]')
    assert related([tmp_path / "seed.json", tmp_path / "none.json"]) == {"7": ["a"], "a": ["7"]}


def test_what_belongs_to_a_value_of_the_request_is_tried_beside_it(tmp_path: Path) -> None:
    """A pair that data names is found soon among many other values."""
    exchanges = [recorded(1, b"/a?part=up")]
    mutator = Mutator(exchanges, [[f"word{n}" for n in range(1000)]], Config(tmp_path), 1, {"a": ["7"]})
    assert b"/a?part=7" in [mutator.mutant(exchanges[0].request).target for _ in range(100)]


def test_planted_changes_are_found_and_kept_small(tmp_path: Path) -> None:
    """One on a value that only the source names, one on a step done twice; each cassette shows no more than its own."""
    (tmp_path / "shop.py").write_text(APP)
    (tmp_path / "harness.toml").write_text("")
    payment = Request(b"POST /pay HTTP/1.1", ((b"Host", b"a"), (b"Content-Length", b"3")), b"two")
    recording = [recorded(1, b"/a?sort=up"), replace(recorded(2, b""), request=payment), recorded(3, b"/b?c=d")]
    write_cassette(tmp_path / "x.yaml", recording)
    old, new = "shop:make('no')", "shop:make('yes')"
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "harness", "fuzz", "x.yaml", "--old", old, "--new", new, "--examples", "300"]
    done = subprocess.run(
        [*command, "-o", "kept"], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 1, done.stderr
    kept = [[each.request for each in Cassette(path)] for path in (tmp_path / "kept").glob("*.yaml")]
    [alone] = [requests[0] for requests in kept if len(requests) == 1]
    assert alone.query.replace(b"%20", b"+") == b"sort=secret+word"
    [twice] = [requests for requests in kept if len(requests) > 1]
    assert len(twice) <= 3
    assert sum(request.method == b"POST" for request in twice) == 2


CGI = """#!/bin/sh
printf 'Content-Type: text/plain\\n\\n'
if [ "$QUERY_STRING" = q=zebra ]; then echo striped; else echo plain; fi
"""


def fuzzed(folder: Path, *words: str) -> tuple[int, str]:
    """Run the command in a folder with a recording; return its exit status and what it wrote."""
    (folder / "harness.toml").write_text("")
    write_cassette(folder / "x.yaml", [recorded(1, b"/count?q=horse")])
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])}
    command = [sys.executable, "-m", "harness", "fuzz", "x.yaml", *words]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=100)
    return done.returncode, done.stdout + done.stderr


def test_literals_of_cgi_programs_are_tried(tmp_path: Path) -> None:
    """What only the source of a program in another language names."""
    for name, text in (("old", CGI), ("new", CGI.replace("striped", "Striped"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "count").write_text(text)
        (tmp_path / name / "count").chmod(0o755)
    targets = ("--old", 'compat:CGIDirectory("old")', "--new", 'compat:CGIDirectory("new")')
    status, text = fuzzed(tmp_path, *targets, "--examples", "80", "--time", "5")
    assert (status, "body text: striped -> Striped" in text) == (1, True), text


def test_a_target_whose_sources_are_not_found_is_told(tmp_path: Path) -> None:
    """Unless the user says where they are."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "shop.py").write_text(APP)
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.path.append('elsewhere')")
    targets = ("--old", "shop:make('no')", "--new", "shop:make('no')", "--examples", "1")
    told = "none of the sources of shop:make('no') was found"
    status, text = fuzzed(tmp_path, *targets)
    assert (status, text.count(told)) == (0, 1), text
    status, text = fuzzed(tmp_path, *targets, "--source", "elsewhere")
    assert (status, text.count(told)) == (0, 0), text


def test_where_findings_are_kept_is_looked_at_first(tmp_path: Path) -> None:
    """Not after an hour."""
    (tmp_path / "shop.py").write_text(APP)
    targets = ("--old", "shop:make('no')", "--new", "shop:make('no')")
    status, text = fuzzed(tmp_path, *targets, "-o", "x.yaml/found")
    assert (status, "x.yaml/found: the folder cannot be made: Not a directory" in text) == (2, True), text


def test_a_finding_of_before_that_is_read_stays(tmp_path: Path) -> None:
    """It shows its group already; another one is kept beside it."""
    write_cassette(tmp_path / "one.yaml", [recorded(1, b"/a")])
    opened = open_recordings([tmp_path])
    groups = [Group(name, name, "", {}, "header", name, "missing", "", "1", "", 1, {}, ()) for name in ("one", "other")]
    keep([Finding(group, Small((recorded(1, b"/b"),)), None) for group in groups], tmp_path, opened)
    kept = {name: Cassette(tmp_path / f"{name}.yaml") for name in ("one", "other")}
    assert {name: next(iter(each)).request.target for name, each in kept.items()} == {"one": b"/a", "other": b"/b"}


def test_what_does_not_come_back_is_counted_and_not_reported(tmp_path: Path) -> None:
    """A finding that its own requests do not show again is none."""
    one, other = (
        Group(name, name, "", {}, "header", name, "missing", "", "1", "", 1, {}, ()) for name in ("kept", "gone")
    )
    small = Small((recorded(1, b"/"),))
    result = Result("old", "new", {}, groups=(one, other))
    told = confirmed(result, [Finding(one, small, None), Finding(other, None, None)])
    assert told.groups == (one,)
    assert told.notes == ("not reported, since it did not come back when it was played again: 1 (gone)",)
