"""A client that records a shop, and the shop as target: three processes that call everything by names of their own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.config import Config, TargetConfig
from harness.exchange import Exchange, Headers, Request, Response
from harness.player import Player
from harness.state import Stateless
from harness.store.archive import ArchiveWriter
from harness.targets import Side, parse_target

HERE = Path(__file__).parent
FORM: Headers = ((b"Content-Type", b"application/x-www-form-urlencoded"),)
OPTIONS = {"logins", "fixed"}
TARGETS = f"""
[target.old]
app = "shop:application"
cwd = {json.dumps(str(HERE))}
env = {{SALT = "old", FIRST = "140"}}

[target.new]
app = "shop:application"
cwd = {json.dumps(str(HERE))}
env = {{SALT = "new", FIRST = "205"}}

[target.broken]
app = "shop:application"
cwd = {json.dumps(str(HERE))}
env = {{SALT = "new", FIRST = "205", BROKEN = "text"}}
"""

Diff = Callable[..., tuple[int, str, dict[str, Any]]]


class Client:
    """Asks a running shop and keeps what was said, as a recorder before it would have."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self.exchanges: list[Exchange] = []
        self.cookie = b""

    def ask(self, line: str, body: bytes = b"", headers: Headers = (), user: str = "") -> Response:
        """Send a request with the cookie that the shop set last."""
        pairs = [(b"Host", b"shop.example"), *headers]
        if self.cookie:
            pairs.append((b"Cookie", b"theme=dark; " + self.cookie))
        if body:
            pairs.append((b"Content-Length", str(len(body)).encode()))
        request = Request(f"{line} HTTP/1.1".encode(), tuple(pairs), body, "length" if body else "none")
        number = len(self.exchanges) + 1
        exchange = Exchange(
            f"shop.archive#{number}", request, None, 0.0, None, "http", "", user, "remote" if user else ""
        )
        self._side.send(exchange)
        answer = self._side.receive()
        assert isinstance(answer, Response), answer
        self.exchanges.append(Exchange(exchange.id, request, answer, user=exchange.user, user_by=exchange.user_by))
        for name, value in answer.headers:
            if name == b"Set-Cookie":
                self.cookie = b"" if b"Max-Age=0" in value else value.partition(b";")[0]
        return answer

    def log_in(self) -> Response:
        """Go through the login form, to the list."""
        self.send("POST /login", self.ask("GET /login"), b"user=alice&password=secret")
        return self.ask("GET /items")

    def send(self, line: str, page: Response, fields: bytes) -> Response:
        """Send the form of a page: its hidden fields and these."""
        kept = b"".join(
            b"&" + name + b"=" + value.replace(b"+", b"%2B").replace(b"/", b"%2F").replace(b"=", b"%3D")
            for name, value in self.hidden(page).items()
        )
        return self.ask(line, fields + kept, FORM)

    @staticmethod
    def hidden(page: Response) -> dict[bytes, bytes]:
        """Return the hidden fields of a page."""
        return dict(re.findall(rb'type="hidden" name="([^"]*)" value="([^"]*)"', page.body or b""))

    def since(self, number: int) -> list[Exchange]:
        """Return what was recorded from this exchange (from 1) on."""
        return self.exchanges[number - 1 :]


Shop = Callable[..., Side]
Play = Callable[..., Player]


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Start a shop with variables of its own; closed at the end of the test."""
    sides: list[Side] = []

    def start(**env: str) -> Side:
        target = TargetConfig("shop:application", sys.executable, str(HERE), env)
        side = parse_target("shop", Config(HERE, targets={"shop": target}), timeout=10).open()
        sides.append(side)
        return side

    yield start
    for side in sides:
        side.close()


@pytest.fixture
def client(shop: Shop) -> Client:
    """A client of the shop that is recorded."""
    side = shop(SALT="recorded", FIRST="12")
    side.start({})
    return Client(side)


@pytest.fixture
def record() -> Iterator[Callable[..., Client]]:
    """Start any application and return a client of it; stopped at the end of the test."""
    sides: list[Side] = []

    def start(app: str, **env: str) -> Client:
        target = TargetConfig(app, sys.executable, str(HERE), env)
        side = parse_target("it", Config(HERE, targets={"it": target}), timeout=20).open()
        sides.append(side)
        side.start({})
        return Client(side)

    yield start
    for side in sides:
        side.close()


@pytest.fixture
def play(shop: Shop) -> Play:
    """Return a player of a shop with variables of its own; `logins` and `fixed` go to the player."""

    def player(name: str, **options: object) -> Player:
        env = {key: str(value) for key, value in options.items() if key not in OPTIONS}
        given = {key: value for key, value in options.items() if key in OPTIONS}
        return Player(name, shop(**env), Stateless(), **given)  # type: ignore[arg-type]

    return player


@pytest.fixture
def diff(tmp_path: Path) -> Diff:
    """Return a function that runs `harness diff` on exchanges: exit status, what was said, and the report."""

    def run(
        exchanges: Sequence[Exchange], toml: str, new: str = "new", old: str = "old", **env: str
    ) -> tuple[int, str, Any]:
        (tmp_path / "harness.toml").write_text(toml + TARGETS)
        with ArchiveWriter(tmp_path / "x.archive") as writer:
            for number, exchange in enumerate(exchanges):
                writer.add(replace(exchange, started=1e9 + number))
        done = subprocess.run(
            [sys.executable, "-m", "harness.cli", "diff", "x.archive", "--old", old, "--new", new, "--json", "r.json"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(HERE.parents[2]), **env},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        report = tmp_path / "r.json"
        return done.returncode, done.stdout + done.stderr, json.loads(report.read_text()) if report.is_file() else {}

    return run
