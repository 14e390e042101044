"""Compares two answers, part by part: status, reason, headers, framing, completeness, body. READ FIRST.

Two `Response`s come in, `Difference`s go out, none where the bytes are equal and at least one where they are not. What
merely follows from another difference of the same pair (the length of another body) is left out, so that one
cause is one difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.compare.body import DOCUMENT, compare_bodies
from harness.compare.excerpt import excerpts
from harness.compare.headers import compare_headers
from harness.compare.redirect import compare_targets
from harness.difference import Difference
from harness.exchange import Request, Response

NO_CONTENT = 204


def compare(old: Response, new: Response, request: Request | None = None) -> list[Difference]:
    """Return how two answers to the same request differ; parts that one side did not record are left out.

    Only where the request is known is a redirect that came to lead to it told from one to another place.
    """
    if old == new:
        return []
    found = _compare_status(old, new)
    if _has_head(old) and _has_head(new):
        found += _compare_head(old, new)
        loop = compare_targets(old, new, request) if request is not None else []
        found = [*(one for one in found if not loop or not _is_value(one, "location")), *loop]
    found += _compare_content(old, new)
    causes = [one for one in found if not any(follows(one, found, old, new) for follows in FOLLOWERS)]
    return [_framed(one, old, new) for one in causes]


def _compare_status(old: Response, new: Response) -> list[Difference]:
    if old.status != new.status:
        return [Difference("status", "", "changed", *excerpts(_status_line(old), _status_line(new)))]
    if old.reason != new.reason and _has_head(old) and _has_head(new):
        kind = "spelling" if old.reason.lower() == new.reason.lower() else "changed"
        return [Difference("reason", "", kind, *excerpts(old.reason.decode("latin-1"), new.reason.decode("latin-1")))]
    return []


def _status_line(response: Response) -> str:
    line = f"{response.status} {response.reason.decode('latin-1')}".rstrip()
    return f"{line} (raised {response.raised})" if response.raised else line


def _has_head(response: Response) -> bool:
    """Tell whether more than the status line was recorded (an access log holds no headers)."""
    return bool(response.headers) or response.body is not None


def _compare_head(old: Response, new: Response) -> list[Difference]:
    found = compare_headers(old.headers, new.headers)
    if old.version != new.version:
        versions = [side.version.decode("latin-1") for side in (old, new)]
        found.append(Difference("framing", "version", "changed", *versions))
    if old.framing != new.framing:
        found.append(Difference("framing", "transfer", "changed", old.framing, new.framing))
    if not found and old.raw_head != new.raw_head and old.status == new.status and old.reason == new.reason:
        heads = [(side.raw_head or b"(as usual)").decode("latin-1") for side in (old, new)]
        found.append(Difference("header", "raw head", "spelling", *excerpts(*heads)))
    return found


def _compare_content(old: Response, new: Response) -> list[Difference]:
    found = []
    if old.complete != new.complete:
        texts = ["complete" if side.complete else _cut_off(side, other) for side, other in ((old, new), (new, old))]
        found.append(Difference("framing", "complete", "changed", *texts))
    if old.body is not None and new.body is not None:
        return found + compare_bodies(old, new)
    sizes = [_size(side) for side in (old, new)]
    if None not in sizes and sizes[0] != sizes[1]:
        found.append(Difference("body", "length", "changed", *(f"{size} bytes" for size in sizes)))
    return found


def _cut_off(response: Response, other: Response) -> str:
    if response.raised:
        return f"cut off (raised {response.raised})"
    return "cut off (Content-Length is more than there is)" if _is_short_of_its_length(response, other) else "cut off"


def _is_short_of_its_length(response: Response, other: Response) -> bool:
    """Tell whether an answer lacks nothing but what its Content-Length is too much."""
    announced = response.header(b"content-length")
    whole = response.body is not None and response.body == other.body and announced is not None
    return whole and other.complete and not response.complete and announced != other.header(b"content-length")


def _is_value(difference: Difference, name: str) -> bool:
    return (difference.aspect, difference.path.lower(), difference.kind) == ("header", name, "changed")


def _size(response: Response) -> int | None:
    return response.size if response.body is None else len(response.body)


def _length_of_another_body(difference: Difference, found: Sequence[Difference], old: Response, new: Response) -> bool:
    """Content-Length says no more than the body does where it is right on both sides."""
    if (difference.aspect, difference.path.lower(), difference.kind) != ("header", "content-length", "changed"):
        return False
    return old.body != new.body and _is_right_length(old) and _is_right_length(new)


def _is_right_length(response: Response) -> bool:
    return response.body is not None and response.header(b"content-length") == str(len(response.body)).encode()


def _length_that_is_too_much(difference: Difference, found: Sequence[Difference], old: Response, new: Response) -> bool:
    """Of an answer that is cut off only because it announces more than there is, that is told."""
    is_length = difference.aspect == "header" and difference.path.lower() == "content-length"
    return is_length and (_is_short_of_its_length(old, new) or _is_short_of_its_length(new, old))


def _framing_of_another_header(
    difference: Difference, found: Sequence[Difference], old: Response, new: Response
) -> bool:
    """A length that is no longer announced, or was renamed, is the cause of the other framing."""
    return _is_framing(difference) and any(_names(other, "content-length", "transfer-encoding") for other in found)


def _other_framing_header(difference: Difference, found: Sequence[Difference], old: Response, new: Response) -> bool:
    """Transfer-Encoding comes where Content-Length goes, and the reverse."""
    return _names(difference, "transfer-encoding") and any(_names(other, "content-length") for other in found)


def _framed(difference: Difference, old: Response, new: Response) -> Difference:
    """Call it spelling where a true length only gives way to chunks, or is left out beside no body at all.

    RFC 9112 section 6.3 has both say where a body ends, and RFC 9110 section 9.3.2 lets HEAD leave it out. Section 8.6
    forbids it with 204: who believes it there waits for a body, but for a length of nothing.
    """
    if not _names(difference, "content-length") or difference.kind == "renamed":
        return difference
    if NO_CONTENT in (old.status, new.status) and difference.old + difference.new != "0":
        return difference
    announced = old if difference.kind == "missing" else new
    chunks = {old.framing, new.framing} == {"length", "chunked"} and _is_right_length(announced)
    if not chunks and (old.framing, new.framing) != ("none", "none"):
        return difference
    texts = ("with its length" if side is announced else "in chunks" if chunks else "without" for side in (old, new))
    return Difference("header", difference.path, "spelling", *texts)


def _is_framing(difference: Difference) -> bool:
    return (difference.aspect, difference.path) == ("framing", "transfer")


def _names(difference: Difference, *headers: str) -> bool:
    """Tell whether a header of one of these names came, went or was renamed."""
    if difference.aspect != "header" or difference.kind not in ("missing", "added", "renamed"):
        return False
    return difference.path.lower() in headers or (
        difference.kind == "renamed" and not {difference.old.lower(), difference.new.lower()}.isdisjoint(headers)
    )


def _charset_named_in_header(difference: Difference, found: Sequence[Difference], old: Response, new: Response) -> bool:
    """The charset of the body is the one that Content-Type announces."""
    return (difference.aspect, difference.path, difference.kind) == ("body", "charset", "encoding") and any(
        (other.aspect, other.path.lower(), other.kind) == ("header", "content-type", "encoding") for other in found
    )


def _compression_named_in_header(
    difference: Difference, found: Sequence[Difference], old: Response, new: Response
) -> bool:
    """The body is packed as Content-Encoding says."""
    return (difference.path, difference.kind) == ("body/compression", "encoding") and any(
        (other.aspect, other.path.lower()) == ("header", "content-encoding") for other in found
    )


def _boundary_named_in_header(
    difference: Difference, found: Sequence[Difference], old: Response, new: Response
) -> bool:
    """The boundary that Content-Type announces is the one between the body's parts."""
    is_boundary = difference.kind == "spelling" and difference.path.startswith("body/multipart")
    return is_boundary and any(
        (other.aspect, other.path.lower(), other.kind) == ("header", "content-type", "spelling") for other in found
    )


