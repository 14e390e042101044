"""What stands in the place of a secret: of its format, the same for the same, telling nothing."""

from __future__ import annotations

import ipaddress
import re
import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.bind.token import strength
from harness.redact import Tokens

TOKENS = Tokens(b"one key of two")
OTHERS = Tokens(b"another key of two")
LETTERS = string.ascii_letters + string.digits


def classes(value: str) -> str:
    """Return a value with its digits and letters made alike."""
    value = re.sub(r"[0-9]", "0", re.sub(r"[a-z]", "a", value))
    return re.sub(r"[A-Z]", "A", value)


@given(st.text(LETTERS + "-_.~+/=:,;!$&'()*#% \"<>", min_size=8, max_size=200))
def test_a_long_value_keeps_its_format(value: str) -> None:
    """Length, digits, capitals, separators: where eight letters and digits are in it."""
    token = TOKENS.of(value)
    if sum(one.isalnum() for one in value) >= 8 and "@" not in value:
        assert classes(token) == classes(value)


FORMATS = {
    "hexadecimal": ("9f8a7c6e5d4b3a291807f6e5d4c3b2a1", r"[0-9a-f]{32}"),
    "capital hexadecimal": ("9F8A7C6E5D4B3A291807F6E5", r"[0-9A-F]{24}"),
    "digits": ("123456789012", r"[0-9]{12}"),
    "base64": ("QUJDREVGR0hJSktMTU5PUA==", r"[A-Za-z0-9]{22}=="),
    "PIN": ("1234", r"[1-8][0-9]{15}"),
    "short": ("abc", r"[a-z0-9]{16}"),
    "punctuation": ("!!!!!!!!!!", r"[a-z0-9]{16}"),
    "beyond ASCII": ("pässwörter", r"[a-z]{10}"),
    "e-mail": ("alice.b+x@mail.example.org", r"[a-z]{5}\.[a-z]\+[a-z]@[a-z]{8}\.invalid"),
    "short e-mail": ("al@x.org", r"[a-z]{8}@[a-z]+\.test"),
}


@pytest.mark.parametrize(("value", "pattern"), FORMATS.values(), ids=FORMATS)
def test_formats(value: str, pattern: str) -> None:
    """What a program checks of a value holds for its token."""
    token = TOKENS.of(value)
    assert re.fullmatch(pattern, token)
    assert token != value
    assert TOKENS.of(value) == token == Tokens(b"one key of two").of(value)
    assert OTHERS.of(value) != token


@given(st.uuids(version=4))
def test_a_uuid_stays_one(value: uuid.UUID) -> None:
    """With its version and variant."""
    token = uuid.UUID(TOKENS.of(str(value)))
    assert token.version == 4
    assert token != value


@pytest.mark.parametrize(
    ("value", "network"),
    [("203.0.113.9", "10.0.0.0/8"), ("2a00:1450::8a", "2001:db8::/32"), ("::ffff:203.0.113.9", "::ffff:0:0/96")],
)
def test_an_address_becomes_a_private_one(value: str, network: str) -> None:
    """Whoever reads it, it is nobody's; all spellings of one address have one token."""
    token = ipaddress.ip_address(TOKENS.of(value))
    assert token in ipaddress.ip_network(network)
    assert ipaddress.ip_address(TOKENS.of(ipaddress.ip_address(value).exploded)) == token


def test_users_of_one_domain_stay_so() -> None:
    """Whatever the case."""
    first, second = TOKENS.of("alice@example.org"), TOKENS.of("Bob@Example.ORG")
    assert first.partition("@")[2] == second.partition("@")[2]
    assert first.partition("@")[0] != second.partition("@")[0]


@given(st.text(LETTERS + "-_", min_size=16, max_size=64))
def test_a_strong_value_has_a_strong_token(value: str) -> None:
    """So that replays learn it wherever it stands."""
    if strength(value.encode()) == "strong":
        assert strength(TOKENS.of(value).encode()) == "strong"


@given(st.text(LETTERS, min_size=1, max_size=7))
def test_a_short_value_has_a_strong_token(value: str) -> None:
    """It means the same wherever it stands, and no other value has it."""
    assert strength(TOKENS.of(value).encode()) == "strong"


def test_tokens_are_no_words() -> None:
    """Letters are consonants."""
    assert not set(TOKENS.of("supercalifragilistic")) & set("aeiou")


def test_short_values_do_not_collide() -> None:
    """All PINs of four digits have tokens of their own."""
    assert len({TOKENS.of(f"{pin:04}") for pin in range(10_000)}) == 10_000
