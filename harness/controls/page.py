"""The page of one side: a small file, mapped by every process of the target, that tells what is controlled and how.

It is written here before each exchange and read by `inside.py` and by the preload; what they refused or could not reach
is read here. A page bears the number of the target's first process, by which its descendants find it.
"""

from __future__ import annotations

import contextlib
import itertools
import mmap
import os
import socket
import stat
import struct
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.controls import inside
from harness.errors import TargetError

HOSTS = Path("/etc/hosts")
MEMORY = Path("/dev/shm")  # noqa: S108 (the directory made there is checked)
_NUMBERS = itertools.count()
_EXCHANGE = struct.Struct("=QqqQQQ")  # from CLOCK to SEED
_WAITING = struct.Struct("=" + "Q56x" * inside.ENTRIES)


class Page:
    """A page of our own in `directory()`, with everything off. Close it to remove the file."""

    def __init__(self) -> None:
        self.path = directory() / f"new-{os.getpid()}-{next(_NUMBERS)}"
        self._named: Path | None = None
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, inside.SIZE)
            self._map = mmap.mmap(descriptor, inside.SIZE)
        finally:
            os.close(descriptor)
        self._map[: len(inside.MAGIC)] = inside.MAGIC
        self._generation = self._clock = self._random = 0

    def named(self, pid: int) -> None:
        """Remember that the process `pid` took the page under its number."""
        self._named = self.path.with_name(str(pid))

    def close(self) -> None:
        """Remove the file; processes that still hold it keep what it said last."""
        self._map.close()
        for path in filter(None, (self.path, self._named)):
            path.unlink(missing_ok=True)

    def read(self, place: int) -> int:
        """Return one number."""
        number: int = inside.NUMBER.unpack_from(self._map, place)[0]
        return number

    def _write(self, place: int, *numbers: int) -> None:
        for offset, number in enumerate(numbers):
            inside.UNSIGNED.pack_into(self._map, place + 8 * offset, number & 0xFFFFFFFFFFFFFFFF)

    def want(self, *, clock: bool, random: bool, network: bool, isolated: bool) -> None:
        """Say what is controlled at all; the first `tell` comes before the target starts."""
        self._clock, self._random = int(clock), int(random)
        self._write(inside.NETWORK, int(network), int(isolated))

    def allow(self, destinations: Sequence[tuple[str, int]]) -> None:
        """Let these (host, port) be reached; names are looked up now."""
        entries = [entry for host, port in destinations for entry in _entries(host, port)][: inside.ENTRIES]
        for number, entry in enumerate(entries):
            inside.ALLOWED_ENTRY.pack_into(self._map, inside.ALLOWED + number * inside.ALLOWED_ENTRY.size, *entry)
        self._write(inside.ALLOWED_COUNT, len(entries))
        names = dict.fromkeys(["localhost", *(host.lower() for host, _ in destinations), *_known_names(), ""])
        room = inside.REFUSED - inside.NAMES - 1
        text = "\n".join(names).encode("utf-8", "replace")[:room].rpartition(b"\n")[0]
        self._map[inside.NAMES : inside.NAMES + len(text)] = text

    def tell(self, seed: int, told: float | None) -> None:
        """Begin an exchange: its seed and, in seconds since the epoch, its time (None: the real one)."""
        self._generation += 1
        clock = self._clock and (inside.WANTED if told is None else inside.TOLD_NOW)
        moment = int((told or 0) * 1e6) * 1000
        _EXCHANGE.pack_into(self._map, inside.CLOCK, clock, moment, time.monotonic_ns(), 0, self._random, seed)
        inside.UNSIGNED.pack_into(self._map, inside.ORDINAL, 0)
        inside.UNSIGNED.pack_into(self._map, inside.GENERATION, self._generation)

    def refused(self) -> Iterator[str]:
        """Yield each destination that was refused, in the order in which they were first tried."""
        for number in range(inside.ENTRIES):
            place = inside.REFUSED + number * inside.REFUSED_ENTRY.size
            count, text = inside.REFUSED_ENTRY.unpack_from(self._map, place)
            if not count:
                return
            yield text.rstrip(b"\0").decode("utf-8", "replace")

    def unreached(self) -> Iterator[str]:
        """Yield the names of programs that were started and ended without the preload having been in them.

        They are taken out of the page.
        """
        waiting = _WAITING.unpack_from(self._map, inside.WAITING)
        if not any(waiting):  # as after most answers
            return
        for number, pid in enumerate(waiting):
            if pid and not _loading(pid & 0xFFFFFFFF):
                place = inside.WAITING + number * inside.WAITING_ENTRY.size
                *_, name = inside.WAITING_ENTRY.unpack_from(self._map, place)
                inside.UNSIGNED.pack_into(self._map, place, 0)
                yield name.partition(b"\0")[0].decode("utf-8", "replace")


def directory() -> Path:
    """Return the directory of this user's pages, always the same one: programs see its name. Raises TargetError."""
    shared = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    path = shared / f"harness-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise TargetError(f"{path} must be a directory that nobody but this user may enter; remove it")
    return path


def remove_stale() -> None:
    """Remove the pages of harnesses that were killed."""
    for path in directory().iterdir():
        number = path.name.removeprefix("new-").partition("-")[0]
        if number.isdecimal() and not Path("/proc", number).exists() and Path("/proc/self").exists():
            path.unlink(missing_ok=True)


def _loading(pid: int) -> bool:
    """Whether a process may still be on its way into its program: it lives, and is younger than a loader takes."""
    with contextlib.suppress(OSError, ValueError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return fields[0] not in "ZX" and time.clock_gettime(time.CLOCK_BOOTTIME) - started < 1
    return False


def _entries(host: str, port: int) -> Iterator[tuple[int, int, bytes, int]]:
    """Yield the addresses of a host as the page holds them. Raises TargetError for a name that nobody knows."""
    try:
        found = socket.getaddrinfo(host, port, proto=socket.IPPROTO_TCP)
    except OSError as error:
        raise TargetError(f"network: {host}:{port} cannot be looked up: {error}") from None
    for family, *_, address in found:
        packed = socket.inet_pton(family, str(address[0]).partition("%")[0])
        yield 4 if family == socket.AF_INET else 6, port, packed.ljust(16, b"\0"), 0


def _known_names() -> list[str]:
    """Return the names of /etc/hosts: looking them up asks nobody."""
    try:
        lines = HOSTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [name.lower() for line in lines for name in line.partition("#")[0].split()[1:]]
