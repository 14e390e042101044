"""A forked program and an executed one cannot be told apart: output, error output, exit, variables, on every Python."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compat.runners.duplex import Runner
from compat.runners.warm import Warm

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the warm runner is for Linux")

HAZARDS = Path(__file__).resolve().parent.parent.parent / "programs" / "warm" / "hazards.py"
NAMES = re.findall(r"^def (\w+)\(\):", HAZARDS.read_text(), re.M)
SERIES = ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.12", "3.13", "3.14")
ON_EACH = (
    ["start", "streams", "main_module", "environment", "process", "body", "order", "words", "neighbour", "pickled"],
    *([name] for name in ("raised", "interrupted", "exit_text", "exit_three", "killed", "at_exit_exits", "thread")),
    *([name] for name in ("finaliser", "unclosed", "lost_output", "hook_raises", "at_once")),
)
VARIABLES = {b"PYTHONHASHSEED": b"5", b"ODD": b"\xff\xe9=", b"EMPTY": b"", b"A": b"1"}
OPTIONS = ["-u", "-E", "-I", "-S -s", "-O", "-OO", "-B", "-bb", "-X dev", "-W error", "-Wdefault", "-X utf8"]
SETTINGS = [
    {b"PYTHONIOENCODING": b"latin-1:replace"},
    {b"PYTHONUTF8": b"1"},
    {b"LC_ALL": b"C"},
    {b"LC_ALL": b"POSIX", b"PYTHONCOERCECLOCALE": b"0"},
    {b"LC_ALL": b"C.UTF-8"},
    {b"LC_CTYPE": b"C", b"LANG": b"C.UTF-8"},
    {b"PYTHONUNBUFFERED": b"1"},
    {b"PYTHONOPTIMIZE": b"2"},
    {b"PYTHONDONTWRITEBYTECODE": b"1"},
    {b"PYTHONWARNINGS": b"error"},
    {b"PYTHONPATH": b"lib:/no/such/folder"},
    {b"TZ": b"Asia/Tokyo"},
    {b"HOME": b"/no/such/home"},
]
LOOK = ["start", "streams", "environment", "words", "language", "time_zone", "warned"]


@pytest.fixture(autouse=True)
def never_by_exec(shared_warm: Warm) -> Any:
    """Fail where the warm runner left a program to exec: that would compare exec with itself."""
    yield
    assert shared_warm.left_to_exec == frozenset()


@pytest.mark.parametrize("name", NAMES)
def test_hazard(run: Callable[..., Any], by_exec: Runner, shared_warm: Warm, name: str) -> None:
    """One hazard after another, twice: the second time its modules are there already."""
    how = {"interpreter": [sys.executable], "words": [name], "environment": VARIABLES, "body": b"a\r\nb\rc\nd"}
    executed = run(by_exec, HAZARDS, **how)
    assert run(shared_warm, HAZARDS, **how) == executed
    assert run(shared_warm, HAZARDS, **how) == executed


@pytest.mark.parametrize("series", SERIES)
def test_each_python(
    run: Callable[..., Any], by_exec: Runner, shared_warm: Warm, interpreters: dict[str, str], series: str
) -> None:
    """The same on every interpreter of the machine, the oldest included."""
    if series not in interpreters:
        pytest.skip(f"no Python {series} on this machine")
    for words in ON_EACH:
        how = {"interpreter": [interpreters[series]], "words": words, "environment": VARIABLES, "body": b"a\r\nb\rc\nd"}
        assert run(shared_warm, HAZARDS, **how) == run(by_exec, HAZARDS, **how)


@pytest.mark.parametrize("option", OPTIONS)
def test_options(run: Callable[..., Any], by_exec: Runner, shared_warm: Warm, option: str) -> None:
    """Options of the interpreter hold."""
    how = {"interpreter": [sys.executable, *option.split()], "words": LOOK}
    assert run(shared_warm, HAZARDS, **how) == run(by_exec, HAZARDS, **how)


@pytest.mark.parametrize("variables", SETTINGS, ids=lambda value: " ".join(map(os.fsdecode, value)))
def test_settings(run: Callable[..., Any], by_exec: Runner, shared_warm: Warm, variables: dict[bytes, bytes]) -> None:
    """Variables that decide at the interpreter's start hold."""
    how = {"interpreter": [sys.executable], "words": LOOK, "environment": variables}
    assert run(shared_warm, HAZARDS, **how) == run(by_exec, HAZARDS, **how)


