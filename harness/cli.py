"""The command `harness`: gathers the commands, turns errors into one clear line and exit status 2."""

from __future__ import annotations

import importlib
import signal
import sys
import traceback
from types import FrameType
from typing import Any

import click

from harness.errors import HarnessError

COMMANDS = {  # imported when used, so that `harness record` needs no comparison and `--help` is quick
    "init": ("harness.commands.init", "Write a first harness.toml for an application."),
    "record": ("harness.commands.record", "Record what clients do, in front of what serves them."),
    "import": ("harness.commands.import_", "Make a recording of logs, HAR files, packets, cassettes."),
    "export": ("harness.commands.export", "Turn a recording into a cassette, HAR or other file."),
    "redact": ("harness.commands.redact", "Write a recording anew, without its secrets."),
    "show": ("harness.commands.show", "List what a recording holds."),
    "purge": ("harness.commands.purge", "Remove exchanges from an archive for good."),
    "diff": ("harness.commands.diff", "Replay recordings at two targets and compare."),
    "fuzz": ("harness.commands.fuzz", "Ask both targets for what nobody recorded."),
    "brownout": ("harness.commands.brownout", "Who screamed when a part was off: predicted, and actual."),
    "impact": ("harness.commands.impact", "Say who is hit when a part goes away."),
    "scream": ("harness.commands.scream", "Run real clients on changed answers: who breaks?"),
    "shrink": ("harness.commands.shrink", "Make what shows a difference as small as can be."),
    "merge": ("harness.commands.merge", "Make one report of several shards."),
    "characterize": ("harness.commands.characterize", "Turn recorded exchanges into tests that pin them."),
    "power": ("harness.commands.power", "Say how much a recording would notice, by changing the target."),
    "distill": ("harness.commands.distill", "Keep the few exchanges that reach what all of them reach."),
    "accept": ("harness.commands.accept", "Accept differences of a report, with owner and reason."),
}


class Commands(click.Group):
    """The table above as a click group."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="screamtest")
def harness() -> None:
    """Record real traffic, replay it at an old and a new implementation, and report each difference by cause."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. A HarnessError ends it with one message and exit status 2."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        harness.main(arguments, prog_name="harness", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("harness: interrupted; nothing is left running", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except HarnessError as error:
        click.echo(f"harness: {error}", err=True)
        sys.exit(2)
    except Exception:  # Python's own exit status, 1, would read as a verdict
        traceback.print_exc()
        click.echo("harness: this is a defect of the harness, not a verdict; please report what is above", err=True)
        sys.exit(2)


def _terminate(number: int, frame: FrameType | None) -> Any:
    """End as Ctrl-C does, so that servers, processes and temporary files go too."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
