"""What a client asks and gets, copied as it passes by, within limits; and what an application answers nobody.

Comes in: an environ and a `start_response`. Goes out: the request and the answer as plain data, when the server closes
the answer. Copying stops where there is too much; what passes by is never changed, held back or reordered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .attempt import checked
from .journal import logger
from .pair import Answered, Asked
from .types import Application, Environ, StartResponse

Ended = Callable[[Asked, Answered | None], None]
"""Is given the request, and the answer where it is whole."""


class Kept:
    """The bytes of a body, up to `limit`; of one that is longer only its size."""

    def __init__(self, limit: int) -> None:
        self.size = 0
        self._limit = limit
        self._pieces: list[bytes] = []

    @property
    def too_large(self) -> bool:
        """Whether there was more than the limit."""
        return self.size > self._limit

    def add(self, data: bytes) -> None:
        """Take a piece."""
        self.size += len(data)
        if self.too_large:
            self._pieces.clear()
        elif data:
            self._pieces.append(data)

    def bytes(self) -> bytes:
        """Return all."""
        return b"".join(self._pieces)


class Watching:
    """One request as far as it has come; `limit` bytes of a body are kept at most."""

    def __init__(self, environ: Environ, start_response: StartResponse, limit: int) -> None:
        self.started = time.time()
        self.asked = Asked({name: value for name, value in environ.items() if isinstance(value, str)})
        self._begun = time.perf_counter()
        self._start_response = start_response
        self._head: tuple[str, list[tuple[str, str]]] | None = None
        self._body = Kept(limit)
        self._input: _Input | None = None
        if environ.get("CONTENT_LENGTH") not in (None, "", "0"):
            environ["wsgi.input"] = self._input = _Input(environ["wsgi.input"])

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], Any]:
        """Hand on the head; what a second one replaces was never sent (PEP 3333)."""
        write = self._start_response(status, headers, exc_info) if exc_info else self._start_response(status, headers)
        self._head = status, list(headers)

        def watched(data: bytes) -> Any:
            self.passed(data)
            return write(data)

        return watched

    def passed(self, data: bytes) -> None:
        """Keep a piece of the answer's body, unless there is too much of it."""
        self._body.add(data)

    @property
    def too_large(self) -> bool:
        """Whether the answer's body was too much."""
        return self._body.too_large

    @property
    def request(self) -> Asked:
        """The request, with the body as far as it was read."""
        return self.asked if self._input is None else Asked(self.asked.environ, b"".join(self._input.pieces))

    def answer(self, complete: bool) -> Answered | None:
        """Return the answer; None where it is too much, or was not sent whole, or the request was not read whole."""
        if self.too_large or self._head is None or not (complete or self._sent_whole) or not self._read_whole:
            return None
        seconds = time.perf_counter() - self._begun
        return Answered(self._head[0], tuple(self._head[1]), self._body.bytes(), seconds)

    @property
    def _sent_whole(self) -> bool:
        """Whether all that was announced went out: then a server may ask for no more."""
        assert self._head is not None
        lengths = [value for name, value in self._head[1] if name.lower() == "content-length"]
        return lengths == [str(self._body.size)]

    @property
    def _read_whole(self) -> bool:
        return self._input is None or self._input.size == int(self.asked.environ["CONTENT_LENGTH"])


class Watched:
    """The application's iterable, passed on piece by piece; when it is closed `ended` hears what it was."""

    def __init__(self, answer: Iterable[bytes], watching: Watching, ended: Ended) -> None:
        self._answer, self._watching = answer, watching
        self._ended: Ended | None = ended
        self._complete = False

    @staticmethod
    def begun(answer: Iterable[bytes], watching: Watching, ended: Ended) -> Watched:
        """Wrap an answer; one whose length is known keeps it, since servers tell Content-Length by that."""
        return (_Sized if hasattr(answer, "__len__") else Watched)(answer, watching, ended)

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._answer:
            self._watching.passed(piece)
            yield piece
        self._complete = True

    def close(self) -> None:
        """Close the answer (PEP 3333); only then is its request done."""
        ended, self._ended = self._ended, None
        closed = False
        try:
            if hasattr(self._answer, "close"):
                self._answer.close()
            closed = True
        finally:
            if ended is not None:
                self._tell(ended, closed)

    def _tell(self, ended: Ended, closed: bool) -> None:
        try:
            ended(self._watching.request, self._watching.answer(self._complete) if closed else None)
        except Exception:  # whatever a shadow does, it does not reach the client
            logger.exception("shadow: a request could not be put to new")


class _Sized(Watched):
    def __len__(self) -> int:
        return len(self._answer)  # type: ignore[arg-type]


class _Input:
    """`wsgi.input`, copying what is read from it: not more than CONTENT_LENGTH, which was looked at before."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.pieces: list[bytes] = []
        self.size = 0

    def _kept(self, data: bytes) -> bytes:
        self.pieces.append(data)
        self.size += len(data)
        return data

    def read(self, *size: int) -> bytes:
        """Read and copy."""
        return self._kept(self._stream.read(*size))

    def readline(self, *size: int) -> bytes:
        """Read and copy."""
        return self._kept(self._stream.readline(*size))

    def readlines(self, *hint: int) -> list[bytes]:
        """Read and copy."""
        return [self._kept(line) for line in self._stream.readlines(*hint)]

    def __iter__(self) -> Iterator[bytes]:
        return map(self._kept, self._stream)


def collect(application: Application, environ: Environ, limit: int, timeout: float) -> Answered | None:
    """Ask an application and return what it answers, its exceptions, too; None where a body exceeds `limit` bytes.

    One that takes longer than `timeout` seconds is not read to its end.
    """
    begun = time.perf_counter()
    head: list[Any] = ["", []]
    body = Kept(limit)

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], Any]:
        head[:] = [status, headers]
        return lambda data: body.add(checked(data))

    failed = ""
    answer: Iterable[bytes] = ()
    try:
        try:
            answer = application(environ, start)
            for piece in answer:
                body.add(checked(piece))
                if body.too_large or time.perf_counter() - begun > timeout:
                    break
        finally:
            if hasattr(answer, "close"):
                answer.close()
    except BaseException as error:  # nobody asks this thread to end: a CancelledError or a Timeout is new's, too
        failed = f"{type(error).__name__}: {error}"
    if body.too_large:
        return None
    return Answered(head[0], tuple(head[1]), body.bytes(), time.perf_counter() - begun, failed)
