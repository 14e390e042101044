"""HandlerApp beside a hand-written WSGI application that gives the same bytes, both behind gunicorn.

Needs nothing. Reports requests a second with 1 and 4 connections for a small page and one of 50 kB, and the ratio; and
the ratio of the processor time that the server's worker spent on a request, which a busy machine disturbs less.
"""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks import compat_load as load
from benchmarks.compat_peers import folder_for_all, gunicorn

SERVED = """
import time
from compat import HandlerApp

PAGE = {size} * b"x" + b"hello\\n"

class Program:
    def __init__(self, handler, env):
        self.handler, self.env = handler, env

    def run(self):
        self.handler.send_response(200)
        self.handler.set_content_type("text/plain")
        self.handler.send_header("X-Path", self.env["PATH_INFO"])
        self.handler.end_headers()
        self.handler.wfile.write(PAGE)

handler = HandlerApp(Program)

def by_hand(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Path", environ["PATH_INFO"])])
    return [PAGE]

def told(application):
    # tells the worker's processor time at /cpu
    def wrapped(environ, start_response):
        if environ["PATH_INFO"] != "/cpu":
            return application(environ, start_response)
        spent = b"%.6f" % time.process_time()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(spent)))])
        return [spent]
    return wrapped

handler, by_hand = told(handler), told(by_hand)
"""
WORKERS = ("-w", "1", "-k", "gthread", "--threads", "8")
REQUESTS = 500
ROUNDS = 7


def main() -> None:
    """Print both rates and their ratio for each page and number of connections."""
    for size in (0, 50_000):
        with ExitStack() as stack:
            folder = stack.enter_context(folder_for_all())
            (folder / "served_handler.py").write_text(SERVED.format(size=size), encoding="utf-8")
            ports = {
                name: stack.enter_context(gunicorn(f"served_handler:{name}", cwd=folder, options=WORKERS))
                for name in ("handler", "by_hand")
            }
            if len({_bytes(port) for port in ports.values()}) != 1:
                raise SystemExit("the two do not answer alike")
            for connections in (1, 4):
                contestants = {name: (load.requests, (port, "/page")) for name, port in ports.items()}
                rates = load.rates(contestants, connections, rounds=9, seconds=0.5)
                print(
                    f"{size + 6} bytes, {connections} connection(s): HandlerApp {rates['handler']:.0f} requests/s, "
                    f"by hand {rates['by_hand']:.0f}; ratio {rates['handler'] / rates['by_hand']:.2f}",
                    flush=True,
                )
            spent = {name: processor(port) for name, port in ports.items()}
            print(f"{size + 6} bytes: processor time by hand to HandlerApp {spent['by_hand'] / spent['handler']:.2f}")


def processor(port: int) -> float:
    """Return the least processor time in seconds that the worker spent on a request, over some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        before = _spent(port)
        for _ in range(REQUESTS):
            load.get(port, "/page")
        rounds.append((_spent(port) - before) / REQUESTS)
    return min(rounds)


def _spent(port: int) -> float:
    return float(load.get(port, "/cpu").partition(b"\r\n\r\n")[2])


def _bytes(port: int) -> bytes:
    """Return an answer without its Date."""
    lines = load.get(port, "/page").split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.startswith(b"Date:"))


if __name__ == "__main__":
    main()
