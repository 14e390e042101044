"""The keyword options that CGIScript and CGIDirectory share: their names, types, defaults and checks.

Comes in: what the operator wrote. Goes out: a frozen `Options`, or a ConfigurationError before any request is served.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from .errors import ConfigurationError
from .program import limits_prefix

MOUNT_EXAMPLE = 'like "/cgi-bin": beginning with a slash'
LONGEST = 2**31
"""Seconds, 68 years: all system calls that wait can wait for less."""
TIMES = "above 0 and below 2**31"


class OptionWords(TypedDict, total=False):
    """The keywords; what each means stands in `Options`."""

    runner: str
    mount: str
    env: Mapping[str, str]
    pass_env: Collection[str]
    pass_authorization: bool
    timeout: float | None
    idle_timeout: float | None
    max_concurrency: int | None
    queue_timeout: float
    max_body: int | None
    limits: Mapping[str, int]
    local_redirects: bool
    isindex: bool
    preload: Collection[str]
    strict: bool


@dataclass(frozen=True, slots=True)
class Options:
    """How programs are run and their answers judged. Raises ConfigurationError for values that cannot be."""

    runner: str = "exec"
    """`exec`: a fresh process for each request. `warm`: for Python scripts, a fork of an interpreter that waits."""
    mount: str = ""
    """The URL prefix that the program or directory stands behind; empty for everything."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables set for every program; these win over all others."""
    pass_env: Collection[str] = ()
    """Names of the server's own variables, read anew at each request."""
    pass_authorization: bool = False
    """Show the Authorization header to the program as HTTP_AUTHORIZATION."""
    timeout: float | None = 300
    """Seconds for a whole request."""
    idle_timeout: float | None = 60
    """Seconds without a byte moving."""
    max_concurrency: int | None = None
    """Programs at once, in all processes forked after the application was made."""
    queue_timeout: float = 5
    """Seconds that a request waits for a place among `max_concurrency`."""
    max_body: int | None = None
    """Bytes of the largest request body accepted."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """Resource limits of each program, by the names of prlimit(1): `{"cpu": 10, "as": 2**30}`."""
    local_redirects: bool = True
    """Answer a local `Location: /path` with what that path gives (RFC 3875 section 6.2.2)."""
    isindex: bool = False
    """Put a query without `=` onto the command line (RFC 3875 section 4.4)."""
    preload: Collection[str] = ()
    """Modules of the program itself that the warm runner imports in advance; others it finds by itself."""
    strict: bool = True
    """Refuse malformed output with 502; False repairs what Apache repairs."""

    def __post_init__(self) -> None:
        if sys.platform not in {"linux", "darwin"}:
            raise ConfigurationError(f"compat runs programs on Linux and macOS, not on {sys.platform}")
        if self.runner not in {"exec", "warm"}:
            raise ConfigurationError(f'runner={self.runner!r} is neither "exec" nor "warm"')
        if self.runner == "warm" and sys.platform != "linux":
            raise ConfigurationError('runner="warm" needs Linux; use "exec" here')
        if self.preload and self.runner != "warm":
            raise ConfigurationError('preload is for runner="warm"')
        if isinstance(self.pass_env, str):
            raise ConfigurationError(f"pass_env={self.pass_env!r} must be a list of names, not one text")
        if self.mount and not self.mount.startswith("/"):
            raise ConfigurationError(f"mount={self.mount!r} must be empty or {MOUNT_EXAMPLE}")
        for name in ("timeout", "idle_timeout"):
            if (value := getattr(self, name)) is not None and not (_is_time(value) and value > 0):
                raise ConfigurationError(f"{name}={value!r} must be a number of seconds {TIMES}, or None")
        if not _is_time(self.queue_timeout):
            raise ConfigurationError(f"queue_timeout={self.queue_timeout!r} must be 0 or a number of seconds {TIMES}")
        for name in ("max_concurrency", "max_body"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value <= 0):
                raise ConfigurationError(f"{name}={value!r} must be a whole number above 0, or None")
        _check_env(self.env)
        _check_limits(limits_prefix(self.limits))


def _is_time(value: object) -> bool:
    """Whether the system can wait for so many seconds: it cannot for ever, nor for what is no number (NaN)."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < LONGEST


def _check_limits(prefix: tuple[str, ...]) -> None:
    """Set the limits once: which of them this user may set only the system knows."""
    if not prefix:
        return
    command = (*prefix, prefix[0], "--version")
    tried = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if tried.returncode != 0:
        said = tried.stderr.decode("utf-8", "replace").strip() or f"prlimit ended with {tried.returncode}"
        raise ConfigurationError(f"limits cannot be set: {said}")


def _check_env(env: Mapping[str, str]) -> None:
    for name, value in env.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise ConfigurationError(f"env: {name!r} = {value!r}: both must be text")
        if not name or "=" in name or "\0" in name + value:
            raise ConfigurationError(f"env: {name!r} is not a name, or its value holds a NUL")
