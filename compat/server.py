"""Runs gunicorn for `compat serve`: told by the command line alone, and reloaded without losing a request.

Comes in: a recipe for the application, and gunicorn's settings. Goes out: a server that ends with the process. Needs
the extra `serve`; nothing in compat knows gunicorn but this and `worker`.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from .errors import ConfigurationError
from .metrics import SHARED_FOLDER, forget_process
from .privileges import warning
from .types import Application


def _say_whose_rights(arbiter: Any) -> None:
    """Warn root, once and in the server's log. `arbiter` is gunicorn's."""
    if text := warning():
        arbiter.log.warning("compat: %s", text)


# A threaded worker: a slow program must not make the arbiter think that its worker is dead, as it would with sync.
# Nothing a client sends may say where the application stands, or by which scheme it was called: that is `proxy`'s
# business. A request line may be as long as Apache takes it.
FIXED: Mapping[str, Any] = {
    "worker_class": "compat.worker.Worker",
    "logger_class": "compat.accesslog.AccessLogger",
    "control_socket_disable": True,
    "on_starting": _say_whose_rights,
    "forwarder_headers": "",
    "forwarded_allow_ips": "",
    "secure_scheme_headers": {},
    "limit_request_line": 8190,
    "access_log_format": '%(h)s %(l)s %({remote_user}e)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"',
}


def run(make: Callable[[], Application], settings: Mapping[str, Any]) -> None:
    """Serve what `make` returns, until the process is told to stop.

    SIGHUP makes it anew, for new workers, while the old ones finish what they began; where it cannot be made any more,
    the old one stays and the log says why.
    """
    from gunicorn.app.base import BaseApplication  # here: only this needs the extra `serve`

    served = make()

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        """gunicorn without a configuration file, arguments, or GUNICORN_CMD_ARGS."""

        def load_config(self) -> None:
            """Set what the command line gave."""
            for name, value in {**FIXED, **settings}.items():
                self.cfg.set(name, value)

        def load(self) -> Application:
            """Return the application, made and checked before anything was bound."""
            return served

        def reload(self) -> None:
            """Look at the program's place and its configuration again (SIGHUP)."""
            nonlocal served
            super().reload()
            try:
                served = make()
            except (ConfigurationError, OSError) as error:  # the arbiter must not end by it, nor by a full disk
                said = f"compat: reload: {error}; what was served before is still served"
                with suppress(OSError):
                    print(said, file=sys.stderr, flush=True)

    Server().run()


@contextmanager
def shared_metrics() -> Iterator[dict[str, Any]]:
    """Give the workers a folder in which their metrics add up, and yield gunicorn's settings for it.

    prometheus-client looks for the folder when it is imported, so this comes before. A folder that the operator named
    is used, and left alone.
    """
    forget = {"child_exit": lambda arbiter, worker: forget_process(worker.pid)}
    if os.environ.get(SHARED_FOLDER):
        yield forget
        return
    folder, owner = tempfile.mkdtemp(prefix="compat-metrics-"), os.getpid()
    os.environ[SHARED_FOLDER] = folder
    try:
        yield forget
    finally:
        if os.getpid() == owner:  # a worker leaves by the same door
            os.environ.pop(SHARED_FOLDER, None)
            shutil.rmtree(folder, ignore_errors=True)


def check_bind(bind: str) -> None:
    """Find out whether an address can be had, while a clear message is still possible. Raises ConfigurationError."""
    try:
        if unix := _unix(bind):
            _check_unix(unix["path"])
        elif (tcp := _tcp(bind)) and int(tcp["port"]) < 65536:
            _check_tcp(tcp["host"].strip("[]"), int(tcp["port"]))
        else:
            raise ConfigurationError(f"--bind {bind!r} must be HOST:PORT, [HOST]:PORT or unix:PATH")
    except (OSError, UnicodeError) as error:  # UnicodeError: of a host name that can be none
        raise ConfigurationError(f"cannot listen on {bind}: {getattr(error, 'strerror', '') or error}") from error


_unix = re.compile(r"unix:(?://)?(?P<path>.+)").fullmatch
_tcp = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*):(?P<port>[0-9]{1,5})").fullmatch


def _check_tcp(host: str, port: int) -> None:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def _check_unix(path: str) -> None:
    """Ask who is there: gunicorn takes the place of every socket that it finds, also of one in use."""
    folder = os.path.dirname(os.path.abspath(path))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OSError(f"{folder} is not a folder that can be written to")
    if os.path.lexists(path) and not (os.path.exists(path) and stat.S_ISSOCK(os.stat(path).st_mode)):
        raise OSError(f"{path} is there, and is not a socket")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):  # nothing, or what a server left that was killed
            return
        except BlockingIOError:  # its queue is full
            pass
    raise OSError("a server listens there")


def check_log(path: str) -> None:
    """Find out whether a log file can be written to; "-" is standard output. Raises ConfigurationError."""
    absolute = os.path.abspath(path)
    existing = absolute if os.path.exists(absolute) else os.path.dirname(absolute)
    if path != "-" and (os.path.isdir(absolute) or not os.access(existing, os.W_OK)):
        raise ConfigurationError(f"--access-log {path}: {existing} cannot be written to, or is not there")
