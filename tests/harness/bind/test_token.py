"""What looks like a name that a program gave."""

from __future__ import annotations

import base64
import random
import uuid
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.bind.token import is_code, same_shape, strength

HEX = "9b1c7f0e2a4d6b8c9b1c7f0e2a4d6b8d"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (HEX, "strong"),
        ("6fa459ea-ee8a-3ca4-894e-db77e160355e", "strong"),
        ("q2Tz8Xk0Lw5Rb7Nc1Vd9", "strong"),
        ("Zm9v+YmFy/0aB3xQ9z1K==", "strong"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJ1IjoxfQ.4hX0q7Yt2", "strong"),
        ("12345678901234567", "strong"),
        ("12", "weak"),
        ("A7F3C2", "weak"),
        ("k3x9", "weak"),
        ("", ""),
        ("spade", ""),
        ("internationalisation", ""),
        ("KQZVXWLHTRB7MNPSDGFJ4ECYQZTRLW", "strong"),
        ("OPENINGHOURS7OFLIBRARIES4TODAY", "weak"),
        ("setuptools-44.1.1.tar.gz", ""),
        ("python3.6-numpy1.2-win32.egg", ""),
        ("1.2.3", ""),
        ("2016-05-16", ""),
        ("20160516T101112", ""),
        ("a" * 20000 + "1", ""),
    ],
)
def test_long_and_irregular_is_strong_a_number_is_weak_a_word_is_neither(value: str, expected: str) -> None:
    """Versions, dates and names of files are words."""
    assert strength(value.encode()) == expected


@pytest.mark.parametrize(
    "make",
    [
        lambda r: r.randbytes(16).hex(),
        lambda r: base64.b64encode(r.randbytes(24)).decode(),
        lambda r: base64.urlsafe_b64encode(r.randbytes(24)).decode(),
        lambda r: "".join(r.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=26)),
        lambda r: "".join(r.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=32)),
        lambda r: str(uuid.UUID(int=r.getrandbits(128))),
    ],
    ids=["hex", "base64", "urlsafe base64", "session id of PHP", "base32", "uuid"],
)
def test_random_tokens_are_known_for_what_they_are(make: object) -> None:
    """At least 99 of 100 of each make that programs use, and any two of a make have one shape."""
    source = random.Random(1)
    tokens = [make(source).encode() for _ in range(500)]  # type: ignore[operator]
    assert sum(strength(token) == "strong" for token in tokens) >= 495
    assert sum(same_shape(*pair) for pair in pairwise(tokens)) >= 490


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("A7F3C2", True),
        ("9b1c7f0e", True),
        ("x7Kp2m", True),
        ("python3", False),
        ("report16", False),
        ("123456", False),
    ],
)
def test_a_code_is_told_from_a_word_with_a_number(value: str, code: bool) -> None:
    """Projects and files are called so."""
    assert is_code(value.encode()) is code


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("12", "13", True),
        ("99", "100", True),
        ("12", "12000", False),
        ("12", "ab", False),
        (HEX, HEX[::-1], True),
        (HEX, HEX[:20], False),
        (HEX, HEX.upper(), False),
        (HEX, "z" + HEX[1:], False),
        (HEX, "6fa459ea-ee8a-3ca4-894e-db77e160355e", False),
        ("q2Tz8Xk0Lw5Rb7Nc1Vd9", "Lw5Rb7Nc1Vd9q2Tz8Xk0a", True),
        ("ab.Lw5Rb7Nc1Vd9q2Tz8Xk0a", "abLw5Rb7Nc1Vd9q2Tz8Xk0a1", False),
        ("V7QK0ZMW4TR1XB9LNC3PHD8SGJ5FAY", "FEBTDQXNBAHFACWUQWOKGSGDHWVITB", True),
        ("A7F3C2", "A7F3C9", True),
        ("A7F3C2", "a7f3c9", False),
    ],
)
def test_names_of_one_make_have_one_shape(left: str, right: str, same: bool) -> None:
    """Alphabet, separators, length; both ways."""
    assert same_shape(left.encode(), right.encode()) is same
    assert same_shape(right.encode(), left.encode()) is same


@given(st.binary(max_size=60))
def test_any_bytes_have_a_strength(value: bytes) -> None:
    """And the shape of themselves."""
    assert strength(value) in ("", "weak", "strong")
    assert same_shape(value, value)
