"""What the exec runner adds to a bare fork and exec.

The same script through CGIScript and through subprocess.run, in turn; the medians and their ratio are printed.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from compat import CGIScript

RUNS = 100
SCRIPTS = {
    "a shell script": "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nhello\\n'\n",
    "a Python script": f"#!{sys.executable} -IS\nprint('Content-Type: text/plain\\n\\nhello')\n",
}


def main() -> None:
    """Print the median times and their ratio for each script."""
    with tempfile.TemporaryDirectory() as folder:
        for name, source in SCRIPTS.items():
            path = Path(folder, "hello.cgi")
            path.write_text(source, encoding="utf-8")
            path.chmod(0o755)
            bare, through = measure(path)
            print(
                f"exec runner, {name}: {through * 1000:.2f} ms; bare subprocess.run {bare * 1000:.2f} ms; "
                f"ratio {through / bare:.2f}"
            )


def measure(path: Path) -> tuple[float, float]:
    """Return the median seconds of a bare run and of a request; they alternate, so that both meet the same machine."""
    script = CGIScript(path)
    environment = {"PATH": os.environ["PATH"], "REQUEST_METHOD": "GET"}
    bare: list[float] = []
    through: list[float] = []
    for _ in range(RUNS):
        bare.append(timed(lambda: run_bare(path, environment)))
        through.append(timed(lambda: run_through(script)))
    return median(bare), median(through)


def timed(act: Callable[[], bytes]) -> float:
    """Return the seconds that `act` took; it must give the script's output."""
    started = time.perf_counter()
    output = act()
    elapsed = time.perf_counter() - started
    if not output.endswith(b"hello\n"):
        raise SystemExit(f"the script answered {output!r}")
    return elapsed


def run_bare(path: Path, environment: dict[str, str]) -> bytes:
    """Run the script with nothing around it."""
    return subprocess.run([path], stdin=subprocess.DEVNULL, capture_output=True, env=environment, check=True).stdout


def run_through(script: CGIScript) -> bytes:
    """Answer one GET in process."""
    response = script(request(), lambda status, headers, exc_info=None: lambda data: None)
    try:
        return b"".join(response)
    finally:
        close = getattr(response, "close", None)
        if close is not None:
            close()


def request() -> dict[str, Any]:
    """Return the environ of a plain GET."""
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "HTTP_ACCEPT": "text/html",
        "HTTP_USER_AGENT": "benchmark",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
    }


if __name__ == "__main__":
    main()
