"""The options of commands that record: which key the tokens are made with, and recording in clear.

A decorator for click commands, and the redactor that the options, the environment and `[redact]` of `harness.toml`
ask for. The key is read here and nowhere else, and never written. What is replaced is the engine's affair.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.config import Config
from harness.errors import UsageError
from harness.exchange import Exchange
from harness.redact import Redactor, redactor

VARIABLE = "HARNESS_KEY"
SHORTEST = 16
"""Bytes of a key: with a shorter one, who has the recording could try all keys."""

_OF_OTHERS = stat.S_IRGRP | stat.S_IROTH

Command = TypeVar("Command", bound=Callable[..., Any])

key_option = click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    help=f"File of the key that tokens are made with. Default: ${VARIABLE}, else a random key that is not kept.",
)
"""`--key-file FILE`, as the argument `key_file`."""
_no_redaction = click.option("--no-redaction", is_flag=True, help="Keep passwords, cookies and addresses in clear.")


def redaction_options(command: Command) -> Command:
    """Add `--key-file` and `--no-redaction` to a command, as arguments `key_file` and `no_redaction`."""
    return key_option(_no_redaction(command))


def redactor_for(config: Config, key_file: Path | None, no_redaction: bool) -> Callable[[Exchange], Exchange] | None:
    """Return what redacts each exchange, or None where nothing is to be; that is said on standard error.

    Raises UsageError for a key that cannot be read or is too short, and for a wrong `[redact]`.
    """
    if no_redaction:
        if key_file is not None:
            raise UsageError("--key-file and --no-redaction: give one of them")
        click.echo("harness: not redacted: passwords, cookies and addresses are written as they are", err=True)
        return None
    return redactor_with(config, key_file).redact


def redactor_with(config: Config, key_file: Path | None) -> Redactor:
    """Return a redactor with the key given, else with a random one; raises what `redactor_for` raises."""
    return redactor(config.redact, key_for(key_file))


def key_for(key_file: Path | None) -> bytes:
    """Return the key given, else a random one. Raises UsageError."""
    return given_key(key_file) or secrets.token_bytes(32)


def given_key(key_file: Path | None) -> bytes | None:
    """Return the key of a file or, without one, of the environment; None where there is neither.

    Raises UsageError for a file that cannot be read, and for a key of fewer than 16 bytes.
    """
    if key_file is None:
        key, source = os.environb.get(VARIABLE.encode(), b""), VARIABLE
        if not key:
            return None
    else:
        key, source = _read(key_file), f"--key-file {key_file}"
    key = key.strip()
    if len(key) < SHORTEST:
        raise UsageError(f"{source}: a key of {len(key)} bytes is too short; make one with: openssl rand -hex 32")
    return key


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            if stat.S_ISREG(mode) and mode & _OF_OTHERS:
                _warn(file, stat.S_IMODE(mode))
            return opened.read()
    except OSError as error:
        raise UsageError(f"--key-file {file}: cannot be read: {error.strerror or error}") from error


@cache
def _warn(file: Path, mode: int) -> None:
    """Say once that others can read a key, as ssh does of its own; a pipe or a device has no such mode."""
    why = "who has the key and a recording can try passwords"
    click.echo(f"harness: --key-file {file}: others can read it (mode {mode:04o}): {why}: chmod 600 {file}", err=True)
