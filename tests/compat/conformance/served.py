"""What the conformance tests serve over sockets: one cgi-bin behind each runner, and handler programs beside it."""

from __future__ import annotations

import functools
import os
from typing import Any

from compat import CGIDirectory, ConfigurationError, HandlerApp


class Program:
    """The programs of the cgi-bin once more, for HandlerApp."""

    def __init__(self, handler: Any, env: dict[str, str]) -> None:
        self.handler, self.env = handler, env

    def run(self) -> None:
        """Do what the program's name says."""
        getattr(self, "do_" + self.env["SCRIPT_NAME"].rpartition("/")[2].removesuffix(".cgi"))()

    def do_env(self) -> None:
        """Print the environment."""
        self._begin("application/octet-stream")
        for name, value in self.env.items():
            self.handler.wfile.write(f"{name}={value}\0".encode("latin-1"))

    def do_echo(self) -> None:
        """Send the body back."""
        body = self.handler.rfile.read()
        self._begin("text/plain", ("X-Length", self.env.get("CONTENT_LENGTH", "unset")))
        self.handler.wfile.write(body)

    def do_large(self) -> None:
        """Send more than is buffered, until the client is gone."""
        self._begin("text/plain")
        for _ in range(100_000):
            self.handler.wfile.write(b"x" * 65536)

    def _begin(self, kind: str, *fields: tuple[str, str]) -> None:
        self.handler.send_response(200, "Fine")
        self.handler.set_content_type(kind)
        for field in (*fields, ("X-Method", self.env["REQUEST_METHOD"])):
            self.handler.send_header(*field)
        self.handler.end_headers()


@functools.cache
def served(folder: str) -> dict[str, Any]:
    """Return the applications by the first segment of their URLs."""
    options: dict[str, Any] = {
        "index": ["index.cgi"],
        "idle_timeout": float(os.environ.get("CONFORMANCE_IDLE", "30")),
        "pass_env": ["PID_FILE"],
    }
    result: dict[str, Any] = {"handler": HandlerApp(Program)}
    for runner in ("exec", "warm"):
        try:
            result[runner] = CGIDirectory(folder, mount="/" + runner, runner=runner, **options)
        except ConfigurationError:
            continue  # the tests skip it, with the reason
    return result


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Route by the first segment; what stands before HandlerApp is its SCRIPT_NAME."""
    _, first, *rest = environ["PATH_INFO"].split("/")
    if first == "handler":
        environ["SCRIPT_NAME"] = "/".join(["", first, *rest[:1]])
        environ["PATH_INFO"] = "".join("/" + segment for segment in rest[1:])
    return served(os.environ["CONFORMANCE_BIN"])[first](environ, start_response)
