"""The harness as a library: what a user imports, and what recording alone does not."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

COMPARED = """
from pathlib import Path
from harness import Exchange, Options, Request, Response, diff, open_recordings, parse_target
from harness.config import find_config
from harness.recording import writer_for

writer = writer_for(Path("x.archive"))
writer.open()
writer.add(Exchange("x#1", Request(b"GET / HTTP/1.1", ((b"Host", b"x"),)), Response(200), started=1.0))
writer.close()
config = find_config(Path.cwd())
result = diff(open_recordings([Path("x.archive")]), Options(
    parse_target("wsgiref.simple_server:demo_app", config), parse_target("shouting:application", config), config))
print([(group.aspect, group.kind) for group in result.groups])
"""
SHOUTING = """
from wsgiref.simple_server import demo_app

def application(environ, start_response):
    return demo_app(environ, lambda status, headers: start_response("404 Gone", headers))
"""


def test_two_applications_are_compared_from_python(tmp_path):
    """`diff` gives the groups that the command would report."""
    (tmp_path / "shouting.py").write_text(SHOUTING)
    done = subprocess.run(
        [sys.executable, "-c", COMPARED],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}", "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout.strip(), done.returncode) == ("[('status', 'changed')]", 0), done.stderr


def test_recording_imports_no_comparison():
    """Middleware in production loads neither lxml nor the pipeline."""
    code = "import sys; from harness import Recorder; print(sorted({'lxml', 'harness.pipeline'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_an_unknown_name_is_an_error():
    """As in any module."""
    import harness

    with pytest.raises(AttributeError, match="nothing_such"):
        harness.nothing_such  # noqa: B018
