"""What the server tests serve: the tiny programs under /cgi, and two handler programs beside them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from compat import CGIDirectory, HandlerApp

PROGRAMS = Path(__file__).resolve().parent.parent / "programs"


class Echo:
    """A handler program: the body back, `broken` breaks off, `large` goes out as it is written, `exit` leaves."""

    def __init__(self, handler: Any, env: dict[str, str]) -> None:
        self.handler, self.env = handler, env

    def run(self) -> None:
        """Answer."""
        body = self.handler.rfile.read()
        self.handler.send_response(200, "Fine")
        self.handler.set_content_type("text/plain")
        self.handler.send_header("X-Length", self.env.get("CONTENT_LENGTH", "unset"))
        self.handler.end_headers()
        if self.env["QUERY_STRING"]:
            self.handler.wfile.write(b"x" * 1_000_000)
        if self.env["QUERY_STRING"] == "broken":
            raise LookupError("in the middle")
        self.handler.wfile.write(body)
        if self.env["QUERY_STRING"] == "exit":
            sys.exit()


cgi = CGIDirectory(PROGRAMS, mount="/cgi", pass_env=["PID_FILE"], idle_timeout=1)
handler = HandlerApp(Echo)


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Route by the first segment."""
    chosen = handler if environ["PATH_INFO"].startswith("/handler") else cgi
    return chosen(environ, start_response)
