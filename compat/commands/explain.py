"""`compat explain`: what a request for a URL would run, by which options, with which variables. Nothing is run."""

from __future__ import annotations

import dataclasses
import io
import os
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

import click

from ..environ import meta_variables
from ..errors import AnsweredError
from ..journal import escape
from ..options import Options
from ..program import Program, obstacle
from ..script import CGIApplication
from ..sources import source
from ..types import Environ, Place
from .words import application_options, configured, refuse

EXAMPLES = """
Examples:

\b
  compat explain /usr/lib/cgi-bin '/search.cgi/books?q=cgi'
  compat explain /srv/app/app.cgi https://www.example.org/app/list --mount /app
  compat explain /srv/app/app.cgi /list --method POST --header 'Content-Type: text/xml' --env LANG=C
"""


@click.command(epilog=EXAMPLES)
@application_options
@click.argument("url")
@click.option("--method", default="GET", show_default=True, help="The request's method.")
@click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header of it. Repeatable.")
def explain(url: str, method: str, headers: tuple[str, ...], **words: Any) -> None:
    """Print what a request for URL would run, the options in force, and every variable that the program would see, with
    its source. Runs nothing.

    Exit status 1: the request would be refused; the reason is printed.
    """
    application = configured(words)
    environ = environ_of(_url(url), method, headers)
    try:
        program, place = application.locate(environ)
        program.check()
        lines = [*_mapping(application, program, place), "", *_variables(application, environ, program, place)]
    except AnsweredError as error:
        click.echo(f"refused       {error.status}: {error}")
        sys.exit(1)
    click.echo("\n".join(lines))
    if trouble := obstacle(program):
        click.echo(f"\ncannot start: {trouble}")
        sys.exit(1)


def _mapping(application: CGIApplication, program: Program, place: Place) -> Iterator[str]:
    yield f"program       {program.path}"
    yield f"run by        {' '.join(program.interpreter) or 'itself (its #! line, or a binary)'}"
    yield f"in            {os.path.dirname(program.path)}"
    yield f"SCRIPT_NAME   {place.script_name or '(empty)'}"
    yield f"PATH_INFO     {place.path_info or '(absent)'}"
    chosen, usual = _options(application.options)
    yield f"options       {' '.join(chosen) or '(none)'}"
    yield f"by default    {' '.join(usual)}"


def _options(options: Options) -> tuple[list[str], list[str]]:
    """Return the options that were chosen, and those left alone. The values of variables stand below, once."""
    texts: tuple[list[str], list[str]] = ([], [])
    for item in dataclasses.fields(options):
        value = getattr(options, item.name)
        shown = sorted(value) if item.name == "env" else value
        texts[value == getattr(Options(), item.name)].append(f"{item.name}={shown!r}")
    return texts


def _variables(application: CGIApplication, environ: Environ, program: Program, place: Place) -> Iterator[str]:
    options = application.options
    length = int(environ["CONTENT_LENGTH"]) if environ.get("CONTENT_LENGTH", "").isdigit() else None
    meta = meta_variables(environ, place, length, pass_authorization=options.pass_authorization)
    names = {os.fsdecode(name) for name in meta}
    for name, value in sorted(application.variables(environ, program, place, length).items()):
        origin = source(os.fsdecode(name), options.env, options.pass_env, names)
        yield f"{origin:<26}{escape(name)}={escape(value)}"


def _url(text: str) -> SplitResult:
    parts = urlsplit(text)
    if not parts.path.startswith("/") and not parts.netloc:
        refuse(f"{text!r} is neither a path beginning with / nor an http:// URL")
    return parts


def environ_of(url: SplitResult, method: str = "GET", headers: tuple[str, ...] = ()) -> Environ:
    """Make the environ that a server would give for a URL."""
    path = url.path or "/"
    environ: Environ = {
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
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme or "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": True,
    }
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon:
            refuse(f"--header {header!r} must have the form 'NAME: VALUE'")
        key = name.strip().upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value.strip()
    return environ
