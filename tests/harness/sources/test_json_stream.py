"""The elements of an array deep in a JSON document, from files that come in pieces, and damage with its byte."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.sources.json_stream import Damaged, elements

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


class Pieces(io.RawIOBase):
    """A stream that gives a few bytes at a time, however many are asked for."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size, self._at = data, size, 0

    def read(self, _: int = -1) -> bytes:
        """Return the next piece."""
        piece = self._data[self._at : self._at + self._size]
        self._at += len(piece)
        return piece


def read(data: bytes, size: int = 7) -> tuple[list[tuple[int, Any]], dict[str, Any]]:
    """Read `a.b` of a document in pieces; return the elements and what stood beside."""
    beside: dict[str, Any] = {}
    return list(elements(Pieces(data, size), ("a", "b"), beside.__setitem__)), beside  # type: ignore[arg-type]


@settings(deadline=None, max_examples=100)
@given(
    items=st.lists(values, max_size=4),
    before=values,
    after=values,
    size=st.integers(1, 9),
    indent=st.sampled_from([None, 1]),
)
def test_same_as_reading_at_once(items: list[Any], before: Any, after: Any, size: int, indent: int | None) -> None:
    """Elements and what stands beside are those of the document, wherever a piece ends; offsets lead to them."""
    document = {"x": before, "a": {"y": before, "b": items, "z": after}, "w": after}
    data = json.dumps(document, ensure_ascii=False, indent=indent).encode("utf-8", "surrogatepass")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return
    found, beside = read(data, size)
    assert [value for _, value in found] == items
    assert beside == {"x": before, "y": before, "z": after, "w": after}
    for offset, value in found:
        assert json.JSONDecoder().raw_decode(data[offset:].decode())[0] == value


def test_every_cut_is_found() -> None:
    """A document that ends early is never taken for a whole one, and the byte is within it."""
    data = json.dumps({"a": {"b": [{"k": "v\u00e9"}, 12]}, "c": [1]}, ensure_ascii=False).encode()
    for end in range(len(data)):
        with pytest.raises(Damaged) as caught:
            read(data[:end], 5)
        assert 0 <= caught.value.offset <= end


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        (b'{"a": {"b": [1, oops, 2]}}', 16),
        (b'{"a": {"b": 3}}', 12),
        (b'{"a": {}}', 9),
        (b'{"a": {"b": []}} x', 17),
        (b'{3: 4, "a": {"b": []}}', 2),
        (b'{"a": {"b": ["\xe9"]}}', 14),
        (b'{"a": {"b": [1 2]}}', 15),
        (b'{"a": {"b": [{"k": 1.2.3}, "a long text to stand behind it"]}}', 22),
    ],
    ids=["word", "no list", "missing", "after", "name", "bytes", "comma", "number"],
)
def test_damage_has_its_byte(text: bytes, offset: int) -> None:
    """Where it was found."""
    with pytest.raises(Damaged) as caught:
        read(text)
    assert caught.value.offset == offset


def test_deep_nesting_is_damage() -> None:
    """And no crash."""
    with pytest.raises(Damaged):
        read(b'{"a": {"b": [' + b"[" * 200_000, 1 << 16)
