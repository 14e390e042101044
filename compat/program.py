"""What to run for one script: argument list, directory, environment; and why it cannot run, in words.

Looks at files, never runs anything. RFC 3875 section 7.2: a program runs in its own directory.
"""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .environ import encode, path_translated
from .errors import ConfigurationError, ProgramError, RequestError
from .types import Command, Variables

DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
PASSED_LIST = "COMPAT_PASS_ENV"
FORBIDDEN = (errno.EACCES, errno.EPERM)
BUSY = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ETXTBSY)


@dataclass(frozen=True, slots=True)
class Program:
    """One script on disk and how it is run: by itself (shebang or binary), or by an interpreter given as an argument
    list.
    """

    path: str
    interpreter: tuple[str, ...] = ()
    name: str = field(init=False, compare=False, repr=False)
    """The file's own name, as logs show it."""
    folder: str = field(init=False, compare=False, repr=False)
    """The directory it runs in; `path` is absolute."""
    nph: bool = field(init=False, compare=False, repr=False)
    """Whether the name asks for a non-parsed header response (RFC 3875 section 5)."""
    php: bool = field(init=False, compare=False, repr=False)
    """Whether php-cgi runs it, which refuses to work without REDIRECT_STATUS."""

    def __post_init__(self) -> None:
        """Look at the names once: a program is asked for them at each request."""
        folder, _, name = self.path.rpartition("/")
        php = bool(self.interpreter) and "php" in os.path.basename(self.interpreter[0])
        for key, value in {"name": name, "folder": folder or "/", "nph": name.startswith("nph-"), "php": php}.items():
            object.__setattr__(self, key, value)

    def check(self) -> None:
        """Raise RequestError: 404 where there is no such file, 403 where it may not be run, or looked at."""
        try:
            mode = os.stat(self.path).st_mode
        except OSError as error:
            raise look_error(self.path, error) from error
        if not stat.S_ISREG(mode):
            raise RequestError(403, f"{self.path} is not a regular file")
        asked = os.R_OK if self.interpreter else os.X_OK
        if not os.access(self.path, asked, effective_ids=os.access in os.supports_effective_ids):
            wanted = "readable" if self.interpreter else "executable; chmod +x it, or give an interpreter for it"
            raise RequestError(403, f"{self.path} is not {wanted}")

    def command(self, words: Sequence[str], environment: Mapping[bytes, bytes], prefix: Sequence[str] = ()) -> Command:
        """Return what to execute; `words` go onto the command line, `prefix` (a program that sets limits) before it."""
        before = (*prefix, *self.interpreter)
        return Command((*before, self.path, *words), self.folder, environment, self.path, len(before))


def environment(
    variables: Variables, program: Program, env: Mapping[str, str], pass_env: Iterable[str], own: Mapping[str, str]
) -> Variables:
    """Return a program's whole environment: PATH and the passed names of `own`, the request's variables, then `env`,
    which wins.

    `own` is the server's environment. Nothing else of it reaches the program, apart from the names its operator listed,
    with commas, in COMPAT_PASS_ENV.
    """
    listed = own.get(PASSED_LIST)
    names = [*pass_env, *filter(None, map(str.strip, listed.split(",")))] if listed else pass_env
    result = {b"PATH": os.fsencode(own.get("PATH") or DEFAULT_PATH)}
    for name in names:
        if name in own:
            result[os.fsencode(name)] = os.fsencode(own[name])
    result.update(variables)
    if program.php:
        result[b"REDIRECT_STATUS"] = b"200"
    if not env:
        return result
    configured = {os.fsencode(name): os.fsencode(value) for name, value in env.items()}
    return path_translated(result | configured) | configured


def script_filename(path: str) -> str:
    """Return a file's path as "bytes as latin-1" text."""
    return path if path.isascii() else os.fsencode(path).decode("latin-1")


def file_path(text: str) -> str:
    """Return the file system's path for "bytes as latin-1" text of a URL."""
    return text if text.isascii() else os.fsdecode(encode(text))


