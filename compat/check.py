"""Runs a program once and says whether it answers; if not, what the first obstacle is, and its fix.

Comes in: an application and a URL. Goes out: a `Report`. The program is run as it would be for a client: same runner,
same environment. What its words mean stands in `signs`.
"""

from __future__ import annotations

import html
import logging
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .errors import AnsweredError, CompatError, RequestError
from .journal import OBSERVER, escape, logger
from .program import Program, obstacle
from .request import request_for
from .script import CGIApplication
from .signs import Obstacle, by_option, crlf_fix, first_obstacle, interpreter_of
from .types import Environ, Outcome

OURS = (signal.SIGTERM, signal.SIGKILL)
"""How a runner ends a program whose output is refused."""
KEPT = 65536
"""Bytes of a page that are looked at."""
SHOWN_ERRORS = re.compile(r"Traceback \(most recent call last\)|Software error:|(?:PHP )?(?:Parse|Fatal) error: ")
"""What a page says that shows an error instead of an answer (cgitb, CGI::Carp, PHP)."""
_tag = re.compile(r"</?\w[^>]*>")

NOT_STARTED: tuple[tuple[str, Callable[[Program], str]], ...] = (
    (r"carriage return", crlf_fix),
    (r"no #! line", lambda program: f"write one, such as #!/usr/bin/perl, or {_another(program)}"),
    (r"no interpreter|not there|missing|not on PATH", lambda program: f"install it, or {_another(program)}"),
    (r"not executable", lambda program: f"chmod +x {program.path}, or {_another(program)}"),
    (r"not readable", lambda program: f"let user {os.geteuid()} (who runs this) read it: chmod, chown"),
    (r"empty", lambda program: "put the program there"),
)
"""What `program` says of one that cannot be started, and the fix."""
HEAD_FIRST = "print Content-Type and a blank line before anything else"
NOT_CGI = (
    (r"<!--: spam", "Python's cgitb shows an error there: have it written, cgitb.enable(display=0, logdir='/tmp')"),
    (r"without any output", "run it by hand: cd {folder} && env -i REQUEST_METHOD=GET {path}"),
    (r"an HTTP status line", "print Status: instead, call it nph-..., or --lenient"),
    (r"blank line", HEAD_FIRST),
    (r"header line|exceeds", HEAD_FIRST + "; --lenient repairs what Apache repairs"),
    (r"", "correct its header; --lenient repairs what Apache repairs"),
)
"""What `output` says of one that is not CGI, and the fix."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one request to one program led to; `obstacle` is None where it answers. `remark` is for people."""

    program: str
    url: str
    status: str = ""
    obstacle: Obstacle | None = None
    remark: str = ""


@dataclass(slots=True)
class Heard:
    """What was written about one run, and what it answered."""

    stderr: list[str] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    status: str = ""
    body: bytes = b""
    broken: str = ""


def check(application: CGIApplication, url: str) -> Report:
    """Send one GET to the program behind `url`. Raises ConfigurationError for a URL that is none."""
    environ = request_for(url)
    try:
        program, _ = application.locate(dict(environ))
    except RequestError as error:
        return Report(url, url, obstacle=Obstacle(str(error), "ask for another URL; compat explain shows the mapping"))
    if found := _cannot_start(program):
        return Report(program.path, url, obstacle=found)
    heard = _run(application, environ)
    return Report(program.path, url, heard.status, _judged(heard, program, application), _remark(heard))


def _cannot_start(program: Program) -> Obstacle | None:
    try:
        program.check()
        trouble = obstacle(program)
    except AnsweredError as error:
        trouble = str(error)
    if not trouble:
        return None
    fix = next((fix(program) for pattern, fix in NOT_STARTED if re.search(pattern, trouble)), "")
    return Obstacle(trouble.partition(";")[0], fix)


def _another(program: Program) -> str:
    return f"give one: {by_option(program, '/PATH/TO/INTERPRETER')}"