@pytest.mark.parametrize(
    "line",
    ["#!{python}", "#! {python}  -u ", "#!{python} -Es", "#!/usr/bin/env python3", "#!/usr/bin/env -S python3 -u -B"],
)
def test_first_line(run: Callable[..., Any], by_exec: Runner, shared_warm: Warm, tmp_path: Path, line: str) -> None:
    """The interpreter is the one that the first line names, found as the kernel and env find it."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(os.path.realpath(sys.executable))
    path = tmp_path / "script"
    path.write_text(line.format(python=sys.executable) + "\n" + HAZARDS.read_text())
    path.chmod(0o755)
    how = {"words": ["start", "streams", "main_module"], "environment": {b"PATH": os.fsencode(tmp_path / "bin")}}
    assert run(shared_warm, path, **how) == run(by_exec, path, **how)


@pytest.mark.parametrize(
    "source",
    [
        "print(1 is 1)\n",
        "print('\\d')\n",
        "# coding: latin-1\nprint('\xe9')\n",
        "\ufeffprint(1)\n",
        "print(1)\r\nprint(2)\r\n",
        "",
        "x = 1",
    ],
    ids=["warning", "escape", "coding", "mark", "returns", "empty", "no newline"],
)
def test_sources(run: Callable[..., Any], by_exec: Runner, shared_warm: Warm, tmp_path: Path, source: str) -> None:
    """However a script is written; what its compilation says is said at each request."""
    path = tmp_path / "source.py"
    path.write_bytes(source.encode("latin-1" if "coding" in source else "utf-8"))
    os.utime(path, (1e9, 1e9))
    how = {"interpreter": [sys.executable]}
    outcomes = [run(shared_warm, path, **how) for _ in range(3)]
    assert outcomes == [run(by_exec, path, **how)] * 3


STEPS = (
    "print({text!r})",
    "sys.stdout.write({text!r} * {number})",
    "os.write(1, {data!r})",
    "sys.stderr.write({text!r})",
    "os.environ[{name!r}] = 'set'",
    "print(sorted(os.environb.items()))",
    "print(sys.argv, os.getcwd())",
    "sys.stdout.flush()",
    "print(repr(sys.stdin.read({number})))",
    "import json; print(json.dumps([{text!r}]))",
    "import atexit; atexit.register(print, {text!r})",
    "subprocess.call(['/bin/echo', {name!r}])",
    "os.chdir('/')",
    "x = {number} // ({number} % 3)",
    "sys.exit({number})",
    "sys.exit({text!r})",
    "os._exit({number} % 256)",
    "os.kill(os.getpid(), {number} % 3 and 15 or 9)",
    "f = open(os.dup(1), 'w'); f.write({text!r})",
    "raise ValueError({text!r})",
)
TEXT = st.text(st.characters(min_codepoint=1, max_codepoint=0x2FF, exclude_characters="\r"), max_size=12)
STEP = st.builds(
    lambda form, text, number, data, name: form.format(text=text, number=number, data=data, name=name),
    st.sampled_from(STEPS),
    TEXT,
    st.integers(0, 300),
    st.binary(max_size=20),
    st.sampled_from(["A", "HTTP_X", "QUERY_STRING"]),
)
VALUE = st.binary(max_size=20).filter(lambda value: b"\0" not in value)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(STEP, min_size=1, max_size=6),
    variables=st.dictionaries(st.sampled_from([b"QUERY_STRING", b"HTTP_COOKIE", b"HTTP_X", b"A", b"\xe9"]), VALUE),
    words=st.lists(TEXT.filter(lambda word: "\0" not in word), max_size=2),
    body=st.none() | st.binary(max_size=50),
)
def test_any_program(
    run: Callable[..., Any],
    by_exec: Runner,
    shared_warm: Warm,
    tmp_path: Path,
    steps: list[str],
    variables: dict[bytes, bytes],
    words: list[str],
    body: bytes | None,
) -> None:
    """Any program, in any environment, with any arguments and input, does the same under both runners."""
    path = tmp_path / "any.py"
    path.write_text("import os, subprocess, sys\n" + "\n".join(steps) + "\n", encoding="utf-8", newline="")
    how = {"interpreter": [sys.executable], "words": words, "environment": variables, "body": body}
    assert run(shared_warm, path, **how) == run(by_exec, path, **how)
