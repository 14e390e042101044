"""The controls of one running target: variables to start it with, each exchange's time and seed, what reached it.

What a Controls wants comes in; a page and an environment go out to the target's processes; afterwards `means`,
`refused` and `unreached` tell the truth about what happened.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping

from harness.controls import inside
from harness.controls.library import preload
from harness.controls.page import Page, directory, remove_stale
from harness.controls.settings import Controls

PRELOAD = "LD_PRELOAD"
HAS_PLACE = re.compile(
    r"\b(?!https?:)[a-z][a-z0-9+.]*://(?:[^/@\s]*@)?+[^/?#\s]"  # a URL with a host, but for the web's: those are names
    r"|^(?:[\w.-]+|\[[\da-f:.]+\]):\d+$"  # host:port
    r"|^(?:localhost|127\.[\d.]+|::1)$"
    r"|\bhost=(?!/|%2f|[;&]|$)",
    re.IGNORECASE,
)


class Surroundings:
    """What is controlled of one side's target, over all its processes and restarts.

    `refused` names each destination that it tried to reach and was refused, with the id of the exchange in which it
    first did (empty: while it started).
    """

    def __init__(self, controls: Controls) -> None:
        self.controls = controls
        self.means: dict[str, str] = {}
        self.told: float | None = None
        self.unreached: set[str] = set()
        self._page: Page | None = None
        self.refused: dict[str, str] = {}
        self._exchange = ""
        self._may_isolate = True

    def variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return what the target and every program below it must have in their environment.

        `environ` is what the configuration says: a hash seed there stays, and libraries to be loaded first are kept.
        """
        found = {name: environ.get(name, value) for name, value in self.controls.hash_seeds().items()}
        library = preload() if self._wanted else None
        if library is not None:
            found[PRELOAD] = ":".join(filter(None, (str(library), environ.get(PRELOAD, os.environ.get(PRELOAD)))))
        if self._wanted:
            found[inside.DIRECTORY] = str(directory())
        return found

    @property
    def _wanted(self) -> bool:
        return self.controls.clock or self.controls.random or self.controls.network

    def open(self, env: Iterable[str]) -> dict[str, str]:
        """Make a page for a target that starts now with these values in its environment; return how it finds it."""
        self.close()
        if not self._wanted:
            return {}
        remove_stale()
        controls = self.controls
        self._page = Page()
        isolated = controls.network and self._may_isolate and not controls.allowed and not any(map(_has_place, env))
        self._page.want(clock=controls.clock, random=controls.random, network=controls.network, isolated=isolated)
        if controls.network:
            self._page.allow(controls.allowed)
        self.import_begins()
        return {inside.FIRST: str(self._page.path)}

    def import_begins(self) -> None:
        """Tell the time of no exchange: the real one, shifted as the variation wants."""
        if self._page is not None:
            self._page.tell(self.controls.seed(""), time.time() + self.controls.shift if self.controls.shift else None)

    def opened(self, pid: int, means: Mapping[str, str]) -> None:
        """Hear from the target which controls reached it."""
        self.means = dict(means)
        if self.controls.hash_seed:
            self.means["hash seed"] = "environment"
        if self._page is not None:
            self._page.named(pid)
            self._take_down(self._page)
            self.unreached.update(() if preload() else ("programs that it starts",))

    def tell(self, exchange: str, started: float) -> None:
        """Begin an exchange that was recorded at `started` (epoch seconds; 0: unknown, the real time is told)."""
        if self._page is None:
            return
        self._exchange = exchange
        shift, controlled = self.controls.shift, self.controls.clock
        moment = started + shift if started else (time.time() + shift if shift else None)
        self._page.tell(self.controls.seed(exchange), moment if controlled else None)
        self.told = moment if self.means.get("clock") else None

    def answered(self) -> bool:
        """Take down what the exchange showed; False if it missed loopback in a network of its own (see `join`)."""
        page = self._page
        if page is None:
            return True
        self._take_down(page)
        return not (self._may_isolate and page.read(inside.LOOPBACK))

    def join(self) -> None:
        """From the next start on share the network of the machine: the target needs something on its loopback."""
        self._may_isolate = False

    @property
    def summary(self) -> dict[str, str]:
        """What is controlled, and by what; empty for programs of the target that nothing got into."""
        return {**self.means, **{f"clock and random of {name}": "" for name in sorted(self.unreached)}}

    def _take_down(self, page: Page) -> None:
        self.unreached.update(page.unreached())
        for destination in page.refused():
            self.refused.setdefault(destination, self._exchange)

    def close(self) -> None:
        """Remove the page, and keep what it told."""
        if self._page is not None:
            self._take_down(self._page)
            self._page.close()
            self._page = None
            self._exchange = ""


def _has_place(value: str) -> bool:
    """Whether the value of a variable names something to be reached by network."""
    return bool(HAS_PLACE.search(value))
