"""Pairs of applications and a recording, compared as a user compares them: which field of new is a difference."""

import importlib
import threading
from itertools import product
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from harness import Exchange, Options, Request, Response, diff, open_recordings, parse_target
from harness.config import Config, TargetConfig
from harness.store.archive import ArchiveWriter

HERE = Path(__file__).parent


@pytest.fixture
def served(monkeypatch):
    """Return a function that starts a server for the application of a field, and gives its URL."""
    monkeypatch.syspath_prepend(str(HERE))
    answering = importlib.import_module("fields").answering
    servers = []

    def start(field):
        servers.append(make_server("127.0.0.1", 0, answering(field), handler_class=Quiet))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class Quiet(WSGIRequestHandler):
    """Logs nothing, and does not wait for ever."""

    timeout = 10

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def compared(tmp_path):
    """Return a function that asks two applications, or servers, for so many pages, and gives the result."""

    def run(old, new, pages):
        with ArchiveWriter(tmp_path / "x.archive") as writer:
            for number in range(pages):
                request = Request(b"GET /page/%d HTTP/1.1" % number, ((b"Host", b"x"),))
                writer.add(Exchange("x", request, Response(200), started=1_463_392_800.0 + number))
        apps = [field if "://" in field else f"fields:answering({field!r})" for field in (old, new)]
        targets = {name: TargetConfig(app, cwd=str(HERE)) for name, app in zip("ab", apps, strict=True)}
        config = Config(root=tmp_path, targets=targets)
        recordings = open_recordings([tmp_path / "x.archive"])
        return diff(recordings, Options(parse_target("a", config), parse_target("b", config), config))

    return run


SAME = [
    "another token",
    "uncontrolled token",
    "token on half of the pages",
    "token in half of the answers",
    "process",
]


@pytest.mark.parametrize(("field", "pages"), [*product(SAME, [5, 100]), ("token in 5 % of the answers", 100)])
def test_a_field_of_one_make_is_no_difference(compared, field, pages):
    """Whatever it is."""
    result = compared("token" if field == "another token" else field, field, pages)
    assert result.counts["judged"] == pages
    assert [group.title for group in result.groups] == []


CHANGED = {
    "random on half of the pages, then on all": ("token on half of the pages", "token", 100),
    "random in half of the answers, then in all": ("token in half of the answers", "uncontrolled token", 100),
    "random in all answers, then in half": ("uncontrolled token", "token in half of the answers", 100),
    "the process, then a constant": ("process", "number", 100),
    "the process, then a constant, in few exchanges": ("process", "number", 5),
    "the process, then a constant, in many": ("process", "number", 300),
    "random on some pages, then never": ("token on 5 % of the pages", "constant", 200),
    "random in some answers, then never": ("token in 5 % of the answers", "constant", 600),
    "random in some answers, then in half": ("token in 5 % of the answers", "token in half of the answers", 100),
    "never, then at random": ("constant", "token in half of the answers", 100),
    "a token, then a counter": ("token", "counter", 100),
    "a token, then a counter, in few exchanges": ("uncontrolled token", "counter", 10),
    "a token, then the time": ("token", "time", 100),
    "a token, then half of one": ("token", "prefix", 100),
    "a token, then a digest of the request": ("token", "digest", 100),
}


@pytest.mark.parametrize(("old", "new", "pages"), CHANGED.values(), ids=CHANGED.keys())
def test_a_field_of_another_make_is_a_difference(compared, old, new, pages):
    """In as many exchanges as it takes to tell."""
    result = compared(old, new, pages)
    assert {(group.aspect, group.kind) for group in result.groups} == {("body", "changed")}


@pytest.mark.parametrize("new", ["token", "digest"])
def test_a_server_is_compared_with_an_application(compared, served, new):
    """The usual case: old still runs somewhere, new is started here, and in other surroundings too."""
    result = compared(served("token"), new, 60)
    assert result.counts["judged"] == 60
    assert bool(result.groups) == (new == "digest")


def test_of_a_server_beside_an_application_it_is_said_that_new_was_not_compared(compared, served):
    """It keeps what an application draws anew when it starts: its process number, say."""
    result = compared("process", served("process"), 60)
    assert result.groups == ()
    assert "new was not run against itself" in result.rules[0].evidence


UNTOLD = {
    "random in half of the answers, then in all": ("token now and then", "uncontrolled token", 5),
    "random in some answers, then never": ("token once in a while", "constant", 60),
    "a token, then a digest of the request": ("token", "digest", 5),
}


@pytest.mark.parametrize(("old", "new", "pages"), UNTOLD.values(), ids=UNTOLD.keys())
def test_what_too_few_exchanges_cannot_tell_is_said(compared, old, new, pages):
    """Either it is a difference, or the rule that explains it says what could not be compared."""
    result = compared(old, new, pages)
    applied = [rule for rule in result.rules if not rule.refused]
    assert result.groups or result.counts["matched"] == pages
    assert all("whether new varies as often as old could not be told" in rule.evidence for rule in applied)
