"""Starts a program by the C library's posix_spawn (POSIX.1-2024): a third of what subprocess.Popen costs the server.

Comes in: argument list, environment, directory, three descriptors. Goes out: the number of a process that leads a group
of its own, with nothing else open, and SIGPIPE, which Python ignores, as programs expect it. Python's own
os.posix_spawn cannot change the directory. Where the C library has not all of it, `exec` uses subprocess.

No program shall talk to the terminal that the server was started at, so there it gets a session of its own; elsewhere
it does not: a session costs a twentieth of the whole request, since Linux shares the processor between sessions.
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import accumulate

# <spawn.h> of glibc and musl.
SETPGROUP, SETSIGDEF, SETSID = 0x02, 0x04, 0x80
# Room for the C library's structures; glibc's largest has 336 bytes.
STRUCTURE = 1024
WANTED = (
    "posix_spawn",
    "posix_spawnattr_init",
    "posix_spawnattr_setflags",
    "posix_spawnattr_setsigdefault",
    "posix_spawn_file_actions_init",
    "posix_spawn_file_actions_destroy",
    "posix_spawn_file_actions_addopen",
    "posix_spawn_file_actions_adddup2",
    "posix_spawn_file_actions_addchdir_np",
    "posix_spawn_file_actions_addclosefrom_np",
)
STANDARD = 3
POINTER = struct.calcsize("P")


class Library:
    """The functions of the C library, and the attributes that all our programs have."""

    def __init__(self) -> None:
        # PyDLL keeps the interpreter's lock, which is right for what does not wait; posix_spawn waits for the exec.
        self.calls = ctypes.PyDLL(None)
        self.spawn = ctypes.CDLL(None).posix_spawn
        self.spawn.argtypes = (ctypes.c_void_p, ctypes.c_char_p, *[ctypes.c_void_p] * 4)
        self.attributes = ctypes.create_string_buffer(STRUCTURE)
        signals = ctypes.create_string_buffer(STRUCTURE)
        self.calls.sigemptyset(signals)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            self.calls.sigaddset(signals, number)
        self.calls.posix_spawnattr_init(self.attributes)
        apart = SETSID if has_terminal() else SETPGROUP
        self.calls.posix_spawnattr_setflags(self.attributes, ctypes.c_short(SETSIGDEF | apart))
        self.calls.posix_spawnattr_setsigdefault(self.attributes, signals)


class Actions:
    """What a child does between fork and exec: its directory, its three descriptors, and nothing else open."""

    def __init__(self, calls: ctypes.PyDLL, cwd: str, descriptors: tuple[int | None, int, int]) -> None:
        self._destroy = calls.posix_spawn_file_actions_destroy
        self.data = ctypes.create_string_buffer(STRUCTURE)
        check(calls.posix_spawn_file_actions_init(self.data))
        for number, descriptor in enumerate(descriptors):
            if descriptor is None:
                null = os.devnull.encode()
                check(calls.posix_spawn_file_actions_addopen(self.data, number, null, os.O_RDWR, 0))
            else:
                check(calls.posix_spawn_file_actions_adddup2(self.data, descriptor, number))
        check(calls.posix_spawn_file_actions_addchdir_np(self.data, os.fsencode(cwd)))
        check(calls.posix_spawn_file_actions_addclosefrom_np(self.data, STANDARD))

    def __del__(self) -> None:
        self._destroy(self.data)


@cache
def library() -> Library | None:
    """Return the C library's functions, None where one is missing."""
    if sys.platform != "linux":
        return None
    found = ctypes.CDLL(None)
    return Library() if all(hasattr(found, name) for name in WANTED) else None


@lru_cache(maxsize=256)
def actions(cwd: str, descriptors: tuple[int | None, int, int]) -> Actions:
    """Return the actions for a directory and descriptors. Their numbers come again and again, so they are kept."""
    known = library()
    assert known is not None
    return Actions(known.calls, cwd, descriptors)


def suits(descriptors: Sequence[int | None]) -> bool:
    """Whether `spawn` can be used: not where a library waits for children itself and put its own class in the place of
    subprocess's (gevent), nor where the server has closed its standard streams, so that our pipes have their numbers.
    """
    if subprocess.Popen.__module__ != "subprocess" or library() is None:
        return False
    return min(STANDARD if descriptor is None else descriptor for descriptor in descriptors) >= STANDARD


def spawn(
    argv: Sequence[str], environment: Mapping[bytes, bytes], cwd: str, descriptors: tuple[int | None, int, int]
) -> int:
    """Start a program and return its number; a descriptor that is None becomes /dev/null.

    Raises OSError where it cannot be executed, ValueError for text with a NUL.
    """
    known = library()
    assert known is not None
    words = [*map(os.fsencode, argv)]
    count = len(words)
    words += map(b"=".join, environment.items())
    data = b"\0".join(words)
    if data.count(b"\0") >= len(words):
        raise ValueError("a NUL byte in an argument or a variable")
    sys.audit("os.posix_spawn", argv[0], argv, environment)  # as Python's own would: a host may watch for it
    number = ctypes.c_int()
    strings = ctypes.create_string_buffer(data)
    pointers = ctypes.create_string_buffer(addresses(ctypes.addressof(strings), words, count))
    check(
        known.spawn(
            ctypes.byref(number),
            words[0],
            actions(cwd, descriptors).data,
            known.attributes,
            pointers,
            ctypes.addressof(pointers) + (count + 1) * POINTER,
        )
    )
    return number.value


def addresses(start: int, words: Sequence[bytes], count: int) -> bytes:
    """Return argv and envp: where in memory each word begins, if the first does at `start` and one NUL follows each,
    with a null pointer after the first `count` and after the last. Two thirds of what arrays of ctypes cost.
    """
    at = list(accumulate([len(word) + 1 for word in words[:-1]], initial=start))
    return struct.pack(f"{len(words) + 2}P", *at[:count], 0, *at[count:], 0)


def has_terminal() -> bool:
    """Whether a terminal controls this process."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def check(code: int) -> None:
    """Raise OSError for what a function of the C library returned."""
    if code:
        raise OSError(code, os.strerror(code))
