"""setuptools: its own `register`, `upload` (source and egg) and `upload_docs`, and what the index refuses."""

from __future__ import annotations

import functools
from pathlib import Path

from recordings.projects import Project, write_project
from recordings.session import BUILDING, Scenario, Session

LOCAL = ("-r", "local")
ACCEPTED = r"Server response \(200\): OK"
PUBLISHED = r"Upload successful\. Visit http://"


def _setup(session: Session, folder: Path, *words: str, says: str = ACCEPTED, status: int = 0) -> None:
    session.client("setup.py", *words, cwd=folder, says=says, status=status, env=BUILDING)


def _project(session: Session, project: Project) -> Path:
    """Write a project with its documentation."""
    folder = write_project(session, project)
    for page in ("index.html", "reference/more.html"):
        session.write(f"{folder.name}/html/{page}", f"<title>{project.name} {page}</title>\n<p>Read it.\n")
    return folder


def _docs(session: Session, folder: Path, *words: str, says: str) -> None:
    """Upload documentation; the command ends well, whatever the index says."""
    _setup(session, folder, "upload_docs", *LOCAL, "--upload-dir=html", *words, says=says)


def _play(session: Session, name: str) -> None:
    first = _project(session, Project(name))
    second = _project(session, Project(name, "1.1", summary="Zweite Ausgabe: größer"))
    session.pypirc("bob", "bobpw")
    _setup(session, first, "register", *LOCAL)
    _setup(session, first, "sdist", "upload", *LOCAL)
    _setup(session, first, "bdist_egg", "upload", *LOCAL)
    _setup(session, first, "bdist_egg", "upload", *LOCAL, says=r"\(400\)", status=1)
    _setup(session, second, "register", *LOCAL, "sdist", "upload", *LOCAL)
    _docs(session, first, says=PUBLISHED)
    _docs(session, first, "--show-response", says=PUBLISHED)
    session.pypirc("frank", "frankpw")
    _docs(session, first, says=r"Upload failed \(403\)")
    session.pypirc("bob", "wrong")
    _docs(session, first, says=r"Upload failed \(401\)")


SCENARIOS = (
    Scenario(
        "setuptools-18.8.1",
        "setuptools-18.8.1",
        functools.partial(_play, name="Setuptools_18"),
        "setuptools 18.8.1 on Python 2.7: register, upload, upload_docs",
    ),
    Scenario(
        "setuptools-36.8.0",
        "setuptools-36.8.0",
        functools.partial(_play, name="setuptools.36"),
        "setuptools 36.8.0 on Python 2.7: register, upload, upload_docs",
    ),
    Scenario(
        "setuptools-40.6.2",
        "setuptools-40.6.2",
        functools.partial(_play, name="setuptools-40"),
        "setuptools 40.6.2 on Python 3.6: register, upload, upload_docs",
    ),
    Scenario(
        "setuptools-44.1.1",
        "setuptools-44.1.1",
        functools.partial(_play, name="Setuptools-44"),
        "setuptools 44.1.1 on Python 2.7: register, upload, upload_docs",
    ),
)
