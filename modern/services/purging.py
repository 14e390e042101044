"""Purges: keys of what changed come in, requests to a cache in front go out, from a thread of its own.

Whoever changes something never waits for a cache and never fails by one: what cannot be said is said again later.
"""

from __future__ import annotations

import http.client
import logging
import time
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from threading import Condition, Thread

from .keys import EVERYTHING

Purge = Callable[[Iterable[str]], None]
# Seconds until a key is purged once more: what was asked before the change may have been kept after its purge.
AGAIN = 5.0
MOST = 10_000  # keys that wait for one cache; more are one: everything
BATCH = 100  # keys of one request
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0  # seconds after a failure, doubled each time
TIMEOUT = 5.0
_log = logging.getLogger(__name__)


class Purger:
    """Tells one cache, at a URL that takes PURGE with `Surrogate-Key`."""

    def __init__(self, url: str, *, again: float = AGAIN, most: int = MOST) -> None:
        self._url = url
        self._again = again
        self._most = most
        self._wake = Condition()
        self._waiting: dict[str, tuple[float, bool]] = {}  # key: when, whether that is the last time
        self._pause = 0.0
        self._thread: Thread | None = None
        self._closed = False

    def purge(self, keys: Iterable[str]) -> None:
        """Have the cache forget what it keeps under these keys; returns at once."""
        with self._wake:
            self._waiting.update((key, (0.0, False)) for key in keys)
            if len(self._waiting) > self._most:
                _log.warning("more than %d purges wait for %s: everything is purged", self._most, self._url)
                self._waiting = {EVERYTHING: (0.0, False)}
            if self._thread is None:
                self._thread = Thread(target=self._run, name="purger", daemon=True)
                self._thread.start()
            self._wake.notify()

    def close(self) -> None:
        """End the thread; what still waits is dropped."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(TIMEOUT * 2)

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            try:
                send(self._url, list(batch))
            except (OSError, http.client.HTTPException) as error:
                self._pause = min(LONGEST_PAUSE, self._pause * 2 or FIRST_PAUSE)
                _log.warning("%d purges at %s failed, again in %g s: %s", len(batch), self._url, self._pause, error)
                self._put_back(batch, self._pause)
            else:
                self._pause = 0.0
                self._put_back({key: True for key, last in batch.items() if not last}, self._again)

    def _next(self) -> dict[str, bool] | None:
        """Wait for keys that are due; {key: whether this is the last time}. None: closed."""
        with self._wake:
            while not self._closed:
                now = time.monotonic()
                due = [key for key, (when, _) in self._waiting.items() if when <= now][:BATCH]
                if due:
                    return {key: self._waiting.pop(key)[1] for key in due}
                self._wake.wait(min((when - now for when, _ in self._waiting.values()), default=None))
        return None

    def _put_back(self, batch: dict[str, bool], seconds: float) -> None:
        when = time.monotonic() + seconds
        with self._wake:
            for key, last in batch.items():
                self._waiting.setdefault(key, (when, last))  # one that came meanwhile is sooner


def purge_all(purgers: Sequence[Purger]) -> Purge:
    """Return what tells all of these caches."""

    def purge(keys: Iterable[str]) -> None:
        known = list(keys)
        for purger in purgers:
            purger.purge(known)

    return purge


def send(url: str, keys: Sequence[str]) -> None:
    """One request. Raises OSError (URLError, HTTPError) and HTTPException."""
    request = urllib.request.Request(url, method="PURGE", headers={"Surrogate-Key": " ".join(keys)})  # noqa: S310  # settings say http
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
        response.read()
