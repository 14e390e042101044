"""Partial results: what is written is what is read, what is damaged or does not belong together is refused."""

import gzip
from collections import Counter
from pathlib import Path

import pytest

import harness.partial
from harness.conclusion import Gathered
from harness.difference import Difference
from harness.errors import RecordingError, UsageError
from harness.evidence import Evidence, Finding
from harness.exchange import Request, Response
from harness.group.observation import Observation
from harness.partial import Partial, read_partial, together, write_partial
from harness.scenarios import Shard


def gathered(scenario=0):
    """Return evidence with a finding in each stream."""
    parts = []
    for _ in range(5):
        evidence = Evidence(counts=Counter(exchanges=2, judged=1), acted=Counter({"host": 1}))
        evidence.endpoints["GET /"] = Counter(judged=1, stale=1)
        evidence.controls["old"] = {"clock": "preload"}
        seen = Observation("x#1", "GET /", "curl", Difference("body", "\N{SNOWMAN}", "changed", "\udcff", "b\n"), 3)
        evidence.found.add(Finding(scenario, 1, True, (seen,)))
        evidence.stale.add(Finding(scenario, 2, False, (seen, seen)))
        parts.append(evidence)
    request = Request(b"POST /\xff HTTP/1.1", ((b"A", b"\x80"), (b"A", b"")), b"\x00body")
    requests = {"x#1": request, "x#2": Request(b"GET / HTTP/1.1", (), None, framing="none")}
    answer = Response(200, b"O\xff", ((b"A", b"\x80"), (b"A", b"")), b"\x00body", framing="chunked", complete=False)
    answers = {"x#1": answer, "x#2": answer, "x#3": Response(304, body=None)}
    return Gathered(parts[0], (parts[1],), parts[2], parts[3], requests, answers, (parts[4],))


@pytest.fixture
def written(tmp_path):
    """Return a partial result and the file that holds it."""
    partial = Partial("a:b", "c:d", Shard(1, 2), gathered())
    write_partial(tmp_path / "one.partial", partial)
    return partial, tmp_path / "one.partial"


def shown(evidence):
    """Return evidence as plain data."""
    return (
        evidence.counts,
        evidence.acted,
        evidence.endpoints,
        evidence.controls,
        list(evidence.found),
        list(evidence.stale),
    )


def test_a_partial_result_survives_its_file(written):
    """Counts, findings, noise runs and requests are read as they were written."""
    partial, path = written
    read = read_partial(path)
    assert (read.old, read.new, read.shard) == ("a:b", "c:d", Shard(1, 2))
    assert shown(read.gathered.evidence) == shown(partial.gathered.evidence)
    assert [shown(run) for run in read.gathered.noise] == [shown(run) for run in partial.gathered.noise]
    assert [shown(run) for run in read.gathered.itself] == [shown(run) for run in partial.gathered.itself]
    assert shown(read.gathered.repeated) == shown(partial.gathered.repeated)
    assert shown(read.gathered.alike) == shown(partial.gathered.alike)
    assert read.gathered.requests == partial.gathered.requests
    assert read.gathered.answers == partial.gathered.answers


def test_recorded_answers_are_kept_as_far_as_they_are_not_too_much(tmp_path, monkeypatch):
    """The shortest bodies, each once however many answers have it."""
    monkeypatch.setattr(harness.partial, "ANSWERS", 25)
    bodies = {"x#1": b"a" * 10, "x#2": b"a" * 10, "x#3": b"b" * 16, "x#4": b"c" * 9, "x#5": b"c" * 9}
    answers = {name: Response(200, body=body) for name, body in bodies.items()}
    write_partial(tmp_path / "p", Partial("a", "b", Shard(1, 1), Gathered(Evidence(), answers=answers)))
    assert set(read_partial(tmp_path / "p").gathered.answers) == {"x#1", "x#2", "x#4", "x#5"}


def test_a_file_cut_anywhere_is_refused(written, tmp_path):
    """A partial result that is not whole is never taken for less evidence."""
    raw = gzip.decompress(written[1].read_bytes())
    path = tmp_path / "cut.partial"
    for end in range(len(raw)):
        path.write_bytes(gzip.compress(raw[:end], 1))
        with pytest.raises(RecordingError, match=r"cut\.partial"):
            read_partial(path)
    path.write_bytes(written[1].read_bytes()[:-9])
    with pytest.raises(RecordingError, match="cut off"):
        read_partial(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"junk", gzip.compress(b"{}\nend\n"), gzip.compress(b"[1]\n")],
    ids=["empty", "junk", "object", "list"],
)
def test_other_files_are_refused(tmp_path, content):
    """What is no partial result is named."""
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(RecordingError, match="no partial result"):
        read_partial(tmp_path / "x")
    with pytest.raises(RecordingError, match="no such file"):
        read_partial(tmp_path / "missing")


def parts(*shards, old="a:b"):
    """Return partial results of these shards, each of its own scenario."""
    return [(Path(f"{n}.partial"), Partial(old, "c:d", Shard(n, of), gathered(n))) for n, of in shards]


def test_all_shards_together_are_one_run():
    """Counts add up, findings come by scenario, whatever the order of the files."""
    forth = together(parts((1, 2), (2, 2))).gathered
    back = together(parts((2, 2), (1, 2))).gathered
    assert shown(forth.evidence) == shown(back.evidence)
    assert forth.evidence.counts["exchanges"] == 4
    assert [finding.scenario for finding in forth.evidence.found] == [1, 2]
    assert forth.noise[0].counts["exchanges"] == 4


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (parts((1, 3), (3, 3)), "missing: 2"),
        (parts((1, 2), (2, 2), (2, 2)), "given twice: 2"),
        (parts((1, 2), (2, 3)), "another number"),
        ([*parts((1, 2)), *parts((2, 2), old="other:app")], "other targets"),
    ],
    ids=["missing", "twice", "number", "targets"],
)
def test_what_is_not_one_run_is_refused(given, why):
    """A verdict needs every shard of one run, each once."""
    with pytest.raises(UsageError, match=why):
        together(given)
