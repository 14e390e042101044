"""modern.statistics.events: which lines are downloads, and of what."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modern.statistics.archive import COLUMNS
from modern.statistics.events import (
    LAST,
    BadLine,
    Event,
    LogReader,
    downloaded_path,
    is_distribution,
    read_event,
    row,
    told_by_name,
    write_event,
)

LINE = (
    b'10.0.0.1 - - [18/Nov/2008:06:27:11 +0100] "GET /packages/source/B/Beaker/Beaker-1.1.tar.gz HTTP/1.1" 200 35438'
    b' "-" "Python-urllib/2.5 setuptools/0.6c7"\n'
)
PATH = "source/B/Beaker/Beaker-1.1.tar.gz"
EVENT = Event("a" * 28, 1_227_000_000.5, PATH, 35438, "10.0.0.1", "pip/1.0", "index")


def row_of(event, **known):
    """A row without tables."""
    return row(event, lambda address: "", known.get, counted=True)


@pytest.mark.parametrize(
    ("request_line", "path"),
    [
        (f"GET /packages/{PATH} HTTP/1.1", PATH),
        (f"GET /packages/{PATH}?x=1 HTTP/1.0", PATH),
        (f"GET /packages/{PATH}#md5=abc HTTP/1.1", PATH),
        (f"GET http://index.example/packages/{PATH} HTTP/1.1", PATH),
        (f"GET /packages/{PATH}", PATH),
        ("GET /packages/any/T/T/a%20b-1.egg HTTP/1.1", "any/T/T/a b-1.egg"),
        ("GET /packages/any/T/T/a b-1.egg HTTP/1.1", "any/T/T/a b-1.egg"),
        (f"HEAD /packages/{PATH} HTTP/1.1", None),
        (f"GET /packages/{PATH}.asc HTTP/1.1", None),
        ("GET /packages/source/B/ HTTP/1.1", None),
        ("GET /packages/documentation/x/a.zip HTTP/1.1", None),
        ("GET /pypi/a.zip HTTP/1.1", None),
        ("GET /packages/a%00.zip HTTP/1.1", None),
        ("", None),
    ],
)
def test_a_request_line_downloads(request_line, path):
    """A whole distribution, however the line is written; nothing else."""
    assert downloaded_path(request_line) == path


def test_a_line_of_a_log_is_a_download():
    """Time, size, address and agent are those of the line."""
    told = LogReader().read(LINE)
    assert told.event[1:] == (1226986031.0, PATH, 35438, "10.0.0.1", "Python-urllib/2.5 setuptools/0.6c7", "log")


@pytest.mark.parametrize(
    ("change", "values"),
    [
        ((b' "-" "Python-urllib/2.5 setuptools/0.6c7"', b""), ("", 35438)),
        ((b"10.0.0.1 - -", b"index.example:80 10.0.0.1 - bob smith"), ("Python-urllib/2.5 setuptools/0.6c7", 35438)),
        ((b"Python-urllib/2.5 setuptools/0.6c7", rb"a\"b\\c\xc3\xbc"), ('a"b\\c\u00fc', 35438)),
        ((b'"Python-urllib/2.5 setuptools/0.6c7"', b'"-"'), ("", 35438)),
        ((b"35438", b"-"), ("Python-urllib/2.5 setuptools/0.6c7", 0)),
    ],
    ids=["common", "virtual host", "escapes", "no agent", "no size"],
)
def test_other_forms_of_a_line(change, values):
    """The same download."""
    event = LogReader().read(LINE.replace(*change)).event
    assert (event.agent, event.size, event.address) == (*values, "10.0.0.1")


@pytest.mark.parametrize(
    "line",
    [b"", b"\0\0\0", LINE[:60], LINE.replace(b"Nov", b"Foo"), LINE.replace(b"2008:", b"1808:"), b"GET / HTTP/1.0"],
)
def test_another_line_is_refused(line):
    """Torn ones, and times that are none."""
    with pytest.raises(BadLine):
        LogReader().read(line)


@pytest.mark.parametrize("change", [(b" 200 ", b" 206 "), (b" 200 ", b" 304 "), (b"/packages/", b"/simple/")])
def test_a_line_of_something_else_only_has_a_time(change):
    """Parts, what a client has already, other pages."""
    assert LogReader().read(LINE.replace(*change)) == (1226986031.0, None)


@pytest.mark.parametrize(
    "address", ["2001:db8::1", "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "1::5", "unix:", "-", "host.example"]
)
@pytest.mark.parametrize("host", ["", "index.example:80 ", "[::1]:443 "])
@pytest.mark.parametrize("user", ["-", "bob smith"])
def test_an_address_is_in_any_form(address, host, user):
    """As servers write clients of both versions and of a Unix socket; one that ends in a colon and a number is no
    virtual host."""
    line = LINE.replace(b"10.0.0.1 - -", f"{host}{address} - {user}".encode())
    assert LogReader().read(line).event.address == address


@pytest.mark.parametrize(
    "written", [rb"\xe2\x98\x83", "\u2603".encode(), b"%E2%98%83"], ids=["Apache", "raw", "quoted"]
)
def test_a_path_is_read_as_it_was_sent(written):
    """Its bytes escaped by the server, by the client, or by nobody."""
    assert LogReader().read(LINE.replace(b"Beaker-", written + b"-")).event.path == "source/B/Beaker/\u2603-1.1.tar.gz"


def test_a_line_of_the_future_is_refused():
    """But for a clock or a zone that is wrong; its download would be in the sums for years before it is."""
    told = LogReader().read(LINE)
    assert LogReader(told.seconds - 86400).read(LINE) == told
    with pytest.raises(BadLine, match="18/Nov/2008:06:27:11 \\+0100 is in the future"):
        LogReader(told.seconds - 86401).read(LINE)


def test_equal_lines_are_told_apart():
    """By their number in the log, so the same log has the same ids."""
    ids = []
    for _ in range(2):
        reader = LogReader()
        ids.append([reader.read(line).event.id for line in (LINE, LINE, LINE[:-1], LINE.replace(b"7", b"8"), LINE)])
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 5


def test_lines_are_remembered_for_a_while(monkeypatch):
    """A log of any length: equal lines are near each other."""
    monkeypatch.setattr("modern.statistics.events.REMEMBERED", 2)
    reader = LogReader()
    ids = [reader.read(LINE.replace(b"35438", size)).event.id for size in (b"1", b"2", b"3", b"3", b"1")]
    assert ids[3] != ids[2]
    assert ids[4] == ids[0]


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=3000), st.text(max_size=3000), st.floats(0, LAST, exclude_max=True))
def test_an_event_is_read_as_it_was_written(path, agent, seconds):
    """In one line, which is short whatever a stranger sends."""
    event = EVENT._replace(path=path, agent=agent, seconds=seconds)
    line = write_event(event)
    assert line.count(b"\n") == 1
    assert len(line) < 20_000
    assert read_event(line) == event._replace(path=path[:1000], agent=agent[:500])


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b"5", b"\0" * 40, write_event(EVENT)[:-10], b'["a", 1, 2, 3, "a", "b"]', b"[" * 99999,
     b'["a", Infinity, "p", 3, "a", "b"]', b'["a", -1, "p", 3, "a", "b"]', b'["a", 1, "p", Infinity, "a", "b"]'],
    ids=range(11),
)  # fmt: skip
def test_a_torn_event_is_refused(line):
    """Whatever a power cut left."""
    with pytest.raises(BadLine):
        read_event(line)


def test_a_row_has_all_columns_and_no_address():
    """Those of the archive; texts that Parquet cannot hold are mended."""
    told = row_of(EVENT._replace(agent='pip/1 {"installer": {"name": "a\\u0000b"}}'))
    assert set(told) == set(COLUMNS)
    assert "10.0.0.1" not in json.dumps(told)
    assert told["installer"] == "a\ufffdb"
    assert (told["project"], told["version"], told["time"]) == ("Beaker", "1.1", "2008-11-18 09:20:00.500")


def test_what_the_index_knows_of_a_file_counts_first():
    """Its own project and version."""
    told = row_of(EVENT, **{"Beaker-1.1.tar.gz": ("beaker", "1.1.0")})
    assert (told["project"], told["version"]) == ("beaker", "1.1.0")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("source/z/zc.buildout/zc.buildout-1.0.tar.gz", ("zc.buildout", "1.0")),
        ("2.5/l/lxml/lxml-2.1.3-py2.5-win32.egg", ("lxml", "2.1.3")),
        ("2.4/F/Foo/Foo-1.0.win32-py2.4.exe", ("Foo", "1.0")),
        ("ab/cd/ef/some_name-1.2.3-py3-none-any.whl", ("some_name", "1.2.3")),
        ("ab/cd/ef/my-tool-2.0b1.zip", ("my-tool", "2.0b1")),
        ("ab/cd/ef/orchid.tar.gz", ("orchid", "")),
        ("ab/cd/ef/setuptools-0.6c9-1.src.rpm", ("setuptools", "0.6c9-1")),
    ],
)
def test_a_name_tells_project_and_version(path, told):
    """Where the index does not know it."""
    assert told_by_name(path) == told


@pytest.mark.parametrize("path", ["a/b.ZIP", "a-1.tar.xz", "x/a-1.whl"])
def test_distributions_by_their_names(path):
    """In any case of letters."""
    assert is_distribution(path)
