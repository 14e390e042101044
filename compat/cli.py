"""The command `compat`: `serve` runs a program or a cgi-bin behind gunicorn, `explain` tells what a URL would lead to.

Comes in: the command line. Goes out: a server, or text. Exit status: 0 done; 1 `explain` found that the request is
refused; 2 the command asks for something that cannot be, said in one line before anything is bound.
"""

from __future__ import annotations

import importlib.util
import io
import os
import socket
import sys
from typing import Any, NoReturn
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

import click

from .directory import CGIDirectory
from .errors import AnsweredError, ConfigurationError
from .journal import escape
from .options import OptionWords
from .program import Program, obstacle
from .script import CGIApplication, CGIScript
from .types import Environ

THREADS = 8
SERVE_EXAMPLES = """
Examples:

\b
  compat serve /usr/lib/cgi-bin
  compat serve /srv/app/app.cgi --mount /app --bind 0.0.0.0:8080
  compat serve /srv/php --interpreter .php=/usr/bin/php-cgi --env APP_ENV=production
"""
EXPLAIN_EXAMPLES = """
Examples:

\b
  compat explain /usr/lib/cgi-bin '/search.cgi/books?q=cgi'
  compat explain /srv/app/app.cgi https://www.example.org/app/list --mount /app
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run old CGI programs, unmodified, behind a WSGI server.

    Start with `compat explain PATH URL`, then `compat serve PATH`.
    """


SHARED = (
    click.argument("path", type=click.Path()),
    click.option("--mount", default="", metavar="/PREFIX", help="URL prefix it stands behind [default: all]."),
    click.option(
        "--interpreter",
        "interpreters",
        multiple=True,
        metavar=".EXT=CMD",
        help="Run files with this extension by CMD; for a single program, CMD alone is enough. Repeatable.",
    ),
    click.option("--env", multiple=True, metavar="K=V", help="Set a variable for every program. Repeatable."),
    click.option(
        "--pass-env",
        multiple=True,
        metavar="NAME",
        help="Pass a variable of the server's environment; nothing else but PATH is. Repeatable.",
    ),
    click.option("--pass-authorization", is_flag=True, help="Show the Authorization header to programs."),
    click.option("--runner", default="exec", show_default=True, help="How programs are run."),
    click.option(
        "--timeout", type=float, default=300, show_default=True, help="Seconds for a request, also silent ones."
    ),
    click.option("--lenient", is_flag=True, help="Repair malformed output as Apache does, instead of 502."),
)


def _application_options(command: Any) -> Any:
    """Add the options that say what runs and how, shared by both commands."""
    for option in reversed(SHARED):
        command = option(command)
    return command


@main.command(epilog=SERVE_EXAMPLES)
@_application_options
@click.option("--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT", help="Address to listen on.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Server processes.")
@click.option("--threads", type=click.IntRange(1), default=THREADS, show_default=True, help="Requests at once in each.")
def serve(bind: str, workers: int, threads: int, **words: Any) -> None:
    """Serve the CGI program or the directory of programs at PATH, with gunicorn."""
    application = _configured(words)
    if isinstance(application, CGIScript):
        _check_program(application.program)
    if importlib.util.find_spec("gunicorn") is None:
        _refuse("gunicorn is not installed; run: pip install 'screamtest[serve]'")
    _check_bind(bind)
    _run_gunicorn(application, {"bind": bind, "workers": workers, "threads": threads, **GUNICORN})


# gthread: a slow program must not make the arbiter think that its worker is dead, as it would with sync. No header of
# a client may say where the application stands.
GUNICORN = {
    "worker_class": "gthread",
    "control_socket_disable": True,
    "forwarder_headers": "",
    "accesslog": None,
    "graceful_timeout": 30,
}


