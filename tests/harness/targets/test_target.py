"""TARGET strings: what is one, and what is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.config import Config, TargetConfig
from harness.errors import UsageError
from harness.exchange import Exchange, Request
from harness.targets import parse_target
from harness.targets.application import ApplicationSide
from harness.targets.recorded import RecordedSide
from harness.targets.url import UrlSide

CONFIG = Config(
    root=Path("/"),
    targets={
        "old": TargetConfig("package.old:application"),
        "live": TargetConfig("http://127.0.0.1:8000"),
        "said": TargetConfig("recorded"),
        "wrong": TargetConfig("http://127.0.0.1:8000", env={"A": "B"}),
        "odd": TargetConfig("a b"),
    },
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("http://127.0.0.1:8000", UrlSide),
        ("http://localhost", UrlSide),
        ("http://[::1]:8000/", UrlSide),
        ("recorded", RecordedSide),
        ("old", ApplicationSide),
        ("package.module:application", ApplicationSide),
        ('package.module:factory("a b", c=1)', ApplicationSide),
        ("package.module", ApplicationSide),
        ("package.module:factory('/a/path')", ApplicationSide),
        ("live", UrlSide),
        ("said", RecordedSide),
    ],
)
def test_a_target_is_told_by_its_form(text: str, kind: type) -> None:
    """URL, name of the configuration, `recorded`, or an application."""
    assert isinstance(parse_target(text, CONFIG).open(), kind)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://",
        "https://host",
        "ftp://host",
        "unix:///run/app.sock",
        "http://host/path",
        "http://host:port",
        "a b",
        "./x.py",
        "wrong",
        "odd",
        "git:main",
    ],
)
def test_other_text_is_refused(text: str) -> None:
    """With the text as typed."""
    with pytest.raises(UsageError, match=r"target"):
        parse_target(text, CONFIG)


@pytest.mark.parametrize(
    ("allowed", "writes"),
    [((), False), (("127.0.0.1",), True), (("127.0.0.1:8000",), True), (("127.0.0.1:9",), False), (("other",), False)],
)
def test_writes_are_allowed_for_a_host_by_name_or_with_its_port(allowed: tuple[str, ...], writes: bool) -> None:
    """--allow-writes HOST."""
    side = parse_target("http://127.0.0.1:8000", CONFIG, frozenset(allowed)).open()
    assert isinstance(side, UrlSide)
    assert side.allow_writes is writes


@pytest.mark.parametrize(("text", "stateful"), [("old", True), ("m:a", True), ("recorded", False), ("http://h", False)])
def test_only_applications_are_given_a_starting_state(text: str, stateful: bool) -> None:
    """A server's state is its own."""
    assert parse_target(text, CONFIG).stateful is stateful


def test_a_configured_target_has_its_own_name_in_reports() -> None:
    """Whatever it is."""
    assert [parse_target(name, CONFIG).text for name in ("old", "live", "said")] == ["old", "live", "said"]


@pytest.mark.parametrize("text", ["http://h", "live"])
def test_what_the_configuration_lists_as_unsafe_is_not_sent(text: str) -> None:
    """To a server as typed, and to one by its name in harness.toml."""
    side = parse_target(text, replace(CONFIG, safety={"unsafe": ["GET /out*"]})).open()
    asked = Exchange("t#1", Request(b"GET /out HTTP/1.1"))
    assert "'GET /out*'" in getattr(side.refusal(asked), "reason", "")
    with pytest.raises(UsageError, match="safety"):
        parse_target(text, replace(CONFIG, safety={"unsafe": "GET /out*"}))
