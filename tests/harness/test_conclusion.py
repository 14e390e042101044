"""From evidence to the verdict: noise, accepted differences, spelling and staleness, each with what it leaves."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from harness.accepted import Accepted
from harness.conclusion import Gathered, Judgement, conclude
from harness.config import Config
from harness.difference import Difference
from harness.evidence import Evidence, Finding
from harness.group.observation import Observation

LOST = Difference("header", "X-Kind", "missing", "a", "")
SPELT = Difference("header", "X-Kind", "spelling", "X-Kind", "x-kind")
TODAY = date(2026, 11, 22)


def evidence(*differences, exchanges=40, **counts):
    """Return what a replay gathered of exchanges that were all judged; `differences` of the first, second, ..."""
    made = Evidence(counts=Counter({"exchanges": exchanges, "judged": exchanges} | counts))
    made.endpoints["GET /"] = Counter(judged=exchanges)
    made.reach[0] = exchanges
    for position, each in enumerate(differences, 1):
        if each:
            seen = tuple(Observation(f"x#{position}", "GET /", "curl", difference) for difference in each)
            made.found.add(Finding(0, position, True, seen))
    return made


def verdict(gathered, *, accepted=(), meaning=False, config=None):
    """Conclude."""
    if isinstance(gathered, Evidence):
        gathered = Gathered(gathered)
    config = config or Config(root=Path())
    return conclude(gathered, Judgement("old", "new", config, accepted, meaning, TODAY))


def shown(result):
    """Return the counts of judged exchanges, and the paths of the groups."""
    return {name: result.counts[name] for name in ("matched", "accepted", "different")}, [g.path for g in result.groups]


def test_each_judged_exchange_is_matched_accepted_or_different():
    """The three add up to what was judged."""
    entry = Accepted("accepted.toml: entry 1", {"path": "X-Kind"}, "wanted")
    other = Difference("status", "", "changed", "200 OK", "500 Oops")
    found = evidence([LOST], [LOST, other], [LOST], None, [other])
    assert shown(verdict(found)) == ({"matched": 36, "accepted": 0, "different": 4}, ["X-Kind", ""])
    assert shown(verdict(found, accepted=[entry])) == ({"matched": 36, "accepted": 2, "different": 2}, [""])


def test_meaning_puts_spelling_aside_and_counts_it():
    """What differs in spelling only is matched then; the groups put aside are still there."""
    found = evidence([SPELT], [SPELT, LOST], [SPELT])
    result = verdict(found, meaning=True)
    assert shown(result) == ({"matched": 39, "accepted": 0, "different": 1}, ["X-Kind"])
    assert [(group.kind, group.count) for group in result.hidden] == [("spelling", 3)]
    assert verdict(found).counts["different"] == 3


def test_what_old_shows_against_itself_is_noise_and_said():
    """A value that varies in every run of old explains itself; the rule says where and how often."""
    ids = [f"{number:08x}-0f3b-4c1d-9e2a-{number * 7919:012x}" for number in range(1, 100)]
    pairs = [[Difference("header", "X-Id", "changed", ids[n], ids[n + 40])] for n in range(40)]
    again = [[Difference("header", "X-Id", "changed", ids[n], ids[n + 41])] for n in range(40)]
    result = verdict(Gathered(evidence(*pairs), (evidence(*again), evidence(*again))))
    assert shown(result) == ({"matched": 40, "accepted": 0, "different": 0}, [])
    assert [(rule.path, rule.type, rule.count) for rule in result.rules] == [("X-Id", "uuid", 40)]
    assert not result.obstacles


@pytest.mark.parametrize(
    ("new", "old", "clean"),
    [("c{:04x}d", "d{:04x}e", True), ("c{:04x}d", None, False), ("cafe number {}", "d{:04x}e", False)],
    ids=["an id that old itself draws anew", "an id that old itself has always", "not such an id"],
)
def test_what_old_draws_anew_is_no_sign_of_another_snapshot(new, old, clean):
    """A random value in each answer differs from the recording as it differs from old itself: nothing is stale."""
    ids = [f"a{number * 7919 % 65536:04x}b" for number in range(40)]
    changed = [[Difference("body", "id", "changed", ids[n], new.format(n * 7907 % 65536))] for n in range(40)]
    theirs = [old and old.format(n * 7901 % 65536) for n in range(40)]
    again = [
        other and [Difference("body", "id", "changed", *pair)] for *pair, other in zip(ids, theirs, theirs, strict=True)
    ]
    replayed = evidence(**{"from snapshot": 40, "from snapshot, stale": 40})
    replayed.stale.merge(evidence(*changed).found)
    result = verdict(Gathered(replayed, (evidence(*again), evidence(*again))))
    assert (not result.obstacles) == clean


@pytest.mark.parametrize(("alike", "hidden"), [((), False), (("4", "9"), True)], ids=["by the clock", "by chance"])
def test_a_date_in_words_of_its_own_is_no_noise(alike, hidden):
    """What is one value all through a run, and in equal runs, follows from the clock, which new is told as well."""

    def differing(old, new):
        return [[Difference("body", "text/line", "changed", f"week {old}", f"week {new}")]] * 40

    found, other = evidence(*differing(47, 48)), evidence(*differing(47, 45))
    same = evidence(*(differing(*alike) if alike else []))
    result = verdict(Gathered(found, (other, other), evidence(*differing(47, 48)), same))
    assert (result.groups == ()) == hidden


@pytest.mark.parametrize(
    ("counts", "differs", "why"),
    [
        ({}, False, None),
        ({"judged": 35}, False, "fewer than 90%"),
        ({"judged": 35}, True, "fewer than 90%"),
        ({"credentialed": 10, "credentialed judged": 5}, False, "credentials"),
        ({"from snapshot": 40, "from snapshot, stale": 5}, False, "snapshot"),
        ({"from snapshot": 40, "from snapshot, stale": 5}, True, None),
        ({"exchanges": 0, "judged": 0}, False, "0 of 0"),
    ],
)
def test_what_is_missing_for_a_verdict_is_said(counts, differs, why):
    """Too little judged is no verdict; old answers of another day are none for a clean one."""
    result = verdict(evidence(*([[LOST]] if differs else []), **counts))
    assert [why in text for text in result.obstacles] == ([True] if why else [])


def test_an_entry_that_no_longer_occurs_is_a_warning():
    """An accepted difference that stopped must be looked at."""
    entry = Accepted("accepted.toml: entry 1", {"path": "X-Gone"}, "wanted")
    assert ["no longer occurs" in text for text in verdict(evidence([LOST]), accepted=[entry]).warnings] == [True]


def test_a_result_tells_how_many_that_were_let_in_were_judged():
    """Reports say it beside the judged share of all, though it is no obstacle."""
    result = verdict(evidence(**{"credentialed": 20, "credentialed judged": 19}))
    assert (result.credentialed, result.obstacles) == ((19, 20), ())
