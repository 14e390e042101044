"""The process that writes: shared by all who record the same, it outlives them, and its own death harms nobody."""

from __future__ import annotations

import io
import logging
import os
import pickle
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.record import Recorder, Rotation, completeness
from harness.record.counts import sampling
from harness.record.job import Job
from harness.record.sink import Sink
from harness.record.tape import Here, Tape
from harness.recording import open_recordings
from harness.store.archive import Archive, ArchiveWriter

LIMIT = 15  # seconds


def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer with the path."""
    start_response("200 OK", [])
    return [environ["PATH_INFO"].encode()]


def ask(recorder: Recorder, path: str = "/", body: bytes = b"", **more: str) -> float:
    """Serve one request; return how many seconds that took."""
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body),
        "REMOTE_ADDR": "192.0.2.7", **more,
    }  # fmt: skip
    begun = time.perf_counter()
    environ["wsgi.input"].read()  # type: ignore[attr-defined]
    result = recorder(environ, lambda *_: lambda data: None)
    assert b"".join(result) == path.encode()
    getattr(result, "close", lambda: None)()
    return time.perf_counter() - begun


def until(condition: Callable[[], object]) -> None:
    """Wait for something."""
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def keepers(archive: Path) -> list[int]:
    """Return the processes that have an archive open, but for this one."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            names = {os.readlink(each) for each in (folder / "fd").iterdir()}
        except OSError:
            continue
        if str(archive) in names and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An archive's path; what writes it is gone after the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_KEY", raising=False)
    path = tmp_path / "x.archive"
    yield path
    for process in keepers(path):
        os.kill(process, signal.SIGKILL)


def test_counts(archive: Path) -> None:
    """What the recorder counts is what the archive holds, and says of itself."""
    recorder = Recorder(app, archive)
    for number in range(50):
        ask(recorder, f"/{number}")
    recorder.close()
    counts = completeness(archive)
    assert counts is not None
    assert (counts.accepted, counts.written, counts.lost, len(Archive(archive))) == (50, 50, 0, 50)
    assert (recorder.recorded, recorder.lost) == (50, 0)
    assert next(counts.lines()) == "capture: accepted 50, written 50, lost 0"


