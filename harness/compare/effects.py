"""What two sides wrote comes in; what differs between the outcomes goes out, as `Difference` objects. Pure: no I/O.

Compared is the state that was reached, not the way to it. Of a row or a file that only one side has in the end it is
told whether that side wrote it or the other took it away: these are two causes. Values that differ from run to run were
made alike before (`Effects.mapped`). Reading what was written is for `harness.state`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from harness.compare.excerpt import excerpt, excerpts
from harness.compare.mail import compare_mails
from harness.compare.text import compare_text
from harness.difference import Difference
from harness.effects import DIGEST, Effects, Row

PAIRS = 20_000  # pairs of rows of one table that are weighed against each other; beyond that they are paired in order
REMOVAL = " removal"
"""Follows the table or the kind of file in the path of what one side took away and the other left."""


def compare_effects(old: Effects, new: Effects) -> list[Difference]:
    """Return how the rows, files and mails of `new` differ from those of `old`; nothing where both are equal."""
    if old == new:
        return []
    return [
        *_compare_rows(old, new),
        *_compare_files(old, new),
        *compare_mails(old.mail, new.mail),
    ]


# ---- rows ----


def _compare_rows(old: Effects, new: Effects) -> Iterator[Difference]:
    keys = {**old.keys, **new.keys}
    for table in sorted(old.rows.keys() | new.rows.keys()):
        only_old, only_new = _surplus(old.rows.get(table, {}), new.rows.get(table, {}))
        pairs = list(_pair_rows(only_old, only_new, keys.get(table, ())))
        for left, right in pairs:
            yield from _compare_columns(table, dict(left), dict(right))
        taken = [[row for row, count in side.rows.get(table, {}).items() if count < 0] for side in (old, new)]
        yield from _one_sided_rows(table, only_old, taken[1], ("missing", "added"))
        yield from _one_sided_rows(table, only_new, taken[0], ("added", "missing"))


def _one_sided_rows(
    table: str, rows: Iterable[Row], taken: Collection[Row], kinds: tuple[str, str]
) -> Iterator[Difference]:
    """Tell of rows that one side has in the end: the first kind where it wrote them, the second where the other side
    took them away (`taken`).
    """
    for row in rows:
        path, kind = (f"{table}{REMOVAL}", kinds[1]) if row in taken else (table, kinds[0])
        values = (excerpt(_row_text(row)), "")
        yield Difference("rows", path, kind, *(values if kind == "missing" else reversed(values)))


def _surplus(old: Mapping[Row, int], new: Mapping[Row, int]) -> tuple[list[Row], list[Row]]:
    """Return the rows that old has in the end and new has not, and the reverse, each as often as it counts."""
    net = {row: old.get(row, 0) - new.get(row, 0) for row in (*old, *new)}
    ordered = sorted(net.items(), key=lambda entry: _row_text(entry[0]))
    only_old = [row for row, count in ordered for _ in range(count)]
    only_new = [row for row, count in ordered for _ in range(-count)]
    return only_old, only_new


def _pair_rows(old: list[Row], new: list[Row], key: tuple[str, ...]) -> Iterator[tuple[Row, Row]]:
    """Take the pairs that are one row on both sides out of the lists: by most equal columns, then by primary key.

    A key decides between rows equally alike; alone it proves little: it is a number that an earlier row may have taken.
    """
    for left, right in _alike(old, new, key):
        old.remove(left)
        new.remove(right)
        yield left, right
    if not key:
        return
    by_key = {_key_of(row, key): row for row in new}
    for row in list(old):
        match = by_key.pop(_key_of(row, key), None)
        if match is not None:
            old.remove(row)
            new.remove(match)
            yield row, match


def _key_of(row: Row, key: tuple[str, ...]) -> tuple[str | None, ...]:
    values = dict(row)
    return tuple(values.get(column) for column in key)


def _alike(old: list[Row], new: list[Row], key: tuple[str, ...]) -> list[tuple[Row, Row]]:
    """Return pairs of which at least half of the columns are equal, the most alike first."""
    if len(old) * len(new) > PAIRS:
        return [] if key else list(zip(old, new, strict=False))
    weighed = [
        (-equal, not key or _key_of(left, key) != _key_of(right, key), i, j)
        for i, left in enumerate(old)
        for j, right in enumerate(new)
        if 2 * (equal := _equal_columns(left, right)) >= max(len(left), len(right))
    ]
    pairs: list[tuple[Row, Row]] = []
    taken_old: set[int] = set()
    taken_new: set[int] = set()
    for *_, i, j in sorted(weighed):
        if i not in taken_old and j not in taken_new:
            taken_old.add(i)
            taken_new.add(j)
            pairs.append((old[i], new[j]))
    return pairs


def _equal_columns(left: Row, right: Row) -> int:
    others = dict(right)
    return sum(column in others and value == others[column] for column, value in left)


def _compare_columns(table: str, old: Mapping[str, str | None], new: Mapping[str, str | None]) -> Iterator[Difference]:
    for column in (*old, *(column for column in new if column not in old)):
        path = f"{table}.{column}"
        if column not in new:
            yield Difference("rows", path, "missing", excerpt(_value_text(old[column])), "")
        elif column not in old:
            yield Difference("rows", path, "added", "", excerpt(_value_text(new[column])))
        elif old[column] != new[column]:
            yield Difference("rows", path, "changed", *excerpts(_value_text(old[column]), _value_text(new[column])))


def _value_text(value: str | None) -> str:
    """Return a value for people to read; a text that reads NULL has quotes, as those have that look like numbers."""
    return "NULL" if value is None else f"'{value}'" if value.strip("'") == "NULL" else value


def _row_text(row: Row) -> str:
    return ", ".join(f"{column}={_value_text(value)}" for column, value in row)


# ---- files ----


def _compare_files(old: Effects, new: Effects) -> Iterator[Difference]:
    only_old = {path: content for path, content in old.files.items() if path not in new.files}
    only_new = {path: content for path, content in new.files.items() if path not in old.files}
    for path in sorted(old.files.keys() & new.files.keys()):
        yield from _compare_file(path, old, new)
    for path, content in sorted(only_old.items()):
        other = _file_with(content, only_new)
        if other is None:
            yield _one_sided(path, present=content is not None, side="old")
            continue
        del only_new[other]
        yield Difference("files", _pattern(path), "renamed", *excerpts(path, other))
    for path, content in sorted(only_new.items()):
        yield _one_sided(path, present=content is not None, side="new")


def _compare_file(path: str, old: Effects, new: Effects) -> Iterator[Difference]:
    left, right = old.files[path], new.files[path]
    if left is None or right is None:
        if left != right:
            yield _one_sided(path, present=True, side="old" if right is None else "new")
        return
    (old_mode, _, old_content), (new_mode, _, new_content) = left.partition(" "), right.partition(" ")
    if _make(old_mode) != _make(new_mode):
        sides = (old_mode, old_content), (new_mode, new_content)
        texts = [f"{_make(mode)} {path} {_in_short(content)}".rstrip() for mode, content in sides]
        yield Difference("files", _pattern(path), "type", *excerpts(*texts))
        return
    if old_content != new_content and path in old.texts and path in new.texts:
        yield from _compare_lines(_pattern(path), old.texts[path], new.texts[path])
    elif old_content != new_content:
        texts = [f"{path} {_in_short(content)}" for content in (old_content, new_content)]
        yield Difference("files", _pattern(path), "changed", *excerpts(*texts))
    if old_mode != new_mode:
        yield Difference("files", f"{_pattern(path)} mode", "changed", old_mode, new_mode)


def _make(mode: str) -> str:
    """Return what something is that has this in the place of its mode: a `file`, a `link`, `special` (a socket)."""
    return "file" if mode.isdigit() else mode


def _in_short(content: str) -> str:
    """Return a content with enough of its digest to tell it from others."""
    size, mark, digest = content.partition(DIGEST)
    return f"{size}{mark}{digest[:16]}"


def _compare_lines(pattern: str, old: str, new: str) -> Iterator[Difference]:
    """Tell which lines of a text differ: what else of the file may vary is no reason not to look at these."""
    found = compare_text(old, new)
    for each in found:
        yield replace(each, aspect="files", path=f"{pattern}/{each.path}")
    if not found:
        yield Difference("files", f"{pattern}/text/line ends", "spelling", *excerpts(old, new))


def _file_with(text: str | None, others: Mapping[str, str | None]) -> str | None:
    """Return the first path among `others` of a file with that content."""
    found = sorted(other for other, content in others.items() if text is not None and content == text)
    return found[0] if found else None


def _one_sided(path: str, present: bool, side: str) -> Difference:
    """Tell of a file that one side wrote (`present`) or removed and the other did not."""
    pattern = _pattern(path) if present else f"{_pattern(path)}{REMOVAL}"
    if side == "old":
        return Difference("files", pattern, "missing", excerpt(path), "")
    return Difference("files", pattern, "added", "", excerpt(path))


def _pattern(path: str) -> str:
    """Return the kind of file: its suffix stands for it, since names differ from one exchange to the next."""
    return f"*{PurePosixPath(path).suffix}"
