"""Evidence: counts and findings, added up and read back, whoever gathered them."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config import Config
from harness.difference import Difference
from harness.evidence import Evidence, Finding, Place, Spool, count, decoded, encoded, merged
from harness.exchange import Exchange, Request, Response
from harness.group.observation import Observation
from harness.judge import Verdict

CONFIG = Config(root=Path())


def finding(scenario, position, *texts):
    """Return a finding whose differences are told apart by their old values."""
    observations = tuple(
        Observation(f"x#{position}", "GET /", "curl", Difference("body", "a", "changed", text, "new")) for text in texts
    )
    return Finding(scenario, position, True, observations)


texts = st.text(max_size=40)
differences = st.builds(
    Difference, st.sampled_from(["status", "body", "rows"]), texts, st.sampled_from(["changed", "added"]), texts
)


@given(
    scenario=st.integers(0, 10**6),
    judged=st.booleans(),
    exchange=texts,
    size=st.integers(0, 10**9),
    late=st.booleans(),
    lengths=texts,
    each=st.lists(differences, min_size=1, max_size=4),
)
def test_a_finding_survives_its_line(scenario, judged, exchange, size, late, lengths, each):
    """What is written to the spool is what is read from it, and stands on one line."""
    seen = tuple(Observation(exchange, "GET /{}", "pip", difference, size, late) for difference in each)
    made = Finding(scenario, 3, judged, seen, lengths)
    line = encoded(made)
    assert decoded(line) == made
    assert line.count(b"\n") == 1


def test_findings_come_back_in_the_order_of_the_run():
    """Workers take scenarios in turn; all together they are read by scenario and position."""
    first, second = Spool(), Spool()
    for scenario, position in ((0, 1), (0, 7), (3, 2)):
        first.add(finding(scenario, position, "a"))
    for scenario, position in ((1, 1), (2, 4)):
        second.add(finding(scenario, position, "a"))
    first.merge(second)
    places = [(each.scenario, each.position) for each in first]
    assert places == [(0, 1), (0, 7), (1, 1), (2, 4), (3, 2)]
    assert len(first) == 5


def test_a_spool_is_read_as_often_as_needed_also_while_it_grows():
    """Reading does not disturb writing, nor one reader another."""
    spool = Spool()
    for position in range(30_000):
        spool.add(finding(0, position, "x" * 100))
    one, other = iter(spool), iter(spool)
    assert [next(one).position, next(one).position, next(other).position] == [0, 1, 0]
    spool.add(finding(1, 0, "last"))
    assert sum(1 for _ in spool) == 30_001


def exchange(*, status=200, headers=()):
    """Return an exchange that was answered with a status."""
    return Exchange("x#1", Request(b"GET /a HTTP/1.1", headers), Response(status))


@pytest.mark.parametrize(
    ("stale", "counted"),
    [
        ((), 0),
        ((Difference("header", "Server", "missing"),), 0),
        ((Difference("body", "html/body", "spelling"),), 0),
        ((Difference("body", "html/body", "missing"),), 1),
        ((Difference("status", "", "changed", "200", "204"),), 1),
    ],
    ids=["equal", "header", "spelling", "content", "status"],
)
def test_other_data_than_recorded_is_counted(stale, counted):
    """An answer with other content than recorded from the same snapshot says that the snapshot is another."""
    evidence = Evidence()
    count(evidence, Place(0, 1, snapshot=True), exchange(), Verdict("judged", stale=stale), CONFIG)
    assert evidence.counts["from snapshot"] == 1
    assert evidence.counts["from snapshot, stale"] == counted


def test_without_a_snapshot_no_answer_has_to_be_the_recorded_one():
    """Where the recording does not say what it started from, other content proves nothing."""
    evidence = Evidence()
    stale = (Difference("body", "", "changed"),)
    count(evidence, Place(0, 1), exchange(), Verdict("judged", stale=stale), CONFIG)
    assert not evidence.counts["from snapshot"]


def test_a_log_knows_no_data():
    """Of an access log only the status is known: that other ones are given is what the judged share says."""
    evidence = Evidence()
    logged = replace(exchange(), response=Response(200, body=None))
    stale = (Difference("status", "", "changed", "200", "301"),)
    count(evidence, Place(0, 1, snapshot=True), logged, Verdict("stale", "other status", stale=stale), CONFIG)
    assert not evidence.counts["from snapshot"]


def test_evidence_of_several_workers_adds_up():
    """Counts, endpoints, clients and findings of all are in the sum."""
    parts = []
    for number in range(3):
        evidence = Evidence()
        difference = (Difference("header", "X", "missing"),)
        request = exchange(headers=((b"User-Agent", b"curl/8"), (b"Cookie", b"a=b")))
        count(evidence, Place(number, 1), request, Verdict("judged", differences=difference), CONFIG)
        parts.append(evidence)
    total = merged(parts)
    assert total.counts["exchanges"] == total.counts["judged"] == total.counts["credentialed judged"] == 3
    assert total.endpoints == {"GET /a": {"judged": 3}}
    assert total.clients == {"curl": 3}
    assert len(total.found) == 3


def test_means_of_control_are_told_in_one_order():
    """Which worker heard of which means first does not show."""
    forth, back = Evidence(), Evidence()
    means = ["namespace", "audit hook", "namespace"]
    for evidence, order in ((forth, means), (back, means[::-1])):
        for mean in order:
            other = Evidence()
            other.controlled("old", {"network": mean})
            evidence.merge(other)
    assert forth.controls == back.controls == {"old": {"network": "audit hook or namespace"}}
