"""A little shop with a database, its recording, and its configuration: what power, distill and reach are tried on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.config import Config, parse_config
from harness.exchange import Exchange, Request, Response
from harness.store.archive import ArchiveWriter

SHOP = '''"""A shop."""
import os
import sqlite3

PRICES = {"apple": 3, "pear": 4}
GREETING = "welcome"


def price(name, count):
    total = PRICES[name] * count
    if count > 10:
        total = total - 1
    return total


def order(name):
    with sqlite3.connect(os.environ["SHOP_DATABASE"]) as database:
        database.execute("INSERT INTO orders (name, paid) VALUES (?, ?)", (name, 0))


def application(environ, start_response):
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    headers = [("Content-Type", "text/plain"), ("X-Shop", "1")]
    if path == "/price":
        name, _, count = query.partition("=")
        start_response("200 OK", headers)
        return [str(price(name, int(count))).encode()]
    if path == "/order":
        order(query)
        start_response("201 Created", headers)
        return [b"thank you"]
    if path == "/unseen":
        return [b"nobody asks for this"]
    start_response("404 Not Found", headers)
    return [b"no such page"]
'''
LOAD = """import os, sqlite3
with sqlite3.connect(os.environ["SHOP_DATABASE"]) as database:
    database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, paid INTEGER)")
"""
REQUESTS = (
    (b"GET /price?apple=2", 200, b"6"),
    (b"GET /price?apple=2", 200, b"6"),
    (b"GET /price?pear=2", 200, b"8"),
    (b"POST /order?apple", 201, b"thank you"),
    (b"GET /nothing", 404, b"no such page"),
    (b"GET /price?apple=20", 200, b"59"),
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the shop, committed in git where there is one, and `x.archive`."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.py").write_text(SHOP)
    (folder / "load.py").write_text(LOAD)
    with ArchiveWriter(folder / "x.archive", "seed") as writer:
        for number, (line, status, body) in enumerate(REQUESTS, 1):
            headers = ((b"Content-Type", b"text/plain"), (b"X-Shop", b"1"))
            reason = {200: b"OK", 201: b"Created", 404: b"Not Found"}[status]
            answer = Response(status, reason, headers, body)
            asked = Request(line + b" HTTP/1.1", ((b"Host", b"shop"),))
            writer.add(Exchange(f"x#{number}", asked, answer, started=1.5e9 + number))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


@pytest.fixture(scope="module")
def config(shop: Path) -> Config:
    """Its configuration."""
    database = {"SHOP_DATABASE": "{files}/shop.db"}
    state = {"load": ["{python}", "load.py"], "database": "sqlite", "env": database}
    return parse_config({"state": {"seed": state}}, shop / "harness.toml")


@pytest.fixture
def harness() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return what runs the command line in the working directory."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "harness.cli", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return run
