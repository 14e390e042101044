"""Where a target may go: loopback and what was declared, in its process and in the programs that it starts."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from harness.controls import Controls, read_controls
from harness.controls.surroundings import HAS_PLACE
from harness.errors import TargetError
from harness.targets.application import ApplicationSide

Controlled = Callable[..., ApplicationSide]
Ask = Callable[..., str]
Run = Callable[..., str]

CONNECTS = """
import os, socket
STARTED = os.getpid()
def application(environ, start_response):
    host, port = environ["wsgi.input"].read().decode().rsplit(":", 1)
    try:
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            start_response("200 OK", [])
            return [connection.recv(100)]
    except OSError as error:
        start_response("200 OK", [])
        return [type(error).__name__.encode(), b" %d" % error.errno]
"""
PROGRAM = """
import socket, sys
try:
    print(socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5).recv(100).decode())
except OSError as error:
    print(type(error).__name__)
"""
NOWHERE = "203.0.113.7"  # RFC 5737: documentation
HOOKED = read_controls({}, ["127.0.0.1:9"])
"""A declared destination: then there is no namespace."""

pytestmark = pytest.mark.usefixtures("compiled")
WAYS = pytest.mark.parametrize("controls", [Controls(), HOOKED], ids=["namespace where allowed", "hook"])


@pytest.fixture
def server() -> Iterator[int]:
    """The port of a server on loopback that says hello."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=greet, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


def greet(listener: socket.socket) -> None:
    """Say hello to each that comes."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.sendall(b"hello")


@WAYS
def test_the_world_is_unreachable_and_that_is_noted(controlled: Controlled, ask: Ask, controls: Controls) -> None:
    """With the first attempt."""
    side = controlled(CONNECTS, controls)
    assert ask(side, 1, f"{NOWHERE}:25".encode()) == ask(side, 2, f"{NOWHERE}:25".encode()) == "OSError 101"
    assert side.refused == {f"{NOWHERE}:25": "t#1"}


@WAYS
def test_names_are_not_looked_up_and_that_is_noted(controlled: Controlled, ask: Ask, controls: Controls) -> None:
    """A lookup tells the world what we do."""
    side = controlled(CONNECTS, controls)
    assert ask(side, 1, b"mail.example.test:25") == "gaierror -3"
    assert side.refused == {"mail.example.test:25": "t#1"}


@WAYS
@pytest.mark.parametrize("host", [NOWHERE, "mail.example.test"])
def test_programs_are_held_back_too(controlled: Controlled, run: Run, controls: Controls, host: str) -> None:
    """Whatever they are written in."""
    side = controlled(controls=controls)
    assert run(side, (sys.executable, "-c", PROGRAM, host, "25")).strip() in ("OSError", "gaierror")
    assert side.refused == {f"{host}:25": "t#1"}


@WAYS
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_reached(controlled: Controlled, ask: Ask, server: int, controls: Controls, host: str) -> None:
    """The database may be there; a target in a network of its own gets ours at the first attempt."""
    side = controlled(CONNECTS, controls)
    assert ask(side, 1, f"{host}:{server}".encode()) == "hello"
    assert ask(side, 2, f"{host}:{server}".encode()) == "hello"
    assert side.refused == {}
    assert side.controls["network"] == "audit hook and preload"


def test_what_may_have_written_is_not_repeated(controlled: Controlled, ask: Ask, server: int) -> None:
    """A post that did without what it missed on loopback was done; the next exchange does not miss it."""
    side = controlled(CONNECTS)
    place = f"127.0.0.1:{server}".encode()
    assert [ask(side, 1, place, method="POST"), ask(side, 2, place)] == ["ConnectionRefusedError 111", "hello"]


def test_a_post_that_failed_for_lack_of_loopback_is_repeated(controlled: Controlled, ask: Ask, server: int) -> None:
    """Most likely its database is there."""
    failing = CONNECTS.replace("except OSError", "except ZeroDivisionError")
    assert ask(controlled(failing), 1, f"127.0.0.1:{server}".encode(), method="POST") == "hello"


def test_a_program_reaches_loopback(controlled: Controlled, run: Run, server: int) -> None:
    """Also the first time, in the exchange that shows that it must."""
    assert run(controlled(), (sys.executable, "-c", PROGRAM, "127.0.0.1", str(server))) == "hello\n"


def test_a_state_that_is_reached_by_network_is_never_cut_off(controlled: Controlled, ask: Ask, server: int) -> None:
    """Such as the sink of mails: nothing has to be asked twice."""
    side = controlled(CONNECTS, SMTP=f"127.0.0.1:{server}")
    assert side.controls["network"] == "audit hook and preload"
    assert ask(side, 1, f"127.0.0.1:{server}".encode()) == "hello"


def test_what_is_declared_is_let_through(controlled: Controlled, ask: Ask) -> None:
    """There is no way out of this machine's tests: the attempt is made, and fails otherwise than by our refusal."""
    side = controlled(CONNECTS, read_controls({}, [f"{NOWHERE}:25"]))
    ask(side, 1, f"{NOWHERE}:25".encode())
    assert side.refused == {}
    ask(side, 2, f"{NOWHERE}:26".encode())
    assert side.refused == {f"{NOWHERE}:26": "t#2"}


def test_a_declared_name_that_nobody_knows_is_an_error(controlled: Controlled) -> None:
    """Before anything is replayed."""
    with pytest.raises(TargetError, match=r"network: no\.such\.invalid:25 cannot be looked up"):
        controlled(CONNECTS, read_controls({}, ["no.such.invalid:25"]))


def test_the_network_may_be_left_alone(controlled: Controlled, ask: Ask) -> None:
    """Then nothing is said to be controlled."""
    side = controlled(CONNECTS, Controls(network=False))
    ask(side, 1, b"127.0.0.1:9")
    assert "network" not in side.controls


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("postgresql://user:secret@db.test:5432/x", True),
        ("mysql://127.0.0.1/x", True),
        ("127.0.0.1:2525", True),
        ("[::1]:25", True),
        ("localhost", True),
        ("dbi:mysql:database=x;host=127.0.0.1", True),
        ("postgresql:///x?host=/run/postgresql", False),
        ("postgresql://postgres:@/x?host=%2Frun", False),
        ("http://localhost:8000/pypi", False),
        ("sqlite:////srv/data.db", False),
        ("/srv/files", False),
        ("", False),
    ],
)
def test_values_that_name_a_place_in_the_network_are_known(value: str, found: bool) -> None:
    """A target with one of them is not given a network of its own."""
    assert bool(HAS_PLACE.search(value)) is found
