"""Changes to programs of other languages, line by line."""

from __future__ import annotations

import pytest

from harness.power.patterns import edits

CASES = {
    "Perl's texts": ("if ($a eq 'x') {", "comparison", ["if ($a ne 'x') {"]),
    "Perl's numbers": ("if ($a == 1) {", "comparison", ["if ($a != 1) {"]),
    "an arrow is no comparison": ("my %a = (b => 1);", "comparison", []),
    "a bound": ("while ($a < 10) {", "comparison", ["while ($a <= 10) {"]),
    "and": ("if ($a && $b) {", "boolean", ["if ($a || $b) {"]),
    "a number": ("my $limit = 20;", "constant", ["my $limit = 21;"]),
    "not part of a name": ("my $a1 = $b;", "constant", []),
    "a text": ('print "hello";', "string", ['print "helloXX";']),
    "a text that ends in a variable": ('print "a $b";', "string", ['print "a $b-XX";']),
    "return": ("    return $total;", "return", ["    return;"]),
    "a statement": ("  save($a);", "remove", [""]),
    "a declaration": ("  my ($a, $b);", "remove", []),
    "the second half of one": ("    or exit 1;", "remove", []),
    "a comment": ("# if ($a == 1)", "comparison", []),
    "PHP": ("if ($a === false) return null;", "comparison", ["if ($a !== false) return null;"]),
}


@pytest.mark.parametrize(("source", "operator", "changed"), CASES.values(), ids=CASES)
def test_a_pattern(source: str, operator: str, changed: list[str]) -> None:
    """What a line becomes; the lines around it stay."""
    text = f"first\n{source}\nlast\n".encode()
    wanted = [f"first\n{line}\nlast\n" for line in changed]
    assert [e.applied(text).decode() for e in edits(text) if e.operator == operator] == wanted


BEHIND = {
    "Perl": ("$a = 1; # not 2 == 2", ["$a = 2; # not 2 == 2"]),
    "PHP": ("$a = 1; // not 2 == 2", ["$a = 2; // not 2 == 2"]),
    "a sign in a text": ("f('# 1', 2);", ["f('# 1', 3);"]),
    "the last of an array": ("f($#a, 2);", ["f($#a, 3);"]),
    "Perl's other or": ("$a = $b // 2;", ["$a = $b // 3;"]),
    "an address": ('get("http://a/", 2);', ['get("http://a/", 3);']),
}


@pytest.mark.parametrize(("source", "changed"), BEHIND.values(), ids=BEHIND)
def test_a_comment_behind_code(source: str, changed: list[str]) -> None:
    """It stays: a change to it is none."""
    text = source.encode()
    wanted = [e.applied(text).decode() for e in edits(text) if e.operator in ("constant", "comparison")]
    assert sorted(wanted) == sorted(changed)


PASSED = """#!/usr/bin/perl
=head1 NAME

f(1) == 2;

=cut
print <<"A", <<B if $x == 3;
1 == 2;
A
  three; # 4
B
g(5);
__END__
6 == 7;
"""


def test_what_is_no_code() -> None:
    """Documentation and data are passed over, a text of several lines is one text, and does not lose its beginning."""
    text = PASSED.encode()
    changed = [(e.line, e.operator, e.applied(text).decode().splitlines()[e.line - 1]) for e in edits(text)]
    assert changed == [
        (7, "comparison", 'print <<"A", <<B if $x != 3;'),
        (7, "constant", 'print <<"A", <<B if $x == 4;'),
        (10, "string", "  three; # 4XX"),
        (12, "constant", "g(6);"),
        (12, "remove", ""),
    ]


@pytest.mark.parametrize("line", ["$a = 1 <<B;", "$a <<'B';", "=begin"])
def test_what_begins_nothing(line: str) -> None:
    """Without its end the rest of the file is code, but for documentation, which needs none."""
    assert [e.line for e in edits(f"{line}\nf(5);\n".encode()) if e.line == 2] == [2, 2] * (line != "=begin")


SHELL = {
    "equal": ('[ "$a" = b ]', ['[ "$a" != b ]']),
    "equal, in bash": ("[[ $a == b ]]", ["[[ $a != b ]]"]),
    "not equal": ('test "$a" != b', ['test "$a" = b']),
    "numbers": ('[ "$a" -lt "$b" ]', ['[ "$a" -le "$b" ]']),
    "empty": ('if [ -z "$a" ]; then', ['if [ ! -z "$a" ]; then']),
    "a command": ("if grep -q x y; then", ["if ! grep -q x y; then"]),
    "a file is no bound": ("sort < a > b", []),
    "a variable is no test": ("a=b", []),
}


@pytest.mark.parametrize(("source", "changed"), SHELL.values(), ids=SHELL)
def test_a_shell(source: str, changed: list[str]) -> None:
    """Its tests are its comparisons; elsewhere the same signs are something else."""
    text = f"#!/usr/bin/env bash\n{source}\n".encode()
    assert [e.applied(text).decode().splitlines()[1] for e in edits(text) if e.operator != "string"] == changed
    if changed and "[[" not in source and "if" not in source:
        assert changed[0] not in [e.applied(source.encode()).decode() for e in edits(source.encode())]
