"""`Recorder(app, "day.archive")`: WSGI middleware that records what passes and changes nothing (PEP 3333).

Exchanges are those of the WSGI level: the body is what the application read, headers are named as the server hands them
on, how an answer was framed on the wire is the server's secret. Recording fails open: whatever happens to the file, the
request is served and the loss counted. Redaction and writing are another process's work (`keeper`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from harness.config import find_config
from harness.record.call import Call, Environ
from harness.record.capture import MEMORY
from harness.record.counts import Completeness
from harness.record.job import job_for, switch_of
from harness.record.line import Line
from harness.record.rotation import Rotation
from harness.record.tape import Here, Tape, log
from harness.recording import Writer


class Recorder:
    """Record the exchanges of a WSGI application into an archive (a path), a cassette (`x.yaml`), or a given writer.

    All workers of a server may share an archive. Secrets are replaced as `[redact]` of the nearest `harness.toml` says,
    with the key of HARNESS_KEY or a random one; `redact=False` records in clear. `state` names what the recording
    starts from. `sample` is the share of the sessions that is kept, with the first `rare` exchanges of every endpoint
    each hour. While the file `switch` (`x.archive.stop`) exists nothing is recorded. `rotation` begins new files.
    `memory` bounds, in bytes, what waits in this process. `close()` writes what waits; an ending process does so by
    itself. Raises UsageError for settings that cannot be.
    """

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        to: str | Path | Writer,
        state: str | None = None,
        *,
        redact: bool = True,
        sample: float = 1.0,
        rare: int = 20,
        switch: str | Path | None = None,
        rotation: Rotation | None = None,
        memory: int = MEMORY,
    ) -> None:
        self.app = app
        path = Path(to) if isinstance(to, str | Path) else None
        job = job_for(path or Path("-"), find_config(Path.cwd()), redact, state, sample, rare, rotation)
        outlet = Line(job) if isinstance(to, str | Path) else Here(job.sink_to(to))
        stop = Path(switch) if switch else switch_of(job) if path else None
        self._tape = Tape(outlet, memory=memory, switch=stop)

    @property
    def enabled(self) -> bool:
        """Whether requests are recorded; set it to False to stop at once in this process."""
        return self._tape.enabled

    @enabled.setter
    def enabled(self, on: bool) -> None:
        self._tape.enabled = on

    @property
    def recorded(self) -> int:
        """How many exchanges of this process are written."""
        return self._tape.recorded

    @property
    def lost(self) -> int:
        """How many exchanges this process could not record (while it serves: or has not written yet)."""
        return self._tape.lost

    @property
    def completeness(self) -> Completeness:
        """What became of the exchanges of this process."""
        return self._tape.completeness

    def close(self) -> None:
        """Write what waits and finish the file; the loss, if any, is logged."""
        self._tape.close()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve one request and record it."""
        try:
            recording = _Recording(environ, start_response, self._tape) if self._tape.watching() else None
        except Exception:
            log.exception("a request could not be recorded")
            recording = None
        if recording is None:
            return self.app(environ, start_response)
        try:
            result = self.app(environ, recording.start_response)
        except BaseException:
            recording.finish(complete=False)
            raise
        return (_SizedAnswer if hasattr(result, "__len__") else _Answer)(result, recording)


