"""Literals of sources in several languages: which there are, and which come first."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.fuzz import literals

COMPARED, WORD, TEXT = range(3)


@pytest.mark.parametrize(
    ("name", "source", "wanted"),
    [
        ("a.py", "if q == 'zebra' or n > 13 or x in (1.5, b'raw'): f('of it')", {"zebra", "13", "1.5", "raw"}),
        ("a", "#!/usr/bin/python3\nif q == 'zebra':\n    pass\n", {"zebra"}),
        ("old.py", "if q == 'zebra': print 'striped'\n", {"zebra"}),
        ("a.pl", '$q eq "zebra" ? 1 : $n == 13 ? 2 : $r =~ /^horse$/', {"zebra", "13", "horse"}),
        ("a.pm", 'my @known = qw(ass mule); return $in{page} if $in{"sort"}', {"ass", "mule", "page", "sort"}),
        ("a.cgi", '#!/usr/bin/perl\nmy %name = (zebra => 1, "ass" => 2); 13 < $n', {"zebra", "ass"}),
        ("count", '#!/bin/sh\n[ "$1" = zebra ] && [ $2 -gt 13 ] || test "$3" != ass\n', {"zebra", "13", "ass"}),
        ("a.sh", "case $1 in\n  zebra|'ass') x ;;\n  mule*) y ;;\nesac\n", {"zebra", "ass", "mule"}),
        ("a.php", "<?php if ($_GET['q'] === 'zebra' || $n >= 13) { ?><b>bold</b>", {"q", "zebra", "13"}),
    ],
)
def test_what_a_program_compares_with_comes_first(tmp_path: Path, name: str, source: str, wanted: set[str]) -> None:
    """Whatever the language, and whatever the program is called."""
    (tmp_path / name).write_text(source)
    assert wanted <= set(literals([tmp_path])[COMPARED])


def test_of_what_is_no_program_only_what_is_quoted_is_a_literal(tmp_path: Path) -> None:
    """A page is full of signs that mean something else there."""
    (tmp_path / "a.html").write_text('<a href="up">a == b</a>')
    assert literals([tmp_path]) == [[], ["up"], []]


def test_a_source_in_another_encoding_is_read(tmp_path: Path) -> None:
    """Its bytes are sent as they stand there, by whatever name; of what is no text, nothing is."""
    (tmp_path / "a.pl").write_bytes('print "Zürich" if $q eq "zebra"'.encode("latin-1"))
    (tmp_path / "b.py").write_bytes("# coding: latin-1\nq == 'Zürich'".encode("latin-1"))
    (tmp_path / "c.png").write_bytes(b'\x89PNG\0"no"')
    compared, words, _ = literals([tmp_path])
    assert compared == ["Zürich", "zebra"]
    assert [word.encode("utf-8", "surrogateescape") for word in words] == [b"Z\xfcrich"]


def test_what_is_hidden_or_other_peoples_is_passed_over(tmp_path: Path) -> None:
    """A folder given as a source holds the checkout's own files, too."""
    for folder in (".git", "node_modules", "own"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text(f'"{folder}"')
    assert literals([tmp_path]) == [[], ["own"], []]
