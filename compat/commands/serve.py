"""`compat serve`: a program or a cgi-bin, and what belongs to its site, behind gunicorn.

Comes in: the command line. Goes out: a server. The application is made once before anything is bound, so that what
cannot be is said in one line.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import click

from .. import server
from ..directory import CGIDirectory
from ..errors import AnsweredError, ConfigurationError
from ..jsonlog import json_logging
from ..metrics import LOCAL, Metrics
from ..places import Places
from ..program import Program, obstacle
from ..proxy import FAMILIES, Family, TrustedProxy
from ..script import CGIApplication, CGIScript
from ..site import Health, Site
from ..static import StaticFiles
from ..types import Application
from .words import application, application_options, pair, refuse, several

THREADS = 8
EXAMPLES = """
Examples:

\b
  compat serve /usr/lib/cgi-bin
  compat serve /srv/app/app.cgi --mount /app --bind 0.0.0.0:8080
  compat serve /srv/php --interpreter .php=/usr/bin/php-cgi --env APP_ENV=production
  compat serve /usr/lib/cgi-bin --mount /cgi-bin --static /=/var/www/html
  compat serve /usr/lib/cgi-bin --bind unix:/run/compat.sock --trust-proxy unix
  compat serve /usr/lib/cgi-bin --log-format json --metrics /metrics --health /healthz
"""


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the program: files beside it, and what its front end is believed."""

    static: tuple[str, ...] = ()
    health: str | None = None
    metrics: str | None = None
    metrics_allow: tuple[str, ...] = ()
    trust_proxy: tuple[str, ...] = ()
    forwarded_by: Family = "x-forwarded"
    remote_user_header: str | None = None


@click.command(epilog=EXAMPLES, short_help="Serve a program or a cgi-bin, with gunicorn.")
@application_options
@click.option("--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT", help="Or unix:PATH.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Server processes.")
@click.option("--threads", type=click.IntRange(1), default=THREADS, show_default=True, help="Requests at once in each.")
@click.option(
    "--graceful-timeout",
    type=click.IntRange(1),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="For requests in flight when the server stops or reloads (SIGHUP).",
)
@several("--static", "static", "URL=DIR", "Serve the files of DIR under the prefix URL.")
@several("--trust-proxy", "trust_proxy", "CIDR", "Believe this front end; `unix` for a Unix socket.")
@click.option(
    "--forwarded-by",
    type=click.Choice(list(FAMILIES)),
    default="x-forwarded",
    show_default=True,
    help="The headers that the trusted front end writes.",
)
@click.option("--remote-user-header", metavar="NAME", help="The trusted front end's header that becomes REMOTE_USER.")
@click.option("--health", metavar="URL", help="Answer 200 there while the program can be started, else 503.")
@click.option("--metrics", metavar="URL", help="Prometheus metrics, for this machine only.")
@several("--metrics-allow", "metrics_allow", "CIDR", "Show the metrics to these, too.")
@click.option("--access-log", metavar="FILE", help="One line a request in Apache's combined format; - is the terminal.")
@click.option(
    "--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Of the log."
)
def serve(
    bind: str,
    workers: int,
    threads: int,
    graceful_timeout: int,
    access_log: str | None,
    log_format: str,
    **words: Any,
) -> None:
    """Serve the CGI program or the directory of programs at PATH, with gunicorn.

    SIGTERM stops it, SIGHUP looks at everything again; both let requests in flight end.
    """
    around = Around(**{name: words.pop(name) for name in Around.__slots__})
    settings = {
        "bind": bind,
        "workers": workers,
        "threads": threads,
        "graceful_timeout": graceful_timeout,
        "accesslog": access_log,
    }
    if log_format == "json":
        settings["logconfig_dict"] = json_logging()
    metrics: AbstractContextManager[dict[str, Any]] = server.shared_metrics() if around.metrics else nullcontext({})
    with metrics as more:
        make = _recipe(words, around)
        try:
            make()
            if importlib.util.find_spec("gunicorn") is None:
                raise ConfigurationError("gunicorn is not installed; run: pip install 'screamtest[serve]'")
            if access_log:
                server.check_log(access_log)
            server.check_bind(bind)
        except ConfigurationError as error:
            refuse(str(error))
        server.run(make, settings | more)


def _recipe(words: dict[str, Any], around: Around) -> Callable[[], Application]:
    """Return what makes the whole site. The places of max_concurrency outlive a reload: old and new workers share
    them.
    """
    kept: Places | None = None

    def make() -> Application:
        nonlocal kept
        program = application(**words)
        if isinstance(program, CGIScript):
            _check_program(program.program)
        if kept is not None and program.places is not None:
            program.places = kept
        kept = program.places
        return _surrounded(program, around)

    return make


def _surrounded(program: CGIApplication, around: Around) -> Application:
    """Put the site's other parts beside the program, and what looks at requests first around it."""
    site: Application = _site(program, around)
    if around.trust_proxy:
        site = TrustedProxy(
            site,
            around.trust_proxy,
            family=around.forwarded_by,
            remote_user_header=around.remote_user_header,
        )
    elif around.remote_user_header:
        raise ConfigurationError("--remote-user-header needs --trust-proxy: anyone could name himself otherwise")
    if around.metrics_allow and not around.metrics:
        raise ConfigurationError("--metrics-allow needs --metrics URL")
    if around.metrics:  # outermost: it must see whether a proxy handed the request on
        site = Metrics(site, around.metrics, allow=(*LOCAL, *around.metrics_allow))
    return site


def _site(program: CGIApplication, around: Around) -> Application:
    parts = [pair(text, "--static", "URL=DIR") for text in around.static]
    never = _sources(program)
    beside: list[tuple[str, Application]] = [(url, StaticFiles(folder, url, never=never)) for url, folder in parts]
    if around.health:
        beside.append((around.health, Health(lambda: _look(program))))
    urls = [url for url, _ in beside] + ([around.metrics] if around.metrics else [])
    taken = [url.rstrip("/") for url in (program.options.mount, *urls)]
    if twice := [url for url in taken if taken.count(url) > 1]:
        raise ConfigurationError(f"two things would answer at {twice[0] or '/'}: use --mount, or another URL")
    if not beside:
        return program
    return Site({program.options.mount: program, **dict(beside)})


def _sources(application: CGIApplication) -> list[str]:
    """Return what the programs stand in: no file of it is sent, whatever `--static` names."""
    if isinstance(application, CGIScript):
        return [application.program.path]
    return [application.root] if isinstance(application, CGIDirectory) else []


def _look(application: CGIApplication) -> None:
    """Raise what keeps the program from being started, as far as can be told without running it."""
    if isinstance(application, CGIScript):
        _check_program(application.program)
    elif isinstance(application, CGIDirectory) and not os.access(application.root, os.R_OK | os.X_OK):
        raise ConfigurationError(f"{application.root} cannot be read")


def _check_program(program: Program) -> None:
    """Refuse a program that no request could start; in a directory each is found when it is asked for."""
    try:
        program.check()
    except AnsweredError as error:
        raise ConfigurationError(str(error)) from error
    if trouble := obstacle(program):
        raise ConfigurationError(f"{program.path} cannot be started: {trouble}")
