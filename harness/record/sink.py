"""What becomes of finished captures on their way to a file: sampled, redacted, written, counted.

Exchanges come in, with the counters of who recorded them; nothing is ever raised. What cannot be written is dropped,
said once in the log, and shows in the counters: only what is durable counts as written.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol, runtime_checkable

from harness.exchange import Exchange
from harness.record.counts import Counters
from harness.record.sample import Sample
from harness.recording import Writer

log = logging.getLogger("harness")

BATCH = 500  # exchanges that are made durable at once, fewer than writers do by themselves
PATIENCE = 0.3  # seconds after which what was written is made durable

Redact = Callable[[Exchange], Exchange]


@runtime_checkable
class Noting(Protocol):
    """A writer whose file has room for what is to be known of the whole."""

    def note(self, key: str, value: str) -> None:
        """Note something under a name."""


class Sink:
    """Write exchanges through `writer`, of a sample or all, each as `redact` gives it back (None: as it is)."""

    def __init__(self, writer: Writer, redact: Redact | None = None, sample: Sample | None = None) -> None:
        self.writer = writer
        self.unfinished = ""
        """Why the file could not be finished; empty where it could, or was not yet to be."""
        self._redact, self._sample = redact, sample
        self._said = ""
        self._waiting: list[tuple[Counters, bool]] = []
        self._since = 0.0

    def take(self, exchange: Exchange, counters: Counters) -> None:
        """Write one exchange, or leave it out."""
        if self._sample and not self._sample.keeps(exchange):
            counters.add("sampled_out")
            return
        written = self._redacted(exchange)
        if written is None or self._attempt(lambda: self.writer.add(written)):
            counters.add("failed")
            if written is not None:
                self._forget()
            return
        if self._sample:
            self._sample.call(exchange, written)
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append((counters, written.response is None or not written.response.complete))
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Make durable what was written."""
        if self._attempt(self.writer.flush):
            self._forget()
        elif self._waiting:
            self._said = ""  # it works again: an error that comes back is news
        self._settle()

    def note(self, notes: Mapping[str, str]) -> None:
        """Note something about the file of now, durably; nothing in a cassette."""
        writer = self.writer
        if isinstance(writer, Noting):
            for key, value in notes.items():
                self._attempt(partial(writer.note, key, value))
            self.flush()

    @property
    def rule(self) -> Mapping[str, object]:
        """How the sample was taken, as the archive tells it; empty where all is kept."""
        return self._sample.rule() if self._sample else {}

    @property
    def wait(self) -> float | None:
        """How many seconds until `flush` is due; None where nothing waits."""
        return max(0.0, self._since + PATIENCE - time.monotonic()) if self._waiting else None

    def close(self) -> None:
        """Finish the file."""
        self.flush()
        self.unfinished = self._attempt(self.writer.close)

    def forget_parents(self) -> None:
        """Forget, after a fork, what is the parent's to make durable."""
        self._waiting.clear()

    def _redacted(self, exchange: Exchange) -> Exchange | None:
        """Return what may be written; None where that cannot be made: then nothing is, least of all in clear."""
        if self._redact is None:
            return exchange
        try:
            return self._redact(exchange)
        except Exception as error:
            # Its text could quote the secret.
            self._say(f"an exchange could not be redacted ({type(error).__name__})")
            return None

    def _attempt(self, action: Callable[[], object]) -> str:
        """Do it, and return what went wrong; empty for nothing."""
        try:
            action()
        except Exception as error:
            return self._say(str(error) or repr(error))
        return ""

    def _say(self, text: str) -> str:
        """Log what went wrong: one line an error, not a traceback a request, nor the same line again and again."""
        if text != self._said:
            log.error("recording failed: %s", text)
        self._said = text
        return text

    def _forget(self) -> None:
        """After an error: what the writer could not make durable was not written."""
        before = self.writer.count
        self.writer.abandon()
        if gone := before - self.writer.count:
            for counters, _ in self._waiting[-gone:]:
                counters.add("failed")
            del self._waiting[-gone:]
        self._settle()

    def _settle(self) -> None:
        for counters, aborted in self._waiting:
            counters.add("written")
            if aborted:
                counters.add("aborted")
        self._waiting.clear()
