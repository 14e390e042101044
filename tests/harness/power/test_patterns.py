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
    "return": ("    return $total;", "return", ["    return;"]),
    "a statement": ("  save($a);", "remove", [""]),
    "a comment": ("# if ($a == 1)", "comparison", []),
    "PHP": ("if ($a === false) return null;", "comparison", ["if ($a !== false) return null;"]),
}


@pytest.mark.parametrize(("source", "operator", "changed"), CASES.values(), ids=CASES)
def test_a_pattern(source: str, operator: str, changed: list[str]) -> None:
    """What a line becomes; the lines around it stay."""
    text = f"first\n{source}\nlast\n".encode()
    wanted = [f"first\n{line}\nlast\n" for line in changed]
    assert [e.applied(text).decode() for e in edits(text) if e.operator == operator] == wanted
