"""`compat explain`: what a request for a URL would run, by which options, with which variables. Nothing is run."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Iterator
from typing import Any

import click

from ..environ import encode, meta_variables
from ..errors import AnsweredError, ConfigurationError
from ..journal import escape
from ..options import Options
from ..program import Program, obstacle
from ..request import request_for
from ..script import CGIApplication
from ..sources import source
from ..types import Environ, Place
from ..upload import content_length
from .words import application_options, configured, refuse, shown

EXAMPLES = """
Examples:

\b
  compat explain /usr/lib/cgi-bin '/search.cgi/books?q=cgi'
  compat explain /srv/app/app.cgi https://www.example.org/app/list --mount /app
  compat explain /srv/app/app.cgi /list --method POST --header 'Content-Type: text/xml' --env LANG=C
"""


@click.command(epilog=EXAMPLES, short_help="Tell what a URL would run, with which variables.")
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
    try:
        environ = request_for(url, method, headers)
        program, place = application.locate(environ)
        program.check()
        lines = [*_mapping(application, program, place), "", *_variables(application, environ, program, place)]
    except AnsweredError as error:
        click.echo(f"refused       {error.status}: {shown(str(error))}")
        sys.exit(1)
    except ConfigurationError as error:
        refuse(str(error))
    click.echo("\n".join(lines))
    if trouble := obstacle(program):
        click.echo(f"\ncannot start: {shown(trouble)}")
        sys.exit(1)


def _mapping(application: CGIApplication, program: Program, place: Place) -> Iterator[str]:
    yield f"program       {shown(program.path)}"
    yield f"run by        {shown(' '.join(program.interpreter)) or 'itself (its #! line, or a binary)'}"
    yield f"in            {shown(program.folder)}"
    yield f"SCRIPT_NAME   {escape(encode(place.script_name)) or '(empty)'}"
    yield f"PATH_INFO     {escape(encode(place.path_info)) or '(absent)'}"
    chosen, usual = _options(application.options)
    yield f"options       {' '.join(chosen) or '(none)'}"
    yield f"by default    {' '.join(usual)}"


def _options(options: Options) -> tuple[list[str], list[str]]:
    """Return the options that were chosen, and those left alone. The values of variables stand below, once."""
    usual = Options(idle_timeout=options.timeout)  # as the command line has it
    texts: tuple[list[str], list[str]] = ([], [])
    for item in dataclasses.fields(options):
        value = getattr(options, item.name)
        printed = sorted(value) if item.name == "env" else value
        texts[value == getattr(usual, item.name)].append(f"{item.name}={printed!r}")
    return texts


def _variables(application: CGIApplication, environ: Environ, program: Program, place: Place) -> Iterator[str]:
    options = application.options
    length = content_length(environ)
    meta = meta_variables(environ, place, length, pass_authorization=options.pass_authorization)
    names = {os.fsdecode(name) for name in meta}
    for name, value in sorted(application.variables(environ, program, place, length).items()):
        origin = source(os.fsdecode(name), options.env, options.pass_env, names)
        yield f"{origin:<26}{escape(name)}={escape(value)}"
