"""Accepting groups: the text of `accepted.toml` with entries added or renewed; comments and order of it stay.

The file's text and the groups come in, the new text goes out; what the entries then mean is `accepted`'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from harness.accepted import ANYWHERE, Accepted, Share, parse_accepted
from harness.errors import UsageError
from harness.group import Group
from harness.toml_text import quoted, remark

KINDS = 20
"""Kinds of requests an entry lists; what was seen at more of them is accepted anywhere."""

_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*accepted[ \t]*\]\][ \t]*(?:#.*)?$", re.MULTILINE)
_REMARKS = re.compile(r"(?:^[ \t]*(?:#[^\n]*)?(?:\n|\Z))*\Z", re.MULTILINE)
_SURROGATES = re.compile("[\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """Who answers for an accepted difference, why, and until when."""

    reason: str
    owner: str = ""
    expires: date | None = None


def entry_text(pattern: Mapping[str, str], groups: Sequence[Group], answer: Answer, compared: Mapping[str, int]) -> str:
    """Return the entry that accepts groups by a pattern: comments of what they are, the pattern, answer and counts."""
    lines = ["[[accepted]]", *(f"# {remark(group.title)}" for group in groups[:KINDS])]
    lines += [f"{key} = {quoted(_SURROGATES.sub('*', text))}" for key, text in pattern.items()]
    lines += [f"reason = {quoted(answer.reason)}"]
    lines += [f"owner = {quoted(answer.owner)}"] if answer.owner else []
    lines += [f"expires = {answer.expires.isoformat()}"] if answer.expires else []
    lines += ["", "[accepted.count]  # differing and compared exchanges when it was accepted"]
    lines += [f"{quoted(name)} = {_numbers(share)}" for name, share in counts(groups, compared).items()]
    return "\n".join(lines) + "\n"


def counts(groups: Sequence[Group], compared: Mapping[str, int]) -> dict[str, Share]:
    """Return how many exchanges of each kind show the groups, of how many; of any kind where that are too many."""
    differing: dict[str, int] = {}
    for group in groups:
        for name, count in group.endpoints.items():
            differing[name] = max(count, differing.get(name, 0))
    if len(differing) > KINDS:
        return {ANYWHERE: Share(sum(differing.values()), sum(compared.values()))}
    return {name: Share(count, compared.get(name, 0)) for name, count in differing.items()}


def _numbers(share: Share) -> str:
    return f"[{share.differing}, {share.compared}]" if share.compared else str(share.differing)


def with_entries(text: str, path: Path, added: Sequence[str], renewed: Mapping[int, str] | None = None) -> str:
    """Return the text of a file with entries appended, and those of some numbers (from 1) written anew in their place.

    Raises UsageError for an entry that cannot be, and where the file is written in a way that this cannot keep.
    """
    renewed = renewed or {}
    parse_accepted("\n".join(added), path)
    kept = _renew(text, renewed)
    gap = "" if not kept or kept.endswith("\n\n") else "\n" if kept.endswith("\n") else "\n\n"
    after = kept + gap + "\n".join(added) if added else kept
    before = parse_accepted(text, path)
    if not _keeps(before, after, path, renewed, len(added)):
        raise UsageError(f"{path}: cannot be changed without harm; write its entries as [[accepted]] tables")
    return after


def _keeps(before: Sequence[Accepted], text: str, path: Path, renewed: Mapping[int, str], added: int) -> bool:
    """Tell whether a text holds the same entries as before, or the renewed ones, and as many more as were added."""
    try:
        after = parse_accepted(text, path)
    except UsageError:
        return False
    expected = [
        parse_accepted(renewed[number], path)[0] if number in renewed else entry
        for number, entry in enumerate(before, 1)
    ]
    return len(after) == len(before) + added and all(map(_same, expected, after))


def _same(one: Accepted, other: Accepted) -> bool:
    """Tell whether two entries say the same, wherever they stand."""
    return replace(one, place="") == replace(other, place="")


def _renew(text: str, renewed: Mapping[int, str]) -> str:
    """Replace entries in the text; comments right before the next entry are that one's."""
    starts = [found.start() for found in _HEADER.finditer(text)]
    for number, entry in sorted(renewed.items(), reverse=True):
        if number <= len(starts):
            start, end = starts[number - 1], (*starts, len(text))[number]
            remarks = _REMARKS.search(text, start, end)
            rest = text[remarks.start() if remarks and end < len(text) else end :]
            text = text[:start] + entry + ("\n" if rest else "") + rest.lstrip("\n")
    return text
