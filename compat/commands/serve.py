"""`compat serve`: a program or a cgi-bin behind gunicorn."""

from __future__ import annotations

import importlib.util
from typing import Any

import click

from .. import server
from ..errors import AnsweredError, ConfigurationError
from ..program import Program, obstacle
from ..script import CGIApplication, CGIScript
from .words import application, application_options, refuse

THREADS = 8
EXAMPLES = """
Examples:

\b
  compat serve /usr/lib/cgi-bin
  compat serve /srv/app/app.cgi --mount /app --bind 0.0.0.0:8080
  compat serve /srv/php --interpreter .php=/usr/bin/php-cgi --env APP_ENV=production
"""


@click.command(epilog=EXAMPLES)
@application_options
@click.option("--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT", help="Address to listen on.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Server processes.")
@click.option("--threads", type=click.IntRange(1), default=THREADS, show_default=True, help="Requests at once in each.")
@click.option(
    "--graceful-timeout",
    type=click.IntRange(1),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="For requests in flight when the server stops or reloads.",
)
@click.option("--access-log", metavar="FILE", help="One line a request in Apache's combined format; - is the terminal.")
def serve(bind: str, workers: int, threads: int, graceful_timeout: int, access_log: str | None, **words: Any) -> None:
    """Serve the CGI program or the directory of programs at PATH, with gunicorn."""

    def make() -> CGIApplication:
        made = application(**words)
        if isinstance(made, CGIScript):
            _check_program(made.program)
        return made

    settings = {
        "bind": bind,
        "workers": workers,
        "threads": threads,
        "graceful_timeout": graceful_timeout,
        "accesslog": access_log,
    }
    try:
        make()
        if importlib.util.find_spec("gunicorn") is None:
            raise ConfigurationError("gunicorn is not installed; run: pip install 'screamtest[serve]'")
        server.check_bind(bind)
    except ConfigurationError as error:
        refuse(str(error))
    server.run(make, settings)


def _check_program(program: Program) -> None:
    """Refuse a program that no request could start; in a directory each is found when it is asked for."""
    try:
        program.check()
    except AnsweredError as error:
        raise ConfigurationError(str(error)) from error
    if trouble := obstacle(program):
        raise ConfigurationError(f"{program.path} cannot be started: {trouble}")
