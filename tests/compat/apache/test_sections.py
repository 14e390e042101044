"""Sections by names, wildcards and patterns hold for the same URLs in a real Apache and in its translation."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from compat.apache.model import Section
from compat.apache.sections import file_pattern, from_wildcards
from tests.compat.apache.servers import HERE, answer, both, build

PATHS = [line.split() for line in (HERE / "sections.paths").read_text().splitlines()]
FILES = [path[1:].replace("%23", "#") for _, path in PATHS if path not in {"/lx", "/mx/"}]


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """The ports of Apache, and of nginx."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        build(root, {"mime.types": "text/html html\n", **{f"www/{name}": name for name in FILES}}, ())
        with both(root, "sections.conf") as found:
            yield found


@pytest.mark.parametrize(("status", "path"), PATHS)
def test_same_files(ports: tuple[int, int], status: str, path: str) -> None:
    """Each of several alternatives may begin or end the name; a class of wildcards is one."""
    assert [answer(port, "GET", path, {})["status"] for port in ports] == [status, status]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        (r"^\.ht", r"/\.ht"),
        (r"\.(gif|jpg)$", r"\.(gif|jpg)(?=/|$)"),
        (r"^a|b$", "(?<=/)a|b(?=/|$)"),
        (r"(^a.c|[^.]\D)$", r"((?<=/)a[^/]c|(?:(?!/)[^.])(?:(?!/)\D))(?=/|$)"),
    ],
)
def test_names_by_a_pattern(text: str, pattern: str) -> None:
    """A name's begin and end are those of one segment, and no sign looks beyond it."""
    assert file_pattern(Section("filesmatch", (text,), text, "main:1")) == pattern


@pytest.mark.parametrize(
    ("text", "pattern"), [("a*.?", r"a[^/]*\.[^/]"), ("[!a-c]", "(?!/)[^a-c]"), (r"[]x]\*[", r"(?!/)[\]x]\*\[")]
)
def test_wildcards(text: str, pattern: str) -> None:
    """As fnmatch of Apache reads them."""
    assert from_wildcards(text) == pattern
