"""Mails are paired one by one, and told by header and line."""

import pytest

from harness.compare.mail import compare_mails
from harness.difference import Difference

SEPARATOR = b"From harness Thu Jan  1 00:00:00 1970\n"


def sent(*mails: bytes) -> bytes:
    """Return a mail file."""
    return b"".join(SEPARATOR + mail + b"\n" for mail in mails)


WELCOME = b"To: alice\nSubject: Welcome\n\nHello,\nNote: read this.\n"
ORDER = b"To: shop\nSubject: Order\n\nOne book.\n"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        pytest.param(sent(WELCOME), sent(WELCOME), [], id="equal"),
        pytest.param(
            sent(WELCOME),
            sent(WELCOME.replace(b"Note: read", b"Note: burn")),
            [Difference("mail", "body", "changed", "Note: read this.", "Note: burn this.")],
            id="what looks like a header in the body",
        ),
        pytest.param(
            sent(WELCOME, ORDER),
            sent(ORDER),
            [Difference("mail", "", "missing", WELCOME.decode().replace("\n", "\\n"), "")],
            id="the first of two not sent",
        ),
        pytest.param(
            sent(WELCOME, ORDER),
            sent(WELCOME, ORDER.replace(b"shop", b"ship")),
            [Difference("mail", "To", "changed", "shop", "ship")],
            id="a header of the second",
        ),
        pytest.param(
            sent(WELCOME),
            sent(WELCOME, WELCOME),
            [Difference("mail", "", "added", "", WELCOME.decode().replace("\n", "\\n"))],
            id="sent twice",
        ),
    ],
)
def test_mails_are_told_one_by_one(old: bytes, new: bytes, found: list[Difference]) -> None:
    """A mail that was not sent is one difference, a changed one is told by header or line."""
    made = list(compare_mails(old, new))
    assert [(each.path, each.kind) for each in made] == [(each.path, each.kind) for each in found]
    for each, expected in zip(made, found, strict=True):
        assert expected.old[-20:] in each.old or each.old.strip("…") in expected.old
        assert expected.new[-20:] in each.new or each.new.strip("…") in expected.new


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        ("X-Envelope-To: a@x\nTo: A <a@x>\n\nhi\n", "X-Envelope-To: b@x\nTo: b@x\n\nhi\n", ["To"]),
        ("X-Envelope-To: a@x\nTo: a@x\n\nhi\n", "X-Envelope-To: b@x\nTo: a@x\n\nhi\n", ["X-Envelope-To"]),
        ("X-Envelope-To: a@x, h@x\nTo: a@x\n\nhi\n", "X-Envelope-To: b@x, h@x\nTo: b@x\n\nhi\n", ["To"]),
        (
            "X-Envelope-To: a@x, h@x\nTo: a@x\n\nhi\n",
            "X-Envelope-To: b@x\nTo: b@x\n\nhi\n",
            ["X-Envelope-To", "To"],
        ),
        ("X-Envelope-From: a@x\nFrom: a@x\n\nhi\n", "X-Envelope-From: b@x\nFrom: b@x\n\nhi\n", ["From"]),
    ],
    ids=["both", "only the envelope", "beside a hidden copy", "and a hidden copy lost", "sender"],
)
def test_the_envelope_is_told_where_it_says_more(old: str, new: str, paths: list[str]) -> None:
    """Another recipient in the mail itself is one difference; one that only gets it, or no longer does, is told."""
    assert [each.path for each in compare_mails(sent(old.encode()), sent(new.encode()))] == paths
