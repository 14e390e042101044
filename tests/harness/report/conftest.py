"""Results to report on: one of everything with hostile names, and one of many groups."""

from dataclasses import replace

import pytest

from harness.difference import Difference
from harness.exchange import Request
from harness.group import group_observations
from harness.group.observation import Observation
from harness.report import NoiseRule, Result

HOSTILE = "</pre></script><script>alert(1)</script>\x1b[31m\u202eevil\r\n::error::x ]]> \x00"


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


@pytest.fixture
def full(result: Result) -> Result:
    """Return the result with everything else that a report may hold."""
    length = Difference("header", "Content-Length", "missing", "5", "")
    spaces = Difference("body", "text", "spelling", "a b", "a  b")
    row = Difference("rows", "users.name", "changed", "x", "y")
    late = Difference("body", "html/body/p", "changed", "x", "y")
    seen = [Observation("c.yaml#1", "POST /", "curl", row), Observation("c.yaml#2", "GET /", "curl", late, late=True)]
    return replace(
        result,
        groups=[*result.groups, *group_observations(seen)],
        accepted=group_observations([Observation("a.yaml#3", "GET /simple/{}/", "pip", length)]),
        hidden=group_observations([Observation("a.yaml#4", "GET /simple/{}/", "pip", spaces)]),
        rules=(
            NoiseRule("GET /", "body", "info.when", "time", "the instant", "its format", "12 of 40", 3),
            NoiseRule("GET /", "body", "info.n", "counter", "", "", "1 of 40", 0, "seen too rarely"),
            NoiseRule("GET /", "body", "total", "number", "5", "digits", "0 of 9", 1, once="a.yaml#8: 5 -> 6"),
            NoiseRule("GET /x", "status", "", "unknown", "", "", "0 of 9", 0, "never noise", f"a.yaml#9: {HOSTILE}"),
        ),
        controls={
            "old": {"clock": "preload", "random": "preload"},
            "new": {"clock": "preload", "random": ""},
        },
        notes=(f"new asked for a host: {HOSTILE}",),
        warnings=("accepted entry 2 expired on 2026-01-31",),
        reasons={"stale: recorded 200, old now 404": 3, "unreplayable: a body that was not recorded": 5},
        endpoints={
            "GET /simple/{}/": {"judged": 300, "stale": 3, "different": 4},
            "POST /rpc search()": {"judged": 112, "unreplayable": 5, "different": 1},
            HOSTILE: {"judged": 1},
        },
        clients={"pip": 300, HOSTILE: 100, "curl": 20},
        affected={"pip": 4, HOSTILE: 1},
    )


@pytest.fixture
def many() -> Result:
    """Return a result of 2,000 groups."""
    seen = (Difference("header", f"X-{n:04}", "changed", "a" * 100 + str(n), "b" * 100) for n in range(2000))
    groups = group_observations(
        Observation(f"a#{n}", f"GET /{n % 70}", "pip", difference) for n, difference in enumerate(seen)
    )
    return Result("a:b", "c:d", {"exchanges": 2000, "judged": 2000, "different": 2000}, groups)
