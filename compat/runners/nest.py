"""The zygotes of one script, one after another: the first learns what the program imports, later ones know.

Comes in: requests. Goes out: a `Forked` for each. A successor is started beside the one at work, which goes on until it
is ready; only where a file has changed does a request wait for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from .forked import Forked
from .keeper import Gone, Keeper
from .message import Plan, Request
from .python import Start, Unsuited, is_binary

ATTEMPTS = 3
REFUSED_FOR = 60.0

logger = logging.getLogger("compat")


class Nest:
    """Where one `Start` has its zygotes. Safe to use from several threads."""

    def __init__(self, start: Start, wanted: Sequence[str]) -> None:
        self._start = start
        self._plan = Plan(tuple(wanted))
        self._keeper: Keeper | None = None
        self._next: Keeper | None = None
        self._retired: list[Keeper] = []
        self._tried: set[bytes] = set()  # what a plan had that failed is not learned again
        self._runs = 0
        self._reason = ""
        self._refused_until = 0.0
        self._told = False
        self._lock = threading.Lock()

    def fork(self, request: Request, descriptors: Sequence[int]) -> Forked:
        """Run one program on three descriptors. Raises Unsuited where exec must, ProgramError as `Keeper.fork`."""
        for _ in range(ATTEMPTS):
            with self._lock:
                keeper = self._present()
                self._runs += 1
                learn = (
                    self._runs & (self._runs - 1) == 0
                )  # the 1st, 2nd, 4th, 8th: other requests import other modules
            asked = replace(request, learn=True) if learn else request
            try:
                return Forked(keeper, keeper.fork(asked, descriptors), learning=learn)
            except Gone:
                continue
        raise Unsuited("its zygotes end as soon as they have started")

    def zygotes(self) -> list[Keeper]:
        """The zygote that serves now, if there is one."""
        return [] if self._keeper is None else [self._keeper]

    def close(self) -> None:
        """End all zygotes."""
        with self._lock:
            self._retire(self._keeper, self._next)
            self._keeper = self._next = None
            for keeper in self._retired:
                keeper.close()
            self._retired.clear()

    def abandon(self) -> None:
        """Let go of zygotes that belong to the parent of this process."""
        for keeper in (*self._retired, self._keeper, self._next):
            if keeper is not None:
                keeper.abandon()

    def _present(self) -> Keeper:
        """Return the zygote for this request. Raises Unsuited."""
        if time.monotonic() < self._refused_until:
            raise Unsuited(self._reason)
        if self._keeper is None or self._keeper.broken or self._keeper.changed():
            self._keeper = self._renewed()
        else:
            self._keeper = self._succeeded(self._keeper)
        self._tell(self._keeper)
        return self._keeper

    def _renewed(self) -> Keeper:
        """Start a zygote and wait for it: what has been learned may have become false."""
        self._retire(self._keeper, self._next)
        self._keeper = self._next = None
        if not is_binary(self._start.executable):
            self._refuse(f"{self._start.executable} is a script itself")
        keeper = self._started()
        try:
            keeper.await_ready()
        except Unsuited as error:
            keeper.close()
            if not self._plan.learned:
                self._refuse(str(error))
            self._plan = replace(self._plan, learned=())
            return self._renewed()
        return keeper

    def _succeeded(self, keeper: Keeper) -> Keeper:
        """Return the successor if it is ready; start one where it is time."""
        if self._next is None:
            if self._learn(keeper) or keeper.worn():
                self._next = self._started()
            return keeper
        try:
            if not self._next.is_ready():
                return keeper
        except Unsuited:
            self._plan = keeper.plan
            self._retire(self._next)
            self._next = None
            return keeper
        self._retire(keeper)
        successor, self._next = self._next, None
        return successor

    def _learn(self, keeper: Keeper) -> bool:
        """Plan for what programs have reported; whether there is anything new."""
        new = [(name, file) for name, file in keeper.learned.items() if name not in self._tried]
        self._tried.update(keeper.learned)
        self._plan = replace(self._plan, learned=(*self._plan.learned, *new))
        return bool(new)

    def _started(self) -> Keeper:
        try:
            return Keeper(self._start, self._plan)
        except OSError as error:
            raise Unsuited(f"its zygote cannot be started: {error.strerror}") from error

    def _refuse(self, reason: str) -> None:
        """Leave it to exec for a while: a start that fails may take long to do so."""
        self._refused_until = time.monotonic() + REFUSED_FOR
        self._reason = reason
        raise Unsuited(reason)

    def _retire(self, *keepers: Keeper | None) -> None:
        """End zygotes as soon as their children have ended: they are the only ones who can tell how."""
        self._retired += [keeper for keeper in keepers if keeper is not None]
        for keeper in [keeper for keeper in self._retired if keeper.broken or not keeper.working]:
            self._retired.remove(keeper)
            keeper.close()

    def _tell(self, keeper: Keeper) -> None:
        """Tell the operator, once, which of his modules could not be imported in advance."""
        if keeper.left_out and not self._told:
            self._told = True
            logger.warning("%s: not imported in advance: %s", self._start.script, "; ".join(keeper.left_out))
