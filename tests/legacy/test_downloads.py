"""Downloads: conditions, ranges, and nothing outside the folder."""

import os

import pytest

from legacy import downloads

CONTENT = bytes(range(256)) * 4
TAG = '"400-532fe6c15c000"'  # 1024 bytes, 2016-05-17T00:00:00Z in microseconds, both in hexadecimal
DATE = "Tue, 17 May 2016 00:00:00 GMT"


@pytest.fixture
def root(tmp_path):
    """A folder with one file in it and one beside it."""
    stored = tmp_path / "files" / "ab" / "a-1.0.tar.gz"
    stored.parent.mkdir(parents=True)
    stored.write_bytes(CONTENT)
    os.utime(stored, (1463443200, 1463443200))
    (tmp_path / "secret").write_text("no")
    (tmp_path / "files" / "link").symlink_to(tmp_path / "secret")
    return str(tmp_path / "files")


def get(root, path="/ab/a-1.0.tar.gz", method="GET", **env):
    """(status, headers as a dictionary, body)."""
    answer = downloads.answer(root, {"REQUEST_METHOD": method, "PATH_INFO": path, **env})
    return answer.status, dict(answer.headers), b"".join(answer.chunks)


def test_whole_file(root):
    """Type, length and validators go with it."""
    assert get(root) == (
        200,
        {
            "Last-Modified": DATE,
            "ETag": TAG,
            "Accept-Ranges": "bytes",
            "Content-Length": "1024",
            "Content-Type": "application/gzip",
        },
        CONTENT,
    )


def test_head(root):
    """The same head, no body."""
    assert get(root, method="HEAD") == (200, get(root)[1], b"")


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=1000-", 1000, 1024),
        ("bytes=-10", 1014, 1024),
        ("bytes=1020-5000", 1020, 1024),
        ("bytes=-5000", 0, 1024),
    ],
)
def test_one_range(root, header, start, end):
    """One range is the body (RFC 9110 section 14)."""
    status, headers, body = get(root, HTTP_RANGE=header)
    assert (status, body) == (206, CONTENT[start:end])
    assert (headers["Content-Range"], headers["Content-Length"]) == (f"bytes {start}-{end - 1}/1024", str(end - start))


def test_two_ranges(root):
    """Several ranges are a multipart body."""
    status, headers, body = get(root, HTTP_RANGE="bytes=0-1,10-11")
    boundary = headers["Content-Type"].partition("boundary=")[2].encode()
    parts = [part.partition(b"\r\n\r\n") for part in body.split(b"--" + boundary)[1:-1]]
    assert (status, [part[2] for part in parts]) == (206, [b"\0\1\r\n", b"\x0a\x0b\r\n"])
    assert b"bytes 10-11/1024" in parts[1][0]
    assert headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("header", ["bytes=zz", "bytes=5-1", "lines=1-2", "bytes="])
def test_what_is_no_range_is_ignored(root, header):
    """The whole file comes."""
    assert get(root, HTTP_RANGE=header)[0] == 200


def test_a_range_behind_the_end(root):
    """Cannot be satisfied."""
    status, headers, _ = get(root, HTTP_RANGE="bytes=1024-")
    assert (status, headers["Content-Range"]) == (416, "bytes */1024")


@pytest.mark.parametrize(
    ("env", "status"),
    [
        ({"HTTP_IF_NONE_MATCH": TAG}, 304),
        ({"HTTP_IF_NONE_MATCH": '"other", ' + TAG}, 304),
        ({"HTTP_IF_NONE_MATCH": "*"}, 304),
        ({"HTTP_IF_NONE_MATCH": '"other"'}, 200),
        ({"HTTP_IF_MODIFIED_SINCE": DATE}, 304),
        ({"HTTP_IF_MODIFIED_SINCE": "Mon, 16 May 2016 00:00:00 GMT"}, 200),
        ({"HTTP_IF_MODIFIED_SINCE": "yesterday"}, 200),
        ({"HTTP_IF_NONE_MATCH": '"other"', "HTTP_IF_MODIFIED_SINCE": DATE}, 200),
        ({"HTTP_RANGE": "bytes=0-1", "HTTP_IF_RANGE": TAG}, 206),
        ({"HTTP_RANGE": "bytes=0-1", "HTTP_IF_RANGE": DATE}, 206),
        ({"HTTP_RANGE": "bytes=0-1", "HTTP_IF_RANGE": '"other"'}, 200),
    ],
)
def test_conditions(root, env, status):
    """RFC 9110 section 13."""
    answered, headers, body = get(root, **env)
    assert answered == status
    assert (body == b"") == (status == 304)
    assert headers["ETag"] == TAG


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/ab",
        "/ab/",
        "/nosuch",
        "/../secret",
        "/ab/../../secret",
        "//ab/a-1.0.tar.gz",
        "/./ab/a-1.0.tar.gz",
        "/link",
        "/a\0b",
        "/ab/a-1.0.tar.gz/",
    ],
)
def test_only_stored_files(root, path):
    """Nothing else is there, also not through a link."""
    assert get(root, path)[0] == 404


def test_nothing_without_a_folder():
    """An index without files_dir has no files."""
    assert get("", "/etc/passwd")[0] == 404


def test_only_reading(root):
    """Files are not written here."""
    status, headers, _ = get(root, method="PUT")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")
