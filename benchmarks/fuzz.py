"""`harness fuzz`: findings of the old index against itself, and whether planted changes are found.

Prints one line a run. The aims are 0 findings in 10,000 requests, and each planted change within 5,000. No recorded
request shows a planted change: that would prove nothing about what was made up.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
APP = "legacy.wsgi:application"
ITSELF, WITHIN = 10_000, 5_000
PLANTED = {
    "a literal of the source": ["pw_reset"],
    "a pair of values that only the seed has together": ["demo", "0.1"],
}
MIDDLEWARE = """
from urllib.parse import unquote_plus
from legacy.wsgi import application
def planted(*values):
    def changed(environ, start_response):
        asked = unquote_plus(environ["PATH_INFO"] + "/" + environ["QUERY_STRING"].replace("=", "/").replace("&", "/"))
        hit = environ["REQUEST_METHOD"] == "GET" and set(values) <= set(asked.split("/"))
        def start(status, headers, *more):
            return start_response(status, [*headers, ("X-Planted", "1")] if hit else headers, *more)
        return application(environ, start)
    return changed
"""


def run(new: str, folder: str, examples: int) -> tuple[int, float, str]:
    """Return exit status, seconds and the first line of a run."""
    command = [sys.executable, "-m", "harness", "fuzz", "recordings/curl-simple.yaml", "recordings/curl-machine.yaml"]
    command += ["--old", APP, "--new", new, "--examples", str(examples)]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, str(ROOT)])}
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, time.monotonic() - started, (done.stdout or done.stderr).partition("\n")[0]


def main() -> None:
    """Print all runs."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "planted_change.py").write_text(MIDDLEWARE, encoding="utf-8")
        runs = {"against itself": APP}
        runs |= {
            f"planted on {name}": f"planted_change:planted{(*values, '')[:-1]}" for name, values in PLANTED.items()
        }
        for name, new in runs.items():
            status, seconds, line = run(new.replace(",)", ")"), folder, ITSELF if new == APP else WITHIN)
            print(f"{name}: exit {status}, {seconds:.0f} s, {line}", flush=True)
