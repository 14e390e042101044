"""What one machine gathered, as a file: `harness diff --shard i/n --partial FILE` writes it, `harness merge` reads all.

The file is gzip: a line of JSON with the counts, then one line for each finding, ungrouped, since only all together
show what is one cause. It holds the requests that a report may show as commands, with their recorded answers as far as
these are not too much, and nothing else of the recordings.
"""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from harness.conclusion import Gathered
from harness.errors import RecordingError, UsageError
from harness.evidence import Evidence, Spool, decoded, merged
from harness.exchange import Headers, Request, Response
from harness.outbound import First
from harness.scenarios import Shard

FORMAT, VERSION = "harness-partial", 5
COUNTERS = ("counts", "reasons", "acted", "clients", "notes", "unbound")
STREAMS = ("found", "stale")
ANSWERS = 32 << 20
"""Bytes of different recorded bodies that a file holds, the shortest first; of others a page asserts less."""


@dataclass(frozen=True, slots=True)
class Partial:
    """What was compared, which part of it this is, and what it showed."""

    old: str
    new: str
    shard: Shard
    gathered: Gathered


def write_partial(path: Path, partial: Partial) -> None:
    """Write a partial result. Raises UsageError where the file cannot be written."""
    gathered = partial.gathered
    head = {
        "format": FORMAT,
        "version": VERSION,
        "old": partial.old,
        "new": partial.new,
        "shard": [partial.shard.number, partial.shard.of],
        "evidence": [_counts(evidence) for evidence in _all(gathered)],
        "repeated": gathered.repeated is not None,
        "alike": gathered.alike is not None,
        "itself": len(gathered.itself),
        "requests": {name: _packed(request) for name, request in sorted(gathered.requests.items())},
        **_packed_answers(gathered.answers),
    }
    try:
        with gzip.open(path, "wb", compresslevel=3) as file:
            file.write(json.dumps(head).encode("ascii") + b"\n")
            file.writelines(_finding_lines(gathered))
            file.write(b"end\n")
    except OSError as error:
        raise UsageError(f"{path}: the partial result cannot be written: {error.strerror}") from None


def _finding_lines(gathered: Gathered) -> Iterator[bytes]:
    for number, evidence in enumerate(_all(gathered)):
        for stream in STREAMS:
            spool: Spool = getattr(evidence, stream)
            yield from (b"%d %s %s" % (number, stream.encode(), line) for line in spool.lines())


def read_partial(path: Path) -> Partial:
    """Read a partial result. Raises RecordingError for a file that is none, that is cut off, or of another version."""
    try:
        with gzip.open(path, "rb") as file:
            return _read(iter(file), path)
    except FileNotFoundError:
        raise RecordingError(f"{path}: no such file") from None
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise RecordingError(f"{path}: is no partial result, or was cut off: {error}") from None


def _read(lines: Iterator[bytes], path: Path) -> Partial:
    head = json.loads(next(lines, b"null"))
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise RecordingError(f"{path}: is no partial result (harness diff --partial)")
    if head["version"] != VERSION:
        raise RecordingError(f"{path}: has version {head['version']}, this harness reads {VERSION}")
    parts = [_evidence(counts) for counts in head["evidence"]]
    complete = False
    for line in lines:
        complete = line == b"end\n"
        if not complete:
            number, stream, finding = line.split(b" ", 2)
            decoded(finding)
            getattr(parts[int(number)], stream.decode()).add_line(finding)
    if not complete:
        raise EOFError("its end is missing")
    requests = {name: _unpacked(packed) for name, packed in head["requests"].items()}
    answers = _unpacked_answers(head["answers"], head["bodies"])
    runs = len(parts) - head.get("itself", 0)
    parts, itself = parts[:runs], parts[runs:]
    alike = parts.pop() if head["alike"] else None
    repeated = parts.pop() if head["repeated"] else None
    number, of = head["shard"]
    gathered = Gathered(parts[0], tuple(parts[1:]), repeated, alike, requests, answers, tuple(itself))
    return Partial(head["old"], head["new"], Shard(number, of), gathered)


