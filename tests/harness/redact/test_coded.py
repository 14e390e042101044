"""Texts in base64 are found wherever they stand."""

from __future__ import annotations

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from harness.redact.coded import coded_texts, has_coded_json

LEGIBLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=12, max_size=30)


@given(LEGIBLE, st.sampled_from(["", " ", '"', "a=", "<p>"]), st.booleans())
def test_any_text(text: str, before: str, for_urls: bool) -> None:
    """Whatever it says, in whatever language, with the signs of either alphabet."""
    coded = (base64.urlsafe_b64encode if for_urls else base64.b64encode)(text.encode())
    found = [decoded for _, _, decoded in coded_texts(before.encode() + coded + b" ")]
    assert found == [text.encode()]


@given(st.dictionaries(st.text("ab", min_size=1), st.integers(), min_size=1), st.sampled_from([None, 1, "\t"]))
def test_any_json(document: dict[str, int], indent: int | str | None) -> None:
    """However it is written."""
    coded = base64.b64encode(json.dumps(document, indent=indent).encode())
    assert has_coded_json(b"x " + coded)
