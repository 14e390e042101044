"""Real programs that cannot work, in several languages: the first obstacle and its fix are named."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compat import CGIScript
from compat.check import check
from compat.cli import main
from compat.errors import ConfigurationError

PYTHON, SH, PERL, PHP = sys.executable, "/bin/sh", "/usr/bin/perl", shutil.which("php") or "/usr/bin/php"
PYTHON_313 = next((str(path) for path in Path.home().glob(".pyenv/versions/3.13*/bin/python3.13")), "python3.13")

# interpreter, program, what the obstacle says, what the fix says
CANNOT = [
    (PYTHON, "import no_such_module", "module no_such_module is missing", f"{PYTHON} -m pip install no_such_module"),
    (PYTHON, "import MySQLdb", "module MySQLdb is missing", "pip install mysqlclient"),
    (PYTHON, "import own_module", "module own_module is missing", "--env PYTHONPATH="),
    (PYTHON, "import urllib2", "Python 2", "--interpreter .cgi=/usr/bin/python2.7"),
    (PYTHON, 'print "Content-Type: text/html"', "Python 2", "python2.7"),
    (PYTHON, "if True", "syntax error", "correct that line"),
    (PYTHON_313, "import cgi", "no module cgi any more", "pip install legacy-cgi"),
    (PYTHON, "import os\nos.environ['APP_DB']", "variable APP_DB is not set", "--env APP_DB=VALUE"),
    (PYTHON, "open('data/names.txt')", "file data/names.txt is not there", "runs in its own folder"),
    (PYTHON, "open('/no/such/file')", "file /no/such/file is not there", "create /no/such/file"),
    (PYTHON, "import subprocess\nsubprocess.run(['./plain.txt'])", "may not use ./plain.txt", "chmod"),
    (PYTHON, "import socket\nsocket.create_connection(('127.0.0.1', 1))", "nothing listens", "host, port"),
    (PYTHON, "import sqlite3\nsqlite3.connect('/no/such/x.db')", "SQLite cannot open", "folder must exist"),
    (PYTHON, "print('hello')", "not a header line", "Content-Type and a blank line"),
    (PYTHON, "pass", "without any output", "run it by hand"),
    (PYTHON, "import os\nos.kill(os.getpid(), 11)", "killed by SIGSEGV", "system's log"),
    (PYTHON, "import os\nos.kill(os.getpid(), 40)", "killed by signal 40", "system's log"),
    (PYTHON, "import time\ntime.sleep(60)", "did not answer within 0.7 s", "--timeout"),
    (PYTHON, "raise SystemExit('out of cheese')", "exit status 1", "its own words"),
    (PYTHON, "print('Status: 500 Oops\\n\\nout of cheese')", "answers 500 Oops", "see what it says"),
    (SH, "no_such_command", "command no_such_command is not there", "--env PATH="),
    (SH, "set -u\necho $APP_HOME", "variable APP_HOME is not set", "--pass-env APP_HOME"),
    (SH, "echo 'error: APP_HOME is not set' >&2; exit 1", "variable APP_HOME is not set", "--env APP_HOME=VALUE"),
    (SH, "echo 'fatal: No APP_ROOT from server' >&2; exit 1", "variable APP_ROOT is not set", "--env APP_ROOT=VALUE"),
    (SH, "echo > data/log.txt || exit 1", "data/log.txt is not there", "runs in its own folder"),
    (SH, "if true; then", "syntax error", "correct that line"),
    (SH, ". data/settings.sh", "file data/settings.sh is not there", "runs in its own folder"),
    (SH, "./plain.txt", "may not use ./plain.txt", "chmod"),
    (SH, "echo hello\r", "not a header line", "Content-Type"),
    (SH, "./thing\r", "CR LF", "sed -i"),
    (PERL, "use Own::Module;", "module Own/Module.pm is missing", "--env PERL5LIB="),
    (PERL, "use No::Such;", "module No/Such.pm is missing", "libno-such-perl"),
    (PERL, "print 'a", "syntax error", "correct that line"),
    (PERL, "use strict; $x = 1;", "syntax error", "correct that line"),
    (
        PERL,
        "open(F, '<', 'data/x.txt') or die qq(cannot open data/x.txt: $!);",
        "data/x.txt is not there",
        "own folder",
    ),
    (PERL, "use IO::Socket::INET; IO::Socket::INET->new('127.0.0.1:1') or die $@;", "nothing listens", "host, port"),
    (
        PERL,
        "use warnings; die qq(no home) unless qq($ENV{APP_HOME});",
        "variable APP_HOME is not set",
        "--env APP_HOME",
    ),
    (
        PERL,
        "print qq(Content-Type: text/html\\n\\nSoftware error: Can't locate A/B.pm in \\@INC);",
        "A/B.pm",
        "cpan A::B",
    ),
    (PHP, "<?php\nif (", "syntax error", "correct that line"),
    (PHP, "<?php\nrequire 'inc/none.php';", "file inc/none.php is not there", "own folder"),
    (PHP, "<?php\nmysql_connect();", "no function mysql_connect", "PHP 7"),
    (PHP, "<?php\nnew Imagick9();", "no class Imagick9", "extension"),
    (PHP, "<?php\nfsockopen('127.0.0.1', 1) or exit(3);", "nothing listens", "host, port"),
    (PHP, "<p>hello</p>", "prints no header", "php-cgi"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with things that lie beside a program."""
    (tmp_path / "plain.txt").write_text("text")
    for name in ("../lib/own_module.py", "lib/Own/Module.pm"):
        path = tmp_path / "cgi-bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1;")
    shutil.move(tmp_path / "plain.txt", tmp_path / "cgi-bin" / "plain.txt")
    return tmp_path / "cgi-bin"


