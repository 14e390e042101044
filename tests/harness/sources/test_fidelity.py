"""The fidelity card: it says what was counted, and what follows from it for a person."""

from __future__ import annotations

import pytest

from harness.exchange import Exchange, Request, Response
from harness.sources.fidelity import Fidelity, counted
from harness.sources.source import BODY_BYTES, HEADER_CASE, START_LINE

HOST = (b"Host", b"h")
LOGGED = Exchange("", Request(b"GET / HTTP/1.1"), Response(200, body=None, size=1), started=5.0, peer="1.2.3.4")
WHOLE = Exchange(
    "",
    Request(b"POST / HTTP/1.1", (HOST, (b"Cookie", b"a=1"), (b"User-Agent", b"x")), b"a=b", "length"),
    Response(200, headers=((b"A", b"b"),), body=b"x"),
    started=5.5,
    user="bob",
)


def card(*given: tuple[Exchange, frozenset[str]]) -> tuple[dict[str, str], list[str]]:
    """The rows by their labels, and the sentences."""
    fidelity = Fidelity()
    for exchange, guesses in given:
        fidelity.add(exchange, guesses)
    lines = list(fidelity.lines())
    rows = [line.strip().split("  ", 1) for line in lines if line.startswith("  ")]
    return {label: text.strip() for label, text in rows}, [line for line in lines[1:] if not line.startswith("  ")]


NONE = frozenset[str]()


def test_an_access_log() -> None:
    """Statuses, but no page, no login, no order within a second."""
    rows, sentences = card((LOGGED, frozenset({HEADER_CASE})), (LOGGED, frozenset({HEADER_CASE})))
    assert rows["request bodies"] == "none needed"
    assert (rows["answers"], rows["answer bodies"], rows["answer headers"]) == ("all", "none", "none")
    assert rows["times"] == "all, to the second"
    assert rows["headers"] == "as sent but for a guess: case of all"
    assert any(sentence.startswith("it can judge: statuses") for sentence in sentences)
    for word in ("logged-in", "races", "case or the order"):
        assert any(sentence.startswith("it cannot judge") and word in sentence for sentence in sentences)


def test_a_whole_recording() -> None:
    """Nothing is missing, and nothing is said to be."""
    rows, sentences = card((WHOLE, NONE))
    assert {rows[label] for label in ("request bodies", "answers", "answer bodies", "answer headers")} == {"all"}
    assert {rows[label] for label in ("request lines", "headers", "framing")} == {"as sent"}
    assert rows["cookies"] == "sent by all"
    assert "user name of all" in rows["identity"]
    assert not [sentence for sentence in sentences if "cannot" in sentence]


def test_shares() -> None:
    """What only some have is counted."""
    missing = Exchange("", Request(b"POST / HTTP/1.1", (HOST,), None, "length"), None)
    rows, sentences = card((WHOLE, frozenset({BODY_BYTES, START_LINE})), (missing, NONE), (LOGGED, NONE))
    assert rows["request bodies"] == "1 of 2"
    assert rows["answers"] == "2 of 3"
    assert rows["answer bodies"] == "1 of 3, other bytes of the same text in 1 of 3"
    assert rows["request lines"] == "as sent but for a guess: line of 1 of 3"
    assert "it cannot judge: 1 requests whose body is not in it: they cannot be sent again" in sentences


def test_no_answers() -> None:
    """Requests alone can still be replayed, but nothing says whether old answers as it did."""
    rows, sentences = card((Exchange("", Request(b"GET / HTTP/1.1")), NONE))
    assert rows["answers"] == "none"
    assert rows["times"] == "none: the order is that of the file"
    assert any("there are no answers" in sentence for sentence in sentences)


def test_several_hosts_are_named() -> None:
    """With how often, the most frequent first, and the option that takes one."""
    other = Exchange("", Request(b"GET / HTTP/1.1", ((b"host", b"cdn.example"),)))
    _, sentences = card((WHOLE, NONE), (WHOLE, NONE), (other, NONE))
    assert sentences[-1] == "2 hosts: h (2), cdn.example (1); --host HOST imports one of them"


@pytest.mark.parametrize(("reasons", "text"), [([("a", 2), ("b", 1)], "2 (a), 1 (b)"), ([], "")])
def test_counted(reasons: list[tuple[str, int]], text: str) -> None:
    """Reasons with their counts."""
    assert counted(reasons) == text
