"""What the tests with a real Apache and nginx share: where they are, free ports, processes, and waiting for them."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MODULES = "/usr/lib/apache2/modules"
APACHE = shutil.which("apache2") or shutil.which("httpd") or shutil.which("/usr/sbin/apache2")
NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
LIMIT = 20


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
    limit = time.monotonic() + LIMIT
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
