"""Which format a file or a name means."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from harness.errors import RecordingError, UsageError
from harness.exchange import Exchange, Request, Response
from harness.sources.registry import SINKS, SOURCES, check_recorded, sink_of, source_named, source_of
from harness.store import ArchiveWriter, write_cassette

ONE = Exchange("", Request(b"GET / HTTP/1.1", ((b"Host", b"h"),)), Response(200, b"OK"), started=1463400000.0)
LINE = b'1.2.3.4 - - [18/Nov/2008:06:27:01 +0000] "GET /1 HTTP/1.1" 200 1 "-" "agent"\n'
DOCS = Path(__file__).parents[3] / "docs" / "import.md"


def written(folder: Path, name: str) -> Path:
    """A file of one exchange, its name telling nothing."""
    path = folder / "file"
    if name == "archive":
        with ArchiveWriter(path) as writer:
            writer.add(ONE)
    elif name.startswith("vcr"):
        target = path.with_suffix(name.removeprefix("vcr"))
        write_cassette(target, [ONE])
        target.rename(path)
    elif name == "log":
        path.write_bytes(LINE)
    else:
        style = next(sink for sink in SINKS if sink.name == name).style(None)
        path.write_bytes(style.opening() + style.item(ONE, 0) + style.closing(1))
    return path


@pytest.mark.parametrize("name", ["archive", "vcr.yaml", "vcr.json", "log", "har", "jsonl", "gor"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_the_content_tells(tmp_path: Path, name: str, packed: bool) -> None:
    """Not the file's name; compressed or not."""
    path = written(tmp_path, name)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    assert source_of(path, None).name == name.partition(".")[0]


def test_what_is_wanted_wins() -> None:
    """A name, or a LogFormat; anything else is refused with the names."""
    assert source_named("har").name == "har"
    assert source_named('%h %t "%r" %>s').name == source_named("combined").name == "log"
    with pytest.raises(UsageError, match="har, jsonl, log"):
        source_named("warc")


def test_a_foreign_file(tmp_path: Path) -> None:
    """Is refused with what its first line looks like."""
    (tmp_path / "x").write_bytes(b"%PDF-1.4\nrest")
    with pytest.raises(RecordingError, match=r"x: its beginning fits none.*'%xxx-9\.9'"):
        source_of(tmp_path / "x", None)


@pytest.mark.parametrize(
    ("name", "sink"),
    [("x.har", "har"), ("x.har.gz", "har"), ("x.jsonl", "jsonl"), ("x.gor.gz", "gor"), ("x.sh", "curl"), ("x", None)],
)
def test_the_name_tells_what_to_write(name: str, sink: str | None) -> None:
    """Unless a format is wanted."""
    found = sink_of(Path(name), None)
    assert (found and found.name) == sink
    wanted = sink_of(Path(name), "jsonl")
    assert wanted is not None
    assert wanted.name == "jsonl"


@pytest.mark.parametrize("name", ["x.har", "x.jsonl", "x.gor.gz", "x.sh"])
def test_a_recording_has_no_other_format_s_name(name: str) -> None:
    """An archive called x.har would be taken for a HAR file; the message has the command that makes one."""
    with pytest.raises(UsageError, match=f"harness export NAME -o {name}"):
        check_recorded(Path(name))
    for fine in ("x", "x.archive", "x.yaml", "x.json", "today.txt"):
        check_recorded(Path(fine))


def test_every_table_stands_in_the_documentation() -> None:
    """What each format loses, row by row."""
    text = DOCS.read_text(encoding="utf-8")
    for each in (*SOURCES, *SINKS):
        assert each.loses, each.name
        for what, loss in each.loses.items():
            row = rf"\| {re.escape(what)} \| {re.escape(loss)} \|"
            assert re.search(row, text), f"docs/import.md has no row of {each.name}: | {what} | {loss} |"
