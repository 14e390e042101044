"""Multipart bodies: part by part, each as what it is; the boundary is no content."""

import pytest

from harness.compare.body import DEPTH, compare_bodies
from harness.exchange import Response

PART = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
A, B = PART % (b"a", b"1"), PART % (b"b", b"2")
JSON = b"--x\r\nContent-Type: application/json\r\n\r\n%s\r\n"


def differ(old, new, kind=b"multipart/form-data; boundary=x"):
    """Return how two multipart bodies differ as (path, kind); the last boundary is put after them."""
    answers = (Response(200, b"OK", ((b"Content-Type", kind),), body + b"--x--\r\n") for body in (old, new))
    return [(found.path, found.kind) for found in compare_bodies(*answers)]


CASES = {
    "body of a part": (A + B, A + PART % (b"b", b"3"), [("part b/text", "changed")]),
    "a part gone": (A + B, A, [("part b", "missing")]),
    "a part new": (A, A + B, [("part b", "added")]),
    "parts in another order": (A + B, B + A, [("part", "order")]),
    "header of a part": (A, A.replace(b"form-data", b"inline"), [("part a/Content-Disposition", "changed")]),
    "a part of its own type": (JSON % b'{"a": 1}', JSON % b'{"a": 2}', [("part/a", "changed")]),
    "spelling within a part": (JSON % b"[1, 2]", JSON % b"[1,2]", [("part/body/json/white space", "spelling")]),
    "what stands around": (b"before\r\n" + A, A, [("body/multipart", "spelling")]),
    "line ends": (A, A.replace(b"\r\n", b"\n"), [("body/multipart/line ends", "spelling")]),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES.keys())
def test_parts_are_compared(old, new, expected):
    """Each row: two bodies and what differs."""
    assert differ(old, new) == expected


def test_byte_ranges_are_paired_by_their_ranges():
    """A range that is answered otherwise is told of that range's bytes."""
    part = b"--x\r\nContent-Type: image/png\r\nContent-Range: bytes %s/9\r\n\r\n%s\r\n"
    old, new = (part % (b"0-1", b"ab") + part % (b"5-6", last) for last in (b"cd", b"ce"))
    assert differ(old, new, b"multipart/byteranges; boundary=x") == [("part/bytes", "changed")]


@pytest.mark.parametrize("kind", [b"multipart/mixed", b"multipart/mixed; boundary=y"], ids=["none", "another"])
def test_without_its_boundary_it_is_text(kind):
    """What cannot be taken apart is compared by lines."""
    assert differ(A, A.replace(b"1", b"2"), kind) == [("text", "changed")]


def test_parts_within_parts_end():
    """Beyond a depth, parts are text: no body makes the comparison recurse for ever."""
    inner = A
    for _ in range(DEPTH + 2):
        inner = b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + inner + b"\r\n--x--\r\n"
    assert differ(inner, inner.replace(b"1", b"2"))
