"""Texts in TOML: read back as they were."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from harness.toml_text import quoted, remark


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_quoted(text: str) -> None:
    """A quoted text is what TOML reads back."""
    assert tomllib.loads(f"a = {quoted(text)}") == {"a": text}


@given(st.text())
def test_whatever_there_is(text: str) -> None:
    """Any text at all can be written, also as a comment."""
    assert list(tomllib.loads(f"a = {quoted(text)} # {remark(text)}\nb = 1".encode().decode())) == ["a", "b"]
