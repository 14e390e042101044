"""HandlerApp beside a hand-written WSGI application that gives the same bytes, both behind gunicorn.

Needs nothing. Reports requests a second with 1 and 4 connections for a small page and one of 50 kB, and the ratio.
"""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks import compat_load as load
from benchmarks.compat_peers import folder_for_all, gunicorn

SERVED = """
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
"""
WORKERS = ("-w", "2", "-k", "gthread", "--threads", "8")


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


def _bytes(port: int) -> bytes:
    """Return an answer without its Date."""
    lines = load.get(port, "/page").split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.startswith(b"Date:"))


if __name__ == "__main__":
    main()
