"""What an exchange wrote: rows, files and mails, as one frozen value.

Read by `harness.state` from one side, compared with the other side's by `harness.compare.effects`. Pure vocabulary: no
I/O here.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = tuple[tuple[str, str | None], ...]
"""One row: (column, value as text or None for NULL), in the table's order."""
Place = tuple[Any, ...]
"""Where a text stands: `("mail",)`, `("path",)`, `("text", PATH)`, or `("row", TABLE, COLUMN, ROW)`."""


@dataclass(frozen=True, slots=True)
class Effects:
    """The net effect of one exchange on one side.

    `rows`: by table, how many times each row was added (positive) or taken away (negative); an update is both. What
    cancels out is not in it, so that an update done in two steps equals one done at once. `keys`: the primary key's
    columns of those tables that have one. `files`: by path, mode, size and digest of the new content (`0644 12 bytes
    sha256:...`, or `link TARGET`), None where the file went away. `mail`: the bytes added to the mail file. `texts`:
    what stands in those files that are short texts, so that they can be compared by lines, and a session id within one
    made alike.
    """

    rows: Mapping[str, Mapping[Row, int]] = field(default_factory=dict)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, str | None] = field(default_factory=dict)
    mail: bytes = b""
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether nothing at all was written."""
        return not (self.rows or self.files or self.mail)

    def mapped(self, text: Callable[[str], str]) -> Effects:
        """Return these effects with values, paths, texts and mail passed through `text`; rows that become equal add up.

        A file whose text changes so has the digest of the new text.
        """
        return self.placed(lambda place, found: text(found))

    def placed(self, text: Callable[[Place, str], str]) -> Effects:
        """Do the same, and tell `text` where each stands."""
        mail = text(("mail",), self.mail.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        within = {path: text(("text", path), found) for path, found in self.texts.items()}
        files = {
            text(("path",), path): _with_text(content, within[path])
            if within.get(path) != self.texts.get(path)
            else content
            for path, content in self.files.items()
        }
        texts = {text(("path",), path): found for path, found in within.items()}
        rows = {table: _mapped_rows(table, counted, text) for table, counted in self.rows.items()}
        return Effects({table: counted for table, counted in rows.items() if counted}, self.keys, files, mail, texts)


DIGEST = "sha256:"
"""What stands before the digest of a content."""


def digest_of(content: bytes) -> str:
    """Return how `Effects.files` names the content of a file."""
    return f"{len(content)} bytes {DIGEST}{hashlib.sha256(content).hexdigest()}"


def _with_text(content: str | None, text: str) -> str:
    mode = (content or "").partition(" ")[0]
    return f"{mode} {digest_of(text.encode())}"


def _mapped_rows(table: str, rows: Mapping[Row, int], text: Callable[[Place, str], str]) -> dict[Row, int]:
    counted: Counter[Row] = Counter()
    for row, count in rows.items():
        made = ((column, value if value is None else text(("row", table, column, row), value)) for column, value in row)
        counted[tuple(made)] += count
    return {row: count for row, count in counted.items() if count}


def split_mails(mail: bytes) -> tuple[bytes, ...]:
    """Return each of the mails that were appended, without the lines between them.

    Mails in a form of the application's own, which does not begin as a mailbox does, are taken for one.
    """
    if not mail.startswith(b"From "):
        return (mail,) if mail else ()
    parts = re.split(rb"(?m)^From .*\n", mail)[1:]
    return tuple(part.removesuffix(b"\n") for part in parts)


NO_EFFECTS = Effects()
