"""uv: installs, resolves and uploads; what it asks again, and what it does when something is refused."""

from __future__ import annotations

from pathlib import Path

from recordings.projects import Project, write_sdist, write_wheel
from recordings.session import Scenario, Session


def _uv(session: Session, *words: str | Path, says: str, status: int = 0) -> None:
    session.run(session.python.with_name("uv"), "--no-progress", *words, says=says, status=status)


def _install(session: Session, *words: str, says: str, status: int = 0) -> None:
    _uv(
        session, "pip", "install", "--python", session.python, "--target", session.work / "site",
        "--no-build-isolation", "--default-index", f"{session.base}/simple/", *words, says=says, status=status,
    )  # fmt: skip


def _play(session: Session) -> None:
    _install(session, "demo==1.0", says=r"\+ demo==1\.0")
    _install(session, "--upgrade", "--refresh", "Demo", says=r"\+ demo==1\.1")
    _install(session, "--no-cache", "lone-wheel", says=r"\+ lone-wheel==4\.1")
    _install(session, "dotted.name<1.10", says=r"\+ dotted-name==1\.9")
    _install(session, "No_Such.Project", says="no-such-project was not found in the package registry", status=1)
    session.write("wanted.in", "demo\nunder-score\nlone-wheel>4\n")
    _uv(
        session, "pip", "compile", "--python", session.python, "--no-build-isolation", "--generate-hashes",
        "--default-index", f"{session.base}/simple", "wanted.in", says=r"(?s)demo==1\.1.*md5:.*under-score==0\.5",
    )  # fmt: skip
    _play_publish(session)


def _play_publish(session: Session) -> None:
    """Upload to a project of bob's, then once more, asking beforehand, and as somebody who may not."""
    project = Project("secretive", "0.3", author="Zoë Müller", summary="Größer")
    files = (write_wheel(session, project), write_sdist(session, project))
    publish = ("publish", "--publish-url", f"{session.base}/pypi/", "--trusted-publishing", "never")
    bob, check = ("-u", "bob", "-p", "bobpw"), ("--check-url", f"{session.base}/simple/")
    _uv(session, *publish, *bob, *files, says=r"(?s)Uploading .*\.whl.*Uploading .*\.tar\.gz")
    _uv(session, *publish, *bob, *check, *files, says="already exists, skipping")
    _uv(session, *publish, *bob, *files, says="already exists", status=2)
    later = write_wheel(session, Project("secretive", "0.4"))
    _uv(session, *publish, *bob, *check, later, says="Uploading ")
    third = write_wheel(session, Project("secretive", "0.5"))
    _uv(session, *publish, "-u", "bob", "-p", "wrong", third, says="401", status=2)
    _uv(session, *publish, "-u", "frank", "-p", "frankpw", third, says="403", status=2)


SCENARIOS = (Scenario("uv-0.13.9", "uv-0.13.9", _play, "uv 0.13.9: install, compile, publish, refusals"),)
