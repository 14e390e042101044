"""A brownout: what is switched off when, who is hit, what they do next, and when it stops by itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compat import Brownout, ConfigurationError, Strangler
from compat.rules import read_rules

START = 1_000_000.0


class Clock:
    """A time that a test sets."""

    now = START

    def __call__(self) -> float:
        """Return it."""
        return self.now


def old(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer everything."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"old"]


def rule(**words: Any) -> dict[str, Any]:
    """Return a rule that switches JSON off."""
    return {"name": "json", "glob": "/item/*/json", "to": "off", **words}


def site(record: Path, *rules: dict[str, Any], clock: Any = None, **options: Any) -> Strangler:
    """Return an application with these rules."""
    return Strangler(old, old, rules, brownout=Brownout(record, clock=clock or Clock(), **options))


def events(record: Path, kind: str = "") -> list[dict[str, Any]]:
    """Return the lines of the record, without its first."""
    first, *rest = map(json.loads, record.read_text().splitlines())
    assert (first["format"], first["version"]) == ("compat-brownout", 1)
    return [event for event in rest if not kind or event["event"] == kind]


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Return where the record is to be."""
    return tmp_path / "brownout.jsonl"


@pytest.mark.parametrize(
    ("changes", "path", "status"),
    [
        ({}, "/item/a/json", "503"),
        ({}, "/item/a", "200"),
        ({"answer": 410}, "/item/a/json", "410"),
        ({"answer": 404}, "/item/a/json", "404"),
        ({"percent": 0}, "/item/a/json", "200"),
        ({"query": {"md5": "*"}}, "/item/a/json?md5=1", "503"),
        ({"query": {"md5": "*"}}, "/item/a/json", "200"),
        ({"method": "HEAD"}, "/item/a/json", "200"),
        ({"header": {"X-Old": "*"}}, "/item/a/json", "200"),
    ],
)
def test_switches_off_what_the_rule_says(
    ask: Callable[..., Any], record: Path, changes: dict[str, Any], path: str, status: str
) -> None:
    """A route, a parameter, a method, a header, a share of the clients."""
    assert ask(site(record, rule(**changes)), path).status[:3] == status


