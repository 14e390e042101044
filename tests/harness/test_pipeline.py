"""The stages of a comparison together: what one of them must ask the targets for another."""

import uuid

import pytest

from harness import Exchange, Options, Request, Response, diff, open_recordings, parse_target
from harness.config import Config, TargetConfig
from harness.store.archive import ArchiveWriter

DRAWING = """
import uuid

def drawing(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b'{"request": "%s", "price": 3}' % str(uuid.uuid4()).encode()]
"""
PAGES = 20


@pytest.fixture
def compared(tmp_path):
    """Return a function that records an application which draws a UUID for each answer, and runs it beside itself."""
    (tmp_path / "program.py").write_text(DRAWING)

    def run(recorded_price):
        with ArchiveWriter(tmp_path / "x.archive", state="start") as writer:
            for number in range(PAGES):
                body = b'{"request": "%s", "price": %d}' % (str(uuid.uuid4()).encode(), recorded_price)
                answer = Response(200, headers=((b"Content-Type", b"application/json"),), body=body)
                request = Request(b"GET /page HTTP/1.1", ((b"Host", b"x"),))
                writer.add(Exchange("x", request, answer, started=1_463_392_800.0 + number))
        targets = {"drawing": TargetConfig("program:drawing", cwd=str(tmp_path))}
        config = Config(root=tmp_path, targets=targets, states={"start": {"load": ["true"]}})
        target = parse_target("drawing", config)
        return diff(open_recordings([tmp_path / "x.archive"]), Options(target, target, config))

    return run


@pytest.mark.parametrize(("recorded_price", "judged"), [(3, True), (4, False)], ids=["same data", "other data"])
def test_what_old_itself_draws_anew_is_no_other_snapshot(compared, recorded_price, judged):
    """Though every answer differs from the recorded one, and both sides are alike, old is run against itself."""
    result = compared(recorded_price)
    assert result.groups == ()
    assert (result.obstacles == ()) == judged
