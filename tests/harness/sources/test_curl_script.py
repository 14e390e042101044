"""A script of curl commands asks a server the same; what it cannot ask stands in it as a comment."""

from __future__ import annotations

import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.exchange import Exchange, Request, Response
from harness.sources.curl_script import CURL_SINK


def script(*requests: Request) -> tuple[str, dict[str, int]]:
    """The script of these requests, and what it lost."""
    style = CURL_SINK.style(None)
    given = [Exchange(f"x#{number}", request, Response(200)) for number, request in enumerate(requests, 1)]
    parts = [style.opening(), *(style.item(exchange, number) for number, exchange in enumerate(given))]
    return b"".join([*parts, style.closing(len(given))]).decode("utf-8"), dict(style.lost)


def test_what_is_left_out() -> None:
    """Unknown and long bodies, and what is no HTTP; each with its reason, and counted."""
    text, lost = script(
        Request(b"POST / HTTP/1.1", (), None, "length"),
        Request(b"POST / HTTP/1.1", (), bytes(9000), "length"),
        Request(b"\x16\x03"),
    )
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == []
    assert lost["answers"] == 3
    assert len(lost) == 4


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_a_shell_runs_it(tmp_path: Path) -> None:
    """The server is asked what the client once asked."""
    seen: list[tuple[str, bytes]] = []

    class Site(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        bodies = [b"it's $HOME `id`", b"\x00\xff\n"]
        text, _ = script(*(Request(b"POST /a?b='c HTTP/1.1", (), body, "length") for body in bodies))
        text = text.replace("localhost:8000", f"127.0.0.1:{server.server_port}")
        path = tmp_path / "x.sh"
        path.write_text(text)
        subprocess.run(["sh", str(path)], check=True, capture_output=True, timeout=30)
        server.shutdown()
        thread.join()
    assert seen == [("/a?b='c", body) for body in bodies]
