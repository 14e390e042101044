"""READ FIRST of all syntax: a text and the place of a telling name in it in, the places of what it names out.

A table of patterns, tried in order where the name ends, each with what follows the name to its values
(`harness.redact.syntax`, `.markup`, `.packed`). Another way to write a name and a value is another row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.redact.dumps import COLOURED, DUMPED, PRINTED, SERIALIZED, coloured, dumped, printed, serialized
from harness.redact.lines import SETTING, SORTS, in_setting
from harness.redact.markup import (
    LABEL,
    MEMBER,
    MEMBER_LAST,
    after_label,
    before_name,
    in_control,
    in_element,
    in_member,
)
from harness.redact.packed import BEHIND, in_binary, in_msgpack
from harness.redact.syntax import (
    TAG,
    Follow,
    Value,
    after_assignment,
    after_call,
    after_colon,
    after_comma,
    after_equals,
    after_triple,
    in_line,
    in_pair,
)

AFTER: tuple[tuple[re.Pattern[bytes], Follow], ...] = (
    (SETTING, in_setting),
    (re.compile(rb"="), after_equals),
    (re.compile(rb"\s{0,4}[:=]\s{0,4}(?=\"\"\"|''')"), after_triple),
    (re.compile(rb"\s{0,4}(?:=>|[=:])\s{0,4}[bru]?(?=[\"'`])"), after_assignment),
    (DUMPED, dumped),
    (re.compile(rb"[\"'](?!:\"[\w\\]++\":private\])\s*+(?:(?::|=>)\s*+(?:[bru](?=[\"']))?)"), after_colon),
    (SERIALIZED, serialized),
    (PRINTED, printed),
    (COLOURED, coloured),
    (re.compile(rb"[\"']\s*+,\s*+(?=[\"'])"), after_comma),
    (re.compile(rb"\(\s{0,4}(?=[\"'`])"), after_call),
    (
        re.compile(
            rb"(?i)(?:([ \t]{0,4}[:=][ \t]{0,4}|[ \t]{1,4}(?:is|was):?[ \t]{1,4})|[ \t]{1,4})"
            rb"(?:bearer[ \t]|basic[ \t]|token[ \t])?"
        ),
        in_line,
    ),
    (re.compile(rb"[\"'\s>/]"), in_control),
    (re.compile(rb"[\"']"), in_pair),
    (re.compile(rb"(?:\s[^<>]*+)?>"), in_element),
    (MEMBER, in_member),
    (MEMBER_LAST, before_name),
    (LABEL, after_label),
    (re.compile(rb"(?=[\x90-\xbf\xc4-\xc6\xd9-\xdd])"), in_msgpack),
    (BEHIND, in_binary),
)
"""Tried in order where a name ends."""
ANYWHERE = AFTER[1:]
"""The same in texts that hold no settings in lines."""


def values(text: bytes, start: int, end: int, sort: str, longest: int) -> Iterator[Value]:
    """Yield the values that the name at `text[start:end]` has; `sort` is that of the text.

    Of values that are `longest` bytes or more, not all is looked at.
    """
    for pattern, follow in AFTER if sort in SORTS else ANYWHERE:
        found = pattern.match(text, end, end + TAG)
        if found:
            made = list(follow(text, start, found, sort, end + longest))
            if made:
                yield from made
                return
