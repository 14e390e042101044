"""Local redirects: a program answers `Location: /path`, and the server itself fetches that (RFC 3875 section 6.2.2).

Comes in: the request that led to the redirect, and the program's head. Goes out: the request that it makes, a GET
without a body. Running it is the business of `script`, or of the application around it, if that asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from .errors import RequestError
from .types import Application, Environ, Head, Headers, StartResponse

LIMIT = 5
APPLICATION = "compat.application"
"""The environ's key for the outermost application: redirects then go through all of it, past its checks, not around."""
BASE = "compat.script_name"
"""The environ's key for the SCRIPT_NAME of that application: what stands between may have moved a part of the path."""
COUNT = "compat.redirects"
"""The environ's key for the number of redirects that led here."""

OF_THE_BODY = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_CONTENT_ENCODING"})
REPLACED = frozenset({"location", "content-type", "content-length"})


def take_redirects(environ: Environ, application: Application) -> None:
    """Have the redirects of this request come through an application again, unless one further out has said so."""
    if APPLICATION not in environ:
        environ[APPLICATION], environ[BASE] = application, environ.get("SCRIPT_NAME", "")


def local_target(environ: Environ, head: Head, mount: str) -> Environ | None:
    """Return the request that a redirect makes. None where the client must follow it: a URL that neither this
    application nor one around it answers, or one with a fragment, which only a client can go to (RFC 3875 section
    6.2.3).

    Raises RequestError (404) where a path would become a host name at the client.
    """
    if head.redirect != "local" or "#" in head.location:
        return None
    path, _, query = head.location.partition("?")
    around = APPLICATION in environ
    outer: str = environ.get(BASE if around and BASE in environ else "SCRIPT_NAME", "")
    decoded = unquote_to_bytes(path.encode("latin-1")).decode("latin-1")
    reach = "" if around else mount.rstrip("/")
    inside = under(decoded, outer) and under(decoded[len(outer) :], reach)
    if not inside and path[1:2] not in {"/", "\\"}:
        return None
    if not inside:
        raise RequestError(404, f"local redirect to {head.location!r}, which is no path of this application")
    kept = {name: value for name, value in environ.items() if name not in OF_THE_BODY}
    kept |= {"SCRIPT_NAME": outer, "PATH_INFO": decoded[len(outer) :]}
    kept |= {"REQUEST_METHOD": "GET", "QUERY_STRING": query}
    return {**kept, "RAW_URI": head.location, "REQUEST_URI": head.location, COUNT: environ.get(COUNT, 0) + 1}


def kept_headers(head: Head) -> Headers:
    """Return the headers of a redirect that its target's answer bears too: cookies above all."""
    return tuple((name, value) for name, value in head.headers if name.lower() not in REPLACED)


def under(path: str, prefix: str) -> bool:
    """Tell whether a path is a prefix or stands below it."""
    return path == prefix or path.startswith(prefix + "/") or not prefix


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A redirect to be answered by the application around us."""

    environ: Environ
    headers: Headers
    head_only: bool

    def answer(self, start_response: StartResponse) -> Iterable[bytes]:
        """Ask it, and add what the first program said."""

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], Any]:
            return start_response(status, [*self.headers, *headers], exc_info)

        application: Application = self.environ[APPLICATION]
        answer = application({**self.environ}, start)
        return Unsent(answer) if self.head_only else answer


class Unsent:
    """An answer to HEAD: read to its end, and nothing of it sent."""

    def __init__(self, answer: Iterable[bytes]) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        for _ in self._answer:
            pass
        return iter(())

    def close(self) -> None:
        """Close the answer (PEP 3333)."""
        if hasattr(self._answer, "close"):
            self._answer.close()
