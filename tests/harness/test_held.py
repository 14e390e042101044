"""harness.held: redacted values are held against redacted ones."""

import gzip
import json
from pathlib import Path

import pytest

from harness.config import Config, TargetConfig
from harness.difference import Difference
from harness.exchange import Exchange, Redaction, Request, Response
from harness.held import TOKEN, Held, masked, tokens_in
from harness.judge import Fronts, Replayed
from harness.pipeline import Options, diff
from harness.recording import open_recordings
from harness.redact import redactor
from harness.replay import Outcome
from harness.store.archive import ArchiveWriter
from harness.targets import parse_target

CONFIG = Config(Path())
TYPE = (b"Content-Type", b"application/json")


def answer(document, *headers):
    """Return an answer in JSON."""
    body = json.dumps(document).encode()
    return Response(200, b"OK", (TYPE, *headers, (b"Content-Length", b"%d" % len(body))), body)


def outcome(recorded, now):
    """Return what is known of a redacted answer and one of now."""
    exchange = redactor({}, b"k" * 32).redact(Exchange("x#1", Request(b"GET / HTTP/1.1"), recorded, started=1.0))
    return Outcome(exchange, exchange.response, now)


KEY, N = Difference("body", "token", "changed", "a", "b"), Difference("body", "n", "changed", "1", "2")
CASES = {
    "another secret": ({"token": "abcdefgh12", "n": 1}, {"token": "zyxwvuts98", "n": 1}, [KEY], []),
    "a shorter secret": ({"token": "abcdefgh12", "n": 1}, {"token": "z1", "n": 1}, [KEY], []),
    "digits by chance": ({"token": "1a2b3c4d", "n": 1}, {"token": "12345678", "n": 1}, [KEY], []),
    "a number": ({"pin": 1234, "n": 1}, {"pin": 99, "n": 1}, [Difference("body", "pin", "changed", "1", "2")], []),
    "and another value": ({"token": "abcdefgh12", "n": 1}, {"token": "zyxwvuts98", "n": 2}, [KEY, N], [N]),
    "no secret recorded": ({"n": 1}, {"n": 2}, [N], [N]),
    "a word for a secret": (
        {"owner": "alice@shop.example"},
        {"owner": "nobody"},
        [Difference("body", "owner", "changed", "a", "b")],
        [Difference("body", "owner", "changed", "a", "b")],
    ),
}


@pytest.mark.parametrize(("recorded", "now", "differences", "left"), CASES.values(), ids=CASES.keys())
def test_what_is_more_than_redaction_is_left(recorded, now, differences, left):
    """By place: what is redacted on both sides is no difference, all else is."""
    found = Held(CONFIG, Fronts(), Replayed(old=False)).left(outcome(answer(recorded), answer(now)), differences)
    assert found == {(one.aspect, one.path, one.kind) for one in left}


def test_all_tokens_read_alike_also_in_what_is_packed():
    """With the length that fits; and they are found there."""
    told = [Redaction("response.body", "token", "bcdfghjk12"), Redaction("response.body", "password", "")]
    body = gzip.compress(b"x=bcdfghjk12&y=1")
    made = masked(Response(200, b"OK", ((b"Content-Length", b"%d" % len(body)), (b"X", b"bcdfghjk12")), body), told)
    assert gzip.decompress(made.body) == b"x=%s&y=1" % TOKEN
    assert made.headers == ((b"Content-Length", b"%d" % len(made.body)), (b"X", TOKEN))
    assert tokens_in(Response(200, b"OK", (), body), told) == {"bcdfghjk12"}


SHOP = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2"), ("X-Owner", %r)])
    return [b"ok"]
"""
OWNER = "alice@shop.example"


@pytest.mark.parametrize(
    ("now", "differs"),
    [(OWNER, []), ("bert@shop.example", []), ("nobody", ["header X-Owner"])],
    ids=["the same", "another", "a word"],
)
def test_a_redacted_recording_is_compared_with_answers_in_clear(tmp_path, now, differs):
    """A secret in the place of its token is no difference, what is none is one."""
    (tmp_path / "shop.py").write_text(SHOP % now)
    headers = ((b"Content-Type", b"text/plain"), (b"Content-Length", b"2"), (b"X-Owner", OWNER.encode()))
    with ArchiveWriter(tmp_path / "x.archive") as writer:
        request = Request(b"GET / HTTP/1.1", ((b"Host", b"x"),))
        exchange = Exchange("x#1", request, Response(200, b"OK", headers, b"ok"), started=1_463_392_800.0)
        writer.add(redactor({}, b"k" * 32).redact(exchange))
    config = Config(tmp_path, targets={"shop": TargetConfig("shop:application", cwd=str(tmp_path))})
    options = Options(parse_target("recorded", config), parse_target("shop", config), config)
    result = diff(open_recordings([tmp_path / "x.archive"]), options)
    assert result.count("judged") == 1
    assert [f"{group.aspect} {group.path}" for group in result.groups] == differs
