"""Record a visit to a small local site with headless Chromium: the HAR file that Playwright makes of it.

    pip install playwright && python make_har.py OUTPUT

What the site is asked and answers is `SENT`, so that a test can compare it with what an import makes of the file.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGE = """<html><head><title>Caf\u00e9</title><link rel="icon" href="data:,"></head><body>
<form method="post" action="/login"><input name="user"><input name="word" type="password"><button>in</button></form>
<img src="/dot.png"></body></html>"""
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
)
VISIT = """async () => {
  const ask = (...what) => fetch(...what).then(answer => answer.arrayBuffer());
  await ask('/json', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{"q": "caf\u00e9"}'});
  await ask('/text', {method: 'HEAD'});
  await ask('/latin');
  await ask('/none', {method: 'DELETE'});
  const form = new FormData();
  form.append('a', 'b');
  form.append('file', new Blob([new Uint8Array([0, 255, 254, 10])]), 'x.bin');
  await ask('/upload', {method: 'POST', body: form});
  await ask('data:text/plain,hello');
  await ask('http://127.0.0.1:1/').catch(() => 0);
  await new Promise(done => { new WebSocket('ws://' + location.host + '/ws').onerror = done; });
}"""


class Site(BaseHTTPRequestHandler):
    """Answers with what HAR files are known to get wrong."""

    protocol_version = "HTTP/1.1"
    seen: list[dict[str, Any]] = []

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        status, headers, content = self._page()
        self.seen.append(
            {
                "line": self.requestline,
                "headers": self.headers.items(),
                "body": body.hex(),
                "status": status,
                "answer": content.hex(),
            }
        )
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _page(self) -> tuple[int, list[tuple[str, str]], bytes]:
        html = ("Content-Type", "text/html; charset=utf-8")
        if self.path == "/login":
            cookies = [("Set-Cookie", "sid=s3; Path=/"), ("Set-Cookie", "t=1; Path=/")]
            return 303, [("Location", "/home"), *cookies], b"moved"
        if self.path in ("/", "/home"):
            return 200, [html, ("Content-Encoding", "gzip")], gzip.compress(PAGE.encode(), mtime=0)
        if self.path == "/latin":
            return 200, [("Content-Type", "text/plain; charset=iso-8859-1")], "caf\u00e9".encode("latin-1")
        if self.path == "/dot.png":
            return 200, [("Content-Type", "image/png"), ("Cache-Control", "max-age=60")], DOT
        return (204, [], b"") if self.path == "/none" else (200, [("Content-Type", "application/json")], b'{"a": [1]}')

    do_GET = do_POST = do_HEAD = do_DELETE = _answer

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def record(output: str) -> list[dict[str, Any]]:
    """Visit the site, write the HAR file, and return what the server saw."""
    from playwright.sync_api import sync_playwright

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        context = browser.new_context(record_har_path=output, record_har_content="embed")
        page = context.new_page()
        page.goto(base + "/")
        page.fill("[name=user]", "bob")
        page.fill("[name=word]", "pass word&1")
        page.click("button")
        page.wait_for_url("**/home")
        page.evaluate(VISIT)
        context.close()
        browser.close()
    server.shutdown()
    server.server_close()
    return Site.seen


if __name__ == "__main__":
    print(json.dumps(record(sys.argv[1])))
