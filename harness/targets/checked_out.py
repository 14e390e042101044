"""A side whose application is run from a revision of the checkout: an application like any other, in another folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from harness.errors import TargetError
from harness.exchange import Exchange
from harness.targets.imports import led_to
from harness.targets.revision import Checkout
from harness.targets.side import Answer, Side, Unsent

Make = Callable[[Path, Mapping[str, str]], Side]
"""Makes the side that runs the application in a directory, with these variables of its own."""


class CheckedOutSide:
    """Runs `app` by `python` in the folder of a `checkout`, with the variables `env`; `make` makes the side itself."""

    authority = ""
    works = True

    def __init__(self, checkout: Checkout, make: Make, *, app: str, python: str, env: Mapping[str, str]) -> None:
        self._checkout, self._make, self._app, self._python, self._env = checkout, make, app, python, env
        self._running: Side | None = None

    @property
    def controls(self) -> Mapping[str, str]:
        """What reached the application."""
        return self._running.controls if self._running else {}

    @property
    def refused(self) -> Mapping[str, str]:
        """What the application was refused."""
        return self._running.refused if self._running else {}

    @property
    def told(self) -> float | None:
        """What time the application was told."""
        return self._running.told if self._running else None

    def start(self, env: Mapping[str, str]) -> None:
        """Write the folder where nobody has yet, and start the application in it. Raises TargetError."""
        if self._running is None:
            self._running = self._made()
        try:
            self._running.start(env)
        except TargetError as error:
            empty = ", ".join(self._checkout.left_empty)
            hint = f"\nempty in the folder of this revision (git submodule update --init): {empty}" if empty else ""
            raise TargetError(f"{error}{hint}") from None

    def _made(self) -> Side:
        revision = self._checkout.revision
        tree = self._checkout.acquire()
        try:
            cwd = tree / revision.inner
            if not cwd.is_dir():
                raise TargetError(f"target git:{revision.text}: has no folder {revision.inner}")
            return self._make(cwd, led_to(tree, revision.top, self._python, self._app, cwd, self._env))
        except TargetError as error:
            self._checkout.release()
            raise TargetError(f"target git:{revision.text}:{self._app}: {error}") from None
        except BaseException:
            self._checkout.release()
            raise

    def refusal(self, exchange: Exchange) -> Unsent | None:
        """As the application's side says."""
        return self._started().refusal(exchange)

    def prepare(self, exchange: Exchange) -> None:
        """Let it hear what comes next."""
        self._started().prepare(exchange)

    @property
    def answers_at(self) -> int | None:
        """Where the application's side says."""
        return self._started().answers_at

    def send(self, exchange: Exchange) -> None:
        """Ask it."""
        self._started().send(exchange)

    def receive(self) -> Answer:
        """Take its answer."""
        return self._started().receive()

    def _started(self) -> Side:
        assert self._running is not None, "start() came first"
        return self._running

    def stop(self) -> None:
        """End the scenario."""
        if self._running is not None:
            self._running.stop()

    def close(self) -> None:
        """End the application; the folder goes with the last that uses it."""
        running, self._running = self._running, None
        if running is not None:
            try:
                running.close()
            finally:
                self._checkout.release()
