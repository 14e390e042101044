"""Requests taken apart and made again of fewer parts."""

import pytest

from harness.exchange import Request
from harness.shrink.parts import SORTS

BY_NAME = {sort.name: sort for sort in SORTS}
MULTIPART = b"".join(
    b'--xx\r\nContent-Disposition: form-data; name="%s"\r\n\r\n1\r\n' % name for name in (b"a", b"b", b"c")
)


def posted(kind: bytes, body: bytes) -> Request:
    """Return a request with a body."""
    headers = ((b"Host", b"x"), (b"Content-Type", kind), (b"Content-Length", str(len(body)).encode()))
    return Request(b"POST /p HTTP/1.1", headers, body, "length")


CASES = {
    "parameters": (
        Request(b"GET /p?a=1&b&c=3 HTTP/1.0"),
        [b"a=1", b"b", b"c=3"],
        [b"b"],
        Request(b"GET /p?b HTTP/1.0"),
    ),
    "no parameter": (Request(b"GET /p?a HTTP/1.0"), [b"a"], [], Request(b"GET /p HTTP/1.0")),
    "fields": (
        posted(b"application/x-www-form-urlencoded", b"a=1&b=2"),
        [b"a=1", b"b=2"],
        [b"b=2"],
        posted(b"application/x-www-form-urlencoded", b"b=2"),
    ),
    "parts of forms": (
        posted(b"multipart/form-data; boundary=xx", MULTIPART + b"--xx--\r\n"),
        None,
        slice(1, 2),
        posted(
            b"multipart/form-data; boundary=xx",
            b'--xx\r\nContent-Disposition: form-data; name="b"\r\n\r\n1\r\n--xx--\r\n',
        ),
    ),
    "lines": (posted(b"text/plain", b"a\nb\nc"), [b"a\n", b"b\n", b"c"], [b"b\n"], posted(b"text/plain", b"b\n")),
    "headers": (
        Request(b"GET / HTTP/1.1", ((b"A", b"1"), (b"Host", b"x"), (b"A", b"1"), (b"B", b"2"))),
        [b"A\x001", b"A\x001", b"B\x002"],
        [b"A\x001"],
        Request(b"GET / HTTP/1.1", ((b"A", b"1"), (b"Host", b"x"))),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_request_is_made_of_fewer_parts(name):
    """The rest stays as it was, and the stated length follows the body."""
    request, items, kept, expected = CASES[name]
    sort = BY_NAME[{"no parameter": "parameters"}.get(name, name)]
    found = list(sort.split(request))
    assert items is None or found == items
    assert sort.join(request, found[kept] if isinstance(kept, slice) else kept) == expected


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.name)
@pytest.mark.parametrize("request_", [case[0] for case in CASES.values()], ids=list(CASES))
def test_all_parts_together_are_the_request(sort, request_):
    """Of whatever sort; one that has no such parts is not touched."""
    items = sort.split(request_)
    assert not items or sort.join(request_, items) == request_
