"""`compat check`: runs a program once and names the first obstacle and its fix."""

from __future__ import annotations

import sys
from typing import Any

import click

from ..check import Report, check
from ..directory import CGIDirectory
from ..errors import ConfigurationError
from ..privileges import warning
from .words import application_options, configured, refuse, shown

TIMEOUT = 20.0
EXAMPLES = """
Examples:

\b
  compat check /usr/lib/cgi-bin
  compat check /srv/app/app.cgi '/list?page=2' --env APP_DB=/srv/app/test.db
  compat check /srv/old --interpreter .py=/usr/bin/python2.7 --runner warm
"""


@click.command("check", epilog=EXAMPLES, short_help="Run a program once; name the first obstacle and its fix.")
@application_options
@click.argument("url", required=False)
def command(url: str | None, **words: Any) -> None:
    """Run the program at PATH once, with a GET for URL (or /), and say whether it answers; if not, what the first
    obstacle is, and its fix. In a directory each program is run, one after the other.

    The programs really run: use a copy of what they write to. Exit status 0: all answer; 1: one does not.
    """
    if _not_given("timeout"):
        words["timeout"] = TIMEOUT
    application = configured(words)
    if url is not None or not isinstance(application, CGIDirectory):
        urls = [url or application.options.mount or "/"]
    else:
        urls = list(application.urls())
        if not urls:
            refuse(f"no program in {application.root}: nothing is executable, has an --interpreter or a #! line")
    try:
        reports = [_told(check(application, each)) for each in urls]
    except ConfigurationError as error:
        refuse(str(error))
    failed = sum(report.obstacle is not None for report in reports)
    if len(reports) > 1:
        click.echo(f"{len(reports) - failed} of {len(reports)} answer")
    if text := warning():
        click.echo(f"warning: {text}", err=True)
    sys.exit(1 if failed else 0)


def _not_given(name: str) -> bool:
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.DEFAULT


def _told(report: Report) -> Report:
    """Print one report at once: the next program may take its time."""
    program = shown(report.program)
    if report.obstacle is None:
        click.echo(f"{program}: answers {report.status} ({report.remark})")
        return report
    click.echo(f"{program}: does not answer{f' ({report.status})' if report.status else ''}")
    for label, text in (
        ("obstacle", report.obstacle.what),
        ("evidence", report.obstacle.evidence),
        ("fix", report.obstacle.fix),
    ):
        if text:
            click.echo(f"  {label:<9} {shown(text)}")
    return report
