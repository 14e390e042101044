"""What a comparison leaves behind: files, standard output, the summary of a job, and the exit status."""

import errno
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from harness.commands.output import SUMMARY, Output
from harness.difference import Difference
from harness.errors import UsageError
from harness.exchange import Exchange, Request, Response
from harness.group import group_observations
from harness.group.observation import Observation
from harness.recording import open_recordings, replacing
from harness.report import Result

LOST = Difference("header", "X-One", "missing", "1", "")


@pytest.fixture
def result():
    """Return a result of one difference, in the second exchange of a cassette."""
    groups = group_observations([Observation("a.yaml#2", "GET /", "curl", LOST)])
    return Result("a", "b", {"exchanges": 2, "judged": 2, "matched": 1, "different": 1}, groups)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Return a checkout with that cassette, as the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recordings").mkdir()
    with replacing(tmp_path / "recordings" / "a.yaml") as writer:
        for number in range(2):
            writer.add(Exchange("", Request(b"GET / HTTP/1.1"), Response(200, b"OK"), 1.5 + number))
    return tmp_path


@pytest.mark.usefixtures("checkout")
def test_every_file_asked_for_is_written(result):
    """JSON, page and JUnit, each under the name given."""
    files = {f"{name}_file": Path(f"report.{name}") for name in ("json", "html", "junit")}
    assert Output.of({**files, "screen": "text"}).write(result) == 1
    assert json.loads(Path("report.json").read_text())["counts"]["different"] == 1
    assert Path("report.html").read_text().startswith("<!doctype html>")
    assert ElementTree.parse("report.junit").getroot().get("failures") == "1"


def test_annotations_stand_at_the_recording(result, checkout, capsys):
    """GitHub and GitLab are told file and line of the example, relative to the checkout."""
    recordings = open_recordings([checkout / "recordings"])
    text = (checkout / "recordings" / "a.yaml").read_text()
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line == "- request:"]
    Output({}, "github").write(result, recordings)
    assert f"::error file=recordings/a.yaml,line={lines[1]},title=" in capsys.readouterr().out
    Output({}, "gitlab").write(result, recordings)
    (issue,) = json.loads(capsys.readouterr().out)
    assert issue["location"] == {"path": "recordings/a.yaml", "lines": {"begin": lines[1]}}


def test_the_summary_of_a_job_is_added(result, checkout, monkeypatch):
    """What other steps wrote stays."""
    monkeypatch.setenv(SUMMARY, str(checkout / "summary.md"))
    (checkout / "summary.md").write_text("before\n")
    Output({}, "github").write(result)
    assert (checkout / "summary.md").read_text().startswith("before\n## The new version answered 1 of 2")


def test_a_summary_that_cannot_be_written_is_no_failure(result, checkout, monkeypatch, capsys):
    """The annotations are printed, the exit status is the verdict's."""
    monkeypatch.setenv(SUMMARY, str(checkout / "none" / "summary.md"))
    assert Output({}, "github").write(result) == 1
    assert "summary cannot be written" in capsys.readouterr().err


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize(
    ("shell", "said"),
    [
        pytest.param("exec >&-", "", id="closed"),
        pytest.param("exec >/dev/full", "the report cannot be printed: " + os.strerror(errno.ENOSPC), id="full"),
        pytest.param("exec > >(exec <&-)", "", id="nobody reads"),
    ],
)
def test_what_cannot_be_printed_changes_neither_files_nor_verdict(tmp_path, shell, said):
    """A closed pipe was exit status 1, a verdict, and no file was written; two others were tracebacks."""
    program = """if True:
        import sys, time
        from pathlib import Path
        from harness.commands.output import Output
        from harness.report import Result
        time.sleep(0.2)
        sys.exit(Output({"json": Path("z.json")}).write(Result("a", "b", {"exchanges": 2, "judged": 2, "matched": 2})))
    """
    command = ["bash", "-c", f'{shell}; exec "$@"', "bash", sys.executable, "-c", program]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (done.returncode, "Traceback" in done.stderr, "Exception" in done.stderr) == (0, False, False), done.stderr
    assert said in done.stderr
    assert json.loads(Path("z.json").read_text())["counts"]["judged"] == 2


def test_a_file_that_cannot_be_written_is_told_after_the_rest(result, tmp_path, capsys):
    """The other files and the screen have the report by then."""
    files = {"json": Path("/dev/full"), "html": tmp_path / "r.html"}
    with pytest.raises(UsageError, match="/dev/full: the report cannot be written: No space"):
        Output(files).write(result)
    assert files["html"].exists()
    assert "different 1 in 1 group" in capsys.readouterr().out


def test_two_reports_in_one_file_are_refused(tmp_path, monkeypatch):
    """The one written later would be all that is left; a device takes both."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="--json and --html cannot both be written to one file"):
        Output.of({"json_file": tmp_path / "r", "html_file": Path("r")})
    assert Output.of({"json_file": Path(os.devnull), "html_file": Path(os.devnull)}).files


def test_a_file_that_could_not_be_written_is_refused_before_the_work(tmp_path):
    """The message names the place."""
    with pytest.raises(UsageError, match="no such folder"):
        Output.of({"junit_file": tmp_path / "none" / "x.xml"})
