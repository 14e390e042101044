"""One configuration in a real Apache, and its translation in nginx with compat: the same requests, the same answers."""

from __future__ import annotations

import base64
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

import pytest

from compat.apache import imported
from compat.apache.report import Binding, files
from tests.compat.apache.servers import APACHE, LIMIT, MODULES, NGINX, free_port, running, unprivileged, wait_for

HERE = Path(__file__).parent / "site"
PAGES = {
    "www/index.html": "home",
    "www/start.html": "start",
    "www/cake.recipe": "cake",
    "www/noextension": "?",
    "www/secret.txt": "secret",
    "www/errors/404.html": "<p>not here</p>",
    "www/docs/a.html": "a",
    "www/sub/index.html": "sub",
    "www/.htpasswd": "x",
    "static/index.html": "static",
    "static/favicon.ico": "icon",
    "static/one.png": "png",
    "static/members/index.html": "members",
    "static/office/index.html": "office",
    "static/local/index.html": "local",
    "static/read/index.html": "read",
    "static/secret.txt": "secret",
    "mixed/page.html": "page",
    "mixed/both/index.html": "both",
    "mixed/plain/index.html": "plain",
    "mixed/old.cgi.txt": "old",
    "mime.types": "text/html html htm\ntext/plain txt\nimage/png png\nimage/gif gif\nimage/x-icon ico\n",
}
PROGRAMS = ("cgi-bin/env.cgi", "cgi-bin/admin.cgi", "app/app.cgi", "mixed/run.cgi", "mixed/index.cgi")
PROGRAMS += ("mixed/both/index.cgi", "mixed/plain/run.cgi")
HASHES = {"alice": "w3QkzGJswDXW5OKZHAJw0FELjfM=", "bob": "9SMYoF5RilWWASry7TjeaKwmpGg="}  # wonder, builder
ALICE, BOB = (base64.b64encode(word.encode()).decode() for word in ("alice:wonder", "bob:builder"))


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """The site's files, where other users can read them."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        root.chmod(0o755)
        for name, text in PAGES.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        for name in PROGRAMS:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(HERE / "env.cgi", root / name)
            (root / name).chmod(0o755)
        (root / "run").mkdir()
        (root / "run").chmod(0o777)
        shutil.copy(HERE / "htaccess", root / "www" / ".htaccess")
        users = [f"{name}:{{SHA}}{digest}" for name, digest in HASHES.items()]
        (root / "users").write_text("\n".join(users) + "\n")
        yield root


def configuration(root: Path, port: int) -> Path:
    """The site's configuration, for a user that may not do much."""
    user, group = unprivileged()
    values = {"ROOT": str(root), "PORT": str(port), "MODULES": MODULES, "USER": user, "GROUP": group}
    text = re.sub(r"@([A-Z]+)@", lambda found: values[found[1]], (HERE / "httpd.conf").read_text())
    path = root / "httpd.conf"
    path.write_text(text)
    return path


NGINX_CONF = """
daemon off;
{user}
pid {root}/run/nginx.pid;
error_log {root}/run/nginx.log;
worker_processes 1;
events {{ }}
http {{
    access_log off;
    include mime.types;
    {temporary}
    include {root}/import/nginx.conf;
}}
"""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
NGINX_TYPES = "types { text/html html htm; text/plain txt; image/png png; image/gif gif; image/x-icon ico; }\n"


@pytest.fixture(scope="module")
def ports(root: Path) -> Iterator[tuple[int, int]]:
    """The ports of Apache, and of nginx with compat behind it."""
    if not (APACHE and NGINX and Path(MODULES).is_dir()):
        pytest.skip("needs Apache httpd and nginx")
    apache, ours = free_port(), free_port()
    conf = configuration(root, apache)
    contents = files(imported((str(conf),)), Binding(socket_folder=str(root / "run")))
    (root / "import").mkdir()
    for name, text in contents.items():
        (root / "import" / name).write_text(text.replace(f"127.0.0.1:{apache}", f"127.0.0.1:{ours}"))
    (root / "import" / "mime.types").write_text(NGINX_TYPES)
    (root / "import" / "main.conf").write_text(
        NGINX_CONF.format(
            root=root,
            user="user root;" if os.getuid() == 0 else "",
            temporary=" ".join(f"{name}_temp_path {root}/run/{name};" for name in TEMPORARY),
        )
    )
    with ExitStack() as stack:
        stack.enter_context(running([str(APACHE), "-f", str(conf), "-DFOREGROUND"], root / "run" / "apache.log"))
        for number, line in enumerate(contents["commands.txt"].splitlines()):
            words = [sys.executable, "-m", "compat", *shlex.split(line)[1:], "--workers", "1"]
            stack.enter_context(running(words, root / "run" / f"compat{number}.log"))
        stack.enter_context(running([str(NGINX), "-c", str(root / "import" / "main.conf")], root / "run" / "nginx.out"))
        for number, line in enumerate(contents["commands.txt"].splitlines()):
            wait_for(re.findall(r"unix:(\S+)", line)[0], root / "run" / f"compat{number}.log")
        wait_for(apache, root / "run" / "apache.log")
        wait_for(ours, root / "run" / "nginx.out")
        yield apache, ours


