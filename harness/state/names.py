"""Names for our databases on servers that others use too: which are ours, and which a dead process of ours left."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import socket
from collections.abc import Callable, Iterable

OURS = re.compile(r"harness_([0-9a-f]{8})_(\d+)_")


def new_prefix() -> str:
    """Return a beginning for the names of one State: with this machine and process in it, and used by no other."""
    return f"harness_{_machine()}_{os.getpid()}_{secrets.token_hex(3)}"


def drop_stale(names: Iterable[str], drop: Callable[[str], object]) -> None:
    """Drop the databases, of those called `names`, that processes of this machine which are gone have left."""
    for name in names:
        ours = OURS.match(name)
        if ours and ours[1] == _machine() and not _runs(int(ours[2])):
            drop(name)


def _machine() -> str:
    """Return what tells our process ids from those of other machines and containers on the same database server."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return hashlib.sha256(f"{socket.gethostname()} {namespace}".encode()).hexdigest()[:8]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
