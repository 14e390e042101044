"""What one field of an access log tells of an exchange, and the shape its text has: the vocabulary of all log readers.

`apache_format` and `nginx_format` translate a server's own notation into these, `log_line` reads lines by them and
`log_entry` puts an exchange together. Nothing of any one server belongs here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Role = Literal[
    "", "line", "method", "path", "target", "query", "protocol", "status", "size", "duration", "peer", "user", "host",
    "port", "scheme", "sent", "answered", "cookie", "body", "time", "end time",
]  # fmt: skip
"""What a field tells; empty where it tells nothing that an exchange holds.

`target` is path and query as sent, `query` may begin with its question mark; `sent` and `answered` are headers, by
`Field.name`. `time` is when the request began, `end time` when its line was written.
"""

Shape = Literal["text", "word", "number", "status", "mark", "ident", "addresses"]
"""`text` may hold blanks, `word` none; `number` may have a fraction; all may be missing (`LogFormat.missing`).

`mark` is a question mark or nothing; `ident` a word that is no address; `addresses` a list of them.
"""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `name` is that of a header or cookie, or how a time is written (`log_time`).

    `scale` is what one unit of a duration is in seconds.
    """

    role: Role = ""
    name: str = ""
    shape: Shape = "text"
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class LogFormat:
    """How the lines of a log are written: literal texts and fields in turn, how values are escaped, what means none."""

    parts: tuple[str | Field, ...]
    unescape: Callable[[bytes], bytes]
    missing: bytes = b"-"

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields, without the literal texts."""
        return tuple(part for part in self.parts if isinstance(part, Field))


def joined(parts: list[str | Field]) -> tuple[str | Field, ...]:
    """Return parts with neighbouring literal texts made one, and empty ones left out."""
    found: list[str | Field] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part)
    return tuple(found)
