"""Impacts, written down beside what the lab knows."""

from __future__ import annotations

import pytest

from harness.impact import Hit, Impact, impact_json, impact_text, read_removal
from harness.impact.report import outlook, predicted
from harness.screams import Break, Place, Tried

AT = Place("GET /item/{}/", "body", "info.price")
PIP = Tried("pip 1.5", "pip", False, ("GET /item/{}/",), (AT,), (Break(AT, "missing", "drop", "exit 0 -> 1"),))
READER = Tried("reader", "reader", False, ("GET /item/{}/",), (AT,), ())
FLAKY = Tried("flaky", "flaky", True, ("GET /item/{}/",), (), ())


@pytest.mark.parametrize(
    ("rule", "client", "word"),
    [
        ("endpoint:/item/*", PIP, "breaks"),
        ("field:json:info.price@/item/*", PIP, "breaks"),
        ("field:json:info.price", READER, "reads it"),
        ("field:json:info.name", PIP, "merely asks"),
        ("header:ETag", PIP, "merely asks"),
        ("endpoint:/other", PIP, ""),
        ("endpoint:/item/*", FLAKY, "flaky"),
    ],
)
def test_tells_what_the_lab_knows(rule: str, client: Tried, word: str) -> None:
    """From breaking to merely asking; a flaky client is never said to break."""
    assert outlook(read_removal(rule), client)[0] == word


def test_of_what_is_gone_the_status_is_the_evidence() -> None:
    """Who breaks at a key and at a refusal is said to break at the refusal."""
    refused = Break(Place("GET /item/{}/", "status", ""), "changed", "status 404", "exit 0 -> 3")
    client = Tried("pip 1.5", "pip", False, PIP.asks, PIP.reads, (*PIP.breaks, refused))
    assert outlook(read_removal("endpoint:/item/*"), client)[1] == "status 404 at GET /item/{}/ status: exit 0 -> 3"


def test_names_who_would_scream() -> None:
    """Also where the recording has none of them."""
    assert predicted(read_removal("endpoint:/item/*"), [PIP, READER, FLAKY]) == ["pip 1.5"]


def test_is_written_for_people_and_programs() -> None:
    """A row for each family, with its evidence; a family that the lab did not try is told so."""
    hits = (Hit("pip", 30, 2, 2, 0.0, {"GET /item/{}/": 30}), Hit("cur\x1bl", 3, 1, 1, 60.0, {}))
    found = [Impact(read_removal("endpoint:/item/*"), 66, 2 * 86_400, hits, 4)]
    lines = list(impact_text(found, [PIP]))
    assert lines[0].startswith("endpoint:/item/*: 33 of 66 requests (50.00%), 16 a day, from 2 kinds of client")
    assert "of 4 more requests" in lines[1]
    assert "pip · breaks (pip 1.5: drop at GET /item/{}/ body info.price: exit 0 -> 1)" in lines[3]
    assert "cur\\x1bl · not tried" in lines[4]
    assert lines[-1].endswith("pip 1.5")
    (removal,) = impact_json(found, [PIP])["removals"]
    assert (removal["would_scream"], removal["clients"][0]["lab"]["outlook"]) == (["pip 1.5"], "breaks")
    assert "lab" not in impact_json(found)["removals"][0]["clients"][0]
