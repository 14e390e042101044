"""docs/moving-off-apache.md, step by step, with a real Apache: compared before the cut-over, cut over, rolled back."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from compat.apache import imported
from compat.apache.report import Binding, command
from tests.compat.apache.servers import APACHE, LIMIT, MODULES, NGINX, free_port, running, unprivileged, wait_for

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "moving-off-apache.md").read_text(encoding="utf-8")
PROGRAM = """#!/bin/sh
echo "Content-Type: text/plain"
echo "Set-Cookie: last=$QUERY_STRING"
echo "X-User: ${REMOTE_USER-nobody}"
echo "X-Accel-Redirect: /page.txt"
echo "X-Client: $REMOTE_ADDR $SERVER_NAME ${HTTPS-plain}"
echo
echo "$REQUEST_METHOD $SCRIPT_NAME $PATH_INFO $QUERY_STRING"
"""
CONFIGURATION = """
ServerRoot {root}
Listen 127.0.0.1:{port}
ServerName localhost
PidFile {root}/run/pid
ErrorLog {root}/run/error
{modules}
User {user}
Group {group}
Mutex pthread
ScriptSock {root}/run/sock
ScriptAlias /cgi-bin/ {root}/cgi-bin/
<Directory {root}/cgi-bin>
    Require all granted
