"""From which of old's writes new goes on after a difference: from those that differ, and from no names of old's."""

from __future__ import annotations

import pytest

from harness.difference import Difference
from harness.effects import Effects
from harness.workers import differing

ROWS = {
    "notes": {(("id", "1"), ("made", "10")): 1},
    "notes.old": {(("id", "7"),): 1},
    "session": {(("sid", "a name of old's"),): 1},
}
WROTE = Effects(ROWS, {"notes": ("id",)}, {"uploads/a": "0644 sha256:1"}, b"a mail")

CASES = {
    "a column": ([Difference("rows", "notes.made", "changed", "1", "2")], {"notes"}),
    "a row": ([Difference("rows", "session", "missing")], {"session"}),
    "a table with a dot": ([Difference("rows", "notes.old.id", "changed")], {"notes", "notes.old"}),
    "a longer name": ([Difference("rows", "notes2.made", "changed")], set()),
    "a header of that name": (
        [Difference("header", "session", "changed"), Difference("rows", "notes.made", "changed")],
        {"notes"},
    ),
    "another answer, with which all differ": ([Difference("status", "", "changed", "200 OK", "401 No")], set(ROWS)),
    "files, which ids of rows may name": ([Difference("files", "*", "changed")], set(ROWS)),
}


@pytest.mark.parametrize(("differences", "tables"), CASES.values(), ids=CASES)
def test_only_tables_that_differ(differences: list[Difference], tables: set[str]) -> None:
    """Sessions that both sides wrote alike keep their names; keys, files and mails are as they were."""
    [left] = differing([WROTE], differences)
    assert set(left.rows) == tables
    assert all(left.rows[table] == ROWS[table] for table in tables)
    assert (left.keys, left.files, left.mail) == (WROTE.keys, WROTE.files, WROTE.mail)