def program(folder: Path, interpreter: str, text: str) -> Path:
    """Write a program."""
    path = folder / "it.cgi"
    path.write_text(f"#!{interpreter}\n{text}\n")
    path.chmod(0o755)
    return path


def run(*words: str | Path) -> Result:
    """Run the command in process."""
    return CliRunner().invoke(main, ["check", *map(str, words)])


@pytest.mark.parametrize(
    ("interpreter", "text", "what", "fix"), CANNOT, ids=[f"{Path(r[0]).name} {r[1][:40]!r}" for r in CANNOT]
)
def test_obstacle(folder: Path, interpreter: str, text: str, what: str, fix: str) -> None:
    """The obstacle and the fix, of a program that was really run."""
    if not os.access(interpreter, os.X_OK):
        pytest.skip(f"{interpreter} is not installed")
    script = CGIScript(program(folder, interpreter, text), timeout=0.7 if "sleep" in text else 20)
    report = check(script, "/")
    assert report.obstacle is not None
    assert what in report.obstacle.what
    assert fix in report.obstacle.fix


@pytest.mark.parametrize("runner", ["exec", "warm"])
def test_answers(folder: Path, runner: str) -> None:
    """One that works: exit status 0, and what it answered; with either runner."""
    body = "print('Content-Type: text/plain\\n\\nhello')"
    result = run(program(folder, PYTHON, body), "--runner", runner)
    assert result.exit_code == 0
    assert "answers 200 OK (6 bytes in " in result.output


def test_a_variable_given_is_a_variable_set(folder: Path) -> None:
    """The fix that is named works: nothing else is in the way then."""
    path = program(folder, PYTHON, "import os\nprint('Content-Type: text/plain\\n\\n' + os.environ['APP_DB'])")
    assert run(path).exit_code == 1
    assert run(path, "--env", "APP_DB=x").exit_code == 0


def test_a_remark_is_no_obstacle(folder: Path) -> None:
    """A program that answers and then fails does answer; that it fails is told. A 404 of its own is an answer, too."""
    result = run(program(folder, SH, "printf 'Status: 404 No\\n\\nno'; echo note >&2; exit 3"))
    assert result.exit_code == 0
    assert "answers 404 No" in result.output
    assert "and then exit=3, error output: 1 line)" in result.output


NOT_STARTED = [
    ("nox.cgi", "#!/bin/sh\n", 0o644, "not executable", "chmod +x"),
    ("crlf.cgi", "#!/bin/sh\r\necho\r\n", 0o755, "carriage return", "sed -i"),
    ("bare.cgi", "echo\n", 0o755, "no #! line", "write one"),
    ("gone.cgi", "#!/no/such/interpreter\n", 0o755, "/no/such/interpreter", "--interpreter .cgi="),
    ("env.cgi", "#!/usr/bin/env no-such-interpreter\n", 0o755, "no-such-interpreter", "install it"),
    ("empty.cgi", "", 0o755, "empty", "put the program there"),
]


