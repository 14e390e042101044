"""What an exchange wrote: rows, files and mails, as one frozen value.

Read by `harness.state` from one side, compared with the other side's by `harness.compare.effects`. Pure vocabulary: no
I/O here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Row = tuple[tuple[str, str | None], ...]
"""One row: (column, value as text or None for NULL), in the table's order."""


@dataclass(frozen=True, slots=True)
class Effects:
    """The net effect of one exchange on one side.

    `rows`: by table, how many times each row was added (positive) or taken away (negative); an update is both. What
    cancels out is not in it, so that an update done in two steps equals one done at once. `keys`: the primary key's
    columns of those tables that have one. `files`: by path, the mode and digest of the new content (`0644 sha256:...`,
    or `link TARGET`), None where the file went away. `mail`: the bytes added to the mail file.
    """

    rows: Mapping[str, Mapping[Row, int]] = field(default_factory=dict)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, str | None] = field(default_factory=dict)
    mail: bytes = b""

    @property
    def empty(self) -> bool:
        """Whether nothing at all was written."""
        return not (self.rows or self.files or self.mail)


NO_EFFECTS = Effects()
