"""Downloads of the new index: what recording one costs beside answering it, and how fast a log is brought in, read
again and asked.

    python -m benchmarks.modern_statistics [LOG]      (an access log; without one its part is left out)

Processor time throughout, so a busy machine changes little.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

from modern.services.stores import file_store
from modern.statistics.archive import Archive
from modern.statistics.feed import ARCHIVE, Reading, Report, read_log
from modern.statistics.spool import Recorder
from modern.views.files import stored

T = TypeVar("T")
ROUNDS = 5000
PATH = "52/b4/008a06709af62ad4db44edd8ffc480d58b080cf3ffa7cee5c8a078c5bfd1/demo-0.1.tar.gz"
AGENT = (
    'pip/24.0 {"ci":null,"cpu":"x86_64","distro":{"name":"Debian GNU/Linux","version":"12"},"implementation":{"name":'
    '"CPython","version":"3.11.2"},"installer":{"name":"pip","version":"24.0"},"python":"3.11.2"}'
)
QUERY = "SELECT installer, python, count(*) FROM downloads GROUP BY ALL ORDER BY 3 DESC LIMIT 5"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.modern_statistics", description=__doc__)
    parser.add_argument("log", type=Path, nargs="?")
    options = parser.parse_args(sys.argv[1:] if __name__ == "__main__" else [])
    with tempfile.TemporaryDirectory() as folder:
        recording(Path(folder))
        if options.log is None:
            print("a log: left out, none was named")
        else:
            bringing_in(Path(folder), options.log)


def recording(folder: Path) -> None:
    """A line written, beside the view that answers a small file, without the rest of a request."""
    recorder = Recorder(str(folder / "spool"))
    store = file_store(str(folder / "files"))
    store.place({PATH: b"x" * 10_000}, 0, lambda path: False).settle()
    environ = {"REQUEST_METHOD": "GET"}
    request = SimpleNamespace(installation=SimpleNamespace(store=store), environ=environ)
    line = per_round(lambda: recorder.record(PATH, 10_000, "192.0.2.1", AGENT))
    answer = per_round(lambda: b"".join(stored(request, PATH).app_iter))
    print(f"recording: {line * 1e6:.0f} us a download; its answer {answer * 1e6:.0f} us: {line / answer:.2f} of it")


def bringing_in(folder: Path, log: Path) -> None:
    """A log, the same once more, a question, a count."""
    for name in ("first", "again"):
        seconds, report = timed(lambda: read(folder, log))
        print(f"{name}: {report.lines} lines, {report.added.new} new, {report.added.known} known: {seconds:.1f} s,"
              f" {report.lines / seconds:.0f} lines a second")  # fmt: skip
    archive = Archive(folder / ARCHIVE)
    size = sum(os.path.getsize(folder / ARCHIVE / part) for part in archive.manifest().parts())
    seconds, answer = timed(lambda: archive.query(QUERY)[1])
    print(f"question: {seconds * 1000:.0f} ms, of {size / 1e6:.2f} MB of Parquet: {answer}")
    seconds, counts = timed(lambda: archive.counts(time.time()))
    print(f"counts: {seconds * 1000:.0f} ms, of {len(counts)} files")


def read(folder: Path, log: Path) -> Report:
    """Bring a log in."""
    with log.open("rb") as source:
        return read_log(folder, source, Reading())


def per_round(work: Callable[[], object]) -> float:
    """Seconds of the processor that one round takes."""
    return timed(lambda: [work() for _ in range(ROUNDS)])[0] / ROUNDS


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """(seconds of the processor, what came out)."""
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


if __name__ == "__main__":
    main()
