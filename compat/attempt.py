"""One request tried at an application, with another one ready to answer it: nothing is sent before the first will do.

Comes in: the two applications and a request that may be asked twice. Goes out: the answer of the first, or, where that
raises or answers with 5xx before the first byte of its body, the answer of the second. Once a byte is out there is no
second try: what breaks off then is told, and goes on to the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from .handler import told_to_stop
from .types import Application, Environ, StartResponse

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that may be asked twice, or of both sides (RFC 9110 section 9.2.1)."""
NO_BYTES = "a piece of its body is not bytes"
Failed = Callable[[str, BaseException | None], Application]
"""Is told why the first application will not do, and returns who answers instead."""
Broke = Callable[[], object]
"""Is told that an answer failed on its way out."""


def may_repeat(environ: Environ) -> bool:
    """Whether a request may be asked again: it should change nothing, and has no body that somebody has read."""
    bodiless = environ.get("CONTENT_LENGTH") in (None, "", "0") and "HTTP_TRANSFER_ENCODING" not in environ
    return environ["REQUEST_METHOD"] in SAFE and bodiless


def is_failure(status: str) -> bool:
    """Whether a status says that the server is at fault (RFC 9110 section 15.6)."""
    return status.startswith("5")


def attempt(
    first: Application, failed: Failed, broke: Broke, environ: Environ, start_response: StartResponse
) -> Iterable[bytes]:
    """Answer with `first`, or where it fails in time with what `failed` returns; `broke` hears where it is too late."""
    held = _Held(start_response)
    try:
        # a copy: what it does to its environ is no business of the other's
        return held.taken(first({**environ}, held.start), environ, broke)
    except (Exception, SystemExit) as error:
        if held.begun:
            broke()
            raise
        if isinstance(error, SystemExit) and told_to_stop(error):
            raise
        reason = str(error) if isinstance(error, _Failure) else f"{type(error).__name__}: {error}"
        other = failed(reason, None if isinstance(error, _Failure) else error)
    return other(environ, start_response)


class _Failure(Exception):
    """The application answered that it failed."""


class _Held:
    """A head that waits until the first byte of its body is there."""

    def __init__(self, start_response: StartResponse) -> None:
        self._real = start_response
        self._head: tuple[str, list[tuple[str, str]]] | None = None
        self._write: Callable[[bytes], Any] | None = None

    @property
    def begun(self) -> bool:
        """Whether it went out."""
        return self._write is not None

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], Any]:
        """Take the head (PEP 3333, start_response); one that replaces another before the first byte is as good."""
        if self.begun:
            return self._real(status, headers, exc_info) if exc_info else self._real(status, headers)
        self._head = status, headers
        return self._written

    def _written(self, data: bytes) -> None:
        piece = checked(data)
        self._begin()(piece)

    def _begin(self) -> Callable[[bytes], Any]:
        """Let the head go out, if it has not; return the server's write(). Raises _Failure where it tells of one."""
        if self._write is None:
            if self._head is None:
                raise _Failure("it did not call start_response")
            if is_failure(self._head[0]):
                raise _Failure(self._head[0])
            self._write = self._real(*self._head)
        return self._write

    def taken(self, answer: Iterable[bytes], environ: Environ, broke: Broke) -> Iterable[bytes]:
        """Return an answer that has begun. Raises _Failure, or what the application raises, where it does not."""
        try:
            if is_whole(answer, environ):
                self._begin()  # nothing of it can fail: it goes out as it is
                return answer
            if isinstance(answer, list | tuple):
                raise _Failure(NO_BYTES)
            pieces = map(checked, answer)
            first = next((piece for piece in pieces if piece), b"")
            self._begin()
        except BaseException:
            _close(answer)
            raise
        return Guarded(answer, broke, chain([first] if first else [], pieces))


class Guarded:
    """An answer, all of it or `pieces` as what is left, that tells where it breaks off.

    Not where its close() raises: that says something of the connection, after all pieces.
    """

    def __init__(self, answer: Iterable[bytes], broke: Broke, pieces: Iterator[bytes] | None = None) -> None:
        self._answer, self._broke = answer, broke
        self._pieces = answer if pieces is None else pieces

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._pieces:
                yield checked(piece)
        except (Exception, SystemExit):
            self._broke()
            raise

    def close(self) -> None:
        """Close the answer (PEP 3333)."""
        _close(self._answer)


def is_whole(answer: Iterable[bytes], environ: Environ) -> bool:
    """Whether nothing of an answer can fail: a file that the server sends by itself, or a list of bytes."""
    wrapper = environ.get("wsgi.file_wrapper")
    if isinstance(wrapper, type) and isinstance(answer, wrapper):
        return True
    return isinstance(answer, list | tuple) and all(isinstance(piece, bytes) for piece in answer)


def checked(piece: bytes) -> bytes:
    """Return a piece of a body. Raises TypeError for what is none (PEP 3333, "A Note on String Types")."""
    if not isinstance(piece, bytes):
        raise TypeError(NO_BYTES)
    return piece


def _close(answer: Iterable[bytes]) -> None:
    if hasattr(answer, "close"):
        answer.close()
