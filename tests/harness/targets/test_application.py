"""An application as a target: real processes, real forks, real crashes."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from harness.errors import TargetError
from harness.exchange import Exchange, Request, Response
from harness.targets import Answer, Crash
from harness.targets.application import ApplicationSide

APPLICATION = """
import os, time
COUNT = 0
HEADERS = [("Content-Type", "text/plain"), ("X-Two", "1"), ("x-two", "2")]

def application(environ, start_response):
    global COUNT
    COUNT += 1
    path = environ["PATH_INFO"]
    if path == "/exit":
        os._exit(3)
    if path == "/kill":
        os.kill(os.getpid(), 9)
    if path == "/hang":
        time.sleep(60)
    if path == "/raise":
        raise RuntimeError("before any byte")
    start_response("200 Fine", HEADERS)
    if path == "/cut":
        return cut()
    if path == "/count":
        return [str(COUNT).encode()]
    if path == "/variable":
        return [os.environ.get("COLOUR", "none").encode()]
    if path == "/passed":
        return [os.environ["COMPAT_PASS_ENV"].encode()]
    if path == "/hash":
        return [str(hash("seed")).encode()]
    return [environ["REQUEST_METHOD"].encode(), b" ", environ["wsgi.input"].read()]

def cut():
    yield b"half"
    raise RuntimeError("in the middle")

def factory(greeting, loud=False):
    def made(environ, start_response):
        start_response("200 OK", [])
        return [(greeting.upper() if loud else greeting).encode()]
    return made
"""

Start = Callable[..., ApplicationSide]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start an application given as source; closed at the end of the test."""
    sides: list[ApplicationSide] = []

    def starter(
        app: str = "app:application", source: str = APPLICATION, timeout: float = 10, **env: str
    ) -> ApplicationSide:
        (tmp_path / "app.py").write_text(textwrap.dedent(source))
        side = ApplicationSide(app, python=sys.executable, cwd=tmp_path, env={}, timeout=timeout)
        sides.append(side)
        side.start(env)
        return side

    yield starter
    for side in sides:
        side.close()


def ask(side: ApplicationSide, path: str, method: str = "GET", body: bytes = b"") -> Answer:
    """Send one request and take its answer."""
    headers = ((b"Content-Length", str(len(body)).encode()),) if body else ()
    side.send(Exchange("t#1", Request(f"{method} {path} HTTP/1.1".encode(), headers, body)))
    return side.receive()


def answered(side: ApplicationSide, path: str) -> bytes | None:
    """The body of a GET."""
    answer = ask(side, path)
    assert isinstance(answer, Response)
    return answer.body


def test_an_answer_keeps_status_reason_header_pairs_and_body(start: Start) -> None:
    """Case, order and repetition of headers are the application's own."""
    assert ask(start(), "/", "POST", b"\x00\xff") == Response(
        200,
        b"Fine",
        ((b"Content-Type", b"text/plain"), (b"X-Two", b"1"), (b"x-two", b"2")),
        b"POST \x00\xff",
        framing="chunked",
    )


def test_a_head_has_no_body(start: Start) -> None:
    """As on the wire, whatever the application returned."""
    answer = ask(start(), "/", "HEAD")
    assert isinstance(answer, Response)
    assert answer.body == b""


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/exit", "ended with exit status 3"), ("/kill", "killed by SIGKILL"), ("/hang", "timeout")],
)
def test_a_target_that_dies_is_a_crash_and_a_fresh_one_answers_next(start: Start, path: str, reason: str) -> None:
    """One exchange is lost, not the run."""
    side = start(timeout=1)
    answer = ask(side, path)
    assert isinstance(answer, Crash)
    assert answer.reason == reason
    assert answered(side, "/count") == b"1"


def test_an_exception_before_any_byte_is_the_server_s_500(start: Start) -> None:
    """The application raised, its process lives."""
    answer = ask(start(), "/raise")
    assert isinstance(answer, Response)
    assert (answer.status, answer.complete) == (500, True)


def test_an_exception_in_the_middle_is_a_visibly_cut_answer(start: Start) -> None:
    """Bytes that went out stay, and the answer is marked incomplete."""
    answer = ask(start(), "/cut")
    assert isinstance(answer, Response)
    assert (answer.status, answer.body, answer.complete) == (200, b"half", False)


