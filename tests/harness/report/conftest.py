"""A result with everything in it, and hostile names."""

import pytest

from harness.difference import Difference
from harness.exchange import Request
from harness.group import group_observations
from harness.group.observation import Observation
from harness.report import Result

HOSTILE = "</pre><script>alert(1)</script>\x1b[31m"


@pytest.fixture
def result() -> Result:
    """Return a result of three groups, one of them with hostile texts, and one stale group."""
    renamed = Difference("header", "X-One", "renamed", "X-One", "X-Two")
    changed = Difference("body", "html/a/@href", "changed", "../a#md5=1", "../a")
    hostile = Difference("body", "text", "added", "", HOSTILE)
    observations = [Observation(f"a.yaml#{n}", "GET /simple/{}/", "pip", renamed, n) for n in range(1, 5)]
    observations += [Observation("a.yaml#2", "GET /simple/{}/", "pip", changed, 2)]
    observations += [Observation("b.yaml#1", "POST /rpc search()", HOSTILE, hostile, 2)]
    return Result(
        old="old:app",
        new="new:app",
        counts={"exchanges": 420, "judged": 412, "matched": 407, "different": 5, "stale": 3, "unreplayable": 5},
        groups=group_observations(observations),
        stale=group_observations(
            [Observation("b.yaml#7", "GET /", "curl", Difference("status", "", "changed", "200", "404"))]
        ),
        noise={"date-rfc1123": 7, "host": 0},
        requests={"a.yaml#1": Request(b"GET /simple/a/ HTTP/1.1", ((b"User-Agent", b"pip/1"),))},
    )
