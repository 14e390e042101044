"""Reading Apache's configuration: lines, quotes, sections, conditions, includes; directives know their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat.apache import ApacheError, parse
from compat.apache.model import Directive
from compat.apache.parse import logical_lines, split_words


def read(text: str, files: dict[str, str] | None = None, **defined: str) -> tuple[Directive, ...]:
    """Parse one file; `files` can be included by their exact names."""
    found = files or {}
    return parse([("main", text)], lambda name: [(name, found[name])] if name in found else [], defined)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b", ["a", "b"]),
        ('"a b" c', ["a b", "c"]),
        ("'a b' c", ["a b", "c"]),
        (r'"a \"b\" c"', ['a "b" c']),
        (r'"^/x\.y$"', [r"^/x\.y$"]),
        (r"a\\b", [r"a\b"]),
        ('a"b c"', ['a"b', 'c"']),
        ('"never closed', ["never closed"]),
        ('""', [""]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    """Quotes count at a word's beginning only."""
    assert list(split_words(text)) == words


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("A 1\n\n  # no\n\tB  2  \n", [(1, "A 1"), (4, "B 2")]),
        ("A \\\n  1\nB", [(1, "A 1"), (3, "B")]),
        ("# no \\\nstill no\nB", [(3, "B")]),
        ("A 1\r\nB\r\n", [(1, "A 1"), (2, "B")]),
        ("A 1 \\", [(1, "A 1")]),
    ],
)
def test_lines(text: str, lines: list[tuple[int, str]]) -> None:
    """A line that ends with a backslash goes on, with the number of its first; comments go on too."""
    assert list(logical_lines(text)) == lines


def test_sections() -> None:
    """A directive knows where it stands, from the outside in, and its line."""
    (one,) = read('<VirtualHost *:80>\n<Directory "/a b">\nRequire all granted\n</Directory>\n</VirtualHost>')
    assert [section.name for section in one.sections] == ["virtualhost", "directory"]
    assert one.sections[1].arguments == ("/a b",)
    assert (one.place, one.name, one.arguments) == ("main:3", "require", ("all", "granted"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<Directory /a>\nA 1\n", "main:1: <directory /a> is never closed"),
        ("</Directory>", "main:1: </Directory> closes nothing"),
        ("<If x>\n</Files>", "main:2: </Files> does not close <if x> of main:1"),
        ("Include gone.conf", "main:1: Include gone.conf: there is no such file"),
        ("<Perl>\nx", "<perl> is never closed"),
    ],
)
def test_errors(text: str, says: str) -> None:
    """What Apache would not start with is told with its place."""
    with pytest.raises(ApacheError) as error:
        read(text)
    assert says in str(error.value)


def test_include() -> None:
    """An included file stands where it is named, within the same sections."""
    found = read("<If x>\nInclude more\n</If>\nC", {"more": "B 1"})
    assert [(d.written, d.place, len(d.sections)) for d in found] == [
        ("Include", "main:2", 1),
        ("B", "more:1", 1),
        ("C", "main:4", 0),
    ]


def test_include_of_itself() -> None:
    """A file that includes itself ends."""
    with pytest.raises(ApacheError, match="include itself"):
        read("Include main", {"main": "Include main"})


def test_include_optional() -> None:
    """Nothing there is fine."""
    assert [d.written for d in read("IncludeOptional gone")] == ["IncludeOptional"]


def test_variables() -> None:
    """`Define`d names and given ones are filled in, from then on."""
    found = read("A ${X}\nDefine X 1\nA ${X}${Y}\nUnDefine X\nA ${X}", Y="2")
    assert [d.arguments for d in found if d.written == "A"] == [("${X}",), ("12",), ("${X}",)]


@pytest.mark.parametrize(
    ("text", "lives"),
    [
        ("<IfModule mod_x.c>", True),
        ("<IfModule !mod_x.c>", False),
        ("LoadModule mime_module a/mod_mime.so\nLoadModule y_module a/mod_y.so\n<IfModule mod_x.c>", False),
        ("LoadModule mime_module a/mod_mime.so\nLoadModule y_module a/mod_y.so\n<IfModule mod_y.c>", True),
        ("LoadModule mime_module a/mod_mime.so\nLoadModule y_module a/mod_y.so\n<IfModule !y_module>", False),
        ("LoadModule php5_module a/libphp5.so\n<IfModule mod_x.c>", True),
        ("<IfDefine X>", False),
        ("<IfDefine !X>", True),
        ("Define X\n<IfDefine X>", True),
        ("<IfVersion >= 2.4>", True),
        ("<IfVersion < 2.4>", False),
        ("<IfVersion 2.4>", False),
        ("<IfVersion > 2.4>", True),
        ("<IfVersion <= 2.4>", False),
        ("<IfVersion >= 2.4.10>", True),
        ("<IfVersion < 2.4.10>", True),
        ("<IfVersion !2.4.10>", True),
        ("<IfVersion !~ ^2.2>", True),
        ("<IfFile more>", True),
        ("<IfFile gone>", False),
    ],
)
def test_conditions(text: str, lives: bool) -> None:
    """What Apache skips is marked, not left out. Without any LoadModule, modules are taken to be there."""
    section = text.rpartition("<If")[2].split()[0]
    *_, found = read(f"{text}\nA 1\n</If{section}>", {"more": ""})
    assert (found.dead == "") is lives


def test_skipped_sections_skip_their_inner_ones() -> None:
    """A condition that holds within one that does not, does not count; what is skipped defines and includes nothing."""
    found = read("<IfDefine X>\n<IfDefine !Y>\nDefine Z\nInclude gone\n</IfDefine>\n</IfDefine>\nA ${Z}")
    assert [bool(d.dead) for d in found] == [True, True, False]
    assert found[-1].arguments == ("${Z}",)


def test_code_of_another_language() -> None:
    """The inside of <Perl> is no configuration: it is one directive."""
    found = read("<Perl>\nmy %x = (\n</Directory>\n</Perl>\nA 1")
    assert [d.written for d in found] == ["<Perl>", "A"]


def test_access_file() -> None:
    """A .htaccess is a section of its folder."""
    (one,) = parse([("/w/.htaccess", "A 1")], lambda name: [], {}, {"/w/.htaccess": "/w"})
    assert [(s.name, s.arguments) for s in one.sections] == [("htaccess", ("/w",))]


@given(st.text())
def test_any_text(text: str) -> None:
    """Any text is read, or refused with its place; numbers count up without a gap."""
    message, found = "main", tuple[Directive, ...]()
    try:
        found = read(text)
    except ApacheError as error:
        message = str(error)
    assert message.startswith("main")
    assert [d.number for d in found] == list(range(1, len(found) + 1))
