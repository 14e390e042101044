"""Files that somebody else made, and not well: never a crash, never something that an archive cannot hold."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import RecordingError
from harness.exchange import Exchange, Request, Response
from harness.sources.har_entry import har_entry
from harness.sources.jsonl import exchange_fields
from harness.sources.registry import source_named
from harness.sources.source import Input, Options, Read
from harness.store.archive import Archive, ArchiveWriter

USUAL = Exchange(
    "",
    Request(b"POST /a HTTP/1.1", ((b"Host", b"h"), (b"Content-Length", b"3")), b"a\xff\xfe", "length"),
    Response(200, b"OK", ((b"Content-Type", b"text/html"),), b"page"),
    started=1463400000.0,
    duration=0.5,
)
odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.sampled_from(
        ["", "\ud800", "\udcff", "0", "gzip", "http://h/", "http://[", "x" * 50, "9" * 5000, "data:,", "ws://h"]
    )
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "value", "text"]), inner),
    max_leaves=4,
)


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to all that is in a document, but for its root."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [found for key in keys for found in ((*way, key), *places(value[key], (*way, key)))]


def changed(value: Any, way: tuple[Any, ...], new: Any) -> Any:
    """A copy with something else in one place."""
    copy = json.loads(json.dumps(value))
    inner = copy
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = new
    return copy


def plain_entry() -> dict[str, Any]:
    """An entry without our own field, as others write it."""
    entry = har_entry(USUAL)
    del entry["_harness"]
    return entry


DOCUMENTS: dict[str, list[dict[str, Any]]] = {
    "har": [
        {"log": {"version": "1.2", "creator": {"name": "x"}, "entries": [entry]}}
        for entry in (plain_entry(), har_entry(USUAL))
    ],
    "jsonl": [exchange_fields(USUAL)],
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_something_odd_in_any_place(name: str, tmp_path: Path) -> None:
    """What is read can be written into an archive and read again; what cannot is refused or counted."""
    path = tmp_path / "a.archive"
    with ArchiveWriter(path) as writer:

        @settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
        @given(data=st.data())
        def check(data: st.DataObject) -> None:
            document = data.draw(st.sampled_from(DOCUMENTS[name]))
            damaged = changed(document, data.draw(st.sampled_from(places(document))), data.draw(odd))
            for exchange in read(name, json.dumps(damaged).encode()):
                writer.add(exchange)

        check()
    assert len(list(Archive(path))) == writer.count > 0


def read(name: str, file: bytes) -> list[Exchange]:
    """The exchanges of a file; none where it is refused."""
    try:
        found = list(source_named(name).read(Input(Path("x"), io.BytesIO(file)), Options()))
    except RecordingError:
        return []
    return [item.exchange for item in found if isinstance(item, Read)]
