"""Answers and effects under shared names."""

from __future__ import annotations

import pytest

from harness.bind import Names, aliased, aliased_effects, aliased_text
from harness.effects import Effects, digest_of
from harness.exchange import Response

OWN, RECORDED = b"0f5e2d1c9b8a7f6e0f5e2d1c9b8a7f60", b"9b1c7f0e2a4d6b8c9b1c7f0e2a4d6b8d"
NAMES = {OWN: RECORDED, b"item\x00140": b"12"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<p>%s</p>" % OWN, b"<p>%s</p>" % RECORDED),
        (b'<a href="/item/140">140</a>', b'<a href="/item/12">140</a>'),
        (b'{"item_id": 140, "price": 140}', b'{"item_id": 12, "price": 140}'),
        (b"<p>x%s</p>" % OWN, b"<p>x%s</p>" % OWN),
        (b"/tmp/sess_%s and %s-small" % (OWN, OWN), b"/tmp/sess_%s and %s-small" % (RECORDED, RECORDED)),
        (b"page=140&item=1400", b"page=140&item=1400"),
    ],
    ids=["token", "id in a link", "id in a member", "part of a longer word", "with a name around", "other numbers"],
)
@pytest.mark.parametrize("made", [dict, Names], ids=["any mapping", "names"])
def test_a_body_under_shared_names(made: type, body: bytes, expected: bytes) -> None:
    """Tokens everywhere, ids at their places."""
    assert aliased(Response(200, body=body), made(NAMES)).body == expected


def test_headers_and_length_follow() -> None:
    """As if the other name had been given."""
    headers = ((b"Location", b"/item/140"), (b"Set-Cookie", b"sid=" + OWN), (b"Content-Length", b"9"))
    made = aliased(Response(302, headers=headers, body=b"/item/140"), NAMES)
    assert made.headers == (
        (b"Location", b"/item/12"),
        (b"Set-Cookie", b"sid=" + RECORDED),
        (b"Content-Length", b"8"),
    )


def test_an_answer_without_such_names_is_the_same_object() -> None:
    """Nothing is made anew."""
    answer = Response(200, headers=((b"A", b"140"),), body=b"hello 140")
    assert aliased(answer, NAMES) is answer
    assert aliased(answer, {}) is answer


def test_rows_files_and_mails_too() -> None:
    """Ids of rows by column and table."""
    row = (("id", "140"), ("token", OWN.decode()), ("price", "140"), ("note", None))
    other = (("item_id", "140"), ("id", "140"))
    written = Effects(
        {"public.items": {row: 1}, "notes": {other: 1}},
        {"public.items": ("id",)},
        {"item/140/page": "0644 sha256:1"},
        b"See http://h/item/140\n",
    )
    made = aliased_effects(written, NAMES)
    assert made.rows == {
        "public.items": {(("id", "12"), ("token", RECORDED.decode()), ("price", "140"), ("note", None)): 1},
        "notes": {(("item_id", "12"), ("id", "140")): 1},
    }
    assert (dict(made.files), made.mail) == ({"item/12/page": "0644 sha256:1"}, b"See http://h/item/12\n")
    assert aliased_effects(written, {}) is written


def test_text_of_any_kind() -> None:
    """Lone surrogates stand for bytes that are no text."""
    assert aliased_text(NAMES)(f"\udcff {OWN.decode()} /item/140") == f"\udcff {RECORDED.decode()} /item/12"


def test_a_session_file_with_a_token_in_it_is_one_file() -> None:
    """PHP's way: the id in the file's name, the form's token in its text; the digest is that of the text."""
    sides = []
    for session, token in ((OWN, OWN[::-1]), (RECORDED, RECORDED[::-1])):
        path, text = f"sessions/sess_{session.decode()}", f'csrf|s:32:"{token.decode()}";'
        sides.append(Effects(files={path: f"0600 {digest_of(text.encode())}"}, texts={path: text}))
    assert aliased_effects(sides[0], {OWN: RECORDED, OWN[::-1]: RECORDED[::-1]}) == sides[1]


def test_a_file_in_which_nothing_is_renamed_keeps_its_digest() -> None:
    """Another text stays another file."""
    written = Effects(files={"a.txt": f"0600 {digest_of(b'one')}"}, texts={"a.txt": "one"})
    assert aliased_effects(written, NAMES).files == written.files
