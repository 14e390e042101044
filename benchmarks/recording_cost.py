"""What recording an exchange costs the processor: in the process that serves, and in the one that redacts and writes.

The application is called as a server would, at a fixed rate, bare and behind the middleware by turns; each process's
own time is counted, so that neither waiting nor other programs matter. The pages are those of `benchmarks.redaction`,
which nearly all differ, and the one of `benchmarks.recording`, which is always the same. Linux.
"""

from __future__ import annotations

import ctypes
import io
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks import recording, redaction
from harness.exchange import Exchange, Request, Response
from harness.record import Recorder
from harness.record.call import Environ

RATE = 1000  # requests a second
SLICE = 250  # requests that one of the two is asked before it is the other's turn
TURNS = 10
WANTED = 100.0
"""Microseconds of both processes together: 5 % of an application that computes 2 ms."""
Application = Callable[..., Iterable[bytes]]

_PR_SET_CHILD_SUBREAPER = 36
_PAUSE = 0.1  # seconds between looks at whether all is written


def main() -> None:
    """Measure and print."""
    if ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError("this process cannot be told which are its grandchildren")
    for name, make in {"the same page": same_page, **redaction.KINDS}.items():
        chance = random.Random(1)
        worker, keeper = measured([make(chance, number) for number in range(SLICE * (TURNS + 1))])
        print(
            f"{name:20} worker {worker:4.0f} us, keeper {keeper:4.0f} us, together {worker + keeper:4.0f} us",
            flush=True,
        )
    print(f"wanted: at most {WANTED:.0f} us together")


def measured(exchanges: Sequence[Exchange]) -> tuple[float, float]:
    """Return microseconds an exchange: what it costs this process more, and the other one, the median of all turns."""
    answers = {id(exchange): exchange.response for exchange in exchanges}

    def application(environ: Environ, start_response: Callable[..., object]) -> Iterable[bytes]:
        answer = answers[environ["benchmark.exchange"]]
        assert answer is not None
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start_response("200 OK", [(name.decode(), value.decode()) for name, value in answer.headers])
        return [answer.body or b""]

    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(application, Path(folder) / "x.archive")
        costs = []
        try:
            for turn in range(TURNS + 1):
                some = exchanges[turn * SLICE : (turn + 1) * SLICE]
                before = children_time()
                bare, recorded = served(application, some, lambda: 0), served(recorder, some, lambda: recorder.lost)
                costs += [(recorded - bare, children_time() - before)] if turn else []  # the first turn warms up
        finally:
            recorder.close()
        if recorder.lost:
            raise RuntimeError(f"{recorder.lost} exchanges were lost")
    worker, keeper = (statistics.median(each) / SLICE * 1e6 for each in zip(*costs, strict=True))
    return worker, keeper


def served(application: Application, exchanges: Sequence[Exchange], waiting: Callable[[], int]) -> float:
    """Have requests answered at the rate, until none is waiting; return seconds of processor time of this process."""
    environs = [environ_of(exchange) for exchange in exchanges]
    begun, used = time.monotonic(), time.process_time()
    for number, environ in enumerate(environs):
        time.sleep(max(0.0, begun + number / RATE - time.monotonic()))
        answer = application(environ, lambda *_: None)
        b"".join(answer)
        getattr(answer, "close", lambda: None)()
    while waiting():
        time.sleep(_PAUSE)
    return time.process_time() - used


def children_time() -> float:
    """Return seconds of processor time of the processes that were left to this one."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    return sum(int(Path(f"/proc/{child}/schedstat").read_text(encoding="ascii").split()[0]) for child in children) / 1e9


def environ_of(exchange: Exchange) -> Environ:
    """Return a request as a server hands it on."""
    request = exchange.request
    method, target, version = request.start_line.decode().split(" ")
    path, _, query = target.partition("?")
    environ: Environ = {
        "wsgi.input": io.BytesIO(request.body or b""), "wsgi.errors": io.StringIO(), "wsgi.version": (1, 0),
        "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False, "wsgi.url_scheme": "http",
        "SERVER_SOFTWARE": "benchmark", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "REMOTE_ADDR": exchange.peer,
        "REQUEST_METHOD": method, "RAW_URI": target, "PATH_INFO": path, "QUERY_STRING": query, "SCRIPT_NAME": "",
        "SERVER_PROTOCOL": version, "CONTENT_LENGTH": str(len(request.body or b"")), "benchmark.exchange": id(exchange),
    }  # fmt: skip
    for name, value in request.headers:
        variable = name.decode().upper().replace("-", "_")
        environ[variable if variable == "CONTENT_TYPE" else f"HTTP_{variable}"] = value.decode()
    return environ


def same_page(chance: random.Random, number: int) -> Exchange:
    """One of a thousand addresses, and the page that all of them have."""
    line, *fields = (recording.REQUEST % (number % 1000)).rstrip().split(b"\r\n")
    headers = tuple((name, value) for name, _, value in (field.partition(b": ") for field in fields))
    answer = tuple((name.encode(), value.encode()) for name, value in recording.HEADERS)
    return Exchange("", Request(line, headers), Response(200, b"OK", answer, recording.PAGE), peer="127.0.0.1")


if __name__ == "__main__":
    main()
