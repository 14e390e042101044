"""The warm runner over time: nothing is kept from request to request, files change, processes die, nothing is left."""

from __future__ import annotations

import ast
import contextlib
import errno
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from compat import CGIScript
from compat.errors import ConfigurationError, ProgramError
from compat.runners import duplex, forked, keeper, nest
from compat.runners.warm import Warm, stamp
from compat.types import Exit

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the warm runner is for Linux")
HELD = "import os, sys, time\nos.write(1, b'%d\\n' % os.getpid())\nsys.stdin.readline()\nprint('done')\n"


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., Path]:
    """Write a Python program; its time is in the past, so that its code is kept."""

    def write(source: str, name: str = "script.py", first: str = f"#!{sys.executable}\n") -> Path:
        path = tmp_path / name
        path.write_text(first + source, encoding="utf-8")
        path.chmod(0o755)
        moment = time.time_ns() - 10**10 + random.randrange(10**9)
        os.utime(path, ns=(moment, moment))
        return path

    return write


@pytest.fixture
def packages(tmp_path: Path) -> Callable[..., dict[bytes, bytes]]:
    """Write modules as if a package manager had, and return the variables that lead there."""
    folder = tmp_path / "site-packages"
    folder.mkdir()

    def write(**sources: str) -> dict[bytes, bytes]:
        for name, source in sources.items():
            (folder / f"{name}.py").write_text(source)
        return {b"PYTHONPATH": os.fsencode(folder)}

    return write


