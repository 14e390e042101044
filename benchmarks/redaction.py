"""What redaction costs an exchange: processor time for a page of 3 kB with a cookie, and for what else is recorded.

Each figure is beside that of the writer's other work on the same exchange (packing the body), as a ratio.
"""

from __future__ import annotations

import json
import random
import string
import time
from collections.abc import Callable

from harness.exchange import Exchange, Headers, Request, Response
from harness.redact import redactor
from harness.store.zstandard import Compressor

EXCHANGES = 1500
SESSIONS = 200
WORDS = [
    *("the", "list of", "item", "price", "order", "page", "next", "name", "shop", "cart", "ship", "date", "total"),
    *("note", "view", "edit", "user", "help", "about", "more", "less", "open", "close", "find", "sort", "small"),
]
WANTED = 150.0
"""Microseconds for the page."""


def main() -> None:
    """Measure and print."""
    chance = random.Random(1)
    packer = Compressor()
    for name, make in KINDS.items():
        exchanges = [make(chance, number) for number in range(EXCHANGES)]
        redact = redactor({}, b"a key of this benchmark").redact
        for exchange in exchanges[: EXCHANGES // 5]:
            redact(exchange)
        cost = _cost(redact, exchanges)
        packing = _cost(lambda exchange: packer.pack(_body(exchange)), exchanges)
        size = sum(len(_body(exchange)) for exchange in exchanges) // EXCHANGES
        print(f"{name:30} {size:6} bytes  {cost:6.0f} us  {cost / packing:5.1f} x packing the body")
    print(f"wanted for the page with a cookie: {WANTED:.0f} us")


def _cost(work: Callable[[Exchange], object], exchanges: list[Exchange]) -> float:
    """Return microseconds of processor time an exchange, the best of three."""
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        for exchange in exchanges:
            work(exchange)
        best = min(best, time.process_time() - started)
    return best / len(exchanges) * 1e6


def _body(exchange: Exchange) -> bytes:
    return (exchange.response.body if exchange.response else None) or exchange.request.body or b""


def _word(chance: random.Random, length: int) -> str:
    return "".join(chance.choices(string.ascii_letters + string.digits, k=length))


def _table(chance: random.Random) -> str:
    rows = (
        f'<tr class="row{number % 2}"><td><a href="/item/{chance.randrange(99_999)}?page={chance.randrange(40)}">'
        f'{" ".join(chance.choices(WORDS, k=6))}</a></td><td class="price">{chance.randrange(90_000) / 100}</td></tr>\n'
        for number in range(22)
    )
    return f'<!DOCTYPE html><html><body class="sidebar"><h1>Items &amp; more</h1><table>{"".join(rows)}</table>'


def _request(number: int, line: str, *headers: tuple[bytes, bytes], body: bytes = b"") -> Request:
    session = random.Random(number % SESSIONS)
    common: Headers = (
        (b"Host", b"shop.example"),
        (b"User-Agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0"),
        (b"Accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        (b"Referer", b"http://shop.example/items?page=3"),
        (b"Cookie", f"sessionid={_word(session, 32)}; lang=en".encode()),
    )
    return Request(line.encode(), (*common, *headers), body)


def _answered(number: int, request: Request, body: str, kind: bytes) -> Exchange:
    headers = ((b"Server", b"Apache"), (b"Content-Type", kind), (b"Content-Length", str(len(body)).encode()))
    peer = f"203.0.{number % SESSIONS}.9"
    return Exchange(f"day#{number}", request, Response(200, b"OK", headers, body.encode()), peer=peer)


def page(chance: random.Random, number: int) -> Exchange:
    """A page of 3 kB, asked for with a cookie."""
    return _answered(number, _request(number, f"GET /items?page={number} HTTP/1.1"), _table(chance), b"text/html")


def form(chance: random.Random, number: int) -> Exchange:
    """The same page with a form and a new token in it."""
    control = f'<form><input type="hidden" name="csrf_token" value="{_word(chance, 32)}"></form>'
    return _answered(number, _request(number, "GET /items HTTP/1.1"), _table(chance) + control, b"text/html")


def login(chance: random.Random, number: int) -> Exchange:
    """A login: a password, a short answer."""
    body = f"user=u{number}&password={_word(chance, 12)}&csrf_token={_word(chance, 32)}".encode()
    headers = (b"Content-Type", b"application/x-www-form-urlencoded")
    return _answered(number, _request(number, "POST /login HTTP/1.1", headers, body=body), "welcome", b"text/html")


def data(chance: random.Random, number: int) -> Exchange:
    """A JSON answer of 3 kB without a secret."""
    items = [{"id": chance.randrange(99_999), "name": " ".join(chance.choices(WORDS, k=4))} for _ in range(60)]
    return _answered(number, _request(number, "GET /api HTTP/1.1"), json.dumps(items), b"application/json")


KINDS: dict[str, Callable[[random.Random, int], Exchange]] = {
    "page with a cookie": page,
    "page with a form": form,
    "login": login,
    "JSON": data,
}

if __name__ == "__main__":
    main()
