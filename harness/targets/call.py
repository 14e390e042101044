"""One call of a WSGI application (PEP 3333): environ and body in, the head of the answer and its body out.

Loaded by path by `host.py`, in interpreters (3.8 and later) that may not have the harness installed: standard library
only, nothing of ours. How a call comes here and where its answer goes is the host's.
"""

from __future__ import annotations

import io
import os
import re
import sys
import traceback
from typing import Any
from wsgiref.util import FileWrapper

LIBRARY = os.path.dirname(os.__file__)
PLAIN = re.compile(r"[A-Za-z_'\" ,.():-]{1,80}")  # a message that does not vary from run to run


def answered(application: Any, environ: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Call an application; return its answer as a frame carries it."""
    return Call(environ, body).run(application)


def described(error: BaseException) -> str:
    """Return what was raised where, in words that are the same in every run: in the application, not in a library."""
    places = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    places = [place for place in places if place[0].co_filename != __file__]
    message = str(error)
    name = type(error).__name__ + (": " + message if PLAIN.fullmatch(message) else "")
    for code, line in ([place for place in places if is_own(place[0].co_filename)] or places)[-1:]:
        return f"{name} in {code.co_name} of {os.path.basename(code.co_filename)}, line {line}"
    return name


def is_own(file: str) -> bool:
    """Whether code is the application's: of no library, and not made at import."""
    return not file.startswith((LIBRARY, "<")) and "-packages" not in file


class ErrorStream(io.TextIOBase):
    """wsgi.errors: the standard error stream, never closed, never refusing a character (PEP 3333)."""

    def write(self, text: str) -> int:
        """Write text."""
        sys.stderr.buffer.write(text.encode("utf-8", "backslashreplace"))
        return len(text)

    def flush(self) -> None:
        """Flush it."""
        sys.stderr.flush()


class Call:
    """One call of the application: `start_response` and `write` as PEP 3333 wants them, the answer gathered."""

    def __init__(self, environ: dict[str, Any], body: bytes) -> None:
        self.status: str | None = None
        self.headers: list[tuple[str, str]] = []
        self.parts: list[bytes] = []
        self.raised = ""
        self.environ = dict(environ)
        self.environ.update(
            {
                "wsgi.version": (1, 0),
                "wsgi.input": io.BytesIO(body),
                "wsgi.input_terminated": True,
                "wsgi.errors": ErrorStream(),
                "wsgi.multithread": False,
                "wsgi.multiprocess": True,
                "wsgi.run_once": False,
                "wsgi.file_wrapper": FileWrapper,
            }
        )

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        """Keep status and headers; a second call is allowed only with exc_info and before any byte (PEP 3333)."""
        if exc_info and self.parts:
            raise exc_info[1].with_traceback(exc_info[2])
        if self.status is not None and not exc_info:
            raise AssertionError("start_response was called twice without exc_info")
        if exc_info and exc_info[1] is not None:
            self.raised = described(exc_info[1])
        self.status, self.headers = status, list(headers)
        return self.write

    def write(self, data: bytes) -> None:
        """Take body bytes (the imperative way of PEP 3333)."""
        if data:
            self.parts.append(bytes(data))

    def run(self, application: Any) -> tuple[dict[str, Any], bytes]:
        """Call the application; return (head, body) of the answer."""
        try:
            self.gather(application)
        except Exception as error:
            traceback.print_exc()
            self.raised = described(error)
            return self.failed()
        if self.status is None:
            print("the application returned without calling start_response", file=sys.stderr)
            return self.failed()
        return self.head(complete=True), b"".join(self.parts)

    def gather(self, application: Any) -> None:
        """Call the application and take all that it yields."""
        result = application(self.environ, self.start_response)
        try:
            for data in result:
                if data and self.status is None:
                    raise AssertionError("the application sent body bytes before calling start_response")
                self.write(data)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    def failed(self) -> tuple[dict[str, Any], bytes]:
        """What a server makes of a failure: its own 500, or a visibly cut answer once bytes went out."""
        if self.status is not None and self.parts:
            return self.head(complete=False), b"".join(self.parts)
        self.status, self.headers = "500 Internal Server Error", []
        return self.head(complete=True), b""

    def head(self, complete: bool) -> dict[str, Any]:
        """Status and headers as a frame carries them."""
        head = {"status": self.status, "headers": self.headers, "complete": complete}
        return {**head, "raised": self.raised} if self.raised else head
