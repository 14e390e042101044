"""modern.views.files: stored files, whole and in parts."""

import pytest


@pytest.fixture
def stored(person):
    """(target, content) of a file that is there."""
    target = person.get("/simple/demo/", Accept="application/vnd.pypi.simple.v1+json").json["files"][0]["url"]
    target = "/packages/" + target.partition("packages/")[2].partition("#")[0]
    return target, person.get(target).body


def test_several_parts_are_as_long_as_they_say(person, stored):
    """Each behind its head: the length is known before anything is read."""
    target, content = stored
    answer = person.get(target, Range="bytes=0-1,4-5")
    assert (answer.status_int, answer.content_length) == (206, len(answer.body))
    parts = answer.body.split(b"\r\n--part-of-a-distribution")
    assert [part.partition(b"\r\n\r\n")[2] for part in parts[1:]] == [content[:2], content[4:6], b""]


def test_many_times_the_file_is_the_file_once(person, stored):
    """Nobody gets gigabytes for a line."""
    target, content = stored
    answer = person.get(target, Range="bytes=" + ",".join(["0-"] * 2000))
    assert (answer.status_int, answer.body) == (200, content)
