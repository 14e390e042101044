"""The command `compat`: gathers the commands.

Comes in: the command line. Goes out: a server, or text. Exit status: 0 done; 1 `explain` found that the request is
refused, `check` that a program does not answer; 2 the command asks for something that cannot be, said in one line
before anything is bound.
"""

from __future__ import annotations

import io
import sys

import click

from .apache.command import import_apache
from .commands import check
from .commands.explain import explain
from .commands.serve import serve


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="screamtest")
def main() -> None:
    """Run old CGI programs, unmodified, behind a WSGI server.

    Start with `compat check PATH`, then `compat serve PATH`; `compat explain PATH URL` tells what a URL leads to.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):  # what its encoding does not have is no reason to end
        sys.stdout.reconfigure(errors="backslashreplace")


main.add_command(serve)
main.add_command(check.command)
main.add_command(explain)
main.add_command(import_apache)


if __name__ == "__main__":
    main()