def test_long_bodies(archive: Path) -> None:
    """A body that had to leave memory arrives whole."""
    body = os.urandom(1000) * 3000

    def reading(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["wsgi.input"].read()
        return app(environ, start_response)

    recorder = Recorder(reading, archive, redact=False)
    result = recorder(
        {"REQUEST_METHOD": "PUT", "PATH_INFO": "/", "CONTENT_LENGTH": "3000000", "wsgi.input": io.BytesIO(body)},
        lambda *_: lambda data: None,
    )
    list(result)
    recorder.close()
    (one,) = Archive(archive)
    assert one.request.body == body


def test_cassette(tmp_path: Path, archive: Path) -> None:
    """A cassette is written by it as well."""
    recorder = Recorder(app, tmp_path / "x.yaml", "seed")
    ask(recorder, "/here")
    recorder.close()
    (recording,) = open_recordings([tmp_path / "x.yaml"])
    assert [one.request.path for one in recording] == [b"/here"]
    assert recording.state == "seed"


def test_secrets_have_one_token(archive: Path) -> None:
    """Two processes without a key of their own replace the same cookie by the same token."""
    code = (
        "import io, sys; from harness.record import Recorder\n"
        "def app(environ, start_response): start_response('200 OK', []); return [b'x']\n"
        "recorder = Recorder(app, sys.argv[1])\n"
        "environ = {'REQUEST_METHOD': 'GET', 'PATH_INFO': '/', 'wsgi.input': io.BytesIO(),\n"
        "           'HTTP_COOKIE': 'session=6f1ed002ab5595859014ebf0951522d9'}\n"
        "list(recorder(environ, lambda *_: None))\n"
        "print('asked', flush=True); sys.stdin.read(); recorder.close()"
    )
    environment = {key: value for key, value in os.environ.items() if key != "HARNESS_KEY"}
    pair = [
        subprocess.Popen([sys.executable, "-c", code, str(archive)], stdin=-1, stdout=-1, env=environment)
        for _ in range(2)
    ]
    for process in pair:
        assert process.stdout is not None
        process.stdout.readline()
    for process in pair:
        process.communicate(timeout=LIMIT)
    cookies = [one.request.header(b"cookie") for one in Archive(archive)]
    assert len(cookies) == 2
    assert len(set(cookies)) == 1
    assert b"6f1ed002" not in archive.read_bytes()


def test_killed_recorder(archive: Path) -> None:
    """After SIGKILL the archive tells how many exchanges the process had accepted, and how many of them it holds."""
    child = os.fork()
    if not child:
        recorder = Recorder(app, archive)
        for number in range(30):
            ask(recorder, f"/{number}")
        until(lambda: recorder.recorded == 30)
        # The keeper is stopped from the outside now: these are accepted and go nowhere.
        recorder._tape._outlet.take = lambda captures, counters: time.sleep(LIMIT)  # type: ignore[method-assign]
        for number in range(12):
            ask(recorder, f"/lost/{number}")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    until(lambda: (counts := completeness(archive)) and counts.killed)
    counts = completeness(archive)
    assert counts is not None
    assert (counts.accepted, counts.written, counts.lost, counts.killed) == (42, 30, 12, 1)
    assert len(Archive(archive)) == 30


def test_killed_keeper(archive: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its death is noticed, another takes over, and what was lost is counted once."""
    recorder = Recorder(app, archive)
    ask(recorder, "/before")
    until(lambda: recorder.recorded == 1)
    (process,) = keepers(archive)
    os.kill(process, signal.SIGKILL)
    until(lambda: not keepers(archive))
    with caplog.at_level(logging.ERROR, "harness"):
        ask(recorder, "/after")
        recorder.close()
    counts = completeness(archive)
    assert counts is not None
    assert (counts.accepted, counts.written) == (2, 2)
    assert sorted(one.request.path for one in Archive(archive)) == [b"/after", b"/before"]


def test_locked_database(archive: Path) -> None:
    """While another process has the file locked requests are served at once, and recorded when it lets go."""
    recorder = Recorder(app, archive)
    ask(recorder, "/first")
    until(lambda: recorder.recorded == 1)
    other = sqlite3.connect(archive, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    times = sorted(ask(recorder, f"/{number}") for number in range(300))
    assert times[150] < 0.1
    time.sleep(0.5)
    other.execute("ROLLBACK")
    other.close()
    recorder.close()
    assert (recorder.recorded, recorder.lost) == (301, 0)


def test_stopped_keeper(archive: Path) -> None:
    """While what writes stands still requests are served at once; what finds no room is counted."""
    recorder = Recorder(app, archive, memory=300_000)
    ask(recorder, "/first")
    until(lambda: recorder.recorded == 1)
    (process,) = keepers(archive)
    os.kill(process, signal.SIGSTOP)
    times = sorted(ask(recorder, "/" + "x" * 2000) for _ in range(600))
    os.kill(process, signal.SIGCONT)
    recorder.close()
    counts = recorder.completeness
    assert times[300] < 0.005
    assert counts.refused > 0
    assert (counts.accepted, counts.lost) == (601, counts.refused)
    assert len(Archive(archive)) == counts.written == 601 - counts.refused


def test_full_disk(archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Where the file can grow no more requests are served, the loss is counted, and what was written can be read."""
    recorder = Recorder(app, archive, redact=False)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, before[1]))  # for what is started now
    try:
        ask(recorder, "/first")
        until(lambda: recorder.recorded == 1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    for number in range(300):
        ask(recorder, f"/{number}", HTTP_X_NOISE=os.urandom(2000).hex())
    recorder.close()
    assert recorder.lost > 0
    assert recorder.recorded + recorder.lost == 301
    assert len(Archive(archive)) == recorder.recorded
    errors = [line for line in capfd.readouterr().err.splitlines() if "recording failed" in line]
    assert 0 < len(errors) < 10  # not a line for each


def test_folder_that_goes_away(tmp_path: Path, archive: Path) -> None:
    """A folder that is removed costs what is recorded meanwhile; requests are served, and the loss is counted."""
    folder = tmp_path / "folder"
    folder.mkdir()
    recorder = Recorder(app, folder / "x.archive")
    ask(recorder)
    until(lambda: recorder.recorded == 1)
    folder.rename(tmp_path / "moved")
    for _ in range(5):
        ask(recorder)
    until(lambda: recorder.completeness.failed == 5)
    folder.mkdir()
    ask(recorder)
    recorder.close()
    assert (recorder.completeness.accepted, recorder.recorded, recorder.lost) == (7, 2, 5)
    assert len(Archive(folder / "x.archive")) == 1


def test_no_room_in_memory(archive: Path) -> None:
    """Beyond the budget bodies are dropped and counted, then exchanges; all requests are served."""

    def reading(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["wsgi.input"].read()
        return app(environ, start_response)

    recorder = Recorder(reading, archive, memory=200_000)
    for body in (b"x" * 100, b"y" * 500_000, b"z" * 100):
        ask_body(recorder, body)
    recorder.close()
    bodies = [one.request.body and len(one.request.body) for one in Archive(archive)]
    assert bodies == [100, None, 100]
    assert recorder.completeness.bodies_dropped == 1
    assert "1 bodies not kept" in "\n".join(recorder.completeness.lines())


def ask_body(recorder: Recorder, body: bytes) -> None:
    """Serve one request whose body the application reads."""
    environ = {
        "REQUEST_METHOD": "PUT", "PATH_INFO": "/", "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body),
    }  # fmt: skip
    assert list(recorder(environ, lambda *_: lambda data: None)) == [b"/"]


def test_no_room_for_heads(archive: Path) -> None:
    """A head too large for the budget costs its exchange, nothing else."""
    recorder = Recorder(app, archive, memory=50_000)
    ask(recorder, "/large", HTTP_X_LARGE="x" * 100_000)
    ask(recorder, "/small")
    recorder.close()
    assert [one.request.path for one in Archive(archive)] == [b"/small"]
    assert (recorder.completeness.refused, recorder.lost) == (1, 1)


def test_switch(archive: Path) -> None:
    """While the file exists nothing is recorded and nothing counted; without it recording goes on by itself."""
    recorder = Recorder(app, archive)
    ask(recorder, "/1")
    stop = archive.with_name("x.archive.stop")
    stop.touch()
    until(lambda: not recorder.enabled)
    ask(recorder, "/2")
    stop.unlink()
    until(lambda: recorder.enabled)
    ask(recorder, "/3")
    recorder.enabled = False
    ask(recorder, "/4")
    recorder.enabled = True
    ask(recorder, "/5")
    recorder.close()
    assert [one.request.path for one in Archive(archive)] == [b"/1", b"/3", b"/5"]
    assert recorder.lost == 0


def test_switched_off_from_the_beginning(archive: Path) -> None:
    """With the file there, not even the first request is recorded."""
    archive.with_name("x.archive.stop").touch()
    recorder = Recorder(app, archive)
    ask(recorder)
    recorder.close()
    assert not archive.exists()


def test_sample(archive: Path) -> None:
    """A sample leaves out and says so: the rule stands in the archive, to scale by."""
    recorder = Recorder(app, archive, sample=0.2, rare=1)
    for number in range(100):
        ask(recorder, "/page", HTTP_COOKIE=f"session={number:032x}")
    recorder.close()
    counts, (rule,) = completeness(archive), sampling(archive)
    assert counts is not None
    assert counts.written + counts.sampled_out == 100
    assert 5 < counts.written < 50
    assert counts.lost == 0
    assert rule == {"sample": 0.2, "rare": 1, "seen": {"POST /page": 100}}


def test_rotation(tmp_path: Path, archive: Path) -> None:
    """Files begin one after another, each with its own counts."""
    recorder = Recorder(app, archive, rotation=Rotation(size=1))
    for number in range(3):
        ask(recorder, f"/{number}")
        until(lambda number=number: recorder.recorded == number + 1)  # type: ignore[misc]
        time.sleep(1.1)
    recorder.close()
    files = [path for path in tmp_path.glob("*.archive") if len(Archive(path))]
    assert len(files) >= 2
    told = [completeness(file) for file in files]
    assert sum(counts.accepted for counts in told if counts) == 3
    assert [counts.written for counts in told if counts] == [len(Archive(file)) for file in files]


def test_redaction_that_fails(archive: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What redaction fails at is lost and counted, never written in clear, nor quoted in the log."""

    def fail(exchange: object) -> Any:
        raise ValueError("hunter2")

    recorder = Recorder(app, archive)
    recorder._tape = Tape(Here(Sink(ArchiveWriter(archive), fail)))
    with caplog.at_level(logging.ERROR, "harness"):
        ask(recorder, "/hunter2")
        recorder.close()
    assert (recorder.recorded, recorder.lost) == (0, 1)
    assert caplog.messages[0] == "recording failed: an exchange could not be redacted (ValueError)"
    assert b"hunter2" not in archive.read_bytes()


def test_many_threads(archive: Path) -> None:
    """Nothing of what many threads record at once is lost."""
    recorder = Recorder(app, archive)
    threads = [threading.Thread(target=lambda: [ask(recorder) for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close()
    assert (recorder.recorded, recorder.lost) == (400, 0)


def test_job_tells_nothing_of_its_key() -> None:
    """The name of a job, that others can see, does not hold its key."""
    job = Job(Path("/x.archive"), key=b"k" * 32)
    assert job.key is not None
    assert job.key.hex() not in job.name
    assert pickle.loads(job.packed()[8:]) == job
