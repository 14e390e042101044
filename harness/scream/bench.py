"""A place to run clients at: the old implementation on a copy of its starting state, the proxy before it, a folder.

A client and changes come in, an `Outcome` goes out; before each run the state is put back and the old implementation
begins anew. Used by one thread at a time.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.config import Config
from harness.endpoint import endpoint
from harness.exchange import SAFE_METHODS, Request
from harness.scream.client import Client, run
from harness.scream.operators import Change, Operator
from harness.scream.outcome import Outcome, effect_lines
from harness.scream.proxy import Proxy, Seen
from harness.state import SideState, State, Stateless
from harness.targets import Target
from harness.targets.url import UrlSide


@dataclass(frozen=True, slots=True)
class Run:
    """An outcome, and what was asked and answered on the way to it."""

    outcome: Outcome
    seen: Sequence[Seen]


class Bench:
    """One worker's own. A context manager; raises TargetError and StateError where the old one cannot be started."""

    def __init__(self, index: int, old: Target, state: State | None, config: Config) -> None:
        self._config = config
        self._side = old.open()
        self._state: SideState = Stateless()
        if state is not None and (old.stateful or state.restores_servers):
            self._state = state.side(index, "old")
            if isinstance(self._side, UrlSide):
                self._side.allow_writes = True
        self._home = tempfile.TemporaryDirectory(prefix="lab-")
        self._proxy = Proxy(self._side, self._name)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop all that runs, and give back the copy of the state."""
        self._proxy.close()
        self._side.close()
        self._state.close()
        self._home.cleanup()

    def run(self, client: Client, changes: Sequence[Change] = ()) -> Run:
        """Run a client once, with these changes made to what it is answered."""
        began = time.time()
        self._side.stop()
        self._state.restore()
        self._side.start(self._state.env(self._proxy.host))
        by_endpoint: dict[str, list[Operator]] = {}
        for change in changes:
            by_endpoint.setdefault(change.endpoint, []).append(change.operator)
        current = self._proxy.begin(by_endpoint)
        ran = run(client, self._proxy.host, Path(self._home.name) / "client")
        self._proxy.begin({})
        if current.failure is not None:
            raise current.failure
        seen = tuple(current.seen)
        wrote = self._state.changes(any(one.request.method not in SAFE_METHODS for one in seen))
        lines = effect_lines(wrote, (began, time.time() + 1))
        outcome = Outcome(ran.exit, ran.output, ran.files, lines, tuple(one.endpoint for one in seen))
        return Run(outcome, seen)

    def _name(self, request: Request) -> str:
        return endpoint(request, self._config.endpoints, self._config.parameters)
