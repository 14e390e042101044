"""Changes that are made at once: each still shows beside the others, and there are few layers of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest

from harness.exchange import Response
from harness.scream.catalogue import catalogue
from harness.scream.operators import MILD, Change, made
from harness.scream.together import layers
from tests.harness.scream.pretended import ENDPOINT, PAGE, REQUEST

JSON = Response(
    200,
    b"OK",
    ((b"Content-Type", b"application/json"), (b"Content-Length", b"66")),
    b'{"info": {"name": "a", "tags": ["b"]}, "urls": [{"size": 1}, {}]}\n',
    framing="length",
)


@cache
def every(answer: Response) -> Sequence[Change]:
    """Return the catalogue's changes to an answer."""
    return catalogue(ENDPOINT, [(REQUEST, answer)])


def found(answer: Response, *words: str) -> list[Change]:
    """Return those whose names have one of these words."""
    return [one for one in every(answer) if any(word in one.operator.name for word in words)]


def names(answer: Response, *words: str) -> list[list[str]]:
    """Return the layers of such changes by their names."""
    return [[one.operator.name for one in layer] for layer in layers(found(answer, *words), {ENDPOINT: [answer]})]


@pytest.mark.parametrize("answer", [PAGE, JSON], ids=["html", "json"])
def test_each_shows_beside_those_of_its_place(answer: Response) -> None:
    """Without one of a layer the answer is another one, unless what holds its place is changed too."""
    changes = [one for one in found(answer, "") if one.operator.gravity == MILD and not one.operator.delay]
    made_of = layers(changes, {ENDPOINT: [answer]})
    assert sorted(one.id for layer in made_of for one in layer) == sorted(one.id for one in changes)
    for layer in made_of:
        whole = made(answer, [one.operator for one in layer])
        for left_out in layer:
            if not _held(left_out, layer):
                assert made(answer, [one.operator for one in layer if one is not left_out]) != whole, left_out.id


def _held(change: Change, layer: Sequence[Change]) -> bool:
    marks = tuple(".[/")
    return any(change.path.startswith(tuple(one.path + mark for mark in marks)) for one in layer if one.path)


def test_what_undoes_another_is_apart() -> None:
    """A header cannot be in lower case, in upper case and missing."""
    assert names(PAGE, "Server in", "Server missing") == [
        ["header Server in lower case"],
        ["header Server in upper case"],
        ["header Server missing"],
    ]


def test_what_adds_up_is_together() -> None:
    """Case, value and number of a header."""
    assert names(PAGE, "Server in lower", "Server: value", "Server twice") == [
        ["header Server in lower case", "header Server: value in upper case", "header Server twice"]
    ]


def test_a_part_goes_with_the_whole() -> None:
    """Who bears that an object is gone reads none of its members; who does not is asked again without it."""
    assert names(JSON, "info: missing", "info.name: missing", "info.name: null") == [
        ["info: missing", "info.name: missing"],
        ["info.name: null"],
    ]


def test_framings_exclude_each_other() -> None:
    """What is sent in chunks is not sent to the end of the connection."""
    assert names(PAGE, "chunked", "closed at the end") == [["chunked, no length"], ["no length, closed at the end"]]


def test_a_page_of_links_has_few_layers() -> None:
    """All its mild changes are made in four runs."""
    assert len(layers([one for one in found(PAGE, "") if one.operator.gravity == MILD], {ENDPOINT: [PAGE]})) <= 4