def together(partials: Sequence[tuple[Path, Partial]]) -> Partial:
    """Return what all shards of a run showed. Raises UsageError where they are not those of one run, each once."""
    first_path, first = partials[0]
    for path, partial in partials[1:]:
        if (partial.old, partial.new, partial.shard.of) != (first.old, first.new, first.shard.of):
            raise UsageError(f"{path}: not of the same run as {first_path}: other targets, or another number of shards")
    numbers = Counter(partial.shard.number for _, partial in partials)
    missing = [str(number) for number in range(1, first.shard.of + 1) if number not in numbers]
    twice = [str(number) for number, times in sorted(numbers.items()) if times > 1]
    if missing or twice:
        which = f"missing: {', '.join(missing)}" if missing else f"given twice: {', '.join(twice)}"
        raise UsageError(f"of {first.shard.of} shards these are {which}")
    parts = [partial.gathered for _, partial in sorted(partials, key=lambda pair: pair[1].shard.number)]
    noise, itself = _by_run([part.noise for part in parts]), _by_run([part.itself for part in parts])
    repeated = _merged(part.repeated for part in parts)
    alike = _merged(part.alike for part in parts)
    requests = {name: request for part in parts for name, request in part.requests.items()}
    answers = {name: answer for part in parts for name, answer in part.answers.items()}
    evidence = merged(part.evidence for part in parts)
    return Partial(first.old, first.new, Shard(), Gathered(evidence, noise, repeated, alike, requests, answers, itself))


def _by_run(parts: Sequence[Sequence[Evidence]]) -> tuple[Evidence, ...]:
    runs = max(map(len, parts))
    return tuple(merged(part[run] for part in parts if run < len(part)) for run in range(runs))


def _merged(parts: Iterable[Evidence | None]) -> Evidence | None:
    given = [part for part in parts if part is not None]
    return merged(given) if given else None


def _all(gathered: Gathered) -> list[Evidence]:
    """Return all evidence in the order in which it is written."""
    last = [evidence for evidence in (gathered.repeated, gathered.alike) if evidence is not None]
    return [gathered.evidence, *gathered.noise, *last, *gathered.itself]


def _counts(evidence: Evidence) -> dict[str, Any]:
    counters = {name: dict(sorted(getattr(evidence, name).items())) for name in COUNTERS}
    endpoints = {name: dict(kinds) for name, kinds in sorted(evidence.endpoints.items())}
    reach = sorted(evidence.reach.items())
    outbound = evidence.outbound
    return {**counters, "endpoints": endpoints, "reach": reach, "controls": evidence.controls, "outbound": outbound}


def _evidence(table: Mapping[str, Any]) -> Evidence:
    counters: dict[str, Any] = {name: Counter(table[name]) for name in COUNTERS}
    endpoints = {name: Counter(kinds) for name, kinds in table["endpoints"].items()}
    outbound = {
        side: {place: First(*first) for place, first in places.items()} for side, places in table["outbound"].items()
    }
    reach, controls = dict(table["reach"]), table["controls"]
    return Evidence(**counters, endpoints=endpoints, reach=reach, controls=controls, outbound=outbound)


def _packed(request: Request) -> list[Any]:
    body = None if request.body is None else _text(request.body)
    return [request.start_line.decode("latin-1"), _packed_headers(request.headers), body, request.framing]


def _unpacked(packed: Sequence[Any]) -> Request:
    start_line, headers, body, framing = packed
    content = None if body is None else b64decode(body)
    return Request(start_line.encode("latin-1"), _unpacked_headers(headers), content, framing)


def _packed_answers(answers: Mapping[str, Response]) -> dict[str, Any]:
    """Return recorded answers, and apart from them their bodies by digest: many are the same."""
    packed: dict[str, list[Any]] = {}
    bodies: dict[str, str] = {}
    left = ANSWERS
    for name, answer in sorted(answers.items(), key=lambda item: (len(item[1].body or b""), item[0])):
        body = answer.body
        digest = None if body is None else sha256(body).hexdigest()
        if body is not None and digest is not None and digest not in bodies:
            left -= len(body)
            if left < 0:
                break
            bodies[digest] = _text(body)
        facts = answer.status, answer.reason.decode("latin-1"), _packed_headers(answer.headers)
        packed[name] = [*facts, digest, answer.framing, answer.complete]
    return {"answers": packed, "bodies": bodies}


def _unpacked_answers(packed: Mapping[str, Sequence[Any]], bodies: Mapping[str, str]) -> dict[str, Response]:
    contents = {digest: b64decode(text) for digest, text in bodies.items()}
    return {
        name: Response(
            status,
            reason.encode("latin-1"),
            _unpacked_headers(headers),
            None if digest is None else contents[digest],
            framing=framing,
            complete=complete,
        )
        for name, (status, reason, headers, digest, framing, complete) in packed.items()
    }


def _packed_headers(headers: Headers) -> list[list[str]]:
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]


def _unpacked_headers(packed: Sequence[Sequence[str]]) -> Headers:
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in packed)


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
