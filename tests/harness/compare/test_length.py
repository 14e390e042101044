"""Two lengths of one target are the same for GET and HEAD, and nothing else is."""

import pytest

from harness.compare.length import two_lengths
from harness.exchange import Request, Response

GET, HEAD = Request(b"GET /a?b HTTP/1.1"), Request(b"HEAD /a?b HTTP/1.0")


def sent(size, stated=None):
    """Return an answer with so much content, which says that it has so much or more."""
    return Response(200, headers=((b"content-length", str(stated or size).encode()),), body=b"x" * size)


def test_get_and_head_of_one_target_have_the_same():
    """HEAD sends nothing, and states what GET would send."""
    assert two_lengths(GET, sent(1), sent(20)) == two_lengths(HEAD, sent(0, 1), sent(0, 20)) != ""


OTHERS = {
    "another target": (Request(b"HEAD /a?c HTTP/1.1"), sent(0, 1), sent(0, 20)),
    "another length": (HEAD, sent(0, 1), sent(0, 21)),
    "the reverse": (HEAD, sent(0, 20), sent(0, 1)),
    "digits that run together": (HEAD, sent(0, 12), sent(0, 30)),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_others_have_others(other):
    """Target and both lengths count, on their sides."""
    assert two_lengths(*other) not in ("", two_lengths(GET, sent(1), sent(20)))


NOTHING = {
    "as long": (GET, sent(2), sent(2)),
    "as long as is said": (HEAD, sent(0, 7), sent(0, 7)),
    "not recorded": (GET, sent(2), Response(200, body=None)),
    "not stated": (HEAD, sent(0, 7), Response(200)),
    "neither GET nor HEAD": (Request(b"POST /a?b HTTP/1.1"), sent(1), sent(20)),
}


@pytest.mark.parametrize("exchange", NOTHING.values(), ids=NOTHING)
def test_where_there_is_nothing_to_tell(exchange):
    """Only lengths that are known and differ are worth a digest."""
    assert two_lengths(*exchange) == ""