</Directory>
IncludeOptional {root}/enabled/*.conf
"""
NAMES = ("mpm_event", "authz_core", "alias", "proxy", "proxy_http", "headers", "cgid")


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder that Apache's children can read."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for name in ("cgi-bin", "run", "enabled"):
            (root / name).mkdir()
        for one in (root, root / "cgi-bin"):
            one.chmod(0o755)
        (root / "run").chmod(0o777)
        (root / "cgi-bin" / "say.cgi").write_text(PROGRAM)
        (root / "cgi-bin" / "say.cgi").chmod(0o755)
        yield root


def get(port: int, path: str, **headers: str) -> tuple[str, dict[str, str], str]:
    """Server, headers and body of an answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.getheader("Server", ""), dict(response.getheaders()), body


def until_served_by(name: str, port: int) -> None:
    """Wait: a reload takes a moment."""
    limit = time.monotonic() + LIMIT
    while not get(port, "/cgi-bin/say.cgi")[0].startswith(name):
        assert time.monotonic() < limit, f"not served by {name}"
        time.sleep(0.1)


def test_guide(root: Path) -> None:
    """Record, compare, cut over, roll back."""
    if not (APACHE and Path(MODULES).is_dir()):
        pytest.skip("needs Apache httpd")
    apache, ours, recorder = free_port(), free_port(), free_port()
    user, group = unprivileged()
    modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in NAMES)
    conf = root / "httpd.conf"
    conf.write_text(CONFIGURATION.format(root=root, port=apache, user=user, group=group, modules=modules))
    (service,) = imported((str(conf),)).services
    words = [sys.executable, "-m", *command(service, 0, Binding(ours)), "--workers", "1"]
    words += ["--remote-user-header", "X-Remote-User"]
    harness = [sys.executable, "-m", "harness"]
    recording, report = root / "today.archive", root / "report.json"
    with (
        running([str(APACHE), "-f", str(conf), "-DFOREGROUND"], root / "run" / "apache.log") as httpd,
        running(words, root / "run" / "compat.log"),
    ):
        wait_for(apache, root / "run" / "apache.log")
        wait_for(ours, root / "run" / "compat.log")
        record = ["record", "--upstream", f"http://127.0.0.1:{apache}", "--bind", f"127.0.0.1:{recorder}"]
        with running([*harness, *record, "-o", str(recording)], root / "run" / "record.log"):
            wait_for(recorder, root / "run" / "record.log")
            for path in ("/cgi-bin/say.cgi", "/cgi-bin/say.cgi/a/b?c=d", "/cgi-bin/say.cgi?e%20f"):
                get(recorder, path)
        sides = ["--old", f"http://127.0.0.1:{apache}", "--new", f"http://127.0.0.1:{ours}"]
        diff = [*harness, "diff", str(recording), *sides, "--min-judged", "0.5", "--json", str(report)]
        done = subprocess.run(diff, cwd=root, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 1, done.stdout + done.stderr
        found = json.loads(report.read_text())
        assert found["counts"]["judged"] == 3
        different = {(group["aspect"], group["path"]) for group in found["groups"]}
        assert {aspect for aspect, _ in different} <= {"header", "framing"}, done.stdout  # how servers frame answers
        assert not {path.lower() for _, path in different} & {"x-client", "set-cookie", "content-type"}, done.stdout

        cut_over = root / "enabled" / "compat.conf"
        (block,) = re.findall(r"```apache\n(.*?)```", GUIDE, re.DOTALL)
        cut_over.write_text(block.replace("127.0.0.1:8001", f"127.0.0.1:{ours}"))
        httpd.send_signal(signal.SIGUSR1)  # what `apache2ctl graceful` and `systemctl reload apache2` send
        until_served_by("gunicorn", apache)
        sent = {"X_Forwarded_Proto": "https", "X_Forwarded_For": "1.2.3.4", "X_Remote_User": "admin"}
        _, headers, body = get(apache, "/cgi-bin/say.cgi/a?b", Host="www.example.org", **sent)
        assert headers["X-User"] == "nobody"
        assert body == "GET /cgi-bin/say.cgi /a b\n"
        assert headers["X-Client"] == "127.0.0.1 www.example.org plain"

        cut_over.unlink()
        httpd.send_signal(signal.SIGUSR1)
        until_served_by("Apache", apache)


DEPLOY = ROOT / "docs" / "deploy"
UNIT = DEPLOY / "compat-cgi-bin.service"


def test_unit_to_deploy(tmp_path: Path) -> None:
    """systemd takes the unit as it stands."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    shutil.copy(UNIT, tmp_path)
    words = ["systemd-analyze", "verify", "--man=no", str(tmp_path / UNIT.name)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_files_to_deploy_work_together(root: Path) -> None:
    """The unit's command behind the front end of the same folder: programs by compat, files by nginx."""
    if NGINX is None:
        pytest.skip("needs nginx")
    port = free_port()
    (root / "page.txt").write_text("a file")
    places = {
        "/run/compat-cgi-bin/http.sock": f"{root}/run/http.sock",
        "/usr/lib/cgi-bin": f"{root}/cgi-bin",
        "/var/www/html": str(root),
        "listen 80;": f"listen 127.0.0.1:{port};",
    }
    unit, server = UNIT.read_text(), (DEPLOY / "nginx.conf").read_text()
    for old, new in places.items():
        unit, server = unit.replace(old, new), server.replace(old, new)
    (line,) = re.findall(r"^ExecStart=/usr/bin/env (compat .*)$", unit, re.MULTILINE)
    line += " --remote-user-header X-Remote-User"
    (root / "site.conf").write_text(server)
    folders = "".join(f"{name}_temp_path {root}/run/{name};" for name in TEMPORARY)
    http = f"access_log off; {folders} include site.conf;"
    main = f"{RUNS_AS} daemon off; pid {root}/run/pid; events {{ }} http {{ {http} }}"
    (root / "nginx.conf").write_text(main)
    with (
        running([sys.executable, "-m", *shlex.split(line), "--workers", "1"], root / "run" / "compat.log"),
        running([NGINX, "-e", f"{root}/run/error", "-c", f"{root}/nginx.conf"], root / "run" / "nginx.log"),
    ):
        wait_for(f"{root}/run/http.sock", root / "run" / "compat.log")
        wait_for(port, root / "run" / "nginx.log")
        _, headers, body = get(
            port, "/cgi-bin/say.cgi/a?b", Host="www.example.org", X_Forwarded_Host="evil", X_Remote_User="admin"
        )
        assert headers["X-User"] == "nobody"
        assert get(port, "/cgi-bin/say.cgi?redirect")[2] == "GET /cgi-bin/say.cgi  redirect\n"  # nginx obeys no program
        assert (headers["X-Client"], body) == ("127.0.0.1 www.example.org plain", "GET /cgi-bin/say.cgi /a b\n")
        assert get(port, "/page.txt")[2] == "a file"
        assert "403" in get(port, "/.hidden")[2]


RUNS_AS = "user root;" if os.getuid() == 0 else ""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
