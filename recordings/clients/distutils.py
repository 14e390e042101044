"""distutils as it came with Python: `register` and `upload`, the POST repeated after a 401, refusals, classifiers."""

from __future__ import annotations

from recordings.projects import Project, write_project
from recordings.session import BUILDING, SCRIPTS, Scenario, Session

REGISTER = ("register", "-r", "local")
UPLOAD = ("upload", "-r", "local")
ACCEPTED = r"Server response \(200\): OK"
OLD_PYPIRC = "[server-login]\nrepository: {base}/pypi\nusername: bob\npassword: bobpw\n"

# setuptools, where there is one, must not put its own distutils first.
ENVIRONMENT = {**BUILDING, "SETUPTOOLS_USE_DISTUTILS": "stdlib"}


def _setup(session: Session, project: Project, *words: str, says: str = ACCEPTED, status: int = 0) -> None:
    folder = write_project(session, project, module="distutils.core")
    session.client("setup.py", *words, cwd=folder, says=says, status=status, env=ENVIRONMENT)


def _refused(session: Session, project: Project, code: int) -> None:
    """Register and upload what the index does not take from this user; only `upload` ends with an error."""
    _setup(session, project, *REGISTER, says=rf"Server response \({code}\)")
    _setup(session, project, "sdist", *UPLOAD, says=rf"\({code}\)", status=1)


def _play(session: Session, name: str) -> None:
    first = Project(name)
    second = Project(name, "2.0b1", summary="Zweite Ausgabe: größer", author="Zoë Müller")
    session.pypirc("bob", "bobpw")
    _setup(session, first, *REGISTER, "--list-classifiers", says="Programming Language :: Python")
    _setup(session, first, *REGISTER)
    _setup(session, first, *REGISTER)
    _setup(session, first, "sdist", *UPLOAD)
    _setup(session, first, "sdist", *UPLOAD, says=r"\(400\)", status=1)
    _setup(session, second, *REGISTER)
    _setup(session, second, "sdist", "--formats=zip", *UPLOAD, "--show-response")
    _setup(session, Project(name, "3.0", classifiers=("Of :: Nobody",)), *REGISTER, says=r"Server response \(400\)")
    _setup(session, Project(name, "not a version"), *REGISTER, says=r"Server response \(400\)")
    session.pypirc("frank", "frankpw")
    _refused(session, second, 403)
    session.pypirc("bob", "wrong")
    _refused(session, second, 401)


def _play_27(session: Session) -> None:
    _play(session, "distutils_27")
    session.write(".pypirc", OLD_PYPIRC.format(base=session.base))
    _setup(session, Project("OldStyle", "0.1"), "register", "sdist", "upload")


def _play_36(session: Session) -> None:
    _play(session, "distutils.36")
    session.pypirc("bob", "bobpw")
    _setup(session, Project("distutils.36"), "bdist_dumb", "--relative", *UPLOAD)
    # Verified only, since nothing is to be run.
    _setup(session, Project("Verified"), "--dry-run", *REGISTER)
    _setup(session, Project("Verified", classifiers=("Of :: Nobody",)), "--dry-run", *REGISTER, says=r"\(400\)")


def _menu(session: Session, project: Project, *answers: str, says: str) -> None:
    """Register without a login: the answers to the menu's questions, one a line. It ends well, whatever comes."""
    folder = write_project(session, project, module="distutils.core")
    typed = "".join(f"{answer}\n" for answer in answers)
    session.client(
        SCRIPTS / "menu.py", session.base, "register", cwd=folder, typed=typed, says=says, env=ENVIRONMENT
    )  # fmt: skip


def _play_menu(session: Session) -> None:
    """A new account, a forgotten password, an old login that is then saved; each with what the index refuses."""
    project = Project("chosen-by-menu")
    pupil, secret = ("2", "grace"), "A long enough secret 1"
    _menu(session, project, *pupil, secret, secret, "grace@example.org", says="You will receive an email shortly")
    _menu(session, project, "2", "bob", secret, secret, "other@example.org", says='user "bob" already exists')
    _menu(session, project, "2", "heidi", "short", "short", "heidi@example.org", says=r"make your password")
    _menu(session, project, "2", "no name", secret, secret, "judy@example.org", says=r"Server response \(400\)")
    _menu(session, project, "3", "bob@example.org", says=ACCEPTED)
    _menu(session, project, "3", "nobody@example.org", says="email address unknown to me")
    _menu(session, project, "1", "bob", "wrong", says=r"Server response \(401\)")
    _menu(session, project, "1", *pupil[1:], secret, says=r"Server response \(401\)")
    _menu(session, project, "1", "bob", "bobpw", "y", says=ACCEPTED)
    _menu(session, Project(project.name, "1.1"), says=ACCEPTED)


def _play_311(session: Session) -> None:
    _play(session, "distutils-311")
    session.pypirc("bob", "bobpw")
    _setup(session, Project("distutils-311"), "bdist_dumb", "--relative", *UPLOAD)


SCENARIOS = (
    Scenario("distutils-2.7", "python2.7", _play_27, "distutils of 2.7: register, upload, refusals, an old .pypirc"),
    Scenario("distutils-3.6", "python3.6", _play_36, "distutils of 3.6: register, upload, verify, refusals"),
    Scenario("distutils-menu-2.7", "python2.7", _play_menu, "distutils of 2.7: the menu: new account, new password"),
    Scenario("distutils-menu-3.6", "python3.6", _play_menu, "distutils of 3.6: the menu: new account, new password"),
    Scenario("distutils-3.11", "python3.11", _play_311, "distutils of 3.11: register, upload, refusals"),
)
