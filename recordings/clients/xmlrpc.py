"""xmlrpclib (Python 2.7) and xmlrpc.client: every method, searches, faults, a multicall."""

from __future__ import annotations

from recordings.session import SCRIPTS, Scenario, Session

NAMES = ("demo", "dotted.name", "Under_Score", "secretive", "empty-project", "oldest", "gruesse")


def _play(session: Session) -> None:
    session.client(SCRIPTS / "calls.py", session.base, *NAMES, says=r"(?s)list_packages \(\) list \d+.*done")


SCENARIOS = (
    Scenario("xmlrpclib-2.7", "python2.7", _play, "xmlrpclib of Python 2.7: every method"),
    Scenario("xmlrpc.client-3.11", "python3.11", _play, "xmlrpc.client of Python 3.11: every method"),
)
