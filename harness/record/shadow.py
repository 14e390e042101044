"""`ShadowRecorder("pairs.archive")`: keeps what an old and a new application answered to the same requests.

A pair comes in, from whatever asks both (as `compat.Shadow` does); two exchanges go out, alike but for the answer: one
into `pairs.archive`, the new application's into `pairs.new.archive`, where `started` tells which belong together.
Nothing here asks anybody, and nothing is compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from harness.config import find_config
from harness.errors import UsageError
from harness.record.call import BESIDE, Call
from harness.record.capture import MEMORY, Fields
from harness.record.counts import Completeness
from harness.record.job import job_for, switch_of
from harness.record.line import Line
from harness.record.rotation import Rotation
from harness.record.spool import Budget
from harness.record.tape import Tape, log

RAISED = "500 Internal Server Error"
"""What a server says for an application that raised."""


class Asked(Protocol):
    """A request as a WSGI application is given it: the texts of its environ (PEP 3333), and its body."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The texts of the WSGI environ."""

    @property
    def body(self) -> bytes:
        """The whole body."""


class Answered(Protocol):
    """One application's answer."""

    @property
    def status(self) -> str:
        """Status and reason: `200 OK`."""

    @property
    def headers(self) -> Sequence[tuple[str, str]]:
        """Header pairs in order."""

    @property
    def body(self) -> bytes:
        """The whole body."""

    @property
    def seconds(self) -> float:
        """How long it took."""

    @property
    def failed(self) -> str:
        """The exception; empty where there was none."""


class Pair(Protocol):
    """A request, asked at `started` (seconds since the epoch), and both answers.

    If it has a `waited`, that is how many seconds passed from then until the new application was asked.
    """

    @property
    def request(self) -> Asked:
        """What was asked."""

    @property
    def old(self) -> Answered:
        """What the client was answered."""

    @property
    def new(self) -> Answered:
        """What the other application answered."""

    @property
    def started(self) -> float:
        """When it was asked (seconds since the epoch)."""


class ShadowRecorder:
    """Keep pairs in the archive `to` and the one beside it, `x.new.archive` for `x.archive`; call it with each pair.

    All workers of a server may share both. Secrets are replaced as `[redact]` of the nearest `harness.toml` says, by
    the same tokens in both; `redact=False` keeps them in clear. `state` names what the pairs start from. While the file
    `switch` (`x.archive.stop`) exists nothing is kept. `rotation` begins new files, `memory` bounds, in bytes, what
    waits in this process. Whatever happens to the files, a call returns at once and raises nothing. Raises UsageError
    for settings that cannot be.
    """

    def __init__(
        self,
        to: str | Path,
        state: str | None = None,
        *,
        redact: bool = True,
        switch: str | Path | None = None,
        rotation: Rotation | None = None,
        memory: int = MEMORY,
    ) -> None:
        job = replace(job_for(Path(to), find_config(Path.cwd()), redact, state, rotation=rotation), paired=True)
        if job.is_cassette:
            raise UsageError(f"{to}: pairs are kept in archives: give a name that ends in .archive")
        self._tape = Tape(Line(job), memory=memory, switch=Path(switch) if switch else switch_of(job))

    @property
    def completeness(self) -> Completeness:
        """What became of the exchanges of this process, two for each pair."""
        return self._tape.completeness

    def close(self) -> None:
        """Write what waits and finish the files; the loss, if any, is logged."""
        self._tape.close()

    def __call__(self, pair: Pair) -> None:
        """Keep one pair; never waits and never raises."""
        try:
            if self._tape.watching():
                self._tape.put(_filled(Call(dict(pair.request.environ), self._tape.budget), pair, pair.old))
                self._tape.put(_filled(_Beside(dict(pair.request.environ), self._tape.budget), pair, pair.new))
        except Exception:
            log.exception("a pair could not be recorded")


class _Beside(Call):
    """A call that another application answered beside the one whose answer counts."""

    __slots__ = ()

    def __init__(self, environ: dict[str, str], budget: Budget) -> None:
        super().__init__(environ, budget)

    @property
    def fields(self) -> Fields:
        """All but the bodies."""
        return (BESIDE, *super().fields[1:])


def _filled(call: Call, pair: Pair, answer: Answered) -> Call:
    call.started, call.duration = pair.started, answer.seconds
    call.request_body.add(pair.request.body)
    call.request_complete = True
    call.response_body.add(answer.body)
    call.status, call.headers, call.complete = answer.status, answer.headers, not answer.failed
    if answer is pair.new:  # where its dates are those of a queue's end
        call.duration += getattr(pair, "waited", 0.0)
    if answer.failed and not answer.body:  # nothing went out: the server would have said so
        call.status, call.headers, call.complete = RAISED, (), True
    return call