def _rest_of_a_cut_body(difference: Difference, found: Sequence[Difference], old: Response, new: Response) -> bool:
    """What a cut-off answer lacks is no difference of its own; what it has must be the beginning of the other."""
    if difference.aspect != "body" or old.complete == new.complete or old.body is None or new.body is None:
        return False
    return new.body.startswith(old.body) if not old.complete else old.body.startswith(new.body)


def _another_answer(difference: Difference, found: Sequence[Difference], old: Response, new: Response) -> bool:
    """An answer of another status class is another answer: that a page lacks the error's headers explains nothing."""
    parts = ("header", "reason", "body", "framing")
    return old.status // 100 != new.status // 100 and difference.aspect in parts


def _headers_of_another_document(
    difference: Difference, found: Sequence[Difference], old: Response, new: Response
) -> bool:
    """A document of another type comes from elsewhere: with other headers, and with what describes it."""
    if not any((other.path, other.kind) == (DOCUMENT, "type") for other in found):
        return False
    name = difference.path.lower()
    described = name.startswith("content-") or name in ("etag", "last-modified")
    return difference.aspect == "header" and (difference.kind in ("missing", "added", "renamed") or described)


FOLLOWERS: tuple[Callable[[Difference, Sequence[Difference], Response, Response], bool], ...] = (
    _another_answer,
    _headers_of_another_document,
    _length_of_another_body,
    _length_that_is_too_much,
    _framing_of_another_header,
    _other_framing_header,
    _charset_named_in_header,
    _compression_named_in_header,
    _boundary_named_in_header,
    _rest_of_a_cut_body,
)
