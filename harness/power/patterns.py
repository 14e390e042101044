"""Small changes to source in any language, line by line: text in, the same edits as of Python out. Pure.

Patterns know no grammar: what does not compile any more is found out by running it, and says so. Comments,
documentation, data behind the program and lines that only name something are passed over; a text of several lines (a
here-document) is changed once, as a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from harness.power.operators import Edit

COMMENT = re.compile(rb"\s*(?:#|//|/\*|\*|--\s|=\w+|use |package |import |require|include)")
CODE = re.compile(rb"""(?:[^"'#;{},\\]|\\.|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?<!\s)#|[;{},](?!\s*//))*""")
"""What stands before a comment behind it: a `#` after a space, `//` after the end of something, neither in a text."""
POD = re.compile(rb"=(?:pod|head\d|over|item|back|begin|for|encoding)\b")
POD_END = re.compile(rb"=(?:cut|end)\b")
"""Perl's documentation (perlpod), and Ruby's."""
DATA = re.compile(rb"__(?:END|DATA)__\s*$")
HERE = re.compile(rb"""<<<?[-~]?(?:\s*(["'])(\w+)\1|\\?([A-Za-z_]\w*))""")
SHELL = re.compile(rb"#!\S*(?:/|/env )(?:ba|da|k|z|a)?sh\b")
NO_STATEMENT = rb"(?!(?:my|our|state|var|let|const|if|unless|or|and|for|foreach|while|until|return)\b)"
"""No declaration, which the rest needs, and no second half of a statement."""
Pattern = tuple[str, re.Pattern[bytes], bytes]
"""The operator that it counts as, what it finds within a line (all, or its group), and what takes that place (`+1`: one
more)."""

IN_TESTS: tuple[Pattern, ...] = (
    *(
        ("comparison", re.compile(rb"(?<= )-" + old + rb"(?= )"), b"-" + new)
        for old, new in ((b"eq", b"ne"), (b"ne", b"eq"), (b"lt", b"le"), (b"le", b"lt"), (b"gt", b"ge"), (b"ge", b"gt"))
    ),
    ("comparison", re.compile(rb"(?:\[|\btest) (?:[^]=;&|]* )?(==?)(?= )"), b"!="),
    ("comparison", re.compile(rb"(?<= )!=(?= )"), b"="),
    ("condition", re.compile(rb"(?:\[|\btest) ()(?=-[a-zA-Z] )"), b"! "),
    ("condition", re.compile(rb"\b(?:el)?if ()(?=[\w/\"$])(?!test\b)"), b"! "),
)
EQUALITY: tuple[Pattern, ...] = (
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
)
"""As most languages write it: in a shell half of that leads to files."""
COMMON: tuple[Pattern, ...] = (
    ("boolean", re.compile(rb"&&"), b"||"),
    ("boolean", re.compile(rb"\|\|"), b"&&"),
    ("boolean", re.compile(rb"\bunless\b"), b"if"),
    ("constant", re.compile(rb"\btrue\b"), b"false"),
    ("constant", re.compile(rb"\bfalse\b"), b"true"),
    ("constant", re.compile(rb"(?<![\w.$\"'\\%])\d{1,6}(?![\w.\"'])"), b"+1"),
    ("string", re.compile(rb"(?:(?<![\w$@])\w+|[.!?:>])()(?=\"(?:[;,)\s.]|$))"), b"XX"),
    ("string", re.compile(rb"\$\w+()(?=\"(?:[;,)\s.]|$))"), b"-XX"),  # else it would be of the name
    ("string", re.compile(rb"(?<=[\w.!?:>])(?='(?:[;,)\s.]|$))"), b"XX"),
    ("arithmetic", re.compile(rb"(?<=[\w)] )\+(?= [\w$(])"), b"-"),
    ("arithmetic", re.compile(rb"(?<=[\w)] )-(?= [\w$(])"), b"+"),
    ("return", re.compile(rb"(?<=\breturn) [^;{}]+(?=;)"), b""),
    ("remove", re.compile(rb"^\s*" + NO_STATEMENT + rb"[\w$@>:-]+\s*(?:\([^{}]*\)|[^{}=]*)?;\s*$"), b""),
)


def edits(source: bytes) -> list[Edit]:
    """Return all changes to a file, in the order of its text."""
    patterns = (*(IN_TESTS if SHELL.match(source) else EQUALITY), *COMMON)
    found: list[Edit] = []
    lines = source.splitlines(keepends=True)
    start = number = 0
    while number < len(lines):
        line = lines[number]
        last = number
        if DATA.match(line):
            break
        if POD.match(line):
            last = next((at for at in range(number, len(lines)) if POD_END.match(lines[at])), len(lines) - 1)
        elif not COMMENT.match(line):
            code = _code(line.rstrip(b"\r\n"))
            last = _end_of_texts(lines, number, code)
            found += (
                Edit(operator, number + 1, number + 1, start + first, start + end, text)
                for operator, first, end, text in _of(code, patterns)
                if last == number or not _breaks_off(code, first, end)
            )
            if last > number + 1:
                end = start + len(b"".join(lines[number:last]).rstrip(b"\r\n"))
                found.append(Edit("string", last, number + 1, end, end, b"XX"))
        start += sum(map(len, lines[number : last + 1]))
        number = last + 1
    return found


def _code(line: bytes) -> bytes:
    """Return a line without the comment behind it."""
    match = CODE.match(line)
    assert match is not None, "it matches nothing, too"
    rest = line[match.end() :]
    if rest.startswith(b"#"):
        return line[: match.end()]
    return line[: match.end() + 1] if re.match(rb"[;{},]\s*//", rest) else line


def _end_of_texts(lines: Sequence[bytes], number: int, code: bytes) -> int:
    """Return the line that ends the here-documents which begin on a line; itself where there is none."""
    last = number
    for here in HERE.finditer(code):
        end = re.compile(rb"\s*" + (here[2] or here[3]) + rb"\b[;,)]*\s*$")
        last = next((at for at in range(last + 1, len(lines)) if end.match(lines[at])), last)
    return last


def _breaks_off(code: bytes, first: int, end: int) -> bool:
    """Whether a change meets the words that say where a here-document ends, and would leave its text behind."""
    return any(first <= here.end() and here.start() <= end for here in HERE.finditer(code))


def _of(line: bytes, patterns: Sequence[Pattern]) -> Iterator[tuple[str, int, int, bytes]]:
    for operator, pattern, text in patterns:
        for match in pattern.finditer(line):
            place = match.lastindex or 0
            new = str(int(match[0]) + 1).encode() if text == b"+1" else text
            yield operator, match.start(place), match.end(place), new
