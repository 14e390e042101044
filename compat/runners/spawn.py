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
ROOM = 16384
POINTER = struct.calcsize("P")


class Library:
    """The functions of the C library, and the attributes that all our programs have."""

    def __init__(self) -> None:
        # PyDLL keeps the interpreter's lock, which is right for what does not wait; posix_spawn waits for the exec.
        self.calls = ctypes.PyDLL(None)
        self.spawn = ctypes.CDLL(None).posix_spawn
        self.spawn.argtypes = [ctypes.c_void_p] * 6
        self.attributes = ctypes.create_string_buffer(STRUCTURE)
        self._rooms: list[Room] = []
        signals = ctypes.create_string_buffer(STRUCTURE)
        self.calls.sigemptyset(signals)
        for number in signal.valid_signals():
            # One that is ignored stays so (POSIX), but for those that Python ignores. The others are all named, even if
            # none has a handler: else the C library looks at each, and then sets it all the same.
            if signal.getsignal(number) != signal.SIG_IGN or number in (signal.SIGPIPE, signal.SIGXFSZ):
                self.calls.sigaddset(signals, number)
        self.calls.posix_spawnattr_init(self.attributes)
        apart = SETSID if has_terminal() else SETPGROUP
        self.calls.posix_spawnattr_setflags(self.attributes, ctypes.c_short(SETSIGDEF | apart))
        self.calls.posix_spawnattr_setsigdefault(self.attributes, signals)
        self.shared = ctypes.addressof(self.attributes)

    def room(self, size: int) -> Room:
        """Take a room of at least so many bytes."""
        try:
            return self._rooms.pop() if size <= ROOM else Room(size)  # one step, so that threads need no lock
        except IndexError:
            return Room(ROOM)

    def leave(self, room: Room) -> None:
        """Give a room back; an unusually large one is not kept."""
        if room.size == ROOM:
            self._rooms.append(room)


class Room:
    """Memory for what posix_spawn takes and gives: the child's number, then pointers, then the words they point to.

    Kept for the next child: to ctypes an array of each length is another class, which it makes anew each time.
    """

    def __init__(self, size: int) -> None:
        memory = (ctypes.c_char * size)()
        self.size = size
        self.number = ctypes.c_int.from_buffer(memory)
        self.address = ctypes.addressof(memory)
        self._view = memoryview(memory).cast("B")

    def fill(self, words: Sequence[bytes], text: bytes, count: int) -> tuple[int, int, int]:
        """Put the words there, which `text` holds with a NUL after each; return where the first begins, argv and envp:
        the pointers to the first `count` and to the others, a null pointer after each of the two.
        """
        first = (len(words) + 3) * POINTER
        at = [*accumulate([len(word) + 1 for word in words], initial=self.address + first)]
        struct.pack_into(f"{len(words) + 2}P", self._view, POINTER, *at[:count], 0, *at[count:-1], 0)
        self._view[first : first + len(text)] = text
        return at[0], self.address + POINTER, self.address + (count + 2) * POINTER


class Actions:
    """What a child does between fork and exec: its directory, its three descriptors, and nothing else open."""

    def __init__(self, calls: ctypes.PyDLL, cwd: str, descriptors: tuple[int | None, int, int]) -> None:
        self._destroy = calls.posix_spawn_file_actions_destroy
        self.data = ctypes.create_string_buffer(STRUCTURE)
        self.address = ctypes.addressof(self.data)
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


def suits(descriptors: tuple[int | None, int, int]) -> bool:
    """Whether `spawn` can be used: not where a library waits for children itself and put its own class in the place of
    subprocess's (gevent), nor where the server has closed its standard streams, so that our pipes have their numbers.
    """
    stdin, stdout, stderr = descriptors
    apart = stdout >= STANDARD and stderr >= STANDARD and (stdin is None or stdin >= STANDARD)
    return apart and subprocess.Popen.__module__ == "subprocess" and library() is not None


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
    text = b"\0".join([*words, b""])
    if text.count(b"\0") > len(words):
        raise ValueError("a NUL byte in an argument or a variable")
    sys.audit("os.posix_spawn", argv[0], argv, environment)  # as Python's own would: a host may watch for it
    doing = actions(cwd, descriptors)
    room = known.room(len(text) + (len(words) + 3) * POINTER)
    path, arguments, variables = room.fill(words, text, count)
    code = known.spawn(room.address, path, doing.address, known.shared, arguments, variables)
    number = room.number.value
    known.leave(room)
    if code:
        check(code)
    return number


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
