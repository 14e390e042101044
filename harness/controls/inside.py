"""What is controlled from within the target's own interpreter: random numbers, the network, and where no preload is
loaded the clock as far as time-machine reaches.

Loaded by path by `harness/targets/host.py`, in interpreters that may not have the harness installed: standard library
only, nothing imported from here. What to do stands in the page (PAGE: one small file shared by all processes of a
side), which `page.py` writes and the preload reads too: the layout is the one of `preload/page.h`.
"""

from __future__ import annotations

import fcntl
import ipaddress
import mmap
import os
import random
import socket
import struct
import sys
import uuid
from typing import Any

MAGIC = b"HARNESS1"
SIZE = 8192
DIRECTORY, FIRST = "HARNESS_CONTROLS", "HARNESS_CONTROLS_PAGE"

GENERATION, CLOCK, TOLD, BASE, TICKS, RANDOM, SEED, ROOT, ORDINAL = range(8, 80, 8)
NETWORK, ISOLATED, PROCESSES, LOOPBACK, ALLOWED_COUNT = range(80, 120, 8)
ALLOWED, NAMES, REFUSED, WAITING = 192, 960, 2048, 6144
ALLOWED_ENTRY = struct.Struct("=HH16sI")
REFUSED_ENTRY = struct.Struct("=Q120s")
WAITING_ENTRY = struct.Struct("=QQ48s")
ENTRIES = 32
NUMBER = struct.Struct("=q")
UNSIGNED = struct.Struct("=Q")
BILLION = 1000000000
WANTED, TOLD_NOW = 2, 1  # of CLOCK; 0 is off

CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
NODE = 0x0B0000000001  # of uuid1; bit 40 says that it is no real machine's (RFC 9562 section 6.10)
UNREACHABLE = 101  # ENETUNREACH