@main.command(epilog=EXPLAIN_EXAMPLES)
@_application_options
@click.argument("url")
@click.option("--method", default="GET", show_default=True, help="The request's method.")
def explain(url: str, method: str, **words: Any) -> None:
    """Print what a request for URL would run, and every variable that the program would see. Runs nothing.

    Exit status 1: the request would be refused; the reason is printed.
    """
    application = _configured(words)
    environ = _environ(_split(url), method)
    try:
        program, place = application.locate(environ)
        program.check()
        variables = application.variables(environ, program, place, None)
    except AnsweredError as error:
        click.echo(f"refused       {error.status}: {error}")
        sys.exit(1)
    click.echo(f"program       {program.path}")
    click.echo(f"run by        {' '.join(program.interpreter) or 'itself (its #! line, or a binary)'}")
    click.echo(f"in            {os.path.dirname(program.path)}")
    click.echo(f"SCRIPT_NAME   {place.script_name or '(empty)'}")
    click.echo(f"PATH_INFO     {place.path_info or '(absent)'}\n")
    for name, value in sorted(variables.items()):
        click.echo(f"{escape(name)}={escape(value)}")
    if trouble := obstacle(program):
        click.echo(f"\ncannot start: {trouble}")
        sys.exit(1)


def _configured(words: dict[str, Any]) -> CGIApplication:
    try:
        return application(**words)
    except ConfigurationError as error:
        _refuse(str(error))


def application(
    path: str, *, interpreters: tuple[str, ...] = (), env: tuple[str, ...] = (), lenient: bool = False, **words: Any
) -> CGIApplication:
    """Make the application that a command line describes. Raises ConfigurationError."""
    options: OptionWords = {"env": dict(_pair(text, "--env", "NAME=VALUE") for text in env), "strict": not lenient}
    words["idle_timeout"] = words["timeout"]
    options.update(words)  # type: ignore[typeddict-item]  # click's options bear the names of OptionWords
    if os.path.isdir(path):
        pairs = dict(_pair(text, "--interpreter", ".EXT=CMD") for text in interpreters)
        return CGIDirectory(path, interpreters=pairs, **options)
    extension = os.path.splitext(path)[1]
    matching = [text.removeprefix(extension + "=") if extension else text for text in interpreters]
    if len(matching) > 1:
        raise ConfigurationError("--interpreter: one is enough for a single program")
    return CGIScript(path, interpreter=matching[0] if matching else None, **options)


def _pair(text: str, option: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ConfigurationError(f"{option} {text!r} must have the form {form}")
    return name, value


def _refuse(message: str) -> NoReturn:
    click.echo(f"compat: {message}", err=True)
    sys.exit(2)


def _check_program(program: Program) -> None:
    """Refuse a program that no request could start; in a directory each is found when it is asked for."""
    try:
        program.check()
    except AnsweredError as error:
        _refuse(str(error))
    if trouble := obstacle(program):
        _refuse(f"{program.path} cannot be started: {trouble}")


def _check_bind(bind: str) -> None:
    """Find out whether the address can be had, while a clear message is still possible."""
    host, colon, port = bind.rpartition(":")
    if bind.startswith("unix:"):
        folder = os.path.dirname(os.path.abspath(bind.removeprefix("unix:")))
        if not os.access(folder, os.W_OK | os.X_OK):
            _refuse(f"cannot listen on {bind}: {folder} is not a folder that can be written to")
        return
    if not colon or not port.isdigit() or int(port) > 65535:
        _refuse(f"--bind {bind!r} must be HOST:PORT or unix:PATH")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        _refuse(f"cannot listen on {bind}: {error.strerror or error}")


def _run_gunicorn(served: CGIApplication, settings: dict[str, Any]) -> None:
    from gunicorn.app.base import BaseApplication  # here: only this command needs the extra `serve`

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        """gunicorn, told by us alone: no configuration file, no arguments, no GUNICORN_CMD_ARGS."""

        def load_config(self) -> None:
            """Set what the command line gave."""
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> CGIApplication:
            """Return the application, made and checked before anything was bound."""
            return served

    Server().run()


def _split(url: str) -> SplitResult:
    parts = urlsplit(url)
    if not parts.path.startswith("/") and not parts.netloc:
        _refuse(f"{url!r} is neither a path beginning with / nor an http:// URL")
    return parts


def _environ(url: SplitResult, method: str) -> Environ:
    """Make the environ that a server would give for a URL."""
    path = url.path or "/"
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": url.query,
        "RAW_URI": path + ("?" + url.query if url.query else ""),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": url.netloc or "localhost",
        "wsgi.url_scheme": url.scheme or "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }


if __name__ == "__main__":
    main()