class _Recording:
    """One request on its way through the application."""

    __slots__ = ("_capture", "_finished", "_input", "_start_response", "_tape")

    def __init__(self, environ: Environ, start_response: Callable[..., Any], tape: Tape) -> None:
        self._tape = tape
        self._start_response = start_response
        self._capture = Call(environ, tape.budget)
        self._finished = False
        self._input = _Input(environ["wsgi.input"], self._capture, _body_length(environ))
        environ["wsgi.input"] = self._input

    def start_response(self, status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Callable[[bytes], object]:
        """Hand on status and headers; what a second call replaces was never sent (PEP 3333, "Error Handling")."""
        write: Callable[[bytes], object] = self._start_response(status, headers, *exc_info)
        self._capture.status, self._capture.headers = status, headers

        def recorded_write(data: bytes) -> object:
            self.passed(data)
            return write(data)

        return recorded_write

    def passed(self, data: bytes) -> None:
        """Note a piece of the body that goes to the server."""
        try:
            self._capture.response_body.add(data)
        except Exception:
            log.exception("an answer could not be recorded whole")

    def finish(self, complete: bool) -> None:
        """Hand the capture on, once; `complete` tells whether the application was let come to its end."""
        if self._finished:
            return
        self._finished = True
        self._capture.answered()
        self._capture.request_complete = self._input.complete
        self._capture.complete = complete
        self._tape.put(self._capture)


class _Answer:
    """The application's iterable, passed on piece by piece."""

    __slots__ = ("_recording", "_result")

    def __init__(self, result: Iterable[bytes], recording: _Recording) -> None:
        self._result = result
        self._recording = recording

    def __iter__(self) -> Iterator[bytes]:
        for data in self._result:
            self._passes(data)
            yield data
        self._recording.finish(complete=True)

    def _passes(self, data: bytes) -> None:
        self._recording.passed(data)

    def close(self) -> None:
        try:
            if hasattr(self._result, "close"):
                self._result.close()
        finally:
            self._recording.finish(complete=self._all_passed)

    @property
    def _all_passed(self) -> bool:
        """Whether nothing is known to follow, although nobody asked for it."""
        return False


class _SizedAnswer(_Answer):
    """An answer of known length: servers take a list of one piece for a reason to announce its size.

    It is whole when its last piece was handed on, also where the server finds that the client is gone.
    """

    __slots__ = ("_left",)

    def __init__(self, result: Iterable[bytes], recording: _Recording) -> None:
        super().__init__(result, recording)
        self._left: int = len(result)  # type: ignore[arg-type]

    def _passes(self, data: bytes) -> None:
        super()._passes(data)
        self._left -= 1

    @property
    def _all_passed(self) -> bool:
        return self._left == 0

    def __len__(self) -> int:
        return len(self._result)  # type: ignore[arg-type]


class _Input:
    """`wsgi.input`, noting what the application reads; it alone decides whether the whole body is ever read."""

    __slots__ = ("_body", "_ended", "_length", "_stream")

    def __init__(self, stream: Any, capture: Call, length: int | None) -> None:
        self._stream = stream
        self._body = capture.request_body
        self._length = length
        self._ended = False

    @property
    def complete(self) -> bool:
        """Whether all of the body was read: its announced length, or to its end where there is none."""
        return self._ended if self._length is None else self._body.size >= self._length

    def read(self, *size: int) -> bytes:
        wanted = size[0] if size else -1
        return self._noted(self._stream.read(*size), to_end=wanted is None or wanted < 0, empty_is_end=wanted != 0)

    def readline(self, *size: int) -> bytes:
        return self._noted(self._stream.readline(*size), to_end=False, empty_is_end=size[:1] != (0,))

    def readlines(self, *hint: int) -> list[bytes]:
        lines: list[bytes] = self._stream.readlines(*hint)
        self._noted(b"".join(lines), to_end=not any(hint), empty_is_end=True)
        return lines

    def __iter__(self) -> Iterator[bytes]:
        for line in self._stream:
            yield self._noted(line, to_end=False, empty_is_end=True)
        self._ended = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _noted(self, data: bytes, to_end: bool, empty_is_end: bool) -> bytes:
        try:
            self._body.add(data)
            self._ended = self._ended or to_end or (empty_is_end and not data)
        except Exception:
            log.exception("a request could not be recorded whole")
            self._length, self._ended = None, False
        return data


def _body_length(environ: Environ) -> int | None:
    """Return how long the request's body is; None where only its end tells."""
    announced = str(environ.get("CONTENT_LENGTH") or "").strip()
    if announced.isdigit():
        return int(announced)
    return None if "HTTP_TRANSFER_ENCODING" in environ else 0
