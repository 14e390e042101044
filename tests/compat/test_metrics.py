"""What is counted, who is shown it, and that the answer itself stays as it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compat import CGIDirectory, ConfigurationError, StaticFiles, Strangler
from compat.metrics import Metrics
from compat.site import Site

PEER = {"REMOTE_ADDR": "127.0.0.1"}


@pytest.fixture
def app(programs: Path) -> Metrics:
    """The tiny programs, counted."""
    return Metrics(CGIDirectory(programs, max_concurrency=2, timeout=0.3, queue_timeout=0))


def samples(ask: Callable[..., Any], app: Metrics, programs: Path) -> dict[str, float]:
    """Return the page as a table, without the folder in the labels."""
    page = ask(app, "/metrics", **PEER).body.decode()
    rows = [line.rpartition(" ") for line in page.splitlines() if not line.startswith("#")]
    return {name.replace(f"{programs}/", ""): float(value) for name, _, value in rows}


def test_counts(ask: Callable[..., Any], app: Metrics, programs: Path) -> None:
    """Runs by program and status, exits, bytes, durations; a refused request has no program."""
    body = ask(app, "/env.cgi").body
    ask(app, "/env.cgi")
    ask(app, "/missing.cgi")
    found = samples(ask, app, programs)
    assert found['compat_requests_total{program="env.cgi",status="200"}'] == 2
    assert found['compat_requests_total{program="",status="404"}'] == 1
    assert found['compat_exits_total{exit="0",program="env.cgi"}'] == 2
    assert found['compat_response_bytes_total{program="env.cgi"}'] == 2 * len(body)
    assert found['compat_run_seconds_count{program="env.cgi"}'] == 2
    assert found["compat_queue_seconds_count"] == 2


def test_timeout_and_signal(ask: Callable[..., Any], tmp_path: Path, programs: Path) -> None:
    """A program that was too slow, one that killed itself, and one that failed, before and after its first byte."""
    head = "printf 'Content-Type: text/plain\\n\\n'; "
    cut = head + "echo part; sleep 9"
    for name, what in (("slow", "sleep 9"), ("cut", cut), ("dies", "kill -9 $$"), ("fails", "exit 3")):
        (tmp_path / f"{name}.cgi").write_text(f"#!/bin/sh\n{what}\n")
        (tmp_path / f"{name}.cgi").chmod(0o755)
    app = Metrics(CGIDirectory(tmp_path, timeout=0.3))
    for name in ("slow", "cut", "dies", "fails"):
        ask(app, f"/{name}.cgi")
    found = samples(ask, app, tmp_path)
    assert found['compat_timeouts_total{program="slow.cgi"}'] == 1
    assert found['compat_timeouts_total{program="cut.cgi"}'] == 1
    assert found['compat_requests_total{program="slow.cgi",status="504"}'] == 1
    assert found['compat_requests_total{program="cut.cgi",status="200"}'] == 1
    assert found['compat_exits_total{exit="SIGKILL",program="dies.cgi"}'] == 1
    assert found['compat_exits_total{exit="3",program="fails.cgi"}'] == 1


def test_in_progress(ask: Callable[..., Any], app: Metrics, environ_for: Callable[..., Any], programs: Path) -> None:
    """A request counts as being answered until its answer is closed."""
    answer = app(environ_for("/env.cgi"), lambda *args: None)
    assert samples(ask, app, programs)["compat_requests_in_progress"] == 1
    answer.close()  # type: ignore[attr-defined]
    answer.close()  # type: ignore[attr-defined]
    assert samples(ask, app, programs)["compat_requests_in_progress"] == 0


def test_what_no_program_answered(ask: Callable[..., Any], programs: Path) -> None:
    """Files, and whatever else stands beside programs, count by status alone; a program's answer counts once."""
    app = Metrics(Site({"/files": StaticFiles(programs, "/files"), "": CGIDirectory(programs)}))
    ask(app, "/files/missing")
    ask(app, "/files/env.cgi")
    ask(app, "/env.cgi")
    found = samples(ask, app, programs)
    requests = {name: value for name, value in found.items() if name.startswith("compat_requests_total")}
    assert requests == {
        'compat_requests_total{program="",status="404"}': 1,
        'compat_requests_total{program="",status="200"}': 1,
        'compat_requests_total{program="env.cgi",status="200"}': 1,
    }
    assert found["compat_requests_in_progress"] == 0


def test_an_application_that_fails(ask: Callable[..., Any], programs: Path) -> None:
    """An exception goes through, and the request is over."""

    def failing(environ: Any, start_response: Any) -> Any:
        raise LookupError("here")

    app = Metrics(failing)
    with pytest.raises(LookupError):
        ask(app, "/")
    assert samples(ask, app, programs)["compat_requests_in_progress"] == 0


def test_what_a_strangler_did(ask: Callable[..., Any], programs: Path) -> None:
    """By rule and event."""

    def new(environ: Any, start_response: Any) -> Any:
        start_response("503 Service Unavailable", [])
        return []

    app = Metrics(Strangler(CGIDirectory(programs), new, [{"name": "env", "path": "/env.cgi", "method": "GET"}]))
    ask(app, "/env.cgi")
    ask(app, "/env.cgi", body=b"x")
    found = samples(ask, app, programs)
    routes = {name: value for name, value in found.items() if name.startswith("compat_strangler_requests_total")}
    assert routes == {
        'compat_strangler_requests_total{event="new",rule="env"}': 1,
        'compat_strangler_requests_total{event="fell back",rule="env"}': 1,
        'compat_strangler_requests_total{event="old",rule="no rule"}': 1,
    }


SHOWN = [
    ({}, True),
    ({"REMOTE_ADDR": "::1"}, True),
    ({"REMOTE_ADDR": ""}, True),
    ({"REMOTE_ADDR": "::ffff:127.0.0.1"}, True),
    ({"REMOTE_ADDR": "10.1.2.3"}, True),
    ({"REMOTE_ADDR": "203.0.113.9"}, False),
    ({"HTTP_X_FORWARDED_FOR": "203.0.113.9"}, False),
    ({"HTTP_FORWARDED": "for=203.0.113.9"}, False),
    ({"HTTP_VIA": "1.1 front.example"}, False),
    ({"PATH_INFO": "/metrics/x"}, False),
]


@pytest.mark.parametrize(("changes", "shown"), SHOWN, ids=[str(row[0]) for row in SHOWN])
def test_who_is_shown(ask: Callable[..., Any], programs: Path, changes: dict[str, str], shown: bool) -> None:
    """Only who comes directly, from here or from where the operator said."""
    app = Metrics(CGIDirectory(programs), allow=("127.0.0.0/8", "::1", "unix", "10.0.0.0/8"))
    answer = ask(app, **{**PEER, "PATH_INFO": "/metrics", **changes})
    assert answer.status == ("200 OK" if shown else "404 Not Found")


def test_refused(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that is none, and a machine without the extra."""
    with pytest.raises(ConfigurationError, match="must be a path"):
        Metrics(CGIDirectory(programs), "metrics")
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'screamtest\[metrics\]'"):
        Metrics(CGIDirectory(programs))
