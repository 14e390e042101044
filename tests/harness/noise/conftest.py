"""Runs made of bodies, compared by the real comparison."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.compare import compare
from harness.compare.effects import compare_effects
from harness.effects import Effects
from harness.evidence import Finding
from harness.exchange import Response
from harness.group.observation import Observation
from harness.noise import Run

ENDPOINT = "GET /page"


def answer(body: str, kind: str = "application/json", *headers: tuple[bytes, bytes]) -> Response:
    """An answer with a body."""
    return Response(200, b"OK", ((b"Content-Type", kind.encode()), *headers), body.encode())


def run(old: Sequence[Response | Effects], new: Sequence[Response | Effects], endpoint: str = ENDPOINT) -> Run:
    """Compare two runs, exchange by exchange, as the harness does."""
    findings = []
    for number, (one, other) in enumerate(zip(old, new, strict=True), 1):
        if isinstance(one, Response) and isinstance(other, Response):
            found = compare(one, other)
        else:
            assert isinstance(one, Effects)
            assert isinstance(other, Effects)
            found = compare_effects(one, other)
        seen = tuple(Observation(f"made#{number}", endpoint, "client", difference) for difference in found)
        if seen:
            findings.append(Finding(0, number, True, seen))
    return Run(findings, {endpoint: len(old)})


@pytest.fixture
def made() -> type:
    """The functions above: fixtures are how tests of a folder share them."""

    class Made:
        endpoint = ENDPOINT
        answer = staticmethod(answer)
        run = staticmethod(run)

    return Made
