"""How a real start of a Python script would go: which interpreter, with which options, and what of the environment
decides at its start.

Comes in: a `Command`. Goes out: a `Start`, or `Unsuited` where only exec can do it. Reads first lines of files, runs
nothing.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ..types import Command

MAX_FIRST_LINE = 255
MAX_STRING = 120_000
MAX_STRINGS = 1_000_000
FLAGS = frozenset("3BEIOPRSbqstu")
WITH_VALUE = frozenset("QWX")
# Read by the interpreter, its site module or its libraries before the first line of a script.
STARTUP_BEGINS = (b"PYTHON", b"LANG", b"LC_", b"LD_", b"MALLOC_", b"OPENSSL_")
STARTUP = frozenset((b"GLIBC_TUNABLES", b"HOME", b"PATH", b"TZ"))
# What these do at the end of an interpreter, or between its lines, a forked child would not do.
UNSUITED = (b"PYTHONINSPECT", b"PYTHONVERBOSE", b"PYTHONDEBUG", b"PYTHONDUMPREFS", b"PYTHONMALLOCSTATS")

_python_name = re.compile(r"python[0-9.]*").fullmatch
_plain_words = re.compile(rb"[\w@%+:,./ \t-]+").fullmatch


class Unsuited(Exception):
    """A request that the warm runner leaves to exec; the message says why."""


@dataclass(frozen=True, slots=True)
class Start:
    """What makes one interpreter differ from another before a program's first line. Equal starts can share a zygote.

    `argv` is its command line as far as the script; `script` the script's real path.
    """

    executable: str
    argv: tuple[str, ...]
    environment: tuple[tuple[bytes, bytes], ...]
    cwd: str
    script: str
    owner: tuple[int, int]


def find_start(command: Command, prefix: int, first_line: bytes) -> Start:
    """Return how a command's interpreter would start.

    `prefix` words of its `argv` only set limits; `first_line` is that of its script. Raises Unsuited.
    """
    check_size(command)
    given = command.argv[prefix : command.position]
    argv = given or shebang(first_line, command.argv[command.position])
    executable, argv = behind_env(argv, command.environment)
    if not _python_name(os.path.basename(argv[0])):
        raise Unsuited(f"{argv[0]} is no Python")
    check_options(argv[1:])
    for name in UNSUITED:
        if command.environment.get(name):
            raise Unsuited(f"{name.decode()} is set")
    startup = tuple(
        item for item in command.environment.items() if item[0] in STARTUP or item[0].startswith(STARTUP_BEGINS)
    )
    script = os.path.realpath(command.argv[command.position])
    return Start(executable, argv, startup, command.cwd, script, (os.geteuid(), os.getegid()))


@lru_cache(maxsize=64)
def shebang(first_line: bytes, path: str) -> tuple[str, ...]:
    """Return the command of a `#!` line as the kernel splits it: a path, and at most one argument. Raises Unsuited."""
    if not first_line.startswith(b"#!") or len(first_line) > MAX_FIRST_LINE:
        raise Unsuited(f"{path} has no #! line")
    words = re.split(rb"[ \t]+", first_line[2:].strip(b" \t"), maxsplit=1)
    return tuple(os.fsdecode(word) for word in words)


def behind_env(argv: tuple[str, ...], environment: Mapping[bytes, bytes]) -> tuple[str, tuple[str, ...]]:
    """Return the file to execute and its command line, as env(1) finds them on the program's own PATH.

    Raises Unsuited.
    """
    if os.path.basename(argv[0]) != "env" or len(argv) < 2:
        return argv[0], argv
    words = os.fsencode(argv[1])
    if words.startswith(b"-S"):
        words = words[2:]
        if not _plain_words(words):
            raise Unsuited("the #! line has quotes for env -S")
        argv = tuple(os.fsdecode(word) for word in words.split()) + argv[2:]
    else:
        argv = argv[1:]
    if not argv or argv[0].startswith("-") or "=" in argv[0]:
        raise Unsuited("the #! line gives options to env")
    found = shutil.which(argv[0], path=os.fsdecode(environment.get(b"PATH", b"")))
    if found is None:
        raise Unsuited(f"{argv[0]} is not on PATH")
    return found, argv


def check_options(options: Iterable[str]) -> None:
    """Raise Unsuited for an interpreter's option that would do more than set a flag."""
    words = iter(options)
    for word in words:
        if not re.fullmatch("-[A-Za-z0-9].*", word):
            raise Unsuited(f"the interpreter's argument {word!r}")
        for position, letter in enumerate(word[1:], 2):
            if letter in WITH_VALUE:
                if position == len(word):
                    next(words, None)
                break
            if letter not in FLAGS:
                raise Unsuited(f"the interpreter's option -{letter}")


def check_size(command: Command) -> None:
    """Raise Unsuited for what exec may refuse as too long (E2BIG): it shall refuse it in its own way."""
    characters = sum(map(len, command.argv))
    if sum(map(len, command.environment)) + sum(map(len, command.environment.values())) + 4 * characters <= MAX_STRING:
        return  # as nearly always; a character has at most four bytes
    items = [len(name) + len(value) for name, value in command.environment.items()]
    items += [len(os.fsencode(word)) for word in command.argv]
    if max(items) > MAX_STRING or sum(items) > MAX_STRINGS:
        raise Unsuited("its variables are near the limits of exec")


def is_binary(path: str) -> bool:
    """Whether a file is a program itself, not a script that stands for one (as pyenv's and asdf's do)."""
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False
