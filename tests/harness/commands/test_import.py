"""`harness import`, as a user runs it."""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.commands import import_
from harness.commands.export import command as export_command
from harness.commands.import_ import command, import_files
from harness.errors import RecordingError, UsageError
from harness.exchange import Exchange, Request, Response
from harness.recording import open_recordings
from harness.store.archive import Archive
from harness.store.cassette import CassetteWriter, write_cassette

LINE = b'1.2.3.4 - - [18/Nov/2008:06:27:%02d +0000] "GET /%d HTTP/1.1" 200 1 "-" "agent"\n'
LOG = b"".join(LINE % (number, number) for number in reversed(range(30)))
REAL = Path(__file__).parents[4] / "shared/traffic/pypi-access-2008-11-18.log.bz2"


def run(*arguments: object) -> Result:
    """Run the command; an error of ours is raised."""
    return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress], ids=["plain", "gz", "bz2", "xz"])
def test_imports_compressed_or_not(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """The compression is known by the content, the order is that of time."""
    (tmp_path / "access.log").write_bytes(pack(LOG))
    result = run(tmp_path / "access.log", "-o", tmp_path / "a.archive", "--state", "seed")
    archive = Archive(tmp_path / "a.archive")
    assert result.output.splitlines()[-1] == "imported 30 exchanges"
    assert [exchange.request.path for exchange in archive] == [b"/%d" % number for number in range(30)]
    assert archive.state == "seed"


def test_counts_what_it_could_not_parse(tmp_path: Path) -> None:
    """Lines that could not be parsed are counted, the first with its number and looks; last is the number imported."""
    (tmp_path / "access.log").write_bytes(LINE % (1, 1) + b"garbage\nmore\n" + LINE % (2, 2))
    lines = run(tmp_path / "access.log", "-o", tmp_path / "a.archive").output.splitlines()
    assert lines[0].startswith("2 of 4 lines could not be parsed; the first: ")
    assert lines[0].endswith("access.log line 2: 'xxxxxxx'")
    assert lines[-1] == "imported 2 exchanges"


def test_several_files_one_recording(tmp_path: Path) -> None:
    """Rotated logs become one recording in time order; each file's format is found for itself."""
    (tmp_path / "access.log").write_bytes(LINE % (2, 2))
    (tmp_path / "access.log.1").write_bytes((LINE % (1, 1)).split(b' "-"')[0] + b"\n")
    run(tmp_path / "access.log", tmp_path / "access.log.1", "-o", tmp_path / "a.yaml")
    (recording,) = open_recordings([tmp_path / "a.yaml"])
    assert sorted(exchange.request.path for exchange in recording) == [b"/1", b"/2"]


def test_written_anew(tmp_path: Path) -> None:
    """Importing twice into one file does not double it."""
    (tmp_path / "access.log").write_bytes(LOG)
    for _ in range(2):
        run(tmp_path / "access.log", "-o", tmp_path / "a.archive")
    assert len(Archive(tmp_path / "a.archive")) == 30


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read"),
        (b"", "empty"),
        (b"<html>\n", "none of the formats"),
        (bz2.compress(LOG * 100)[:-100], "cannot be read to its end"),
    ],
    ids=["missing", "empty", "foreign", "truncated"],
)
def test_refuses_what_it_cannot_read(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """What is no log stops the command, names the file, and leaves an earlier archive as it was."""
    (tmp_path / "good.log").write_bytes(LOG)
    run(tmp_path / "good.log", "-o", tmp_path / "a.archive")
    if content is not None:
        (tmp_path / "bad.log").write_bytes(content)
    with pytest.raises(RecordingError, match=reason) as caught:
        run(tmp_path / "bad.log", "-o", tmp_path / "a.archive")
    assert "bad.log" in str(caught.value)
    assert len(Archive(tmp_path / "a.archive")) == 30
    assert not list(tmp_path.glob("*.part*"))


HAR = """{"log": {"version": "1.2", "creator": {"name": "x"}, "entries": [%s]}}"""
ENTRY = """{"startedDateTime": "2016-05-16T12:00:00Z", "time": 1, "request": {"method": "GET",
"url": "http://%s/%s", "httpVersion": "HTTP/1.1",
"headers": [{"name": "Authorization", "value": "Bearer s3cr3t-t0ken-9"}]},
"response": {"status": %d, "statusText": "OK", "httpVersion": "HTTP/1.1", "headers": [], "content": {"text": "x"}}}"""


def har(*entries: tuple[str, str, int]) -> bytes:
    """A HAR file of (host, path, status)."""
    return (HAR % ",".join(ENTRY % entry for entry in entries)).encode()


def test_several_formats_one_recording(tmp_path: Path) -> None:
    """A log and a browser's file become one recording in time order."""
    (tmp_path / "access.log").write_bytes(LOG)
    (tmp_path / "visit").write_bytes(har(("h", "har", 200)))
    result = run(tmp_path / "visit", tmp_path / "access.log", "-o", tmp_path / "a.archive")
    assert result.stdout.splitlines()[-1] == "imported 31 exchanges"
    assert [exchange.request.path for exchange in Archive(tmp_path / "a.archive")][-1] == b"/har"


def test_what_is_not_imported_is_counted(tmp_path: Path) -> None:
    """By reason, before the card; hosts that were not asked for are one."""
    (tmp_path / "x.har").write_bytes(har(("h", "a", 200), ("cdn", "b", 200), ("h", "c", 0)))
    lines = run(tmp_path / "x.har", "-o", tmp_path / "a.archive", "--host", "h").stdout.splitlines()
    assert lines[0] == "not imported: 1 (blocked or aborted, no answer), 1 (other host)"
    assert lines[1] == "what this recording holds:"
    assert [exchange.host for exchange in Archive(tmp_path / "a.archive")] == ["h"]


@pytest.mark.parametrize("host", ["shop:81", "Shop", "shop"])
def test_a_host_with_its_port_or_without(tmp_path: Path, host: str) -> None:
    """In any case."""
    (tmp_path / "x.har").write_bytes(har(("shop:81", "a", 200), ("shop2", "b", 200)))
    run(tmp_path / "x.har", "-o", tmp_path / "a.archive", "--host", host)
    assert [exchange.host for exchange in Archive(tmp_path / "a.archive")] == ["shop:81"]


def test_hosts_are_named(tmp_path: Path) -> None:
    """Where there are several, and all were imported."""
    (tmp_path / "x.har").write_bytes(har(("h", "a", 200), ("cdn", "b", 200), ("h", "c", 200)))
    assert "2 hosts: h (2), cdn (1); --host" in run(tmp_path / "x.har", "-o", tmp_path / "a.archive").stdout


def test_nothing_left(tmp_path: Path) -> None:
    """A file in which there is no exchange, or none that was asked for, is an error that says why."""
    (tmp_path / "x.har").write_bytes(har(("h", "a", 0)))
    with pytest.raises(RecordingError, match=r"x\.har: holds no exchange.*1 \(blocked or aborted"):
        run(tmp_path / "x.har", "-o", tmp_path / "a.archive")
    (tmp_path / "x.har").write_bytes(har(("h", "a", 200)))
    with pytest.raises(RecordingError, match=r"1 \(other host\)"):
        run(tmp_path / "x.har", "-o", tmp_path / "a.archive", "--host", "other")
    assert not (tmp_path / "a.archive").exists()


def test_a_bad_file_among_good_ones(tmp_path: Path) -> None:
    """Damage after thousands of exchanges leaves nothing, and an earlier archive as it was."""
    (tmp_path / "access.log").write_bytes(LOG)
    run(tmp_path / "access.log", "-o", tmp_path / "a.archive")
    whole = har(*(("h", str(number), 200) for number in range(1500)))
    (tmp_path / "bad.har").write_bytes(whole[:-20])
    with pytest.raises(RecordingError, match=rf"bad\.har: byte {len(whole) - 20}: "):
        run(tmp_path / "access.log", tmp_path / "bad.har", "-o", tmp_path / "a.archive", "--no-redaction")
    assert len(Archive(tmp_path / "a.archive")) == 30
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.archive", "access.log", "bad.har"]


def test_the_exit_status_of_a_bad_file(tmp_path: Path) -> None:
    """2, with one message, as a user sees it."""
    (tmp_path / "bad.har").write_bytes(har(("h", "a", 200))[:-9])
    command_line = [sys.executable, "-m", "harness", "import", "bad.har", "-o", "a.archive"]
    done = subprocess.run(command_line, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith("harness: bad.har: byte ")
    assert "Traceback" not in done.stderr


def test_secrets_are_replaced_unless_told_otherwise(tmp_path: Path) -> None:
    """Nothing of a token is in the archive; with --no-redaction it is."""
    (tmp_path / "x.har").write_bytes(har(("h", "a", 200)))
    for options, expected in (((), False), (("--no-redaction",), True)):
        run(tmp_path / "x.har", "-o", tmp_path / "a.archive", *options)
        (exchange,) = Archive(tmp_path / "a.archive")
        assert bool(exchange.redactions) != expected
        assert (b"s3cr3t-t0ken-9" in (exchange.request.header(b"authorization") or b"")) == expected


@pytest.mark.parametrize("name", ["x.yaml", "x.har", "x.archive"])
def test_the_state_of_a_recording_is_named(tmp_path: Path, name: str) -> None:
    """It is not taken over unasked, as several files may start from several."""
    (tmp_path / "access.log").write_bytes(LOG)
    run(tmp_path / "access.log", "-o", tmp_path / "a.archive", "--state", "seed")
    CliRunner().invoke(export_command, [str(tmp_path / "a.archive"), "-o", str(tmp_path / name)])
    lines = run(tmp_path / name, "-o", tmp_path / "b.archive").stdout.splitlines()
    assert lines[0] == f"{tmp_path / name}: starts from the state 'seed': --state seed says so of the recording"


def test_files_without_times(tmp_path: Path) -> None:
    """Follow one another; that this is one scenario is said."""
    line = '{"request": {"method": "GET", "target": "/%d", "version": "HTTP/1.1", "headers": []}, "response": null}\n'
    for number in (2, 1):
        (tmp_path / f"{number}.jsonl").write_text(line % number)
    result = run(tmp_path / "2.jsonl", tmp_path / "1.jsonl", "-o", tmp_path / "a.archive")
    assert "2 files without times: they follow one another" in result.stdout
    assert [exchange.request.path for exchange in Archive(tmp_path / "a.archive")] == [b"/2", b"/1"]


@pytest.mark.skipif(not REAL.exists(), reason="the real log is not beside this checkout")
def test_real_log(tmp_path: Path) -> None:
    """Every line of a real day is imported, malformed request lines as they are (a fortieth of it)."""
    with bz2.open(REAL) as file:
        lines = file.read().splitlines(keepends=True)
    assert len(lines) == 289_600
    (tmp_path / "day.log").write_bytes(b"".join(lines[::40]))
    assert run(tmp_path / "day.log", "-o", tmp_path / "day.archive", "--no-redaction").stdout.endswith(
        "\nimported 7240 exchanges\n"
    )
    imported = {exchange.request.start_line for exchange in Archive(tmp_path / "day.archive")}
    plain = (line.split(b'"')[1] for line in lines[::40] if b"\\" not in line)
    assert set(plain) <= imported


def test_the_name_of_another_format_is_refused(tmp_path: Path) -> None:
    """An import makes archives and cassettes, whatever they are called."""
    (tmp_path / "x.har").write_bytes(har(("h", "a", 200)))
    with pytest.raises(UsageError, match="harness export"):
        run(tmp_path / "x.har", "-o", tmp_path / "y.har")
    assert not (tmp_path / "y.har").exists()


def test_a_long_import_is_written_by_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same exchanges as a short one; a file that cannot be read leaves nothing."""
    log = tmp_path / "access.log"
    lines = [
        f'10.0.{n % 9}.1 - - [18/Nov/2008:06:27:01 +0100] "GET /{n} HTTP/1.1" 200 5 "-" "pip"\n' for n in range(99)
    ]
    log.write_text("".join(lines))
    import_files((log,), tmp_path / "short.archive")
    monkeypatch.setattr(import_, "_LONG", 0)
    monkeypatch.setattr(import_, "processors", lambda: 2)
    assert import_files((log,), tmp_path / "long.archive", state="seed").imported == 99
    short, long = Archive(tmp_path / "short.archive", "x"), Archive(tmp_path / "long.archive", "x")
    assert list(short) == list(long)
    assert long.state == "seed"
    packed = tmp_path / "cut.gz"
    packed.write_bytes(gzip.compress("".join(lines).encode())[:-20])
    with pytest.raises(RecordingError, match=r"cut\.gz: byte \d+: cannot be read to its end"):
        import_files((packed,), tmp_path / "cut.archive")
    assert not list(tmp_path.glob("cut.archive*"))


NUMBERS = {
    "size": (LINE.replace(b" 200 1 ", b" 200 %b " % (b"9" * 23)), "x.log line 2"),
    "thousands of digits": (LINE.replace(b" 200 1 ", b" 200 %b " % (b"9" * 5000)), "x.log line 2"),
    "fraction": (LINE.replace(b" 200 1 ", b" 200 1.5 "), "x.log line 2"),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_an_odd_number_costs_its_own_line_only(tmp_path: Path, case: str) -> None:
    """A size that no archive holds, or that is none."""
    odd, where = NUMBERS[case]
    (tmp_path / "x.log").write_bytes(LINE % (1, 1) + odd % (2, 2) + LINE % (3, 3))
    lines = run(tmp_path / "x.log", "-o", tmp_path / "a.archive").stdout.splitlines()
    assert where in lines[0]
    assert lines[-1] == "imported 2 exchanges"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"status": 200', '"status": ' + "9" * 26),
        ('"time": 1,', '"time": 1e999,'),
        ('"content": {"text": "x"}', '"content": {"size": 9}, "bodySize": ' + "9" * 30),
    ],
    ids=["status", "time", "size"],
)
def test_an_odd_number_costs_its_own_exchange_only(tmp_path: Path, old: str, new: str) -> None:
    """Whatever the format: it is counted as unreadable, and nothing that no archive holds is written."""
    whole = har(("h", "a", 200), ("h", "b", 200)).decode()
    (tmp_path / "x.har").write_text(whole.replace(old, new, 1))
    output = run(tmp_path / "x.har", "-o", tmp_path / "a.archive").stdout
    assert "1 of 2 exchanges could not be parsed; the first: " in output
    assert "x.har exchange 1: 'a " in output
    assert output.splitlines()[-1] == "imported 1 exchanges"


@pytest.mark.parametrize("status", ["1" * 26, "-5", "1000"])
def test_an_odd_status_of_a_log_of_json(tmp_path: Path, status: str) -> None:
    """Is told with its line."""
    text = '{"time": "2008-11-18T06:27:01Z", "request": "GET / HTTP/1.1", "status": %s}\n'
    (tmp_path / "x.log").write_text(text % 200 + text % status)
    lines = run(tmp_path / "x.log", "-o", tmp_path / "a.archive").stdout.splitlines()
    assert "x.log line 2" in lines[0]
    assert lines[-1] == "imported 1 exchanges"


def test_a_line_that_cannot_be_parsed_is_not_told_in_clear(tmp_path: Path) -> None:
    """Nobody knows where in it a password stands; who wants nothing redacted sees it."""
    odd = b"1.2.3.4 login?password=hunter2\n"
    (tmp_path / "access.log").write_bytes(LINE % (1, 1) + odd)
    assert "'9.9.9.9 xxxxx?xxxxxxxx=xxxxxx9'" in run(tmp_path / "access.log", "-o", tmp_path / "a.archive").output
    assert "hunter2" in run(tmp_path / "access.log", "-o", tmp_path / "a.archive", "--no-redaction").output
    (tmp_path / "access.log").write_bytes(odd)
    with pytest.raises(RecordingError, match=r"looks like '9\.9\.9\.9 xxxxx") as caught:
        run(tmp_path / "access.log", "-o", tmp_path / "a.archive")
    assert "hunter2" not in str(caught.value)


def test_connections_without_a_request_are_no_exchanges(tmp_path: Path) -> None:
    """As servers log them that waited for one in vain."""
    nothing = LINE.replace(b'"GET /%d HTTP/1.1" 200', b'"-" 40%d')
    (tmp_path / "access.log").write_bytes(LINE % (1, 1) + nothing % (2, 8))
    lines = run(tmp_path / "access.log", "-o", tmp_path / "a.archive").output.splitlines()
    assert lines[0] == "not imported: 1 (connection without a request)"
    assert lines[-1] == "imported 1 exchanges"


@pytest.mark.parametrize("wanted", ["%{User-agent}i", "%h %U %>s", "$status"])
def test_a_format_that_names_no_request_is_refused(tmp_path: Path, wanted: str) -> None:
    """Every line would be an exchange of nothing."""
    (tmp_path / "access.log").write_bytes(LINE % (1, 1))
    with pytest.raises(UsageError, match="names no request"):
        run(tmp_path / "access.log", "-o", tmp_path / "a.archive", "--format", wanted)


def test_a_line_without_an_end_takes_no_memory(tmp_path: Path) -> None:
    """As a hole that a full disk left in a log: it is one line that cannot be parsed."""
    (tmp_path / "access.log").write_bytes(LINE % (1, 1))
    with (tmp_path / "access.log").open("r+b") as log:
        log.seek(60 << 20)
        log.write(b"\n" + LINE % (2, 2))
    tracemalloc.start()
    lines = run(tmp_path / "access.log", "-o", tmp_path / "a.archive", "--format", "combined").output.splitlines()
    assert tracemalloc.get_traced_memory()[1] < 20 << 20
    tracemalloc.stop()
    assert lines[0].startswith("1 of 3 lines could not be parsed; the first: ")


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    """It cannot be read twice, once for its format and once for what is in it; it is not waited for."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RecordingError, match="save it in a file first"):
        run(tmp_path / "pipe", "-o", tmp_path / "a.archive")


def test_damage_of_a_compressed_file_is_placed(tmp_path: Path) -> None:
    """By the byte, uncompressed, up to which it was read."""
    packed = bytearray(gzip.compress(b"".join(LINE % (n % 60, n * 7919) for n in range(9000)), 1))
    packed[len(packed) // 2 : len(packed) // 2 + 20] = bytes(20)
    (tmp_path / "a.gz").write_bytes(packed)
    with pytest.raises(RecordingError, match=r"a\.gz: byte [1-9]\d+: cannot be read to its end"):
        run(tmp_path / "a.gz", "-o", tmp_path / "a.archive")


def test_what_cannot_be_written_is_not_the_fault_of_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is told of the file that is written."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(CassetteWriter, "add", full)
    (tmp_path / "access.log").write_bytes(LOG)
    with pytest.raises(RecordingError, match=r"a\.yaml: cannot be written: No space left"):
        run(tmp_path / "access.log", "-o", tmp_path / "a.yaml")


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_a_cassette_with_a_byte_order_mark(tmp_path: Path, name: str) -> None:
    """As editors of Windows write it; it is replayed, too."""
    write_cassette(tmp_path / name, [Exchange("", Request(b"GET / HTTP/1.1"), Response(200))])
    (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + (tmp_path / name).read_bytes())
    assert len(open_recordings([tmp_path])) == 1
    assert run(tmp_path / name, "-o", tmp_path / "a.archive").output.splitlines()[-1] == "imported 1 exchanges"
