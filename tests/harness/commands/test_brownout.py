"""`harness brownout`: what compat wrote down is read, and put beside what was predicted."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from compat import Brownout, Strangler
from harness.commands.brownout import command
from harness.exchange import Exchange, Request, Response
from harness.store.cassette import write_cassette

RULE = {"name": "json", "glob": "/item/*/json", "to": "off"}
BREAK = {"endpoint": "GET /item/{}/json", "aspect": "status", "path": "", "kind": "changed", "operator": "status 404",
         "old": "", "new": "", "evidence": {"exit": [0, 1], "output": "", "files": [], "requests": []}}  # fmt: skip


def old(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer everything."""
    start_response("200 OK", [])
    return [b"old"]


def asked(app: Strangler, path: str, agent: str) -> None:
    """Send one request."""
    environ = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "REMOTE_ADDR": "192.0.2.1",
               "HTTP_USER_AGENT": agent, "wsgi.errors": io.StringIO(), "wsgi.url_scheme": "http"}  # fmt: skip
    b"".join(app(environ, lambda *_: lambda data: None))


def test_tells_predicted_from_actual_victims(tmp_path: Path) -> None:
    """By recorded traffic, and by the lab's map; for people and for programs."""
    record = tmp_path / "b.jsonl"
    app = Strangler(old, old, [RULE], brownout=Brownout(record))
    for path, agent in [("/item/a/json", "pip/1"), ("/item/a", "pip/1"), ("/item/a/json", "curl/7")]:
        asked(app, path, agent)
    headers = ((b"Host", b"h"), (b"User-Agent", b"pip/1"))
    requests = [Request(b"GET /item/b/json HTTP/1.1", headers), Request(b"GET /item/b/json HTTP/1.1", headers[:1])]
    write_cassette(tmp_path / "a.yaml", [Exchange("", request, Response(200, b"OK")) for request in requests])
    client = {"name": "pip 1.5", "family": "pip", "flaky": False, "asks": [], "reads": [], "breaks": [BREAK]}
    (tmp_path / "map.json").write_text(json.dumps({"format": "harness-screams", "version": 1, "clients": [client]}))

    arguments = [str(record), "--archive", str(tmp_path / "a.yaml"), "--scream", str(tmp_path / "map.json")]
    done = CliRunner().invoke(command, [*arguments, "--json", str(tmp_path / "out.json")], catch_exceptions=False)
    assert done.exit_code == 0
    head, *rows, last = done.stdout.splitlines()
    assert head.startswith("json: hit 2 clients with 2 requests")
    assert rows[0].endswith("curl: 1 still followed · NOT EXPECTED · not tried in the lab")
    assert rows[1].endswith("pip: 1 went elsewhere · expected · the lab: breaks")
    assert last == "  expected by the recordings, and not hit: (none)"
    (rule,) = json.loads((tmp_path / "out.json").read_text())["rules"]
    assert (rule["unexpected"], rule["not_seen"], rule["foretold"]) == (["curl"], ["(none)"], {"pip": "breaks"})


def test_says_that_nobody_was_hit(tmp_path: Path) -> None:
    """Which is the best news."""
    record = tmp_path / "b.jsonl"
    record.write_text(json.dumps({"format": "compat-brownout", "version": 1, "salt": "x"}) + "\n")
    assert CliRunner().invoke(command, [str(record)], catch_exceptions=False).stdout == "nobody was hit\n"