def find_interpreter(interpreter: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return an interpreter as an argument list that begins with an absolute path. Raises ConfigurationError where
    there is none; None asks for none.
    """
    if interpreter is None:
        return ()
    words = _words(interpreter) if isinstance(interpreter, str) else list(interpreter)
    if not words:
        raise ConfigurationError(f"interpreter {interpreter!r} is empty: it names no command")
    found = shutil.which(words[0])
    if found is None:
        raise ConfigurationError(f"interpreter {words[0]!r} is not an executable file, and not on PATH")
    return (os.path.abspath(found), *words[1:])


def _words(interpreter: str) -> list[str]:
    if os.path.isfile(interpreter):
        return [interpreter]
    try:
        return shlex.split(interpreter)
    except ValueError as error:  # a quotation mark that nothing closes
        raise ConfigurationError(f"interpreter {interpreter!r} cannot be split into words: {error}") from error


def look_error(path: str, error: OSError) -> RequestError:
    """Turn what the file system said of a path into the error for this request: 403 for what may not be looked at, 503
    where the system has no descriptor or memory left, 404 for what is not there.
    """
    status = 403 if error.errno in FORBIDDEN else 503 if error.errno in BUSY else 404
    return RequestError(status, f"{path}: {error.strerror}", retry_after=1 if status == 503 else None)


def start_error(program: Program, error: OSError) -> ProgramError:
    """Turn what exec reported into the error for this request, with its likely cause."""
    if error.errno == errno.E2BIG:
        reason = "the request's variables do not fit into an environment (128 KiB each, about 2 MB in all)"
        return ProgramError(431, f"{program.path}: {reason}")
    if error.errno in BUSY:
        return ProgramError(503, f"{program.path}: cannot be started now: {error.strerror}", retry_after=1)
    return ProgramError(500, f"{program.path}: cannot be started: {obstacle(program) or error.strerror}")


def obstacle(program: Program) -> str:
    """Say why a program cannot be executed, empty where nothing is wrong with its first line."""
    if program.interpreter:
        path = program.interpreter[0]
        return "" if os.access(path, os.X_OK) else f"its interpreter {path} is missing"
    try:
        with open(program.path, "rb") as file:
            first = file.read(4096).partition(b"\n")[0]
    except OSError:
        return ""  # executable and unreadable is allowed, for a binary
    if first.startswith(b"\x7fELF") or first[:4] in (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"):
        return ""
    if not first:
        return "the file is empty"
    if not first.startswith(b"#!"):
        return "it has no #! line; add one, or give its interpreter"
    return _shebang_obstacle(first)


def _shebang_obstacle(first: bytes) -> str:
    if first.endswith(b"\r"):
        return f"its first line {first!r} ends with a carriage return; save the file with Unix line ends"
    words = first[2:].split()
    if not words:
        return "its #! line names no interpreter"
    named = os.fsdecode(words[0])
    if os.path.isdir(named):
        return f"its #! line names {named}, which is a directory; give an interpreter"
    if not os.access(named, os.X_OK):
        return f"its #! line names {named}, which is not there; install it, or give another interpreter"
    if os.path.basename(named) == "env" and len(words) > 1 and shutil.which(os.fsdecode(words[1])) is None:
        return f"its #! line asks for {os.fsdecode(words[1])}, which is not on PATH"
    return ""


def begins_with(path: str, start: bytes) -> bool:
    """Tell whether a file's first bytes are these; one that cannot be read has none."""
    try:
        with open(path, "rb") as file:
            return file.read(len(start)) == start
    except OSError:
        return False


def limits_prefix(limits: Mapping[str, int]) -> tuple[str, ...]:
    """Return the command that sets resource limits before it becomes the program. Raises ConfigurationError.

    Names are those of `prlimit`: cpu (seconds), as (bytes), nofile, nproc, fsize (bytes) and so on.
    """
    if not limits:
        return ()
    tool = shutil.which("prlimit")
    if tool is None:
        raise ConfigurationError("limits need the command prlimit (package util-linux)")
    for name, value in limits.items():
        if name not in LIMITS or isinstance(value, bool) or not isinstance(value, int) or value < 0:
            known = ", ".join(sorted(LIMITS))
            raise ConfigurationError(f"limits: {name}={value!r} is not one of {known} with a number")
    return (tool, *(f"--{name}={_bounds(name, value)}" for name, value in limits.items()))


def _bounds(name: str, value: int) -> str:
    """A second later for the hard limit of cpu: with both at once the kernel sends KILL, and no log says why."""
    return f"{value}:{value + 1}" if name == "cpu" else str(value)


LIMITS = frozenset({"as", "core", "cpu", "data", "fsize", "memlock", "nofile", "nproc", "rss", "stack"})


def existing_file(path: str | os.PathLike[str]) -> str:
    """Return the absolute path of a script. Raises ConfigurationError where there is no file."""
    absolute = os.path.abspath(path)
    if not Path(absolute).is_file():
        raise ConfigurationError(f"{absolute} {'is not a file' if os.path.lexists(absolute) else 'does not exist'}")
    return absolute
