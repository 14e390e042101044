"""pep381client, the first mirror client: the list of projects, then a page and its signature.

It goes no further, as nobody's did by May 2016: the index no longer signed its pages, and says so with 410.
"""

from __future__ import annotations

from recordings.session import SCRIPTS, Scenario, Session


def _play(session: Session) -> None:
    program = session.python.with_name("pep381run")
    for _ in range(2):  # the second begins where the first stopped
        session.client(
            SCRIPTS / "mirror.py", session.base, program, "mirror",
            says=r"(?s)Synchronizing demo\n.*Status 410 on signature for demo", status=1,
        )  # fmt: skip


SCENARIOS = (
    Scenario("pep381client-1.5", "pep381client-1.5", _play, "pep381client 1.5 on Python 2.7: begins a mirror, twice"),
)
