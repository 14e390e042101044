"""A JSON report read again, and everything that is not one refused."""

import json

import pytest

from harness.errors import UsageError
from harness.report import json_report, model, parse_report, read_report
from harness.report.format import problems


def test_a_report_survives_reading(full, tmp_path):
    """What was written from a result is what is written from the result that was read."""
    path = tmp_path / "report.json"
    path.write_text(json_report(full))
    assert json_report(read_report(path)) == json_report(full)


def test_groups_are_whole_again(full, tmp_path):
    """Title, place, kind, values, counts and examples of each group are there for who makes entries of them."""
    path = tmp_path / "report.json"
    path.write_text(json_report(full))
    for group, again in zip(full.groups, read_report(path).groups, strict=True):
        names = ("id", "title", "endpoint", "endpoints", "aspect", "path", "kind", "transform", "count", "clients")
        assert [getattr(again, name) for name in names] == [getattr(group, name) for name in names]
        assert (again.old, again.new, again.follows) == (group.old, group.new, group.follows)
        assert [one.exchange for one in again.examples] == [one.exchange for one in group.examples]


def test_a_report_of_an_earlier_harness_is_read(result):
    """Keys that came later may be absent."""
    document = model(result)
    for key in ("hidden", "endpoints", "clients", "affected", "reasons", "credentialed", "controls", "notes"):
        del document[key]
    for group in document["groups"]:
        del group["transform"], group["follows"]
    assert [group.id for group in parse_report(document, "r").groups] == [group.id for group in result.groups]


REFUSED = {
    "not JSON": (b"<html>", "not a JSON report"),
    "nested too deeply": (b"[" * 100_000, "not a JSON report"),
    "not UTF-8": (b'"\xff"', "not a JSON report"),
    "a list": (b"[]", "format is None"),
    "another format": (b'{"format": "har"}', "'har', not 'harness-report'"),
    "another version": (b'{"format": "harness-report", "version": 2}', "version 2; this harness reads version 1"),
    "damaged": (b'{"format": "harness-report", "version": 1}', "damaged report: old: missing"),
}


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_report_is_refused(tmp_path, data, message):
    """The message names the file and what is wrong with it."""
    path = tmp_path / "x.json"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=message) as caught:
        read_report(path)
    assert str(path) in str(caught.value)


def test_a_missing_report_is_refused(tmp_path):
    """No such file: said so."""
    with pytest.raises(UsageError, match="No such file"):
        read_report(tmp_path / "none.json")


def test_every_report_has_the_shape_of_the_format(full, result, many):
    """The table of the format describes what is written."""
    for one in (full, result, many):
        assert list(problems(json.loads(json_report(one)))) == []


BROKEN = {
    "number": (("counts", "judged"), "1", "counts.judged: not a whole number"),
    "truth": (("counts", "judged"), True, "counts.judged: not a whole number"),
    "object": (("groups", 0), [], "groups[0]: not an object"),
    "list": (("groups",), {}, "groups: not a list"),
    "text": (("groups", 0, "examples", 1), 7, "groups[0].examples[1]: not a text"),
    "any key": (("groups", 0, "clients", "pip"), "4", "groups[0].clients.pip: not a whole number"),
}


@pytest.mark.parametrize(("keys", "value", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_damaged_value_is_named_by_its_place(result, keys, value, message):
    """Where in the document, and what was expected there."""
    document = json.loads(json_report(result))
    *path, last = keys
    inner = document
    for key in path:
        inner = inner[key]
    inner[last] = value
    assert list(problems(document)) == [message]
