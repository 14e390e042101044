"""easy_install of four setuptools: names as typed, versions, and where it looks when it finds nothing."""

from __future__ import annotations

import functools

from recordings.session import Scenario, Session


def _easy_install(session: Session, folder: str, *words: str, says: str, status: int = 0) -> None:
    site = session.work / folder  # a new one each time: the site.py that it leaves there breaks a virtual environment
    site.mkdir()
    session.client(
        "-m", "easy_install", "-i", f"{session.base}/simple", "-d", str(site), *words,
        says=says, status=status, env={"PYTHONPATH": str(site)},
    )  # fmt: skip


def _play(session: Session, wheel: str, status: int) -> None:
    """Everything; `wheel` and `status` are what comes of a project that has only a wheel."""
    _easy_install(session, "exact", "demo==1.0", says="Finished processing dependencies for demo==1.0")
    _easy_install(session, "newest", "demo", says="Finished processing dependencies for demo")
    _easy_install(session, "capital", "Demo", says="(?i)finished processing dependencies for demo")
    _easy_install(session, "spelled", "under-score", says="(?i)finished processing dependencies for under.score")
    _easy_install(session, "dotted", "dotted.name<1.10", says="Finished processing dependencies for dotted.name")
    _easy_install(session, "wheel", "lone-wheel", says=wheel, status=status)
    _easy_install(session, "none", "No_Such-Project", says=NOTHING, status=1)


NOTHING = "No local packages or (working )?download links found"
INSTALLED = "Finished processing dependencies for lone-wheel"
_before_wheels = functools.partial(_play, wheel=NOTHING, status=1)
_since_wheels = functools.partial(_play, wheel=INSTALLED, status=0)

SCENARIOS = (
    Scenario("easy_install-18.8.1", "setuptools-18.8.1", _before_wheels, "easy_install (setuptools 18.8.1, on 2.7)"),
    Scenario("easy_install-36.8.0", "setuptools-36.8.0", _before_wheels, "easy_install (setuptools 36.8.0, on 2.7)"),
    Scenario("easy_install-40.6.2", "setuptools-40.6.2", _since_wheels, "easy_install (setuptools 40.6.2, on 3.6)"),
    Scenario("easy_install-44.1.1", "setuptools-44.1.1", _since_wheels, "easy_install (setuptools 44.1.1, on 2.7)"),
)
