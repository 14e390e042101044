"""zc.buildout: eggs by name, by pinned version and newer, and what is not there.

What it is to get stands among its extensions, which it installs before anything else, whether they extend it or not.
"""

from __future__ import annotations

from recordings.session import Scenario, Session

CONFIG = """\
[buildout]
index = {base}/simple
allow-hosts = *
extensions = {wanted}
parts = shown
versions = versions

[versions]
{pinned}

[shown]
recipe = zc.buildout:debug
"""


def _buildout(
    session: Session, wanted: str, *words: str, says: str = "Installing shown", pinned: str = "", status: int = 0
) -> None:
    folder = wanted.partition(" ")[0]
    session.write(f"{folder}/buildout.cfg", CONFIG.format(base=session.base, wanted=wanted, pinned=pinned))
    program = session.python.with_name("buildout")
    session.run(program, "-U", *words, cwd=session.work / folder, says=says, status=status)


def _play(session: Session) -> None:
    _buildout(session, "dotted.name Under_Score", says=r"(?si)Got dotted.*Got Under.Score.*Installing shown")
    _buildout(session, "demo", pinned="demo = 0.9", says=r"(?s)Got demo 0\.9.*Installing shown")
    _buildout(session, "demo", "-n", says=r"(?s)Got demo 1\.1.*shown")
    _buildout(session, "No_Such-Project", says="Couldn't find a distribution for 'No.Such-Project'", status=1)


SCENARIOS = (
    Scenario("buildout-2.13.8", "buildout-2.13.8", _play, "zc.buildout 2.13.8 on Python 2.7: eggs, pinned and newest"),
    Scenario("buildout-6.0.1", "buildout-6.0.1", _play, "zc.buildout 6.0.1 on Python 3.11: eggs, pinned and newest"),
)
