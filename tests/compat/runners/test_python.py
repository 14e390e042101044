"""How a real start of a Python script would go, read from its command, its first line and its environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat.runners.message import Plan, Request, begin, frame, run
from compat.runners.python import Start, Unsuited, find_start, is_binary
from compat.types import Command


def command(
    *before: str, environment: dict[bytes, bytes] | None = None, words: tuple[str, ...] = (), prefix: int = 0
) -> tuple[Command, int]:
    """A command for /cgi/x.py."""
    argv = (*before, "/cgi/x.py", *words)
    return Command(argv, "/cgi", environment or {}, "/cgi/x.py", len(before)), prefix


@pytest.mark.parametrize(
    ("line", "argv"),
    [
        (b"#!/usr/bin/python3", ("/usr/bin/python3",)),
        (b"#! \t/usr/bin/python2.7  ", ("/usr/bin/python2.7",)),
        (b"#!/usr/bin/python -u", ("/usr/bin/python", "-u")),
        (b"#!/usr/bin/python3 -Es", ("/usr/bin/python3", "-Es")),
        (b"#!/opt/\xe9/bin/python3", ("/opt/\udce9/bin/python3",)),
        (b"#!/usr/bin/env python9", ("python9",)),
        (b"#!/usr/bin/env -S python9 -u -Wignore", ("python9", "-u", "-Wignore")),
        (b"#!/usr/bin/env -Spython9 -u", ("python9", "-u")),
    ],
)
def test_first_line(tmp_path: Path, line: bytes, argv: tuple[str, ...]) -> None:
    """Split as the kernel and env split it."""
    (tmp_path / "python9").write_bytes(b"\x7fELF")
    (tmp_path / "python9").chmod(0o755)
    start = find_start(*command(environment={b"PATH": os.fsencode(tmp_path)}), line)
    assert start.argv == argv
    assert start.executable == (str(tmp_path / "python9") if argv[0] == "python9" else argv[0])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"print('x')", "no #! line"),
        (b"", "no #! line"),
        (b"#!", "no Python"),
        (b"#!/usr/bin/perl", "is no Python"),
        (b"#!/usr/bin/python3\r", "is no Python"),
        (b"#!/usr/bin/python3 -m cgi", "-m"),
        (b"#!/usr/bin/python3 -i", "-i"),
        (b"#!/usr/bin/python3 -u -E", "- "),
        (b"#!/usr/bin/python3 -x", "-x"),
        (b"#!/usr/bin/python3 script", "argument 'script'"),
        (b"#!/usr/bin/env A=1", "options to env"),
        (b"#!/usr/bin/env -i", "options to env"),
        (b"#!/usr/bin/env -S 'python3'", "quotes"),
        (b"#!/usr/bin/env python9", "not on PATH"),
    ],
)
def test_left_to_exec(line: bytes, says: str) -> None:
    """What is no plain start of Python is exec's, and the reason is told."""
    with pytest.raises(Unsuited) as caught:
        find_start(*command(environment={b"PATH": b"/nowhere"}), line)
    assert says.strip() in str(caught.value)


@pytest.mark.parametrize("name", [b"PYTHONINSPECT", b"PYTHONVERBOSE", b"PYTHONMALLOCSTATS"])
def test_unsuited_variable(name: bytes) -> None:
    """Variables that make the interpreter do more at its end are exec's; set to nothing they mean nothing."""
    find_start(*command("/usr/bin/python3", environment={name: b""}), b"")
    with pytest.raises(Unsuited, match=name.decode()):
        find_start(*command("/usr/bin/python3", environment={name: b"1"}), b"")


def test_interpreter_given() -> None:
    """A given interpreter wins over the first line; what sets limits before it is none."""
    start = find_start(*command("prlimit", "--cpu=1", "/usr/bin/python3", "-u", prefix=2), b"#!/bin/sh")
    assert start.argv == ("/usr/bin/python3", "-u")


def test_what_makes_another_zygote() -> None:
    """Only what decides at the start: no variable of a request, so that no client can make zygotes."""
    given = {b"PATH": b"/bin", b"LANG": b"C", b"PYTHONPATH": b"lib", b"TZ": b"UTC", b"HOME": b"/h", b"LC_ALL": b"C"}
    ofrequest = {
        b"HTTP_HOST": b"x",
        b"QUERY_STRING": b"PATH=1",
        b"CONTENT_TYPE": b"y",
        b"HTTP_PATH": b"/evil",
        b"HOMER": b"",
    }
    start = find_start(*command("/usr/bin/python3", environment=given | ofrequest), b"")
    assert dict(start.environment) == given
    assert start == find_start(*command("/usr/bin/python3", environment=given, words=("w",)), b"")
    assert start != find_start(*command("/usr/bin/python3", environment=given | {b"TZ": b"CET"}), b"")


@pytest.mark.parametrize(
    "environment",
    [{b"A": b"x" * 130_000}, {b"A%d" % number: b"x" * 100_000 for number in range(11)}],
    ids=["one", "all"],
)
def test_size(environment: dict[bytes, bytes]) -> None:
    """Near the limits of exec it is exec that decides."""
    with pytest.raises(Unsuited, match="limits of exec"):
        find_start(*command("/usr/bin/python3", environment=environment), b"")


def test_binary(tmp_path: Path) -> None:
    """A script called python, as version managers have it, is not an interpreter."""
    shim = tmp_path / "python3"
    shim.write_text("#!/bin/sh\n")
    assert not is_binary(str(shim))
    assert not is_binary(str(tmp_path / "gone"))
    assert is_binary(os.path.realpath("/bin/sh"))


def parsed(message: bytes) -> list[list[bytes]]:
    """Read a message as the protocol is described: length, lengths of the sections, words ended by NUL."""
    assert int(message[:8], 16) == len(message) - 8
    lengths, _, data = message[8:].partition(b"\n")
    sections = []
    for length in map(int, lengths.split()):
        sections.append(data[:length].split(b"\0")[:-1])
        data = data[length:]
    assert data == b""
    return sections


@given(st.lists(st.lists(st.binary(max_size=8).filter(lambda word: b"\0" not in word), max_size=4), max_size=5))
def test_frame(sections: list[list[bytes]]) -> None:
    """Any words come through, the empty ones too."""
    assert parsed(frame(sections)) == sections


def test_messages() -> None:
    """A request and the first message hold what a start and a run need, in order."""
    request = Request("s", "/x", "/", ("python", "/x"), ("w",), ("cpu=1",), {b"A": b"\xff", b"B": b""}, learn=True)
    assert run(request)[1:] == [[b"s", b"/x", b"/", b"1"], [b"python", b"/x"], [b"w"], [b"cpu=1"], [b"A=\xff", b"B="]]
    start = Start("/p", ("p",), ((b"A", b"1"),), "/", "/cgi/x", (0, 0))
    assert begin(start, Plan(("m",), ((b"n", b"f"),))) == [[b"begin"], [b"A=1"], [b"/cgi"], [b"m"], [b"n", b"f"]]
