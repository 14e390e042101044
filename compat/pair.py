"""A request that both sides of a Strangler answered, as plain data: what `Shadow` hands over to be judged.

Frozen, free of I/O, and of nothing but built-in types: it may be pickled, kept, or given to code that knows no compat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .types import Headers


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `environ` holds the texts of its WSGI environ (PEP 3333: CGI variables, and `wsgi.url_scheme`)."""

    environ: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answered:
    """One side's answer: status line (`200 OK`), header pairs in order, the whole body, and how many seconds it took.

    `failed` is the exception instead of which there is no answer, or not all of it (`LookupError: ...`); empty: none.
    """

    status: str
    headers: Headers
    body: bytes
    seconds: float
    failed: str = ""


@dataclass(frozen=True, slots=True)
class ShadowPair:
    """A request, what old answered to the client, and what new would have.

    `rule` is the one that asked for it, `started` when old was asked (seconds since the epoch), `waited` how many
    seconds passed from then until new was.
    """

    request: Asked
    old: Answered
    new: Answered
    rule: str
    started: float
    waited: float = 0.0
