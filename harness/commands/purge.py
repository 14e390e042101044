"""`harness purge`: remove what must not be kept from an archive, so that nothing of it is left in the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.commands.selecting import selecting
from harness.config import find_config
from harness.errors import UsageError
from harness.find import find, found_in
from harness.naming import names_of
from harness.selection import EVERYTHING, Selection
from harness.store.archive import Archive
from harness.store.purge import purge

EPILOG = """\b
Examples:
  harness purge today.archive --session today.archive#17 --dry-run
  harness purge today.archive --client Nagios --client 'bot: *'
  harness purge today.archive --before 2026-11-01"""


@click.command("purge", epilog=EPILOG)
@click.argument("archive", type=click.Path(path_type=Path))
@selecting
@click.option("--dry-run", is_flag=True, help="Only say how many would be removed.")
def command(archive: Path, dry_run: bool, **options: Any) -> None:
    """Remove the exchanges that fit all options from ARCHIVE, for good; the others get new numbers.

    The file is written anew without them, takes the place of the old one, and the old one's bytes are overwritten.
    Copies, backups and reports that were made of it are not touched.
    """
    selection, names = Selection(**options), names_of(find_config(Path.cwd()))
    if selection == EVERYTHING:
        raise UsageError(
            "say which exchanges are to be removed: --client, --before, --session, ... (harness purge --help)"
        )

    def unwanted(opened: Archive) -> set[int]:
        if selection.session:
            find([opened], selection.session)
        return {place for place, _ in found_in(opened, selection, names)}

    opened = Archive(archive)
    if dry_run:
        click.echo(f"would remove {len(unwanted(opened))} of {len(opened)} exchanges; nothing is changed")
    else:
        removed = purge(archive, unwanted)
        click.echo(f"removed {removed} of {len(opened)} exchanges")
        if removed:
            click.echo(
                f"copies, backups, snapshots and reports of {archive} still hold them: remove or purge those, too"
            )
