"""The servers that compat is measured against, started on loopback: Apache httpd with mod_cgid, lighttpd, gunicorn with
any application.

Comes in: a directory of CGI programs, served below /cgi-bin/. Goes out: the port, inside of a context that ends the
server. The oracle tests use it too. A server that is not installed raises `Missing`; one that runs as root changes to
an account without rights, so the programs must be where that one may read.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534
START = 20.0
MODULES = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules", "/usr/libexec/apache2")
APACHE_MODULES = ("mpm_event", "unixd", "authz_core", "alias", "mime", "dir", "env", "log_config", "cgid")

APACHE = """\
ServerRoot "{folder}"
PidFile "{folder}/httpd.pid"
ScriptSock "{folder}/cgid.sock"
ErrorLog "{folder}/error.log"
DefaultRuntimeDir "{folder}"
ServerName bound.test
Listen 127.0.0.1:{port}
Timeout {timeout}
{modules}
StartServers 1
ThreadsPerChild 16
MaxRequestWorkers 16
MinSpareThreads 1
MaxSpareThreads 16
TypesConfig /dev/null
DocumentRoot "{folder}/htdocs"
ScriptAlias /cgi-bin/ "{programs}/"
<Directory "{programs}">
    Require all granted
    Options -Indexes -FollowSymLinks +ExecCGI
    DirectoryIndex index.cgi
</Directory>
"""

LIGHTTPD = """\
server.modules = ( "mod_alias", "mod_cgi", "mod_indexfile" )
server.document-root = "{folder}/htdocs"
server.errorlog = "{folder}/error.log"
server.upload-dirs = ( "{folder}" )
server.bind = "127.0.0.1"
server.port = {port}
server.follow-symlink = "disable"
server.max-keep-alive-requests = 1000000
index-file.names = ( "index.cgi" )
alias.url = ( "/cgi-bin/" => "{programs}/" )
$HTTP["url"] =~ "^/cgi-bin/" {{
    cgi.assign = ( "" => "" )
    cgi.local-redir = "enable"
    cgi.limits = ( "read-timeout" => {timeout}, "write-timeout" => {timeout} )
}}
"""

Configure = Callable[[Path, Path, int, int], Sequence[str]]


class Missing(Exception):
    """A server that is not installed here; the message says which."""


@contextmanager
def folder_for_all() -> Iterator[Path]:
    """A temporary folder that every account may read, removed in the end."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@contextmanager
def apache(programs: Path, timeout: int = 60) -> Iterator[int]:
    """Apache httpd, event MPM, mod_cgid; `timeout` in seconds is its directive Timeout."""
    with _server(_apache, programs, timeout) as port:
        yield port


@contextmanager
def lighttpd(programs: Path, timeout: int = 60) -> Iterator[int]:
    """Serve by lighttpd with mod_cgi; `timeout` in seconds limits each wait for a program."""
    with _server(_lighttpd, programs, timeout) as port:
        yield port


@contextmanager
def gunicorn(application: str, *, cwd: Path, options: Sequence[str] = (), env: Mapping[str, str] = {}) -> Iterator[int]:
    """Serve an application in gunicorn's syntax with one worker, unless `options` say otherwise; its log is dropped."""
    words = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--graceful-timeout", "1", *options]
    port = free_port()
    with (
        subprocess.Popen(
            [*words, "--bind", f"127.0.0.1:{port}", application],
            cwd=cwd,
            env={**os.environ, **env},
            stderr=subprocess.DEVNULL,
        ) as process,
        _ended(process),
    ):
        _await(process, port)
        yield port


@contextmanager
def command(words: Sequence[str], port: int, cwd: Path, *, as_nobody: bool = True) -> Iterator[int]:
    """Run any other server, told its port on its command line; root's own only where `as_nobody` is False."""
    with (
        subprocess.Popen(
            words,
            cwd=cwd,
            env={"PATH": os.defpath},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **(_account() if as_nobody else {}),
        ) as process,
        _ended(process),
    ):
        _await(process, port)
        yield port


def _apache(folder: Path, programs: Path, port: int, timeout: int) -> Sequence[str]:
    binary = _found("apache2", "httpd")
    modules = next((place for place in MODULES if Path(place, "mod_cgid.so").is_file()), None)
    if modules is None:
        raise Missing("Apache httpd has no mod_cgid here")
    lines = [
        f'LoadModule {name}_module "{modules}/mod_{name}.so"'
        for name in APACHE_MODULES
        if Path(modules, f"mod_{name}.so").is_file()
    ]
    text = APACHE.format(folder=folder, programs=programs, port=port, timeout=timeout, modules="\n".join(lines))
    Path(folder, "httpd.conf").write_text(text, encoding="utf-8")
    return [binary, "-f", f"{folder}/httpd.conf", "-DFOREGROUND"]


def _lighttpd(folder: Path, programs: Path, port: int, timeout: int) -> Sequence[str]:
    binary = _found("lighttpd")
    text = LIGHTTPD.format(folder=folder, programs=programs, port=port, timeout=timeout)
    Path(folder, "lighttpd.conf").write_text(text, encoding="utf-8")
    return [binary, "-D", "-f", f"{folder}/lighttpd.conf"]


def _found(*names: str) -> str:
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/usr/local/sbin"
    for name in names:
        if binary := shutil.which(name, path=path):
            return binary
    raise Missing(f"{names[0]} is not installed")


@contextmanager
def _server(configure: Configure, programs: Path, timeout: int) -> Iterator[int]:
    with folder_for_all() as folder:
        Path(folder, "htdocs").mkdir()
        if os.getuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        port = free_port()
        with command(configure(folder, programs, port, timeout), port, folder):
            yield port


def _account() -> dict[str, int | Sequence[int]]:
    """Not root: Apache refuses to run programs as root, and none of this needs it."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": ()} if os.getuid() == 0 else {}


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def free_port() -> int:
    """Return a port that nobody listens on; for servers that cannot choose one themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    limit = time.monotonic() + START
    while time.monotonic() < limit and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} does not listen on port {port}; exit status {process.poll()}")