class Inside:
    """The controls of one target process. `means` says which of them reached it and by what."""

    def __init__(self, page: mmap.mmap) -> None:
        self.page = page
        self.preloaded = self.read(PROCESSES) > 0
        self.means: dict[str, str] = {}
        self.generation = -1
        self.own_seed = False
        self.drawn = 0
        self.traveller: Any = None

    def read(self, place: int) -> int:
        """Return one number of the page."""
        number: int = NUMBER.unpack_from(self.page, place)[0]
        return number

    def write(self, place: int, number: int) -> None:
        """Put one number into the page."""
        NUMBER.pack_into(self.page, place, number)

    def install(self) -> None:
        """Take hold of what can be controlled, before the application is imported."""
        if self.read(CLOCK):
            self.means["clock"] = "preload" if self.preloaded else self.find_traveller()
        if self.read(RANDOM):
            self.install_random()
        if self.read(NETWORK):
            self.install_network()

    def root(self) -> None:
        """Say that this process is the one that serves the scenario."""
        self.write(ROOT, os.getpid())

    def fork(self) -> int:
        """Fork the process that serves the scenario; the interpreter seeds anew in every child, so that is undone."""
        state = random.getstate()
        pid = os.fork()
        if not pid:
            self.root()
            if self.own_seed:
                random.setstate(state)
        return pid

    def begin(self) -> None:
        """Begin an exchange: the same numbers as the other side draws in it, and its time."""
        generation = self.read(GENERATION)
        if generation == self.generation:
            return
        self.generation = generation
        self.drawn = 0
        if self.read(RANDOM):
            self.seed_all(UNSIGNED.unpack_from(self.page, SEED)[0])
        if self.means.get("clock") == "time-machine":
            self.travel()

    # clock

    def find_traveller(self) -> str:
        """Return "time-machine" if the target's interpreter has it, else an empty text: the real time is seen."""
        try:
            import time_machine  # type: ignore[import-not-found, unused-ignore]
        except ImportError:
            return ""
        self.time_machine = time_machine
        return "time-machine"

    def travel(self) -> None:
        """Go to the time told, from which time ticks."""
        told = self.read(TOLD) / BILLION
        if self.traveller is not None:
            self.traveller.stop()
            self.traveller = None
        if self.read(CLOCK) == TOLD_NOW:
            self.traveller = self.time_machine.travel(told, tick=True)
            self.traveller.start()

    # random numbers

    def install_random(self) -> None:
        """See whether the application seeds by itself; without the preload, stand in for the system's generator."""
        seed = random.seed

        def seeded(*values: Any, **named: Any) -> None:
            self.own_seed = self.own_seed or bool(values and values[0] is not None) or bool(named)
            seed(*values, **named)

        self.seed = seed
        random.seed = seeded
        uuid._generate_time_safe = None  # type: ignore[attr-defined]
        uuid._node = NODE  # type: ignore[attr-defined]
        if not self.preloaded:
            os.urandom = random._urandom = self.urandom  # type: ignore[attr-defined]
        self.means["random"] = "preload and seed" if self.preloaded else "seed"
        self.seed_all(UNSIGNED.unpack_from(self.page, SEED)[0])

    def seed_all(self, number: int) -> None:
        """Seed every generator of the interpreter, unless the application did that itself."""
        uuid._last_timestamp = None  # type: ignore[attr-defined]
        if self.own_seed:
            return
        self.seed(number)
        numpy = sys.modules.get("numpy.random")
        if numpy is not None:
            numpy.seed(number & 0xFFFFFFFF)

    def urandom(self, size: int) -> bytes:
        """Stand in for os.urandom: bytes of this exchange's own stream."""
        self.drawn += 1
        seed: int = UNSIGNED.unpack_from(self.page, SEED)[0]
        stream = random.Random((seed << 32) + self.drawn)  # noqa: S311 (predictable is what it shall be)
        return stream.getrandbits(size * 8).to_bytes(size, "little") if size else b""

    # network

    def install_network(self) -> None:
        """Cut the process off by a network namespace where that is wanted and allowed; note attempts in any case."""
        isolated = bool(self.read(ISOLATED)) and enter_namespace()
        self.write(ISOLATED, int(isolated))
        hooks = "audit hook and preload" if self.preloaded else "audit hook"
        self.means["network"] = "namespace" if isolated else hooks
        self.names = set(self.page[NAMES:REFUSED].split(b"\0")[0].decode().lower().split("\n"))
        self.allowed = set()
        for number in range(self.read(ALLOWED_COUNT)):
            family, port, address, _ = ALLOWED_ENTRY.unpack_from(self.page, ALLOWED + number * ALLOWED_ENTRY.size)
            self.allowed.add((ipaddress.ip_address(address[: 4 if family == 4 else 16]), port))
        sys.addaudithook(self.audit)

    def audit(self, event: str, details: tuple[Any, ...]) -> None:
        """Refuse to go anywhere but to loopback and to what was declared (an audit hook, PEP 578)."""
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = details[1]
            if isinstance(address, tuple) and len(address) > 1 and not self.may_reach(address[0], address[1]):
                raise OSError(UNREACHABLE, "Network is unreachable")
        elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not self.may_resolve(*details[:2]):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    def may_reach(self, host: Any, port: Any) -> bool:
        """Say whether an address may be reached; one that may not is noted. Names are looked up by themselves."""
        try:
            address: Any = ipaddress.ip_address(as_text(host).partition("%")[0])
        except ValueError:
            return self.may_resolve(host, port)
        address = getattr(address, "ipv4_mapped", None) or address
        if address.is_loopback or address.is_unspecified:
            if self.means["network"] == "namespace" and not self.preloaded:
                self.write(LOOPBACK, self.read(LOOPBACK) + 1)
            return True
        if (address, port) in self.allowed or (address, 0) in self.allowed:
            return True
        self.note(f"{address}:{port}" if address.version == 4 else f"[{address}]:{port}")
        return False

    def may_resolve(self, host: Any, port: Any = None) -> bool:
        """Say whether a name may be looked up; one that may not is noted."""
        name = as_text(host or "")
        if not name or name.lower() in self.names or is_address(name):
            return True
        self.note(f"{name}:{as_text(port)}" if port else name)
        return False

    def note(self, text: str) -> None:
        """Count a refused destination."""
        wanted = text.encode("utf-8", "replace")[:119]
        for number in range(ENTRIES):
            place = REFUSED + number * REFUSED_ENTRY.size
            count, there = REFUSED_ENTRY.unpack_from(self.page, place)
            if not count or there.rstrip(b"\0") == wanted:
                REFUSED_ENTRY.pack_into(self.page, place, count + 1, wanted)
                return


def as_text(name: Any) -> str:
    """Return a host or service as text."""
    return name.decode("latin-1") if isinstance(name, bytes) else str(name)


def is_address(name: str) -> bool:
    """Say whether this is an address and no name."""
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def enter_namespace() -> bool:
    """Move this process into a network of its own, with nothing but loopback; False where that is not allowed."""
    users = (os.getuid(), os.getgid())
    try:
        import ctypes

        library = ctypes.CDLL(None, use_errno=True)
        entered: bool = library.unshare(CLONE_NEWNET) == 0
        if not entered and users[0] != 0 and library.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0:
            map_users(*users)
            entered = True
        if entered:
            raise_loopback()
        return entered
    except (OSError, AttributeError):
        return False


def map_users(user: int, group: int) -> None:
    """Stay the same user and group in a user namespace of our own."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open("/proc/self/" + name, "w") as file:
            file.write(text)


def raise_loopback() -> None:
    """Bring the loopback interface up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack_from("H", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request), 16)[0]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def enter(environ: Any = os.environ) -> Inside | None:
    """Map the page that the environment names, give it the name by which descendants find it, take hold."""
    first, directory = environ.pop(FIRST, None), environ.get(DIRECTORY)
    if not first or not directory:
        return None
    descriptor = os.open(first, os.O_RDWR | os.O_CLOEXEC)
    try:
        page = mmap.mmap(descriptor, SIZE)
    finally:
        os.close(descriptor)
    os.rename(first, os.path.join(directory, str(os.getpid())))
    inside = Inside(page)
    inside.install()
    return inside
