"""Who would scream at a difference, by the lab's map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.difference import Difference
from harness.errors import UsageError
from harness.group import Group, group_observations
from harness.group.observation import Observation
from harness.scream import map as map_of
from harness.scream.outcome import Evidence
from harness.screams import read_screams, screams

ENDPOINT = "GET /item/{}/"
EVIDENCE = {"exit": [0, 1], "output": "ERROR: none\n", "files": ["- a.tar.gz"], "requests": []}


def written(tmp_path: Path, *breaks: tuple[str, str, str], flaky: bool = False, **changes: Any) -> Path:
    """Write a map of one client that breaks at (aspect, path, kind)."""
    told = [
        {"endpoint": ENDPOINT, "aspect": aspect, "path": path, "kind": kind, "operator": "o", "old": "", "new": "",
         "evidence": EVIDENCE}
        for aspect, path, kind in breaks
    ]  # fmt: skip
    client = {"name": "pip 1.5", "family": "pip", "flaky": flaky, "why": "", "runs": 1, "changes": 1,
              "asks": [ENDPOINT], "reads": [], "ignores": [], "breaks": told}  # fmt: skip
    file = tmp_path / "map.json"
    file.write_text(json.dumps({"format": "harness-screams", "version": 1, "old": "o", "clients": [client], **changes}))
    return file


def group(aspect: str, path: str, kind: str, endpoint: str = ENDPOINT) -> Group:
    """Return the group of one difference."""
    return group_observations([Observation("a#1", endpoint, "pip", Difference(aspect, path, kind, "x", "y"))])[0]


@pytest.mark.parametrize(
    ("known", "seen", "screaming"),
    [
        (("header", "ETag", "missing"), group("header", "etag", "missing"), True),
        (("header", "ETag", "missing"), group("header", "etag", "changed"), False),
        (("header", "ETag", "changed"), group("header", "ETag", "missing"), True),
        (("header", "ETag", "added"), group("header", "ETag", "missing"), False),
        (("body", "a/@href", "changed"), group("body", "a/@href", "spelling"), False),
        (("body", "a/@href", "spelling"), group("body", "a/@href", "changed"), True),
        (("body", "a/@href", "changed"), group("body", "a/@rel", "changed"), False),
        (("status", "", "changed"), group("crash", "", "added"), True),
        (("status", "", "changed"), group("status", "", "changed", "GET /other"), False),
    ],
)
def test_screams_at_what_broke_it(tmp_path: Path, known: tuple[str, str, str], seen: Group, screaming: bool) -> None:
    """At the same place of the same endpoint: at the same change, or a graver one."""
    assert bool(screams(seen, read_screams(written(tmp_path, known)))) is screaming


def test_tells_the_evidence(tmp_path: Path) -> None:
    """As one line."""
    (scream,) = screams(
        group("header", "ETag", "missing"), read_screams(written(tmp_path, ("header", "ETag", "missing")))
    )
    assert (scream.client, scream.family, scream.evidence) == ("pip 1.5", "pip", "exit 0 -> 1; ERROR: none; - a.tar.gz")


def test_a_flaky_client_never_screams(tmp_path: Path) -> None:
    """Whatever else the map says."""
    clients = read_screams(written(tmp_path, ("header", "ETag", "missing"), flaky=True))
    assert screams(group("header", "ETag", "missing"), clients) == ()


def test_of_a_client_that_failed_already_nothing_is_known(tmp_path: Path) -> None:
    """It asks, and that is all that was seen: it is not called silent."""
    file = written(tmp_path)
    document = json.loads(file.read_text())
    document["clients"][0] |= {"changes": 0, "why": "it fails when nothing is changed: exit status 22"}
    file.write_text(json.dumps(document))
    (known,) = read_screams(file)
    assert known.flaky


@pytest.mark.parametrize("changes", [{"version": 2}, {"format": "x"}, {"clients": [{}]}, {"clients": 1}])
def test_refuses_what_is_no_map(tmp_path: Path, changes: dict[str, Any]) -> None:
    """With the file's name."""
    with pytest.raises(UsageError, match=r"map\.json"):
        read_screams(written(tmp_path, **changes))


def test_reads_what_the_lab_writes(tmp_path: Path) -> None:
    """The map as `harness scream -o` leaves it."""
    evidence = Evidence((0, 1), "ERROR: none", ("- a.tar.gz",), ())
    seen = (map_of.Break(ENDPOINT, "header", "ETag", "missing", "drop ETag", "x", "", evidence),)
    place = (map_of.Place(ENDPOINT, "header", "ETag"),)
    client = map_of.ClientMap("pip 1.5", "pip", False, "", 3, 4, (ENDPOINT,), place, (), seen)
    map_of.write_map(tmp_path / "map.json", map_of.Map("old", (client,)))
    (known,) = read_screams(tmp_path / "map.json")
    assert (known.asks, [each.path for each in known.reads]) == ((ENDPOINT,), ["ETag"])
    (scream,) = screams(group("header", "ETag", "missing"), [known])
    assert scream.evidence == "exit 0 -> 1; ERROR: none; - a.tar.gz"