@pytest.mark.parametrize(("name", "text", "mode", "what", "fix"), NOT_STARTED, ids=[row[0] for row in NOT_STARTED])
def test_not_started(tmp_path: Path, name: str, text: str, mode: int, what: str, fix: str) -> None:
    """What keeps a program from starting at all."""
    (tmp_path / name).write_bytes(text.encode())
    (tmp_path / name).chmod(mode)
    result = run(tmp_path / name)
    assert result.exit_code == 1
    assert what in result.output.partition("obstacle")[2].partition("fix")[0]
    assert fix in result.output.partition("fix")[2]


def test_directory(tmp_path: Path) -> None:
    """Each program, and nothing that is none; the last line counts."""
    (tmp_path / "sub").mkdir()
    for name, text, mode in (
        ("good 1.cgi", "#!/bin/sh\nprintf 'Status: 204 No Content\\n\\n'\n", 0o755),
        ("sub/bad.cgi", "#!/bin/sh\nno_such_command\n", 0o755),
        ("sub/forgotten.cgi", "#!/bin/sh\n", 0o644),
        ("mapped.php", "no #! line\n", 0o644),
        ("readme.txt", "text\n", 0o644),
        ("old.cgi~", "#!/bin/sh\n", 0o755),
        (".hidden.cgi", "#!/bin/sh\n", 0o755),
    ):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(mode)
    result = run(tmp_path, "--mount", "/cgi-bin", "--interpreter", ".php=/bin/true")
    assert result.exit_code == 1
    lines = [line.replace(f"{tmp_path}/", "") for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert [line.partition(":")[0] for line in lines] == [
        "good 1.cgi",
        "mapped.php",
        "sub/bad.cgi",
        "sub/forgotten.cgi",
        "1 of 4 answer",
    ]
    assert run(tmp_path, "/good%201.cgi").exit_code == 0


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["."], 2, "no program in"),
        ([".", "/x"], 1, "compat explain"),
        ([".", "x"], 2, "neither a path"),
        ([".", "http://[bad/"], 2, "is no URL"),
        (["gone"], 2, "does not exist"),
    ],
)
def test_what_cannot_be_checked(tmp_path: Path, words: list[str], code: int, says: str) -> None:
    """Nothing there, or no URL."""
    result = run(tmp_path / words[0], *words[1:])
    assert (result.exit_code, says in result.output) == (code, True)


def test_the_log_is_as_it_was(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Listening to the program leaves no trace in the host's logging, and its lines out of the host's log."""
    logger = logging.getLogger("compat")
    caplog.set_level(logging.CRITICAL, "compat")
    before = (logger.handlers[:], logger.propagate, logger.level)
    check(CGIScript(program(folder, SH, "echo noise >&2")), "/")
    assert (logger.handlers, logger.propagate, logger.level) == before
    assert "noise" not in caplog.text
    with pytest.raises(ConfigurationError):
        check(CGIScript(program(folder, SH, "")), "no url")


def test_a_name_of_other_bytes(folder: Path) -> None:
    """A file's name need not be UTF-8, nor printable, and the terminal may know Latin-1 only."""
    path = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9 \xe2\x82\xac\x1b[31m.cgi"))
    path.write_text("#!/bin/sh\nprintf 'Status: 204 No\\n\\n'\n")
    path.chmod(0o755)
    for encoding, name in (("utf-8", "caf\\xe9 \u20ac\\x1b[31m.cgi"), ("latin-1", r"caf\xe9 \u20ac\x1b[31m.cgi")):
        for command in (["check", path], ["explain", path, "/"]):
            result = CliRunner(charset=encoding).invoke(main, [str(word) for word in command])
            assert (result.exit_code, name.encode(encoding) in result.stdout_bytes) == (0, True)
    path.chmod(0o644)
    result = CliRunner().invoke(main, ["explain", str(path), "/"])
    assert (result.exit_code, "\x1b" in result.output) == (1, False)


def test_escaped(folder: Path) -> None:
    """What a program says cannot move the terminal's cursor."""
    result = run(program(folder, SH, "printf '\\033[2Jboo\\n' >&2; exit 3"))
    assert "\\x1b[2Jboo" in result.output
    assert "\x1b" not in result.output