def test_each_scenario_begins_with_the_memory_the_import_left(start: Start) -> None:
    """Within a scenario memory accumulates, the next one starts clean."""
    side = start()
    assert [answered(side, "/count"), answered(side, "/count")] == [b"1", b"2"]
    side.start({})
    assert answered(side, "/count") == b"1"


def test_variables_reach_the_application_and_may_change_between_scenarios(start: Start) -> None:
    """Also for an application that reads them at import."""
    source = APPLICATION + "\nos.environ['COLOUR'] = 'import saw ' + os.environ['COLOUR']\n"
    side = start(source=source, COLOUR="red")
    assert answered(side, "/variable") == b"import saw red"
    side.start({"COLOUR": "blue"})
    assert answered(side, "/variable") == b"import saw blue"


def test_variables_of_the_state_are_named_for_cgi_programs(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a CGI program would not learn of its copy of the data, nor of what is controlled; also after a crash."""
    monkeypatch.setenv("COMPAT_PASS_ENV", "TZ")
    side = start(COLOUR="red")
    before = ask(side, "/passed")
    ask(side, "/exit")
    for answer in (before, ask(side, "/passed")):
        assert isinstance(answer, Response)
        assert answer.body is not None
        names = answer.body.decode().split(",")
        assert names[0] == "PYTHONHASHSEED"
        assert names[-2:] == ["COLOUR", "TZ"]


def test_the_hash_seed_is_the_same_in_every_process(start: Start) -> None:
    """Two runs of one program must not differ by the order of its sets."""
    assert answered(start(), "/hash") == answered(start(), "/hash")


@pytest.mark.parametrize(
    ("app", "body"),
    [("app:factory('hello')", b"hello"), ("app:factory('hello', loud=True)", b"HELLO"), ("app", b"GET ")],
    ids=["factory", "keyword", "default name"],
)
def test_an_application_is_named_in_gunicorn_s_syntax(start: Start, app: str, body: bytes) -> None:
    """MODULE, MODULE:NAME, MODULE:FACTORY(LITERALS)."""
    assert answered(start(app), "/") == body


@pytest.mark.parametrize(
    ("app", "words"),
    [("nosuch:application", "No module named 'nosuch'"), ("app:nothing", "nothing"), ("app:COUNT", "not callable")],
)
def test_a_target_that_does_not_start_says_why(start: Start, app: str, words: str) -> None:
    """The message names the target and the reason, and no process stays."""
    with pytest.raises(TargetError, match="does not start") as caught:
        start(app)
    assert words in str(caught.value)


def test_an_application_with_a_thread_at_import_is_served_without_forking(start: Start) -> None:
    """A thread does not survive a fork, so each scenario gets a process that imported anew."""
    source = APPLICATION + "\nimport threading\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    side = start(source=source)
    assert answered(side, "/count") == b"1"
    side.start({})
    assert answered(side, "/count") == b"1"


def test_nothing_runs_on_after_close(start: Start, tmp_path: Path) -> None:
    """Host and child are gone."""
    source = APPLICATION + "\nopen('pids', 'a').write('%d\\n' % os.getpid())\n"
    side = start(source=source.replace("COUNT += 1", "COUNT += 1; open('pids', 'a').write('%d\\n' % os.getpid())"))
    answered(side, "/")
    side.close()
    pids = {int(line) for line in (tmp_path / "pids").read_text().split()}
    assert len(pids) == 2
    assert gone(pids)


def test_what_is_registered_for_the_end_is_done(start: Start, tmp_path: Path) -> None:
    """Once, by the process that imported the application: a measurement of its lines is written down then."""
    source = APPLICATION + "\nimport atexit\natexit.register(lambda: open('ended', 'a').write('%d\\n' % os.getpid()))\n"
    side = start(source=source + "open('host', 'w').write(str(os.getpid()))\n")
    answered(side, "/")
    side.close()
    assert (tmp_path / "ended").read_text().split() == [(tmp_path / "host").read_text()]


def gone(pids: set[int]) -> bool:
    """Whether all these processes end within two seconds."""
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        if not any(Path(f"/proc/{pid}").exists() and _alive(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_environment_of_the_caller_is_seen(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """In-process targets see the caller's variables."""
    monkeypatch.setenv("COLOUR", "from the caller")
    assert answered(start(), "/variable") == b"from the caller"


def test_variables_of_a_mapping_are_not_kept(start: Start) -> None:
    """The caller's mapping may change afterwards."""
    env: Mapping[str, str] = {"COLOUR": "green"}
    side = start(**env)
    assert answered(side, "/variable") == b"green"
