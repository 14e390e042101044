"""`harness fuzz`: findings of the old index against itself, and whether planted changes are found.

Prints one line a run. The aims are 0 findings in 10,000 requests, and each planted change within 5,000; told is the
fewest of 500, 1,500 and 5,000 that suffice. A plant that a recorded request shows would prove nothing about what was
made up: that none does is tried first.
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
ITSELF = {"pages": 10_000, "forms": 2_000, "calls": 2_000, "publishing": 2_000}
WITHIN = (500, 1_500, 5_000)
RECORDINGS = {
    "pages": ["curl-simple", "curl-machine"],
    "forms": ["raw-forms"],
    "calls": ["xmlrpc.client-3.11"],
    "publishing": ["browser-publish"],
    "passwords": ["browser-password"],
}
PLANTED = {
    "a literal of the source, in path or query": ("pages", "target", ["pw_reset"]),
    "a value that only the seed has": ("pages", "target", ["dave.d"]),
    "a pair of values that only the seed has together": ("pages", "target", ["demo", "0.1"]),
    "a literal of the source, in a header": ("pages", "header", ["text/xml"]),
    "a literal of the source, in a call": ("calls", "body", ["submit"]),
    "a value of the seed, in a form": ("forms", "body", ["demo-extras"]),
    "a value of more than 200 characters": ("pages", "long", []),
    "a byte that is no text": ("pages", "raw", []),
    "a step done twice": ("passwords", "twice", []),
}
"""What is planted: around which recordings, where it shows (see MIDDLEWARE), and on which values, all together."""
MIDDLEWARE = """
import io, re
from urllib.parse import unquote_plus, unquote_to_bytes
from legacy.wsgi import application
def planted(where, *values):
    seen = set()
    def parts(environ, body):
        if where == "header":
            return {value for name, value in environ.items() if name.startswith("HTTP_")}
        if where == "body":
            return set(re.split(r"[&=<>\\r\\n]", unquote_plus(body.decode("latin-1"))))
        asked = environ["PATH_INFO"] + "/" + environ["QUERY_STRING"].replace("=", "/").replace("&", "/")
        return set(unquote_plus(asked).split("/"))
    def hit(environ, body):
        raw = environ["PATH_INFO"].encode("latin-1") + unquote_to_bytes(environ["QUERY_STRING"])
        if where == "twice":
            again = bool(body) and body in seen
            seen.add(body)
            return again
        if where == "raw":
            return b"\\xff" in raw
        if where == "long":
            return any(len(part) > 200 for part in parts(environ, body))
        return set(values) <= parts(environ, body)
    def changed(environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        shows = hit(environ, body)
        def start(status, headers, *more):
            return start_response(status, [*headers, ("X-Planted", "1")] if shows else headers, *more)
        return application(environ, start)
    return changed
"""


def run(command: str, recordings: str, new: str, folder: str, *more: str) -> tuple[int, str]:
    """Return exit status and what was printed first."""
    files = [f"recordings/{name}.yaml" for name in RECORDINGS[recordings]]
    words = [sys.executable, "-m", "harness", command, *files, "--old", APP, "--new", new, *more]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, str(ROOT)])}
    done = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout or done.stderr).partition("\n")[0]


def found(recordings: str, new: str, folder: str) -> str:
    """Return after how many requests a plant was found."""
    status, line = run("diff", recordings, new, folder, "--max-stale", "1")
    if status:
        return f"shown by what was recorded, or not judged: {line}"
    for examples in WITHIN:
        status, line = run("fuzz", recordings, new, folder, "--examples", str(examples))
        if status == 1:
            return f"found within {examples:,}"
    return f"NOT FOUND within {WITHIN[-1]:,}: exit {status}, {line}"


def main() -> None:
    """Print all runs."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "planted_change.py").write_text(MIDDLEWARE, encoding="utf-8")
        for name, (recordings, where, values) in PLANTED.items():
            started = time.monotonic()
            words = ", ".join(f'"{word}"' for word in (where, *values))
            told = found(recordings, f"planted_change:planted({words})", folder)
            print(f"{name}: {told}, {time.monotonic() - started:.0f} s", flush=True)
        for recordings, examples in ITSELF.items():
            started = time.monotonic()
            status, line = run("fuzz", recordings, APP, folder, "--examples", str(examples))
            seconds = time.monotonic() - started
            print(f"against itself, {recordings}, {examples:,}: exit {status}, {seconds:.0f} s, {line}", flush=True)


if __name__ == "__main__":
    main()
