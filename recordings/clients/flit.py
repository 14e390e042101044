"""flit: builds and uploads a wheel and a source distribution, by address and by `.pypirc`; refusals."""

from __future__ import annotations

from pathlib import Path

from recordings.projects import Project, write_pyproject
from recordings.session import Scenario, Session

UPLOADED = r"(?s)Package is at .*Package is at "


def _publish(session: Session, folder: Path, *words: str, says: str, status: int = 0, **login: str) -> None:
    environ = {
        "FLIT_NO_NETWORK": "1",  # it would ask the public index for its classifiers
        "SOURCE_DATE_EPOCH": "1451703846",
        **{f"FLIT_{name.upper()}": value for name, value in login.items()},
    }
    session.client("-m", "flit", "publish", *words, cwd=folder, says=says, status=status, env=environ)


def _play(session: Session) -> None:
    url = f"{session.base}/pypi"
    folder = write_pyproject(session, Project("demo-extras", "2.1", author="Zoë Müller", summary="Größer"))
    _publish(session, folder, "--no-use-vcs", says=UPLOADED, index_url=url, username="bob", password="bobpw")
    _publish(
        session, folder, "--format", "wheel", says="400 Client Error", status=1,
        index_url=f"{url}/", username="bob", password="bobpw",
    )  # fmt: skip
    _publish(session, folder, says="401 Client Error", status=1, index_url=url, username="bob", password="wrong")
    _publish(session, folder, says="403 Client Error", status=1, index_url=url, username="frank", password="frankpw")
    session.pypirc("bob", "bobpw")
    later = write_pyproject(session, Project("demo-extras", "2.2"))
    _publish(session, later, "--repository", "local", "--format", "sdist", says="Package is at ")
    new = write_pyproject(session, Project("not-registered"))
    _publish(session, new, "--repository", "local", says="403 Client Error: You are not allowed to edit", status=1)


SCENARIOS = (Scenario("flit-4.2.0", "flit-4.2.0", _play, "flit 4.2.0 on Python 3.11: publish, refusals"),)
