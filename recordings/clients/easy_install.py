"""easy_install of setuptools 44 on Python 2.7: names as typed, versions, and where it looks when it finds nothing."""

from __future__ import annotations

from recordings.session import Scenario, Session


def _easy_install(session: Session, folder: str, *words: str, says: str, status: int = 0) -> None:
    site = session.work / folder  # a new one each time: the site.py that it leaves there breaks a virtual environment
    site.mkdir()
    session.client(
        "-m", "easy_install", "-i", f"{session.base}/simple", "-d", str(site), *words,
        says=says, status=status, env={"PYTHONPATH": str(site)},
    )  # fmt: skip


def _play(session: Session) -> None:
    _easy_install(session, "exact", "demo==1.0", says="Finished processing dependencies for demo==1.0")
    _easy_install(session, "newest", "demo", says="Finished processing dependencies for demo")
    _easy_install(session, "capital", "Demo", says="(?i)finished processing dependencies for demo")
    _easy_install(session, "spelled", "under-score", says="(?i)finished processing dependencies for under.score")
    _easy_install(session, "dotted", "dotted.name<1.10", says="Finished processing dependencies for dotted.name")
    _easy_install(session, "wheel", "lone-wheel", says="Finished processing dependencies for lone-wheel")
    _easy_install(
        session, "none", "No_Such-Project", says="No local packages or working download links found", status=1
    )


SCENARIOS = (
    Scenario("easy_install-44.1.1", "setuptools-44.1.1", _play, "easy_install (setuptools 44.1.1, Python 2.7)"),
)