def answer(port: int, method: str, path: str, headers: dict[str, str]) -> dict[str, str]:
    """What a client would notice: status, where it is sent, type, and the body if it is not the server's own page."""
    connection = HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    body = b"a body" if method in {"POST", "PUT"} else None
    connection.request(method, path, body, {"Host": f"www.example.org:{port}", **headers})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    own = re.search(r"<title>\d{3} |<hr>|^\d{3} [A-Z]", text) is not None
    found = {
        "status": str(response.status),
        "location": response.getheader("Location", ""),
        "challenge": response.getheader("WWW-Authenticate", ""),
        "type": "" if own else response.getheader("Content-Type", ""),
        "body": "(own page)" if own else text,
    }
    found["location"] = re.sub(r"%[0-9A-F]{2}", lambda byte: byte[0].lower(), found["location"])  # the same URL
    return {name: re.sub(rf"\b{port}\b", "PORT", value) for name, value in found.items()}


AS_ALICE, AS_BOB = {"Authorization": f"Basic {ALICE}"}, {"Authorization": f"Basic {BOB}"}
REQUESTS: list[tuple[str, str, dict[str, str]]] = [
    ("GET", path, {}) for path in (HERE / "paths.txt").read_text().split()
]
REQUESTS += [
    ("GET", "/cgi-bin/admin.cgi/x", AS_ALICE),
    ("GET", "/cgi-bin/admin.cgi", AS_BOB),
    ("GET", "/cgi-bin/admin.cgi", {"Authorization": "Basic " + base64.b64encode(b"alice:wrong").decode()}),
    ("GET", "/cgi-bin/admin.cgi", {"Authorization": "Basic !!!"}),
    ("GET", "/cgi-bin/env.cgi", AS_BOB),
    ("GET", "/cgi-bin/env.cgi", {"X-Remote-User": "root", "X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https"}),
    ("GET", "/static/members/", AS_BOB),
    ("GET", "/item?id=12", {"User-Agent": "some badbot 1"}),
    ("GET", "/start.html", {"User-Agent": "some badbot 1"}),
    ("GET", "/a/b?c=d", {"Host": "Shop.example.net"}),
    ("GET", "/start.html", {"Host": "unknown.example.com"}),
    ("HEAD", "/start.html", {}),
    ("HEAD", "/cgi-bin/env.cgi", {}),
    ("POST", "/cgi-bin/env.cgi", {}),
    ("POST", "/item?id=12", {}),
    ("POST", "/static/read/", {}),
    ("POST", "/old/x", {}),
    ("PUT", "/app/x", {}),
]


@pytest.mark.parametrize(("method", "path", "headers"), REQUESTS, ids=lambda value: str(value)[:60])
def test_same_answer(ports: tuple[int, int], method: str, path: str, headers: dict[str, str]) -> None:
    """Both answer alike."""
    apache, ours = (answer(port, method, path, headers) for port in ports)
    assert ours == apache


@pytest.mark.parametrize("path", ["/cgi-bin/", "/cgi-bin/missing.cgi", "/mixed/none.cgi"])
def test_known_difference(ports: tuple[int, int], path: str) -> None:
    """What compat refuses keeps compat's page, where Apache shows the ErrorDocument: the import says so."""
    apache, ours = (answer(port, "GET", path, {}) for port in ports)
    assert ours["status"] == apache["status"]
    assert ours["body"] == "(own page)" != apache["body"]


def test_double_slash(ports: tuple[int, int]) -> None:
    """Apache merges slashes before the mount, compat does not."""
    assert [answer(port, "GET", "//cgi-bin//env.cgi", {})["status"] for port in ports] == ["200", "404"]


def test_what_was_not_carried(root: Path, ports: tuple[int, int]) -> None:
    """Exactly what the tests above show to differ."""
    left = imported((str(root / "httpd.conf"),)).of("not carried")
    assert [outcome.directive.raw[:3] for outcome in left] == ["404", "403"]