def _run(application: CGIApplication, environ: Environ) -> Heard:
    heard = Heard()
    environ[OBSERVER] = heard.outcomes.append

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
        heard.status = status

    with _listening(heard.stderr):
        try:
            answer = application(environ, start_response)
            try:
                for piece in answer:
                    heard.body += piece[: KEPT - len(heard.body)]
            finally:
                if hasattr(answer, "close"):
                    answer.close()
        except CompatError as error:
            heard.broken = str(error)
    return heard


@contextmanager
def _listening(lines: list[str]) -> Iterator[None]:
    """Take the programs' error output from the log, and nothing else of it; afterwards the log is as it was."""
    before = logger.handlers[:], logger.propagate, logger.level
    logger.handlers[:], logger.propagate = [_Listener(lines)], False
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.handlers[:], logger.propagate = before[0], before[1]
        logger.setLevel(before[2])


class _Listener(logging.Handler):
    """Keeps the lines that programs wrote to their error output."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        _, mark, text = record.getMessage().partition(": stderr: ")
        if mark:
            self._lines.append(text)


def _judged(heard: Heard, program: Program, application: CGIApplication) -> Obstacle | None:
    """Return what kept the program from answering: told by its error output, by its page, or by how it ended."""
    outcome = heard.outcomes[-1] if heard.outcomes else Outcome(program.path, "GET", 0)
    page = _tag.sub("", html.unescape(heard.body.decode("utf-8", "replace")))
    shows_error = SHOWN_ERRORS.search(page) is not None
    failed = heard.broken or outcome.failed or int(heard.status[:3] or 0) >= 500 or shows_error
    if not failed:
        return None
    said = "\n".join(heard.stderr)
    found = first_obstacle(said, program) or (first_obstacle(page, program) if shows_error else None)
    return found or _ended(outcome, heard, program, application)


def _ended(outcome: Outcome, heard: Heard, program: Program, application: CGIApplication) -> Obstacle:
    last = next((line for line in reversed(heard.stderr) if line.strip()), "")
    if outcome.failed == 504:
        fix = "find out what it waits for; if it is only slow: --timeout SECONDS"
        return Obstacle(f"it did not answer within {application.options.timeout} s", fix, last)
    ended_by_us = outcome.failed == 502 and outcome.exit is not None and outcome.exit.signal in OURS
    if outcome.exit is not None and outcome.exit.signal is not None and not ended_by_us:
        what = f"it was killed by {outcome.exit.ending}"
        return Obstacle(what, "look into the system's log; --limit sets its resources", last)
    if last and outcome.exit is not None and outcome.exit.status:
        return Obstacle(
            f"it failed with exit status {outcome.exit.status}", "its own words may tell what it lacks", last
        )
    if outcome.failed == 502 and os.path.basename(interpreter_of(program)) == "php":
        return Obstacle("php prints no header: it is for the command line", "install php-cgi, and run it by that", last)
    if outcome.failed == 502:
        place = {"folder": os.path.dirname(program.path), "path": program.path}
        fix = next(fix for pattern, fix in NOT_CGI if re.search(pattern, outcome.note))
        return Obstacle(outcome.note.removeprefix("the program's "), fix.format(**place), last)
    said = last or escape(heard.body[:200])
    return Obstacle(heard.broken or outcome.note or f"it answers {heard.status}", "see what it says", said)


def _remark(heard: Heard) -> str:
    outcome = heard.outcomes[-1] if heard.outcomes else None
    if outcome is None or outcome.exit is None:
        return ""
    strange = f", and then {outcome.exit}" if outcome.exit.status != 0 else ""
    lines = f", error output: {len(heard.stderr)} line{'s' * (len(heard.stderr) > 1)}" if heard.stderr else ""
    return f"{outcome.sent} bytes in {outcome.seconds:.2f} s{strange}{lines}"
