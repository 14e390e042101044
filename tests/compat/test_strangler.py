"""Two applications as one: who answers, that the request and the answer stay as they are, and how one can tell."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from compat import CGIDirectory, ConfigurationError, Strangler

RULES = [
    {"name": "not yet", "path": "/simple/private", "to": "old"},
    {"name": "simple", "path": "/simple"},
    {"name": "posted", "method": "POST", "query": {":action": "file_upload"}},
]


class Named:
    """An application that answers with its name and remembers what it was given."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.environ: dict[str, Any] = {}
        self.closed = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer."""
        self.environ = environ
        start_response("200 OK", [("Content-Type", "text/plain"), ("X-A", "1"), ("X-A", "2")])
        return self

    def __iter__(self) -> Iterator[bytes]:
        yield self.name.encode()

    def close(self) -> None:
        """Count."""
        self.closed += 1


@pytest.mark.parametrize(
    ("url", "changes", "body"),
    [
        ("/simple/x", {}, b"new"),
        ("/simple/private/x", {}, b"old"),
        ("/", {}, b"old"),
        ("/?:action=file_upload", {"body": b"x"}, b"new"),
        ("/?:action=file_upload", {}, b"old"),
    ],
)
def test_who_answers(ask: Callable[..., Any], url: str, changes: dict[str, Any], body: bytes) -> None:
    """The first rule that matches decides; old where none does."""
    assert ask(Strangler(Named("old"), Named("new"), RULES), url, **changes).body == body


@pytest.mark.parametrize("url", ["/", "/simple/x"])
def test_nothing_is_touched(environ_for: Callable[..., Any], url: str) -> None:
    """The very environ; the body is not read; the iterable is passed on piece by piece and closed, old's is the very
    same.
    """
    old, new = Named("old"), Named("new")
    asked, other = (old, new) if url == "/" else (new, old)
    environ = environ_for(url, body=b"body")
    before = dict(environ)
    app = Strangler(old, new, RULES)
    answer: Any = app(environ, lambda *args: None)
    assert (answer is old) == (asked is old)
    assert list(answer) == [asked.name.encode()]
    answer.close()
    assert asked.closed == 1
    assert asked.environ is environ
    assert environ == {**before, "compat.application": app, "compat.script_name": ""}
    assert environ["wsgi.input"].read() == b"body"
    assert not other.environ


def test_header(ask: Callable[..., Any]) -> None:
    """A header tells who answered, behind the application's own; without being asked for there is none."""
    app = Strangler(Named("old"), Named("new"), RULES, header="X-Answered-By")
    assert ask(app, "/simple/").headers[1:] == [("X-A", "1"), ("X-A", "2"), ("X-Answered-By", "new")]
    assert ask(app, "/").all("X-Answered-By") == ["old"]
    assert ask(Strangler(Named("old"), Named("new"), RULES), "/").all("X-Answered-By") == []


def test_log(ask: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    """One line each, with the rule, and bytes from outside escaped."""
    app = Strangler(Named("old"), Named("new"), RULES)
    with caplog.at_level(logging.INFO, "compat"):
        ask(app, PATH_INFO="/simple/\n")
        ask(app, "/", SCRIPT_NAME="/a")
        ask(Strangler(Named("old"), Named("new"), RULES, log=False), "/")
    assert caplog.messages == [
        "strangler: GET /simple/\\n to new (rule 'simple')",
        "strangler: GET /a/ to old (no rule)",
    ]


def test_exc_info(environ_for: Callable[..., Any]) -> None:
    """An application that replaces its head after an error still can (PEP 3333)."""
    calls: list[Any] = []

    def failing(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("500 Oops", [], ("type", "value", "trace"))
        return []

    app = Strangler(failing, failing, RULES, header="X-By")
    app(environ_for("/"), lambda *args: calls.append(args))  # type: ignore[arg-type, return-value]
    assert calls == [("500 Oops", [("X-By", "old")], ("type", "value", "trace"))]


def test_with_programs(ask: Callable[..., Any], programs: Path) -> None:
    """An old cgi-bin and a new application: an upload reaches whoever answers, whole."""

    def new(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"new " + environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))]

    app = Strangler(CGIDirectory(programs), new, [{"path": "/echo.cgi", "header": {"X-Beta": "1"}}])
    assert ask(app, "/echo.cgi", body=b"data").body.endswith(b"data")
    assert ask(app, "/echo.cgi", body=b"data", HTTP_X_BETA="1").body == b"new data"


def test_local_redirect(ask: Callable[..., Any], tmp_path: Path) -> None:
    """A redirect of the old program to a route of the new application is answered by the new one."""
    (tmp_path / "to.cgi").write_text("#!/bin/sh\nprintf 'Location: /simple/\\n\\n'\n")
    (tmp_path / "to.cgi").chmod(0o755)
    app = Strangler(CGIDirectory(tmp_path), Named("new"), RULES, header="X-By")
    answer = ask(app, "/to.cgi")
    assert (answer.body, answer.all("X-By")) == (b"new", ["new"])


def test_rules_may_change(
    ask: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The next request goes by the file as it is then; a broken one is told of, and changes nothing."""
    monkeypatch.setattr("compat.rulefile.LOOK", 0.0)
    path = tmp_path / "rules.toml"
    path.write_text("")
    app = Strangler(Named("old"), Named("new"), path)
    assert ask(app, "/simple/").body == b"old"
    path.write_text('[[rule]]\nname = "simple"\npath = "/simple"\n')
    with caplog.at_level(logging.INFO, "compat"):
        assert ask(app, "/simple/").body == b"new"
    assert caplog.messages[0] == f"strangler: new rules from {path}: simple"
    path.write_text('[[rule]]\npath = "/"\nto = "shadow"\n')
    assert ask(app, "/simple/").body == b"new"
    assert "the rules stay as they were: rule 1: to = 'shadow' needs" in caplog.messages[-1]


def test_counts(ask: Callable[..., Any], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """By rule, where requests went; now and then as a line of the log."""
    app = Strangler(Named("old"), Named("new"), RULES)
    for url in ("/simple/", "/simple/x", "/simple/private", "/"):
        ask(app, url)
    assert app.counts == {"simple": {"new": 2}, "not yet": {"old": 1}, "no rule": {"old": 1}}
    monkeypatch.setattr("compat.routed.PERIOD", 0.0)
    with caplog.at_level(logging.INFO, "compat"):
        ask(app, "/")
    assert caplog.messages[-1] == "strangler: so far: simple: new 2; not yet: old 1; no rule: old 2"


@pytest.mark.parametrize(
    ("old", "new", "options", "says"),
    [
        (None, Named("new"), {}, "old=None"),
        (Named("old"), "new.app", {}, "new='new.app'"),
        (Named("old"), Named("new"), {"header": "X By"}, "not a header name"),
        (Named("old"), Named("new"), {"rules": [{"paht": "/"}]}, "rule 1: paht"),
    ],
)
def test_refused(old: Any, new: Any, options: dict[str, Any], says: str) -> None:
    """What cannot be is told when the object is made."""
    with pytest.raises(ConfigurationError, match=says):
        Strangler(old, new, **{"rules": RULES, **options})


def test_wsgi_errors(environ_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without logging configured by the host, the line goes to wsgi.errors."""
    monkeypatch.setattr(logging.getLogger("compat"), "hasHandlers", lambda: False)
    environ = environ_for("/", **{"wsgi.errors": io.StringIO()})
    Strangler(Named("old"), Named("new"), RULES)(environ, lambda *args: None)
    assert environ["wsgi.errors"].getvalue() == "compat: strangler: GET / to old (no rule)\n"
