"""How long one program may take: in all, and without anything moving.

Comes in: the operator's times in seconds, and when something last moved. Goes out: when waiting must end, or the error.
"""

from __future__ import annotations

import time
from typing import ClassVar

from ..errors import ProgramError


class Deadline:
    """The times allowed to one program, from now on; None is no limit."""

    stop: ClassVar[float | None] = None
    """When this whole process stops, by the monotonic clock: none of its programs may take longer."""

    def __init__(self, timeout: float | None, idle_timeout: float | None) -> None:
        self.began = time.monotonic()
        self._timeout = timeout
        self._idle_timeout = idle_timeout

    def after(self, active: float) -> float | None:
        """Return when waiting must end if nothing moves after `active`.

        Raises ProgramError: 504 if that is past, 503 if the process stops.
        """
        if Deadline.stop is not None and time.monotonic() >= Deadline.stop:
            raise ProgramError(503, "the server stops, and its graceful timeout is nearly over", retry_after=1)
        total = None if self._timeout is None else self.began + self._timeout
        idle = None if self._idle_timeout is None else active + self._idle_timeout
        deadline = total if idle is None or (total is not None and total <= idle) else idle
        if deadline is None or time.monotonic() < deadline:
            return deadline
        if deadline == total:
            reason = f"it ran longer than timeout = {self._timeout} s"
        else:
            reason = f"nothing moved for idle_timeout = {self._idle_timeout} s"
        raise ProgramError(504, f"the program was too slow: {reason}")
