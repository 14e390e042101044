"""Texts in base64 are found wherever they stand."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.redact.coded import coded_texts, has_coded_json, recoded

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


BREAKS = [b"\n", b"\r\n", b"\n  ", b"\\n", b"\\r\\n", b"%0D%0A", b"%0a", b"&#13;\n"]


@pytest.mark.parametrize("end", BREAKS)
@pytest.mark.parametrize("width", [60, 64, 76])
def test_a_text_in_lines(end: bytes, width: int) -> None:
    """It is one text, as `xmlrpc.client.Binary` and mails write it; another in its place has lines as long."""
    text = ("{} is a longer text, with ? and ÿ in it. " * 6).encode()
    coded = base64.b64encode(text)
    written = end.join(coded[at : at + width] for at in range(0, len(coded), width))
    for page in (b"<base64>" + written + b"</base64>", b"<base64>" + end + written + end + b"</base64>"):
        start, stop, found = next(coded_texts(page))
        assert (page[start:stop], found) == (written, text)
    assert recoded(text, written) == written
    assert recoded(text[:100], written).count(end) == len(base64.b64encode(text[:100])) // width
