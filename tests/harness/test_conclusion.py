"""From evidence to the verdict: what is counted, and for whom."""

from pathlib import Path

import pytest

from harness.conclusion import Gathered, Judgement, conclude
from harness.config import Config
from harness.difference import Difference
from harness.evidence import Evidence, Place, count
from harness.exchange import Exchange, Request, Response
from harness.judge import Verdict

CONFIG = Config(root=Path())
LOST = Difference("header", "X-One", "missing", "1", "")
SPELT = Difference("header", "X-Two", "spelling", "a b", "a  b")


def result_of(*seen, meaning=False):
    """Return the result of exchanges given as (path, client, verdict)."""
    evidence = Evidence()
    for number, (path, client, verdict) in enumerate(seen, 1):
        request = Request(b"GET %s HTTP/1.1" % path, ((b"User-Agent", client),))
        count(evidence, Place(0, number), Exchange(f"a#{number}", request, Response(200)), verdict, CONFIG)
    return conclude(Gathered(evidence), Judgement("old", "new", CONFIG, meaning=meaning))


SAME, DIFFERS, STALE = Verdict("judged"), Verdict("judged", "", (LOST,)), Verdict("stale", "recorded 200", (LOST,))


def test_what_differs_is_counted_by_endpoint_and_client():
    """Each judged exchange once, however many its differences; what was not judged is not counted."""
    twice = Verdict("judged", "", (LOST, SPELT))
    result = result_of((b"/a", b"pip", twice), (b"/a", b"pip", SAME), (b"/b", b"curl", STALE), (b"/b", b"pip", DIFFERS))
    assert result.endpoints == {
        "GET /a": {"judged": 2, "different": 1},
        "GET /b": {"judged": 1, "stale": 1, "different": 1},
    }
    assert (result.clients, result.affected) == ({"pip": 3, "curl": 1}, {"pip": 2})
    assert (result.counts["matched"], result.counts["different"]) == (1, 2)


@pytest.mark.parametrize(("meaning", "affected", "hidden"), [(False, {"pip": 1}, 0), (True, {}, 1)])
def test_hidden_spelling_affects_nobody(meaning, affected, hidden):
    """With `--meaning` an exchange that differs only in spelling is the same."""
    result = result_of((b"/a", b"pip", Verdict("judged", "", (SPELT,))), meaning=meaning)
    assert (result.affected, len(result.hidden)) == (affected, hidden)