def test_old_may_answer_without_what_is_off(ask: Callable[..., Any], record: Path) -> None:
    """A parameter or a header is as if it had not been sent; the others stay as they came."""
    seen: list[tuple[str, str | None]] = []

    def told(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append((environ["QUERY_STRING"], environ.get("HTTP_X_OLD")))
        return old(environ, start_response)

    rules = [
        rule(name="md5", query={"m d5": "*"}, answer="without"),
        rule(name="header", header={"X-Old": "*"}, answer="without"),
    ]
    app = Strangler(told, told, rules, brownout=Brownout(record, clock=Clock()))
    assert ask(app, "/item/a/json?a=%20&m+d5=1&b", HTTP_X_OLD="1").status[:3] == "200"
    assert ask(app, "/item/a/json?a", HTTP_X_OLD="1", HTTP_USER_AGENT="other").status[:3] == "200"
    assert seen == [("a=%20&b", "1"), ("a", None)]
    assert [each["rule"] for each in events(record, "off")] == ["md5", "header"]


@pytest.mark.parametrize(
    ("after", "on"), [(-1, False), (0, True), (599, True), (601, False), (3600, True), (3599, False), (4201, False)]
)
def test_is_on_by_its_schedule(ask: Callable[..., Any], record: Path, after: float, on: bool) -> None:
    """From its start, for ten minutes, every hour."""
    clock = Clock()
    clock.now = START + after
    app = site(record, rule(start="1970-01-12T13:46:40Z", minutes=10, every=60), clock=clock)
    assert (ask(app, "/item/a/json").status[:3] == "503") is on


def test_says_when_to_come_again(ask: Callable[..., Any], record: Path) -> None:
    """Retry-After is the end of the outage, or what the rule says."""
    clock = Clock()
    clock.now = START + 60
    app = site(record, rule(start="1970-01-12T13:46:40Z", minutes=10), clock=clock)
    assert ask(app, "/item/a/json").all("Retry-After") == ["541"]
    assert ask(site(record, rule(retry_after=7)), "/item/a/json").all("Retry-After") == ["7"]


def test_writes_down_what_a_client_does_next(ask: Callable[..., Any], record: Path) -> None:
    """Of clients that were hit only, and no value of a query."""
    app = site(record, rule())
    ask(app, "/item/a", HTTP_USER_AGENT="before")
    ask(app, "/item/a/json?key=SECRET", HTTP_USER_AGENT="pip/1")
    ask(app, "/other", HTTP_USER_AGENT="pip/1")
    ask(app, "/other", HTTP_USER_AGENT="curl/7")
    assert [(each["event"], each.get("path"), each.get("status")) for each in events(record)] == [
        ("rule", None, None),
        ("off", "/item/a/json", 503),
        ("next", "/other", 200),
    ]
    (hit,) = events(record, "off")
    assert (hit["agent"], hit["parameters"]) == ("pip/1", ["key"])
    assert events(record, "rule")[0]["conditions"] == {"glob": "/item/*/json"}
    assert "SECRET" not in record.read_text()
    assert "192.0.2" not in record.read_text()


def test_a_client_is_followed_for_some_time_only(ask: Callable[..., Any], record: Path) -> None:
    """And for some requests only, so that the record stays small."""
    clock = Clock()
    app = site(record, rule(), clock=clock)
    ask(app, "/item/a/json")
    for _ in range(30):
        ask(app, "/")
    assert len(events(record, "next")) == 20
    ask(app, "/item/a/json", HTTP_USER_AGENT="late")
    clock.now += 601
    ask(app, "/", HTTP_USER_AGENT="late")
    assert all(each["agent"] != "late" for each in events(record, "next"))


@pytest.mark.parametrize(("limit", "answers"), [({"stop_requests": 3}, 3), ({"stop_clients": 2}, 2)])
def test_stops_by_itself_over_all_workers(
    ask: Callable[..., Any], record: Path, limit: dict[str, int], answers: int
) -> None:
    """Workers with a record in common count together; one that starts later knows of it."""
    workers = [site(record, rule(**limit)) for _ in range(2)]
    statuses = [ask(workers[n % 2], "/item/a/json", HTTP_USER_AGENT=f"agent/{n}").status[:3] for n in range(6)]
    assert statuses == ["503"] * answers + ["200"] * (6 - answers)
    assert len(events(record, "stopped")) == 1
    assert ask(site(record, rule(**limit)), "/item/a/json").status[:3] == "200"


def test_a_client_that_was_hit_may_come_again(ask: Callable[..., Any], record: Path) -> None:
    """`stop_clients` counts each once."""
    app = site(record, rule(stop_clients=1))
    assert [ask(app, "/item/a/json").status[:3] for _ in range(3)] == ["503"] * 3


@pytest.mark.parametrize("written", [b"", b'{"event": "off", "ti'])
def test_what_a_killed_worker_left_unfinished_loses_no_other_line(
    ask: Callable[..., Any], record: Path, written: bytes
) -> None:
    """The next line begins on a line of its own, and so the limit holds."""
    limited = rule(stop_requests=2)
    assert ask(site(record, limited), "/item/a/json").status[:3] == "503"
    with record.open("ab") as file:
        file.write(written)
    answers = [ask(site(record, limited), "/item/a/json").status[:3] for _ in range(3)]
    assert answers == ["503", "200", "200"]


def test_processes_stop_together(ask: Callable[..., Any], record: Path) -> None:
    """Exactly, however many write at once."""
    app, children = site(record, rule(stop_requests=50)), []
    for _ in range(4):
        if (child := os.fork()) == 0:
            for _ in range(25):
                ask(app, "/item/a/json", check=False)
            os._exit(0)
        children.append(child)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    assert len(events(record, "off")) == 50
    assert len(events(record, "stopped")) == 1


def test_without_a_record_nothing_is_switched_off(
    ask: Callable[..., Any], record: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Better no test than one that nobody can read; the log says so."""
    record.mkdir()
    assert ask(site(record, rule()), "/item/a/json").status[:3] == "200"
    assert "nothing is switched off" in caplog.text


def test_a_full_record_switches_nothing_off(ask: Callable[..., Any], record: Path) -> None:
    """It is bounded."""
    app = site(record, rule(), most=200)
    assert [ask(app, "/item/a/json").status[:3] for _ in range(3)] == ["503", "200", "200"]


def test_remembers_so_many_clients(ask: Callable[..., Any], record: Path) -> None:
    """The first ones are forgotten, not the last."""
    app = site(record, rule(), memory=2)
    for number in range(4):
        ask(app, "/item/a/json", HTTP_USER_AGENT=f"agent/{number}")
    for number in range(4):
        ask(app, "/", HTTP_USER_AGENT=f"agent/{number}")
    assert [each["agent"] for each in events(record, "next")] == ["agent/2", "agent/3"]


def test_a_record_that_was_moved_away_begins_anew(ask: Callable[..., Any], record: Path) -> None:
    """Then a rule that was stopped works again."""
    app = site(record, rule(stop_requests=1))
    assert [ask(app, "/item/a/json").status[:3] for _ in range(2)] == ["503", "200"]
    record.rename(record.with_suffix(".old"))
    ask(site(record, rule(name="other")), "/item/a/json")
    assert ask(app, "/item/a/json").status[:3] == "503"


@pytest.mark.parametrize(
    "words",
    [
        {"start": "2026-12-01T10:00:00Z"},
        {"minutes": 5},
        {"start": "soon", "minutes": 5},
        {"start": "2026-12-01T10:00:00Z", "minutes": 5, "every": 1},
        {"start": "2026-12-01T10:00:00Z", "minutes": True},
        {"answer": 200},
        {"answer": "without"},
        {"stop_clients": 0},
        {"retry_after": "soon"},
        {"to": "new", "minutes": 5},
    ],
)
def test_refuses_a_rule_that_makes_no_sense(words: dict[str, Any]) -> None:
    """When it is read."""
    with pytest.raises(ConfigurationError):
        read_rules([rule(**words)])


def test_needs_a_record() -> None:
    """And a folder for it."""
    with pytest.raises(ConfigurationError, match="Brownout"):
        Strangler(old, old, [rule()])
    with pytest.raises(ConfigurationError, match="folder"):
        Brownout("/nowhere/at/all")
