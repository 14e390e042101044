"""The formats that are imported and exported, and which of them a file or a `--format` means.

The first bytes of a file come in, a `Source` goes out; a name comes in, a `Sink` goes out. Formats are tried in the
order of the table: those with an unmistakable beginning first.
"""

from __future__ import annotations

from pathlib import Path

from harness.errors import RecordingError, UsageError
from harness.sources.archive import ARCHIVE
from harness.sources.curl_script import CURL_SINK
from harness.sources.gor import GOR, GOR_SINK
from harness.sources.har import HAR, HAR_SINK
from harness.sources.jsonl import JSONL, JSONL_SINK
from harness.sources.logs import LOGS
from harness.sources.pcap import PCAP
from harness.sources.sink import Sink
from harness.sources.source import SAMPLE, Source
from harness.sources.text import open_text, shape
from harness.sources.vcr import VCR

SOURCES: tuple[Source, ...] = (ARCHIVE, PCAP, GOR, VCR, HAR, JSONL, LOGS)
SINKS: tuple[Sink, ...] = (HAR_SINK, JSONL_SINK, GOR_SINK, CURL_SINK)


def source_of(path: Path, wanted: str | None) -> Source:
    """Return the format of a file: the one that is wanted, else the one its first bytes fit.

    Raises `UsageError` for an unknown format, `RecordingError` for a file that is empty, cannot be read or fits none.
    """
    if wanted:
        return source_named(wanted)
    with open_text(path) as (stream, _):
        start = stream.read(SAMPLE)
    if not start:
        raise RecordingError(f"{path}: empty file, neither a log nor a recording")
    for source in SOURCES:
        if source.detect(start, path):
            return source
    known = ", ".join(source.name for source in SOURCES)
    first = shape(start[:200].partition(b"\n")[0].decode("latin-1"))
    raise RecordingError(
        f"{path}: its beginning fits none of the formats {known}; name it with --format, for a log its LogFormat. "
        f"The first line looks like {first!r}"
    )


def source_named(wanted: str) -> Source:
    """Return the format that `--format` means. Raises `UsageError`."""
    for source in SOURCES:
        if source.name == wanted or source.takes(wanted):
            return source
    known = ", ".join(source.name for source in SOURCES)
    raise UsageError(f"--format {wanted!r} is neither a known format ({known}) nor a LogFormat")


def sink_of(path: Path, wanted: str | None) -> Sink | None:
    """Return the format to write: the one that is wanted, else by the end of the name; None where none of ours fits.

    Raises `UsageError` for an unknown format.
    """
    for sink in SINKS:
        if sink.name == wanted if wanted else path.name.removesuffix(".gz").endswith(sink.suffixes):
            return sink
    if wanted:
        raise UsageError(f"--format {wanted!r}: known are {', '.join(sink.name for sink in SINKS)}")
    return None


def check_recorded(path: Path) -> None:
    """Refuse the name of a format that is only exported to for a recording. Raises `UsageError` with what to do."""
    sink = sink_of(path, None)
    if sink is not None:
        raise UsageError(
            f"-o {path}: that is the name of a {sink.name} file, and this writes archives and cassettes; "
            f"give another name, then: harness export NAME -o {path}"
        )
