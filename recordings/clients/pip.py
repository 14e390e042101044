"""pip: install, upgrade, download, search, and what it does when it does not find what it was asked for."""

from __future__ import annotations

from recordings.session import Scenario, Session


def _pip(session: Session, *words: str, says: str, status: int = 0) -> str:
    index = ["-i", f"{session.base}/simple/", "--no-cache-dir"] if words[0] in ("install", "download") else []
    return session.client("-m", "pip", words[0], *index, *words[1:], says=says, status=status)


def _install_and_download(session: Session) -> None:
    site = str(session.work / "site")
    _pip(session, "install", "--target", site, "demo==1.0", says="Successfully installed demo-1.0")
    _pip(session, "install", "--target", site, "--upgrade", "demo", says="Successfully installed demo-")
    _pip(session, "install", "--target", site, "--upgrade", "Demo<2", says="Successfully installed Demo-")
    _pip(session, "download", "--no-deps", "demo>=1.0", says="Successfully downloaded demo")
    _pip(session, "download", "demo==99", says="No matching distribution found for demo==99", status=1)
    _pip(session, "download", "No_Such.Project", says="No matching distribution found", status=1)


def _play_old(session: Session) -> None:
    _install_and_download(session)
    _pip(session, "download", "--no-deps", "--no-binary", ":all:", "demo==1.0", says=r"Saved .*demo-1.0")
    _search(session)


def _search(session: Session) -> None:
    search = ("search", "--index", f"{session.base}/pypi")
    _pip(session, *search, "demo", says=r"demo \(")
    _pip(session, *search, "nothing-of-that-kind", says="", status=23)
    _pip(session, *search, "demo", "example", says=r"demo \(")


def _play_last_to_search(session: Session) -> None:
    """The range requests of fast-deps come before the whole wheel."""
    _install_and_download(session)
    _pip(session, "install", "--target", "fast", "--use-feature=fast-deps", "lone-wheel", says="Successfully installed")
    _search(session)


def _play_current(session: Session) -> None:
    _install_and_download(session)
    source = ("download", "--no-deps", "--no-binary", ":all:", "demo==1.0")
    _pip(session, *source, "--no-build-isolation", says=r"Saved .*demo-1.0")
    _pip(session, *source, says="No matching distribution found for setuptools", status=1)
    _pip(session, "index", "versions", "-i", f"{session.base}/simple/", "demo", says="Available versions: ")
    with_password = session.base.replace("//", "//alice:alicepw@")
    session.client(
        "-m", "pip", "download", "--no-deps", "--no-cache-dir", "-i", f"{with_password}/simple/", "-d", "again", "demo",
        says="Successfully downloaded demo",
    )  # fmt: skip
    session.client(
        "-m", "pip", "download", "--no-deps", "--no-cache-dir", "-i", f"{session.base}/simple", "-d", "third", "demo",
        says="Successfully downloaded demo",
    )  # fmt: skip


SCENARIOS = (
    Scenario("pip-9.0.3", "pip-9.0.3", _play_old, "pip 9.0.3 on Python 2.7: install, upgrade, download, search"),
    Scenario("pip-18.1", "pip-18.1", _play_old, "pip 18.1 on Python 3.6: install, upgrade, download, search"),
    Scenario("pip-20.3.4", "pip-20.3.4", _play_old, "pip 20.3.4 on Python 2.7: install, upgrade, download, search"),
    Scenario("pip-23.2.1", "pip-23.2.1", _play_last_to_search, "pip 23.2.1 on Python 3.11: install, fast-deps, search"),
    Scenario("pip-26.3", "pip-26.3", _play_current, "pip 26.3 on Python 3.11: install, download, versions, a password"),
)
