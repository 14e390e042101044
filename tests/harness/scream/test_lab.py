"""The lab from end to end: a client of a few lines, an application, the proxy between them over real sockets."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.config import Config, TargetConfig
from harness.errors import UsageError
from harness.scream.client import Client, parse_client
from harness.scream.lab import Plan, survey
from harness.scream.map import ClientMap, Map, read_map, write_map
from harness.scream.report import matrix, table
from harness.targets import parse_target

HERE = Path(__file__).parent
FETCH = (HERE / "fetch.py").read_text()
WHIM = """\
import sys
with open({0!r}, "a+b") as file:
    file.write(b"x")
    sys.exit(file.tell() % 2)
"""
ONLY = ("status 404", "reason phrase", "lower case", "quotes the other way", "links: text changed", "one more 301")


def client(code: str, name: str = "fetch") -> Client:
    """Return a client that runs some Python."""
    return Client(name, (sys.executable, "-c", code, "{url}"), timeout=60)


@pytest.fixture(scope="module")
def found() -> Map:
    """Return the map of a client that fetches files."""
    config = Config(root=HERE, targets={"old": TargetConfig("shop:application")})
    plan = Plan(parse_target("old", config), config, only=ONLY, endpoints=("GET /",))
    return survey([client(FETCH)], plan)


def test_what_breaks_it(found: Map) -> None:
    """The status and the quotes that it looks for break it; text, reason and case do not."""
    (one,) = found.clients
    assert {(broken.aspect, broken.operator) for broken in one.breaks} == {
        ("status", "status 404"),
        ("body", "quotes the other way"),
    }
    assert {place.aspect for place in one.ignores} >= {"reason", "header"}
    assert "GET /file/{}" in one.asks
    (status,) = (broken for broken in one.breaks if broken.aspect == "status")
    assert status.evidence.exit == (0, 1)
    assert status.evidence.files == ("- thing-1.txt",)


def test_the_map_can_be_read_again(found: Map, tmp_path: Path) -> None:
    """What is written is what is read."""
    write_map(tmp_path / "map.json", found)
    assert read_map(tmp_path / "map.json") == found


def test_for_people(found: Map) -> None:
    """Table and page name the client, what breaks it, and escape what they quote."""
    assert any("breaks" in line and "status 404" in line for line in table(found))
    assert "<td class=breaks>" in matrix(found)
    assert "&lt;b&gt;" in matrix(Map("old", (ClientMap("<b>", "", True, "why", 3, 0),)))


def test_nothing_to_change_is_no_verdict() -> None:
    """Where no change fits what a client was answered it is said so, and nobody is called silent."""
    quiet = ClientMap("list", "", False, "", 4, 0, ("GET /",))
    lines = list(table(Map("old", (quiet,))))
    assert lines[0] == "1 clients · would scream: none · not judged: list"
    assert lines[-1] == "list: not judged: nothing that it was answered can be changed so"


def test_who_fails_already_is_not_silent() -> None:
    """A client that fails when nothing is changed is not judged, and why is said: no change could break it."""
    config = Config(root=HERE, targets={"old": TargetConfig("shop:application")})
    failing = client("import sys; print('no address'); sys.exit(22)", "failing")
    found = survey([failing], Plan(parse_target("old", config), config))
    (one,) = found.clients
    assert (one.judged, one.flaky, one.runs) == (False, False, 3)
    assert list(table(found))[-1] == (
        "failing: not judged: it fails when nothing is changed: exit status 22, 'no address'"
    )


def test_a_whim_is_flaky(tmp_path: Path) -> None:
    """A client that fails every other time is flaky, and is not said to scream."""
    config = Config(root=HERE, targets={"old": TargetConfig("shop:application")})
    whimsical = client(WHIM.format(str(tmp_path / "times")), "whimsical")
    (one,) = survey([whimsical], Plan(parse_target("old", config), config)).clients
    assert (one.flaky, one.why, one.breaks) == (True, "exit status 0 or 1", ())


@pytest.mark.parametrize(
    "text", ["", "x=", "no-such-program-here {url}", "'"], ids=["empty", "name", "missing", "quote"]
)
def test_what_is_no_client(text: str) -> None:
    """A command that cannot be run is refused before anything starts."""
    with pytest.raises(UsageError):
        parse_client(text, {}, None, "work", 60)
