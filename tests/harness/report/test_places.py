"""Where examples stand: the line of a cassette at which an exchange begins."""

from pathlib import Path

import pytest

from harness.difference import Difference
from harness.exchange import Exchange, Request, Response
from harness.group import group_observations
from harness.group.observation import Observation
from harness.recording import open_recordings, replacing
from harness.report import Place, find_places

BY_VCRPY = """interactions:
- request:
    body: null
    headers:
      Accept:
      - '*/*'
    method: GET
    uri: http://example.org/
  response:
    body:
      string: "- request:\\n- x"
    headers: {}
    status: {code: 200, message: OK}
- request: {body: null, headers: {}, method: GET, uri: "http://example.org/2"}
  response:
    body: {string: ''}
    headers: {}
    status: {code: 200, message: OK}
version: 1
"""


def groups_at(*ids):
    """Return a group with its example at each of these exchanges."""
    seen = [Difference("header", f"X-{n}", "missing", "1", "") for n in range(len(ids))]
    return group_observations(Observation(name, "GET /", "c", one) for name, one in zip(ids, seen, strict=True))


def test_lines_are_those_of_the_interactions(tmp_path):
    """As vcrpy writes them, nested lists aside."""
    (tmp_path / "a.yaml").write_text(BY_VCRPY)
    found = find_places(open_recordings([tmp_path]), groups_at("a.yaml#1", "a.yaml#2", "a.yaml#3"), tmp_path)
    assert found == {"a.yaml#1": Place("a.yaml", 2), "a.yaml#2": Place("a.yaml", 14), "a.yaml#3": Place("a.yaml", 0)}


@pytest.mark.parametrize(("name", "lines"), [("x.yaml", True), ("x.json", False), ("x.archive", False)])
def test_lines_of_recordings_of_ours(tmp_path, name, lines):
    """A cassette in YAML has lines; other recordings are files as a whole."""
    (tmp_path / "in").mkdir()
    with replacing(tmp_path / "in" / name) as writer:
        for number in range(3):
            body = b"- request:\n- x\n\n" * number
            writer.add(Exchange("", Request(b"GET / HTTP/1.1"), Response(200, b"OK", (), body), 1.5 + number))
    found = find_places(open_recordings([tmp_path]), groups_at(f"{name}#1", f"{name}#3"), tmp_path)
    assert {place.path for place in found.values()} == {f"in/{name}"}
    text = (tmp_path / "in" / name).read_bytes().split(b"\n")
    for place in found.values():
        assert text[place.line - 1].startswith(b"- request:") if lines else place.line == 0


def test_what_is_outside_the_checkout_has_no_place(tmp_path):
    """Services know the files of the checkout only."""
    (tmp_path / "a.yaml").write_text(BY_VCRPY)
    recordings = open_recordings([tmp_path])
    assert find_places(recordings, groups_at("a.yaml#1"), Path(tmp_path / "checkout")) == {}
