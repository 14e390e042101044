"""pdm: locks, installs and adds from the index, uploads a wheel and a source distribution; refusals."""

from __future__ import annotations

from pathlib import Path

from recordings.projects import Project, write_pyproject, write_wheel
from recordings.session import Scenario, Session


def _pdm(session: Session, folder: Path, *words: str, says: str, status: int = 0) -> None:
    environ = {
        "PDM_CHECK_UPDATE": "0",
        "PDM_USE_VENV": "0",  # else it would install into its own environment
        "PDM_PYPI_URL": f"{session.base}/simple",
        "COLUMNS": "200",
    }
    session.client("-m", "pdm", *words, cwd=folder, says=says, status=status, env=environ)


def _play(session: Session) -> None:
    project = Project("demo-extras", "2.1", author="Zoë Müller", summary="Größer")
    folder = write_pyproject(session, project)
    (folder / "__pypackages__").mkdir()  # where it installs
    _pdm(session, folder, "lock", says="Lock successful")
    _pdm(session, folder, "sync", "--no-self", says=r"Install demo 1\.1 successful")
    _pdm(session, folder, "add", "--no-self", "lone-wheel<4.1", says=r"Install lone-wheel 4\.0 successful")
    _pdm(session, folder, "update", "--no-self", "--unconstrained", says=r"lone-wheel 4\.0 -> 4\.1 successful")
    _pdm(session, folder, "add", "--no-self", "No_Such.Project", says="Unable to find candidates", status=1)
    _play_publish(session, folder, project)


def _play_publish(session: Session, folder: Path, project: Project) -> None:
    """Upload a wheel that is there already: building would want its backend from the index."""
    (folder / "dist").mkdir()
    wheel = write_wheel(session, project)
    wheel.rename(folder / "dist" / wheel.name)
    publish = ("publish", "--no-build", "-r", f"{session.base}/pypi")
    _pdm(session, folder, *publish, "-u", "bob", "-P", "bobpw", "-c", "a comment", says=r"Uploading demo_extras-2\.1")
    _pdm(session, folder, *publish, "-u", "bob", "-P", "bobpw", says="already exists", status=1)
    _pdm(session, folder, *publish, "-u", "bob", "-P", "wrong", says="401", status=1)
    _pdm(session, folder, *publish, "-u", "frank", "-P", "frankpw", says="403", status=1)


SCENARIOS = (
    Scenario("pdm-2.10.4", "pdm-2.10.4", _play, "pdm 2.10.4 on Python 3.11: lock, install, publish, refusals"),
)
