"""Answers of the recorded status class that still are no counterpart of what was recorded."""

from __future__ import annotations

import gzip

import pytest

from harness.exchange import Exchange, Request, Response
from harness.judge import Fronts, Judge
from harness.normalise import Normaliser
from harness.replay import Outcome
from harness.turned_away import turned_away

LOGIN = b'<form action="/login"><input name="user"><input name="secret" TYPE=password></form>'
PAGE = b"<p>Balance: 12.50</p>"


def page(body: bytes, *headers: tuple[bytes, bytes], status: int = 200) -> Response:
    """Return an answer."""
    return Response(status, headers=headers, body=body)


def moved(location: bytes, status: int = 302) -> Response:
    """Return a redirect."""
    return page(b"", (b"Location", location), status=status)


@pytest.mark.parametrize(
    ("recorded", "now", "why"),
    [
        (page(PAGE), page(LOGIN), "old now asks for a password"),
        (page(PAGE), page(gzip.compress(LOGIN), (b"Content-Encoding", b"gzip")), "old now asks for a password"),
        (page(LOGIN), page(LOGIN + b"<p>Wrong password</p>"), ""),
        (page(PAGE), page(b"<p>Balance: 13.50</p>"), ""),
        (page(PAGE), page(b'<p>type="password"</p><input type=text name=password>'), ""),
        (Response(200, body=None), page(LOGIN), ""),
        (page(PAGE), page(LOGIN, (b"Content-Encoding", b"gzip")), ""),
        (moved(b"/saved", 303), moved(b"/login?next=/save"), "recorded a redirect to /saved, old now to /login"),
        (moved(b"http://a.example/saved"), moved(b"/saved?id=5"), ""),
        (moved(b"/item/12"), moved(b"/item/57"), ""),
        (moved(b"/item/12/edit"), moved(b"/item/57/view"), ""),
        (moved(b"/paste/XyzAbc"), moved(b"/paste/QweRty"), ""),
        (moved(b"/account/home"), moved(b"/account/log-in.html"), "to /account/home, old now to /account/log-in.html"),
        (moved(b"/"), moved(b"/login"), "to /, old now to /login"),
        (moved(b"/item"), moved(b"/item/12"), ""),
        (moved(b"/saved"), page(b"", status=304), ""),
        (moved(b"http://[bad/saved"), moved(b"/login"), ""),
    ],
)
def test_turned_away(recorded, now, why):
    """By a page that asks for a password as the recorded one did not, or by a redirect to a place of another name."""
    found = turned_away(recorded, now)
    assert found.endswith(why)
    assert bool(found) == bool(why)


@pytest.mark.parametrize(
    ("now", "kind"),
    [(page(LOGIN), "stale"), (page(PAGE), "judged"), (page(PAGE + b"<p>news</p>"), "judged")],
    ids=["login page", "as recorded", "other content"],
)
def test_two_sides_that_turn_a_client_away_alike_prove_nothing(now, kind):
    """Whatever the status."""
    exchange = Exchange("t#1", Request(b"GET /account HTTP/1.1"), page(PAGE))
    judge = Judge(Normaliser((0.0, 1.0)), Normaliser((0.0, 1.0)), Fronts(False, False, False))
    verdict = judge.judge(Outcome(exchange, now, now, None, None, at=0.5))
    assert (verdict.kind, verdict.differences) == (kind, ())
