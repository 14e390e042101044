"""What the tests of comparisons share: answers made of a body, and differences as rows."""

from collections.abc import Callable

import pytest

from harness.compare import compare
from harness.exchange import Response

Rows = list[tuple[str, str, str, str]]


@pytest.fixture
def rows() -> Callable[..., Rows]:
    """Return how two bodies of one content type differ, as (path, kind, old, new) of each difference of the body."""

    def differ(old: bytes | str, new: bytes | str, kind: str) -> Rows:
        answers = [
            Response(
                200, b"OK", ((b"Content-Type", kind.encode()),), body if isinstance(body, bytes) else body.encode()
            )
            for body in (old, new)
        ]
        found = compare(*answers)
        assert all(difference.aspect == "body" for difference in found)
        return [(difference.path, difference.kind, difference.old, difference.new) for difference in found]

    return differ
