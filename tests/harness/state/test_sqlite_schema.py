"""What only the text of a declaration tells is found in it, however it is written."""

from __future__ import annotations

import pytest

from harness.state.sqlite_schema import declared, spelled


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param("(a)", [], id="nothing"),
        pytest.param("(a, CHECK(a>0))", [("check", "(a > 0)")], id="check of the table"),
        pytest.param("(a CONSTRAINT c CHECK (a > (0)))", [("check", "(a > (0))")], id="check of a column"),
        pytest.param("(a DEFAULT ('CHECK (b)'), b)", [], id="a text is no check"),
        pytest.param("(a /* CHECK (b) */, b -- CHECK (c)\n)", [], id="a comment is no check"),
        pytest.param('("check" INT, [as] INT)', [], id="columns called so"),
        pytest.param("(a COLLATE NoCase)", [("collate", "a nocase")], id="collation"),
        pytest.param("(a DEFAULT (1 + (2)), b AS (a || ')'))", [("computed", "b (a || ')')")], id="computed"),
        pytest.param("(a INTEGER PRIMARY KEY AUTOINCREMENT)", [("autoincrement", "a")], id="autoincrement"),
        pytest.param("(a PRIMARY KEY) WITHOUT  ROWID", [("options", "without rowid")], id="without row ids"),
        pytest.param("AS SELECT 1", [], id="no parenthesis"),
        pytest.param("(a", [], id="cut off"),
    ],
)
def test_declared(body: str, found: list[tuple[str, str]]) -> None:
    """Each clause is found where it is one, and only there."""
    assert list(declared(f"CREATE TABLE t {body}")) == found


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        pytest.param("CREATE INDEX i ON t(a,b)", "CREATE INDEX i\n ON t ( a, b ) -- why", True, id="white space"),
        pytest.param("SELECT 'a  b'", "SELECT 'a b'", False, id="within a text"),
        pytest.param("SELECT a<=b", "SELECT a <= b", True, id="operators"),
        pytest.param("SELECT a", "SELECT A", False, id="a column of a view by its name"),
    ],
)
def test_spelled(left: str, right: str, same: bool) -> None:
    """White space and comments between words are no difference; all else is."""
    assert (spelled(left) == spelled(right)) is same
