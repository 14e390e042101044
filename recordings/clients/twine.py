"""twine: register, upload of sdist and wheel, the second upload refused, a wrong password, somebody else's project."""

from __future__ import annotations

import functools
from pathlib import Path

from recordings.projects import Project, write_project, write_wheel
from recordings.session import BUILDING, Scenario, Session

QUIET = ("--disable-progress-bar",)
# What comes of a file that is there already, when such are to be skipped, and the exit status.
SKIPPED = (r"(?i)skipping .*\.whl", 0)
NOT_SUPPORTED = ("(?s)not have support.*--skip-existing", 1)


def _sdist(session: Session, project: Project) -> Path:
    folder = write_project(session, project, module="distutils.core")
    session.run(_distutils(session), "setup.py", "-q", "sdist", cwd=folder, env=BUILDING)
    return next((folder / "dist").glob("*.tar.gz"))


def _distutils(session: Session) -> Path:
    """Any Python with distutils makes the archive; nothing of this is recorded."""
    from recordings.environments import python_of

    return python_of("python3.11")


def _twine(session: Session, *words: str | Path, says: str, status: int = 0) -> None:
    session.client("-m", "twine", *words, says=says, status=status, env={"TERM": "dumb", "COLUMNS": "200"})


def _play(session: Session, project: Project, skip: tuple[str, int] = SKIPPED, quiet: tuple[str, ...] = QUIET) -> None:
    sdist, wheel = _sdist(session, project), write_wheel(session, project)
    session.pypirc("bob", "bobpw")
    upload = ("upload", "-r", "local", *quiet)
    _twine(session, "register", "-r", "local", wheel, says="Registering")
    _twine(session, *upload, sdist, wheel, says="Uploading")
    _twine(session, *upload, sdist, says="400", status=1)
    _twine(session, *upload, "--skip-existing", wheel, says=skip[0], status=skip[1])
    later = Project(project.name, "1.1", summary="Später, mit Umlauten", author="Zoë Müller")
    url = ("--repository-url", f"{session.base}/pypi/")
    _twine(
        session, "upload", *url, "-u", "bob", "-p", "bobpw", "-c", "a comment", _sdist(session, later), says="Uploading"
    )
    _twine(session, "upload", *url, "-u", "bob", "-p", "wrong", write_wheel(session, later), says="401", status=1)
    _twine(session, "upload", *url, "-u", "frank", "-p", "frankpw", write_wheel(session, later), says="403", status=1)


SCENARIOS = (
    Scenario(
        "twine-1.9.1",
        "twine-1.9.1",
        functools.partial(_play, project=Project("twine.oldest"), quiet=()),
        "twine 1.9.1 on Python 2.7: register, upload, refusals",
    ),
    Scenario(
        "twine-1.15.0",
        "twine-1.15.0",
        functools.partial(_play, project=Project("Twine_Old")),
        "twine 1.15.0 on Python 2.7: register, upload, refusals",
    ),
    Scenario(
        "twine-6.1.0",
        "twine-6.1.0",
        functools.partial(_play, project=Project("twine-6")),
        "twine 6.1.0 on Python 3.11: register, upload, refusals",
    ),
    Scenario(
        "twine-7.0.0",
        "twine-7.0.0",
        functools.partial(_play, project=Project("twine-current"), skip=NOT_SUPPORTED),
        "twine 7.0.0 on Python 3.11: register, upload, refusals",
    ),
)
