"""feedparser: the feed, read three times, twice with validators."""

from __future__ import annotations

from recordings.session import SCRIPTS, Scenario, Session


def _play(session: Session) -> None:
    session.client(SCRIPTS / "feeds.py", session.base, says=r"200 PyPI Recent Updates [1-9]\d* (200|304) 200")


SCENARIOS = (
    Scenario(
        "feedparser-5.2.1", "feedparser-5.2.1", _play, "feedparser 5.2.1 on Python 2.7: the feed, with validators"
    ),
    Scenario("feedparser-6.0.14", "feedparser-6.0.14", _play, "feedparser 6.0.14 on 3.11: the feed, with validators"),
)
