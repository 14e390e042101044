"""Small changes to source in any language, line by line: text in, the same edits as of Python out. Pure.

Patterns know no grammar: what does not compile any more is found out by running it, and says so. Comments and lines
that only name something are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.power.operators import Edit

COMMENT = re.compile(rb"\s*(?:#|//|/\*|\*|--\s|=\w+|use |package |import |require|include)")
PATTERNS: tuple[tuple[str, re.Pattern[bytes], bytes], ...] = (
    ("comparison", re.compile(rb"(?<![=!<>])===(?!=)"), b"!=="),
    ("comparison", re.compile(rb"!==(?!=)"), b"==="),
    ("comparison", re.compile(rb"(?<![=!<>])==(?![=>])"), b"!="),
    ("comparison", re.compile(rb"(?<![=!<>])!=(?!=)"), b"=="),
    ("comparison", re.compile(rb"(?<= )<=(?= )"), b"<"),
    ("comparison", re.compile(rb"(?<= )>=(?= )"), b">"),
    ("comparison", re.compile(rb"(?<= )<(?= )"), b"<="),
    ("comparison", re.compile(rb"(?<= )>(?= )"), b">="),
    ("comparison", re.compile(rb"(?<= )eq(?= )"), b"ne"),
    ("comparison", re.compile(rb"(?<= )ne(?= )"), b"eq"),
    ("comparison", re.compile(rb"=~"), b"!~"),
    ("boolean", re.compile(rb"&&"), b"||"),
    ("boolean", re.compile(rb"\|\|"), b"&&"),
    ("boolean", re.compile(rb"\bunless\b"), b"if"),
    ("constant", re.compile(rb"\btrue\b"), b"false"),
    ("constant", re.compile(rb"\bfalse\b"), b"true"),
    ("constant", re.compile(rb"(?<![\w.$\"'\\%])\d{1,6}(?![\w.\"'])"), b"+1"),
    ("string", re.compile(rb"(?<=[\w.!?:>])(?=\"(?:[;,)\s.]|$))"), b"XX"),
    ("string", re.compile(rb"(?<=[\w.!?:>])(?='(?:[;,)\s.]|$))"), b"XX"),
    ("arithmetic", re.compile(rb"(?<=[\w)] )\+(?= [\w$(])"), b"-"),
    ("arithmetic", re.compile(rb"(?<=[\w)] )-(?= [\w$(])"), b"+"),
    ("return", re.compile(rb"(?<=\breturn) [^;{}]+(?=;)"), b""),
    ("remove", re.compile(rb"^\s*[\w$@>:-]+\s*(?:\([^{}]*\)|[^{}=]*)?;\s*$"), b""),
)
"""The operator that a pattern counts as, what it finds within a line, and what takes its place (`+1`: one more)."""


def edits(source: bytes) -> list[Edit]:
    """Return all changes to a file, in the order of its text."""
    found: list[Edit] = []
    start = 0
    for number, line in enumerate(source.splitlines(keepends=True), 1):
        if not COMMENT.match(line):
            found += (
                Edit(operator, number, number, start + first, start + last, text)
                for operator, first, last, text in _of(line.rstrip(b"\r\n"))
            )
        start += len(line)
    return found


def _of(line: bytes) -> Iterator[tuple[str, int, int, bytes]]:
    for operator, pattern, text in PATTERNS:
        for match in pattern.finditer(line):
            new = str(int(match[0]) + 1).encode() if text == b"+1" else text
            yield operator, match.start(), match.end(), new
