"""Where tests are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.characterize.write import write
from harness.errors import UsageError
from harness.exchange import Exchange, Request, Response
from harness.naming import Names

PAGE = Exchange("x.yaml#1", Request(b"GET /page HTTP/1.1", ((b"Host", b"a"),)), Response(200))


def test_a_first_test_needs_no_folder(tmp_path: Path) -> None:
    """Whoever has no tests yet has no folder of them."""
    tests = tmp_path / "new" / "tests" / "test_page.py"
    write(tests, [PAGE], [PAGE.id], None, "shop:application", Names())
    assert "harness_replay(CASSETTE, 1" in tests.read_text(encoding="utf-8")


def test_where_a_file_stands_no_folder_is_made(tmp_path: Path) -> None:
    """And it is said which."""
    (tmp_path / "tests").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="tests"):
        write(tmp_path / "tests" / "test_page.py", [PAGE], [PAGE.id], None, "shop:application", Names())


@pytest.mark.parametrize("name", ['test_a"b.py', "test_a'b.py", "test_ä\\n.py"])
def test_any_name_of_a_file_and_of_a_target_makes_python(tmp_path: Path, name: str) -> None:
    """Quotes and backslashes too."""
    cassette = write(tmp_path / name, [PAGE], [PAGE.id], None, 'shop:make("""x""")', Names())
    known: dict[str, str] = {}
    exec((tmp_path / name).read_text(encoding="utf-8"), known)
    assert (known["CASSETTE"], known["TARGET"]) == (cassette.name, 'shop:make("""x""")')
