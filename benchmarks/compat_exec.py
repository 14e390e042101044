"""How many CGI programs a second: compat's runners beside Apache, lighttpd and other servers, in one run.

Needs nothing; a peer that is not installed is left out, by name. Reports requests a second, each request on a
connection of its own, and the ratio to a bare loop that only spawns the program and reads what it prints.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path

from benchmarks import compat_load as load
from benchmarks.compat_peers import Missing, apache, command, folder_for_all, free_port, gunicorn, lighttpd

CONNECTIONS = (1, 4)
WORKERS = ("-w", "2", "-k", "gthread", "--threads", "8")
WSGI = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello\\n"]
"""
PASTE = """
from paste.cgiapp import CGIApplication
from paste.urlmap import URLMap
application = URLMap()
for name in {names!r}:
    application["/cgi-bin/" + name] = CGIApplication({{}}, {folder!r} + "/" + name, include_os_environ=False)
"""
QUIET = """
import logging
from compat import CGIDirectory
logging.getLogger("compat").setLevel("WARNING")
application = CGIDirectory({folder!r}, mount="/cgi-bin")
"""
GO = """
package main

import ("net/http"; "net/http/cgi"; "os"; "path/filepath")

func main() {
    http.HandleFunc("/cgi-bin/", func(w http.ResponseWriter, r *http.Request) {
        name := filepath.Base(r.URL.Path)
        h := cgi.Handler{Path: filepath.Join(os.Args[2], name), Root: "/cgi-bin/" + name}
        h.ServeHTTP(w, r)
    })
    http.ListenAndServe("127.0.0.1:" + os.Args[1], nil)
}
"""


def main() -> None:
    """Print a table for each program and number of connections."""
    with ExitStack() as stack:
        folder = stack.enter_context(folder_for_all())
        programs = folder / "cgi-bin"
        programs.mkdir()
        languages = load.write_programs(programs)
        ports = {}
        for name, start in PEERS.items():
            try:
                ports[name] = stack.enter_context(start(programs))
            except Missing as missing:
                print(f"(without {name}: {missing})")
        for language, program in languages.items():
            for connections in CONNECTIONS:
                report(language, program, ports, connections)


def report(language: str, program: Path, ports: dict[str, int], connections: int) -> None:
    """Measure one program with a number of connections, and print the rates and ratios."""
    url = f"/cgi-bin/{program.name}"
    contestants: dict[str, tuple[Callable[..., int], tuple[object, ...]]] = {
        "bare spawn loop": (load.spawns, (str(program),))
    }
    for name, port in ports.items():
        if language == "Python" or "warm" not in name:
            contestants[name] = (load.requests, (port, url))
    found = load.rates(contestants, connections)
    print(f"hello-world in {language}, {connections} connection{'s' if connections > 1 else ''}:")
    for name, rate in sorted(found.items(), key=lambda item: -item[1]):
        print(
            f"  {name:28} {rate:8.0f} requests/s   {rate / found['bare spawn loop']:5.2f} of the bare loop", flush=True
        )


def _compat(runner: str, programs: Path) -> AbstractContextManager[int]:
    application = f'compat:CGIDirectory("{programs}", mount="/cgi-bin", runner="{runner}")'
    return gunicorn(application, cwd=programs.parent, options=WORKERS)


def _quiet(programs: Path) -> AbstractContextManager[int]:
    """As it is beside peers that write no line for each request."""
    (programs.parent / "quiet_app.py").write_text(QUIET.format(folder=str(programs)), encoding="utf-8")
    return gunicorn("quiet_app", cwd=programs.parent, options=WORKERS)


def _plain(programs: Path) -> AbstractContextManager[int]:
    (programs.parent / "plain_wsgi.py").write_text(WSGI, encoding="utf-8")
    return gunicorn("plain_wsgi", cwd=programs.parent, options=WORKERS)


def _paste(programs: Path) -> AbstractContextManager[int]:
    try:
        import paste.cgiapp  # noqa: F401 - only to see whether it is there
    except ImportError:
        raise Missing("the package Paste is not installed") from None
    names = [path.name for path in programs.iterdir()]
    (programs.parent / "paste_app.py").write_text(PASTE.format(names=names, folder=str(programs)), encoding="utf-8")
    return gunicorn("paste_app", cwd=programs.parent, options=WORKERS)


@contextmanager
def _busybox(programs: Path) -> Iterator[int]:
    binary, port = _tool("busybox"), free_port()
    words = [binary, "httpd", "-f", "-p", f"127.0.0.1:{port}", "-h", str(programs.parent)]
    with command(words, port, programs.parent):
        yield port


@contextmanager
def _go(programs: Path) -> Iterator[int]:
    go, port = _tool("go"), free_port()
    source, binary = programs.parent / "main.go", programs.parent / "go-cgi"
    source.write_text(GO, encoding="utf-8")
    environment = {
        **os.environ,
        "GOCACHE": str(programs.parent / "go-cache"),
        "GOFLAGS": "-mod=mod",
        "GO111MODULE": "off",
    }
    subprocess.run([go, "build", "-o", binary, source], check=True, env=environment)
    with command([str(binary), str(port), str(programs)], port, programs.parent):
        yield port


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not installed")
    return found


PEERS: dict[str, Callable[[Path], AbstractContextManager[int]]] = {
    "compat exec (gunicorn)": partial(_compat, "exec"),
    "compat exec, no log": _quiet,
    "compat warm (gunicorn)": partial(_compat, "warm"),
    "Apache mod_cgid": apache,
    "lighttpd": lighttpd,
    "busybox httpd": _busybox,
    "Go net/http/cgi": _go,
    "Paste (gunicorn)": _paste,
    "plain WSGI (gunicorn)": _plain,
}


if __name__ == "__main__":
    main()
