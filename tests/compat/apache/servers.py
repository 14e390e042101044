"""What the tests with a real Apache and nginx share: where they are, free ports, processes, and waiting for them."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from compat.apache import imported
from compat.apache.report import Binding, files

MODULES = "/usr/lib/apache2/modules"
APACHE = shutil.which("apache2") or shutil.which("httpd") or shutil.which("/usr/sbin/apache2")
NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
LIMIT = 20
HERE = Path(__file__).parent / "site"
HASHES = {"alice": "w3QkzGJswDXW5OKZHAJw0FELjfM=", "bob": "9SMYoF5RilWWASry7TjeaKwmpGg="}
"""Their passwords are wonder and builder."""


def free_port() -> int:
    """A port that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@contextmanager
def running(words: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process until the end."""
    with log.open("w") as file:
        process = subprocess.Popen(words, stdout=file, stderr=file, stdin=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(LIMIT)


def wait_for(address: str | int, log: Path) -> None:
    """Until somebody listens there."""
    limit = time.monotonic() + 3 * LIMIT  # several interpreters start at once, maybe on a busy machine
    while time.monotonic() < limit:
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        with socket.socket(family) as one, contextlib.suppress(OSError):
            one.connect(address if isinstance(address, str) else ("127.0.0.1", address))
            return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens on {address}: {log.read_text()}")


def unprivileged() -> tuple[str, str]:
    """The user and group that Apache's children become."""
    user = "daemon" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    return user, grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


def build(root: Path, pages: Mapping[str, str], programs: Iterable[str]) -> None:
    """Write a site's files where other users can read them; each program is env.cgi, if it has no page."""
    root.chmod(0o755)
    for name, text in {**dict.fromkeys(programs, (HERE / "env.cgi").read_text()), **pages}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name in programs:
        (root / name).chmod(0o755)
    (root / "run").mkdir()
    (root / "run").chmod(0o777)
    (root / "users").write_text("".join(f"{name}:{{SHA}}{digest}\n" for name, digest in HASHES.items()))


def configuration(root: Path, name: str, port: int) -> Path:
    """The site's configuration, for a user that may not do much."""
    user, group = unprivileged()
    values = {"ROOT": str(root), "PORT": str(port), "MODULES": MODULES, "USER": user, "GROUP": group}
    text = re.sub(r"@([A-Z]+)@", lambda found: values[found[1]], (HERE / name).read_text())
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
NGINX_TYPES = (
    "types { text/html html htm; text/plain txt; text/css css; image/png png; image/gif gif; image/x-icon ico; }\n"
)


@contextmanager
def both(root: Path, name: str) -> Iterator[tuple[int, int]]:
    """Apache with a configuration of ours, and nginx with compat by its translation: the ports of both."""
    if not (APACHE and NGINX and Path(MODULES).is_dir()):
        pytest.skip("needs Apache httpd and nginx")
    apache, ours = free_port(), free_port()
    conf = configuration(root, name, apache)
    contents = files(imported((str(conf),)), Binding(socket_folder=str(root / "run")))
    (root / "import").mkdir()
    for file, text in contents.items():
        (root / "import" / file).write_text(text.replace(f"127.0.0.1:{apache}", f"127.0.0.1:{ours}"))
    (root / "import" / "mime.types").write_text(NGINX_TYPES)
    (root / "import" / "main.conf").write_text(
        NGINX_CONF.format(
            root=root,
            user="user root;" if os.getuid() == 0 else "",
            temporary=" ".join(f"{name}_temp_path {root}/run/{name};" for name in TEMPORARY),
        )
    )
    commands = contents["commands.txt"].splitlines()
    started = {root / "run" / "apache.log": [str(APACHE), "-f", str(conf), "-DFOREGROUND"]}
    started[root / "run" / "nginx.out"] = [str(NGINX), "-c", str(root / "import" / "main.conf")]
    for number, line in enumerate(commands):
        words = [sys.executable, "-m", "compat", *shlex.split(line)[1:], "--workers", "1"]
        started[root / "run" / f"compat{number}.log"] = words
    with ExitStack() as stack:
        processes = [stack.enter_context(running(words, log)) for log, words in started.items()]
        for number, line in enumerate(commands):
            wait_for(re.findall(r"unix:(\S+)", line)[0], root / "run" / f"compat{number}.log")
        wait_for(apache, root / "run" / "apache.log")
        wait_for(ours, root / "run" / "nginx.out")
        yield apache, ours
        for process in processes:  # all at once: each takes its time to end
            process.terminate()


@contextmanager
def translated(root: Path, text: str) -> Iterator[int]:
    """nginx by the translation of a configuration that listens on @PORT@ and has no programs: its port."""
    if NGINX is None:
        pytest.skip("needs nginx")
    port = free_port()
    (root / "httpd.conf").write_text(text.replace("@PORT@", str(port)).replace("@ROOT@", str(root)))
    for name in ("run", "import"):
        (root / name).mkdir(exist_ok=True)
    contents = files(imported((str(root / "httpd.conf"),)), Binding())
    (root / "import" / "nginx.conf").write_text(contents["nginx.conf"])
    (root / "import" / "mime.types").write_text(NGINX_TYPES)
    (root / "import" / "main.conf").write_text(
        NGINX_CONF.format(
            root=root,
            user="user root;" if os.getuid() == 0 else "",
            temporary=" ".join(f"{name}_temp_path {root}/run/{name};" for name in TEMPORARY),
        )
    )
    log = root / "run" / "nginx.out"
    with running([NGINX, "-e", f"{root}/run/nginx.log", "-c", str(root / "import" / "main.conf")], log):
        wait_for(port, log)
        yield port


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