@pytest.fixture(autouse=True)
def never_by_exec(no_new_descriptors: None, request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail where a program was left to exec, but for tests that are about that."""
    runner = request.getfixturevalue("warm")
    yield
    if "exec" not in request.node.name:
        assert runner.left_to_exec == frozenset()


def zygotes_of(runner: Warm) -> list[int]:
    """The numbers of a runner's zygotes."""
    return [each.pid for each in runner.zygotes()]


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether something becomes true within ten seconds."""
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        if holds():
            return True
        time.sleep(0.02)
    return False


def test_nothing_is_kept(run: Callable[..., Any], warm: Warm, script: Callable[..., Path]) -> None:
    """Each request has a process of its own: globals, modules, folder, mask and variables are as new."""
    path = script(
        "import os, json, signal\n"
        "print(getattr(json, 'counter', 0), os.getcwd(), os.umask(0o77), signal.getsignal(10))\n"
        "print(os.environ.get('LEFT'))\n"
        "json.counter = 1; os.chdir('/'); signal.signal(10, print); os.environ['LEFT'] = '1'\n"
    )
    outputs = {run(warm, path).output for _ in range(5)}
    assert len(outputs) == 1
    assert outputs.pop().startswith(b"0 ")


@pytest.mark.parametrize(
    "environments",
    [
        [{b"A": b"1", b"B": b"2"}, {b"A": b"1", b"B": b"3"}, {b"A": b"1", b"B": b"3"}],
        [{b"A": b"1", b"B": b"2"}, {b"B": b"2", b"A": b"1"}, {b"A": b"1", b"B": b"2"}],
        [{b"A": b"1", b"B": b"2"}, {b"A": b"1"}, {b"A": b"1", b"B": b"2", b"C": b""}],
        [{b"A": b"\xff="}, {b"A": b""}, {}],
    ],
    ids=["another value", "another order", "fewer and more", "bytes and nothing"],
)
def test_variables_from_request_to_request(
    run: Callable[..., Any], warm: Warm, script: Callable[..., Path], environments: list[dict[bytes, bytes]]
) -> None:
    """A program and what it starts see the variables of their own request, in its order, and none of the last one."""
    path = script(
        "import os, subprocess, sys\n"
        "sys.stdout.buffer.write(repr(list(os.environb.items())).encode() + b'\\n')\nsys.stdout.flush()\n"
        "subprocess.call(['/usr/bin/env', '-0'])\n"
        "os.environ['LEFT'] = 'behind'\n"
    )
    for environment in environments * 2:
        own, _, started = run(warm, path, environment=environment).output.partition(b"\n")
        seen = [tuple(variable.split(b"=", 1)) for variable in started.split(b"\0")[:-1]]
        for variables in (ast.literal_eval(own.decode()), seen):
            others = [pair for pair in variables if pair[0] not in {b"PATH", b"LC_CTYPE"}]
            assert others == list(environment.items())


def test_streams_from_request_to_request(run: Callable[..., Any], warm: Warm, script: Callable[..., Path]) -> None:
    """Requests with and without a body follow one another: input is a pipe for the one, empty for the other, and what
    one left unread or closed never reaches the next.
    """
    path = script(
        "import os, stat, sys\n"
        "print('pipe' if stat.S_ISFIFO(os.fstat(0).st_mode) else 'none', sys.stdin.seekable(), end=' ')\n"
        "print(sys.stdin.readline().strip(), end='')\n"
        "sys.stdin.close(); sys.stderr.close()\n"
    )
    bodies = [None, b"first\nunread\n", b"second\n", None, None, b"third\n", b""]
    found = [run(warm, path, body=body).output for body in bodies]
    none, pipe = b"none True ", b"pipe False "
    assert found == [none, pipe + b"first", pipe + b"second", none, none, pipe + b"third", pipe]


def test_another_first_line(run: Callable[..., Any], warm: Warm, script: Callable[..., Path]) -> None:
    """A script whose first line changes, and not its length, runs with the other options at once."""
    source = "import sys\nprint(sys.dont_write_bytecode, sys.flags.no_user_site)\n"
    before = run(warm, script(source, first=f"#!{sys.executable} -B\n")).output
    after = run(warm, script(source, first=f"#!{sys.executable} -s\n")).output
    assert (before, after) == (b"True 0\n", b"False 1\n")


def test_first_lines_make_room(warm: Warm, script: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of first lines that are remembered there are never more than so many, and each is right."""
    monkeypatch.setattr("compat.runners.warm.MAX_LINES", 2)
    for name in ("a", "b", "c", "a"):
        path = str(script("", name=f"{name}.py", first=f"#!/usr/bin/python-{name}\n"))
        assert warm._first_line(path, stamp(path)) == f"#!/usr/bin/python-{name}".encode()
        assert len(warm._lines) <= 2


def test_random_numbers_differ(run: Callable[..., Any], warm: Warm, script: Callable[..., Path]) -> None:
    """Siblings do not draw the same random numbers, from no module that was imported in advance."""
    path = script(
        "import random, uuid, tempfile, os\n"
        "print(random.getrandbits(30), uuid.uuid4(), next(tempfile._RandomNameSequence()))\n"
    )
    for _ in range(6):
        run(warm, path)
    eventually(lambda: run(warm, path) is not None and bool(warm.zygotes()[0].plan.learned))
    words = [set(column) for column in zip(*(run(warm, path).output.split() for _ in range(5)), strict=True)]
    assert [len(column) for column in words] == [5, 5, 5]


@pytest.mark.parametrize("way", ["same size", "another file of the same time", "just now"])
def test_changed_script(run: Callable[..., Any], warm: Warm, script: Callable[..., Path], way: str) -> None:
    """The next request runs the new code, however little of the file's state changed."""
    path = script("print('one')\n")
    before = path.stat()
    assert run(warm, path).output == b"one\n"
    if way == "another file of the same time":
        other = script("print('two')\n", "other.py")
        os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
        other.rename(path)
    elif way == "same size":
        script("print('two')\n")
    else:
        path.write_text(f"#!{sys.executable}\nprint('not')\n")
        run(warm, path)
        path.write_text(f"#!{sys.executable}\nprint('two')\n")
    assert run(warm, path).output == b"two\n"


def test_running_program_keeps_its_code(
    start: Callable[..., Any],
    rest: Callable[..., bytes],
    run: Callable[..., Any],
    warm: Warm,
    script: Callable[..., Path],
) -> None:
    """A request at work ends as it began, while the next has the new code."""
    path = script("import sys\nsys.stdin.readline()\nprint('old')\n")
    running = start(warm, path, body=b"")
    script("print('new')\n")
    assert run(warm, path).output == b"new\n"
    assert rest(running) == b"old\n"
    running.close()


def test_preloaded_module_changes(
    run: Callable[..., Any], script: Callable[..., Path], tmp_path: Path, warm: Warm
) -> None:
    """A module of the program, named by `preload`, is there already, and again when its file changes."""
    helper = tmp_path / "helper.py"
    helper.write_text("import os\nPID = os.getpid()\nWORD = 'one'\n")
    path = script("import helper, os\nprint(helper.WORD, helper.PID != os.getpid())\n")
    runner = Warm({}, ("helper",))
    assert run(runner, path).output == b"one True\n"
    helper.write_text("import os\nPID = os.getpid()\nWORD = 'another'\n")
    assert run(runner, path).output == b"another True\n"
    runner.close()


def test_preload_that_cannot_be(
    run: Callable[..., Any], script: Callable[..., Path], tmp_path: Path, warm: Warm, caplog: pytest.LogCaptureFixture
) -> None:
    """A module that is not there, or starts a thread, is told once; the program runs without it."""
    (tmp_path / "threads.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n"
    )
    runner = Warm({}, ("threads", "no_such_module"))
    path = script("print('well')\n")
    assert [run(runner, path).output for _ in range(2)] == [b"well\n"] * 2
    assert caplog.text.count("not imported in advance") == 1
    assert "its import changes the threads" in caplog.text
    assert "no_such_module: ModuleNotFoundError" in caplog.text
    runner.close()


FAULTS = {
    "thread": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n",
        "threads",
    ),
    "descriptor": ("import os\nKEPT = os.open('/dev/null', 0)\n", "descriptors"),
    "signal": ("import signal\nsignal.signal(10, signal.SIG_IGN)\n", "signals"),
    "sets": ("import os\nos.environ['SET'] = '1'\n", "environment"),
    "reads": ("import os\nWORD = os.environ.get('HTTP_HOST')\n", "variable HTTP_HOST"),
    "lists": ("import os\nWORDS = list(os.environ)\n", "all variables"),
    "clock": ("import time\nSTARTED = time.time()\n", "time.time"),
    "secret": ("import os\nSECRET = os.urandom(8)\n", "os.urandom"),
    "number": ("import os\nNUMBER = os.getpid()\n", "os.getpid"),
    "prints": ("print('hello')\n", "output"),
    "warns": ("import warnings\nwarnings.warn('old')\n", "warnings"),
    "fails": ("import sys\nif sys.argv[0].endswith('zygote.py'): raise ValueError('not here')\n", "not here"),
    "exits": ("import os, sys\nif sys.argv[0].endswith('zygote.py'): os._exit(3)\n", "ended the interpreter"),
    "hides": ("import helper\n", "helper.py"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_learned_modules(
    run: Callable[..., Any],
    warm: Warm,
    script: Callable[..., Path],
    packages: Callable[..., dict[bytes, bytes]],
    tmp_path: Path,
    fault: str,
) -> None:
    """What the library has and just loads is imported in advance; what anybody could tell is not; a program's own
    modules are not either.
    """
    source, told = FAULTS[fault]
    variables = packages(faulty=source, harmless="WORD = 'x'\n")
    (tmp_path / "helper.py").write_text("WORD = 'mine'\n")
    path = script("import sys, faulty, harmless, colorsys, helper\nprint('colorsys' in sys.modules)\n")
    first = run(warm, path, environment=variables)
    assert eventually(lambda: run(warm, path, environment=variables) == first and bool(warm.zygotes()[0].plan.learned))
    zygote = warm.zygotes()[0]
    assert [line for line in zygote.skipped if "faulty" in line and told in line]
    watched = {os.path.basename(name) for name in zygote.watched()}
    assert {"harmless.py", "colorsys.py"} <= watched
    assert "faulty.py" not in watched
    assert run(warm, path, environment=variables) == first


def test_import_that_hangs(
    run: Callable[..., Any],
    warm: Warm,
    script: Callable[..., Path],
    packages: Callable[..., dict[bytes, bytes]],
    gone: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A module that cannot be imported in advance because its import never ends: requests go on as before."""
    told = tmp_path / "told"
    hanging = (
        "import os, sys, time\n"
        "if 'zygote' in sys.argv[0]:\n"
        f"    with open({str(told)!r}, 'w') as file: file.write(str(os.getpid()))\n"
        "    time.sleep(60)\n"
    )
    variables = packages(hanging=hanging)
    path = script("import hanging\nprint('well')\n")
    run(warm, path, environment=variables)
    monkeypatch.setattr(keeper, "START_LIMIT", 0.5)
    assert eventually(lambda: run(warm, path, environment=variables).output == b"well\n" and told.exists())
    first = zygotes_of(warm)
    assert eventually(
        lambda: run(warm, path, environment=variables).output == b"well\n" and gone(int(told.read_text()), 0.1)
    )
    told.unlink()
    for _ in range(8):
        assert run(warm, path, environment=variables).output == b"well\n"
    assert zygotes_of(warm) == first
    assert not told.exists(), "tried again"


def test_learned_module_changes(
    run: Callable[..., Any],
    warm: Warm,
    script: Callable[..., Path],
    packages: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When a package is upgraded, or the program gets a module that hides it, the next request has the new one."""
    monkeypatch.setattr(keeper, "LOOK_AGAIN", 0)
    variables = packages(harmless="WORD = 'one'\n")
    path = script("import harmless\nprint(harmless.WORD)\n")
    assert eventually(lambda: run(warm, path, environment=variables) and bool(warm.zygotes()[0].plan.learned))
    packages_folder = Path(os.fsdecode(variables[b"PYTHONPATH"]))
    (packages_folder / "harmless.py").write_text("WORD = 'second'\n")
    assert run(warm, path, environment=variables).output == b"second\n"
    path.with_name("harmless.py").write_text("WORD = 'mine'\n")
    assert run(warm, path, environment=variables).output == b"mine\n"


@pytest.mark.parametrize("name", ["MAX_FORKS", "GROWTH"])
def test_recycled(
    run: Callable[..., Any], warm: Warm, script: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """After so many requests, or when it has grown, a zygote is followed by another."""
    monkeypatch.setattr(keeper, "LOOK_AFTER", 1)
    monkeypatch.setattr(keeper, name, 2 if name == "MAX_FORKS" else -(10**9))
    path = script("print('well')\n")
    run(warm, path)
    first = zygotes_of(warm)
    assert eventually(lambda: run(warm, path).output == b"well\n" and zygotes_of(warm) != first)


def test_few_zygotes(
    run: Callable[..., Any],
    warm: Warm,
    script: Callable[..., Path],
    gone: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A directory of many scripts does not fill the memory: those longest without a request end."""
    monkeypatch.setattr("compat.runners.warm.MAX_NESTS", 2)
    run(warm, script("print('a')\n", "a.py"))
    first = zygotes_of(warm)
    for name in ("b.py", "c.py"):
        run(warm, script("print('x')\n", name))
    assert gone(first[0])
    assert len(warm.zygotes()) == 2


LEFT_TO_EXEC = {
    "shell": ("#!/bin/sh\n", "echo well\n", "is no Python"),
    "syntax": (f"#!{sys.executable}\n", "print('well'\n", "does not compile"),
    "option": (f"#!{sys.executable} -v\n", "print('well')\n", "-v"),
    "env": (f"#!/usr/bin/env -i {sys.executable}\n", "print('well')\n", "gives options to env"),
    "long": (f"#!{sys.executable}{' ' * 300}\n", "print('well')\n", "no #! line"),
}


@pytest.mark.parametrize("case", LEFT_TO_EXEC)
def test_left_to_exec(
    run: Callable[..., Any],
    by_exec: Any,
    warm: Warm,
    script: Callable[..., Path],
    case: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What cannot be forked is executed, with the same outcome, and the operator is told once."""
    first, source, told = LEFT_TO_EXEC[case]
    path = script(source, first=first)
    assert run(warm, path) == run(warm, path) == run(by_exec, path)
    assert len(caplog.records) == 1
    assert told in caplog.text


def test_being_written_is_left_to_exec(run: Callable[..., Any], warm: Warm, script: Callable[..., Path]) -> None:
    """Half a script is not run: exec waits until its writer has finished."""
    path = script("print('well')\n")
    writer = path.open("a")
    os.utime(path)
    threading.Timer(0.1, lambda: (writer.write("print('whole')\n"), writer.close())).start()
    assert run(warm, path).output == b"well\nwhole\n"
    assert "being written" in "".join(warm.left_to_exec)


def test_too_long_is_left_to_exec(start: Callable[..., Any], warm: Warm, script: Callable[..., Path]) -> None:
    """A variable that exec refuses is refused here too."""
    with pytest.raises(OSError, match="Argument list too long") as caught:
        start(warm, script("print('well')\n"), environment={b"LONG": b"x" * 140_000})
    assert caught.value.errno == errno.E2BIG


def test_noisy_start_is_left_to_exec(
    run: Callable[..., Any], by_exec: Any, warm: Warm, script: Callable[..., Path], tmp_path: Path
) -> None:
    """An interpreter that prints at each start, or starts a thread, has to be started for each request."""
    (tmp_path / "usercustomize.py").write_text("")
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.stderr.write('custom\\n')\n")
    path = script("print('well')\n")
    how = {"environment": {b"PYTHONPATH": os.fsencode(tmp_path)}}
    assert run(warm, path, **how) == run(by_exec, path, **how)
    assert run(warm, path, **how).errors == b"custom\n"
    assert "custom" in "".join(warm.left_to_exec)


def test_killed_zygote(run: Callable[..., Any], warm: Warm, script: Callable[..., Path]) -> None:
    """A zygote that was killed between two requests is nobody's loss."""
    path = script("print('well')\n")
    for _ in range(3):
        assert run(warm, path).output == b"well\n"
        os.kill(zygotes_of(warm)[0], signal.SIGKILL)


def test_zygote_killed_under_a_request(
    start: Callable[..., Any],
    rest: Callable[..., bytes],
    run: Callable[..., Any],
    warm: Warm,
    script: Callable[..., Path],
) -> None:
    """The program goes on and its answer arrives whole; only how it ended nobody knows. The next request is served."""
    path = script(HELD)
    running = start(warm, path, body=b"x" * 200_000 + b"\n")
    os.kill(zygotes_of(warm)[0], signal.SIGKILL)
    assert rest(running).endswith(b"done\n")
    assert running.finish() == Exit()
    assert run(warm, path, body=b"\n").output.endswith(b"done\n")


def test_stopped_zygote_answers_late(
    run: Callable[..., Any], warm: Warm, script: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that hangs costs the request that found it so (its program may have run); the next is served."""
    monkeypatch.setattr(keeper, "REPLY_LIMIT", 0.3)
    path = script("print('well')\n")
    run(warm, path)
    stopped = zygotes_of(warm)[0]
    os.kill(stopped, signal.SIGSTOP)
    with pytest.raises(ProgramError, match="in the middle"):
        run(warm, path)
    os.kill(stopped, signal.SIGCONT)
    assert run(warm, path).output == b"well\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_crash_of_a_child(run: Callable[..., Any], warm: Warm, script: Callable[..., Path], number: int) -> None:
    """A program that dies by a signal is its own request's trouble alone."""
    path = script("import os, sys\nos.kill(os.getpid(), int(sys.argv[1]))\nprint('well')\n")
    assert run(warm, path, words=[str(int(number))]).exit == Exit(signal=number)
    assert run(warm, path, words=["0"]).output == b"well\n"
    assert len(zygotes_of(warm)) == 1


def test_status_from_the_zygote(
    run: Callable[..., Any], warm: Warm, script: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the kernel does not tell how a child ended (another user), its zygote does."""
    monkeypatch.setattr(forked, "zombie_status", lambda pid: None)
    path = script("import sys\nsys.exit(7)\n")
    assert [run(warm, path).exit for _ in range(3)] == [Exit(status=7)] * 3


def test_group_is_ended(
    start: Callable[..., Any],
    warm: Warm,
    script: Callable[..., Path],
    gone: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """TERM, grace, KILL: to the program and to those it started."""
    monkeypatch.setattr(duplex, "GRACE", 0.3)
    path = script(
        "import os, signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "os.write(1, b'%d %d\\n' % (os.getpid(), child.pid))\n"
        "child.wait(); import time; time.sleep(60)\n"
    )
    running = start(warm, path)
    numbers = [int(word) for word in running.read().split()]
    running.close()
    assert running.exit == Exit(signal=signal.SIGKILL)
    assert all(gone(number) for number in numbers)


def test_deadline(
    start: Callable[..., Any], rest: Callable[..., bytes], warm: Warm, script: Callable[..., Path]
) -> None:
    """A program that takes too long is told so, and ended."""
    running = start(warm, script("import time\ntime.sleep(60)\n"), timeout=0.5)
    with pytest.raises(ProgramError, match="too slow"):
        rest(running)
    running.close()
    assert running.exit.signal == signal.SIGTERM


def test_limits(run: Callable[..., Any], warm: Warm, script: Callable[..., Path]) -> None:
    """Resource limits hold for the program, not for its zygote."""
    runner = Warm({"cpu": 1, "nofile": 32}, ())
    path = script(
        "import resource, sys\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE), flush=True)\n"
        "while sys.argv[1:]: pass\n"
    )
    with contextlib.closing(runner):
        prefix = ["prlimit", "--cpu=1", "--nofile=32", sys.executable]
        assert run(runner, path, interpreter=prefix).output == b"(32, 32)\n"
        assert run(runner, path, interpreter=prefix, words=["x"]).exit.signal in {signal.SIGKILL, signal.SIGXCPU}
        assert runner.left_to_exec == frozenset()


def test_threads(run: Callable[..., Any], warm: Warm, script: Callable[..., Path]) -> None:
    """Eight threads at once never mix each other's requests up."""
    path = script("import os, sys\nprint(os.environ['WORD'], sys.argv[1], sys.stdin.read())\n")
    wrong: list[Any] = []

    def work(number: int) -> None:
        for turn in range(10):
            word = f"{number}-{turn}"
            outcome = run(warm, path, environment={b"WORD": word.encode()}, words=[word], body=word.encode())
            if outcome.output != f"{word} {word} {word}\n".encode() or outcome.exit != Exit(status=0):
                wrong.append(outcome)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_random_kills(
    start: Callable[..., Any],
    rest: Callable[..., bytes],
    run: Callable[..., Any],
    warm: Warm,
    script: Callable[..., Path],
) -> None:
    """Three hundred requests, some of whose programs and zygotes are killed: no zombie, no descriptor, all served."""
    path = script("import sys\nprint(sys.stdin.read())\n")
    choice = random.Random(4)
    served = 0
    for _ in range(300):
        try:
            running = start(warm, path, body=b"x" * choice.choice([1, 100_000]))
        except ProgramError:
            continue
        with contextlib.suppress(ProcessLookupError):
            victim = choice.choice(["nobody"] * 6 + ["program", "zygote"])
            if victim == "program":
                os.kill(running.pid, signal.SIGKILL)
            elif victim == "zygote":
                os.kill(zygotes_of(warm)[0], signal.SIGKILL)
        if choice.random() < 0.9:
            rest(running)
            served += running.finish() in {Exit(status=0), Exit()}
        running.close()
    assert served > 200
    assert run(warm, path, body=b"end").output == b"end\n"


def test_zygote_ends_with_its_worker(
    script: Callable[..., Path], gone: Callable[..., bool], warm: Warm, tmp_path: Path
) -> None:
    """When the server's process is killed, its zygotes end, and a program at work goes on to its end."""
    path = script(HELD)
    worker = (
        "import os, sys; sys.path[:0] = sys.argv[3:]\n"
        "from compat.body import Body; from compat.runners.warm import Warm; from compat.types import Command\n"
        "runner = Warm({}, ()); path = sys.argv[1]\n"
        "command = Command((sys.executable, path), os.path.dirname(path), {b'PATH': b'/bin'}, path, 1)\n"
        "running = runner(command, Body(b'x' * 3000000, 3000000), print, 60, 60)\n"
        "open(sys.argv[2], 'w').write('%d %d' % (runner.zygotes()[0].pid, int(running.read().split()[0])))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    told = tmp_path / "told"
    subprocess.run([sys.executable, "-c", worker, path, told, *sys.path], timeout=60)
    zygote, program = map(int, told.read_text().split())
    assert gone(zygote)
    assert gone(program)


def test_forked_server(run: Callable[..., Any], warm: Warm, script: Callable[..., Path]) -> None:
    """A server that forks after its first request has zygotes of its own in the child; the parent keeps its."""
    path = script("print('well')\n")
    run(warm, path)
    mine = zygotes_of(warm)
    pid = os.fork()
    if not pid:
        well = run(warm, path).output == b"well\n" and zygotes_of(warm) != mine
        warm.close()
        os._exit(0 if well else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert run(warm, path).output == b"well\n"
    assert zygotes_of(warm) == mine


def test_ignored_children(run: Callable[..., Any], script: Callable[..., Path], warm: Warm) -> None:
    """A server that lets the kernel reap its children still learns how programs end, and they inherit its choice."""
    path = script("import signal, sys\nprint(signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN)\nsys.exit(3)\n")
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        outcome = run(warm, path)
        warm.close()
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert (outcome.output, outcome.exit) == (b"True\n", Exit(status=3))


def test_refused_starts_are_not_repeated_by_exec(
    run: Callable[..., Any], warm: Warm, script: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An interpreter whose zygote cannot start is left to exec for a while without trying again."""
    started = []
    monkeypatch.setattr(nest, "Keeper", lambda *words: started.append(words) or keeper.Keeper(*words))
    (tmp_path / "sitecustomize.py").write_text("print('noise')\n")
    path = script("print('well')\n")
    for _ in range(3):
        assert run(warm, path, environment={b"PYTHONPATH": os.fsencode(tmp_path)}).output == b"noise\nwell\n"
    assert len(started) == 1


def test_as_an_application(ask: Callable[..., Any], script: Callable[..., Path], warm: Warm) -> None:
    """`CGIScript(runner="warm")` answers as a server sees it."""
    path = script(
        "import os, sys\nprint('Content-Type: text/plain\\n\\n' + os.environ['REQUEST_METHOD'], sys.stdin.read())\n"
    )
    app = CGIScript(path, runner="warm")
    answers = [ask(app, body=b"hello") for _ in range(3)]
    assert {(answer.status, answer.body) for answer in answers} == {("200 OK", b"POST hello\n")}
    assert "exec" not in answers[0].log
    del app


def test_refused_options(script: Callable[..., Path], warm: Warm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere than on Linux it is refused before the first request; `preload` alone means nothing."""
    path = script("")
    with pytest.raises(ConfigurationError, match="preload"):
        CGIScript(path, preload=["json"])
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(ConfigurationError, match="needs Linux"):
        CGIScript(path, runner="warm")


def test_silent_log(
    run: Callable[..., Any], warm: Warm, script: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    """Where all is well there is nothing to say."""
    caplog.set_level(logging.DEBUG, "compat")
    run(warm, script("print('well')\n"))
    assert caplog.text == ""


@pytest.mark.parametrize("zygote", ["lives", "is gone"])
def test_a_child_that_outlives_its_program(
    start: Callable[..., Any],
    warm: Warm,
    script: Callable[..., Path],
    tmp_path: Path,
    gone: Callable[..., bool],
    zygote: str,
) -> None:
    """Whoever holds the output of a program that has ended ends with its request, also where its zygote has gone."""
    path = script(
        "import os, time\nprint('begun', flush=True)\nchild = os.fork()\nif child == 0:\n    time.sleep(60)\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(f'{{child}}\\n')\nos._exit(0)\n"
    )
    running = start(warm, path)
    assert running.read() == b"begun\n"
    assert eventually(running._process.ended)
    if zygote == "is gone":
        for keeper in warm.zygotes():
            keeper.close()
    running.close()
    assert gone(int((tmp_path / "pid").read_text()), within=1)
