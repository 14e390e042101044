"""What was found, in sentences for people who never saw an HTTP header.

A `Result` or a `Group` comes in, a sentence goes out. Pages and summaries use them; the terminal has its own
short words.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.clients import NOBODY
from harness.compare.body import CONTENT
from harness.compare.effects import REMOVAL
from harness.compare.headers import NAMES
from harness.group import Group
from harness.group.plain import plain
from harness.report.model import Result

LONG = 70
"""Characters of a value in a sentence."""
NAMED = 3
"""Clients named; the rest are counted."""

DETAILS = 2
"""Details of a reason that are told."""

SENTENCES: Mapping[tuple[str, str], str] = {
    ("status", ""): "Requests are now answered with “{new}” instead of “{old}”",
    ("reason", ""): "The text beside the status is now “{new}” instead of “{old}”",
    ("crash", "added"): "The new version breaks down ({new}) where the old one {old}",
    ("crash", "missing"): "The old version breaks down ({old}) where the new one {new}",
    ("crash", ""): "Both versions break down: {old}; {new}",
    ("header", "missing"): "The header {path} of the answer is no longer sent",
    ("header", "added"): "The answer has a header {path} that it did not have",
    ("header", "renamed"): "The header {old} of the answer is now called {new}",
    ("header", "encoding"): "The answer announces another character set: “{new}” instead of “{old}”",
    ("header", "order"): "The headers {path} of the answer come in another order",
    ("header", "spelling"): "The header {path} of the answer is written in another way that means the same",
    ("header", ""): "The header {path} of the answer is now “{new}” instead of “{old}”",
    ("body", "missing"): "A part of the content is gone: “{old}”{at}",
    ("body", "added"): "The content has a part that it did not have: “{new}”{at}",
    ("body", "type"): "A value in the content is of another kind{at}: “{new}” instead of “{old}”",
    ("body", "renamed"): "A part of the content is now called “{new}” instead of “{old}”{at}",
    ("body", "order"): "Parts of the content come in another order{at}",
    ("body", "encoding"): "The content is encoded in another way: {new} instead of {old}",
    ("body", "spelling"): "The content is written in another way that means the same{at}",
    ("body", ""): "The content differs{at}: “{new}” instead of “{old}”",
    ("framing", ""): "The answer is delivered in another way: {new} instead of {old}",
    ("rows", "missing"): "The database lacks something that the old version stores{at}: {old}",
    ("rows", "added"): "The database holds something that the old version does not store{at}: {new}",
    ("rows", ""): "The database holds another value{at}: “{new}” instead of “{old}”",
    ("rows removal", "missing"): "The database keeps something that the old version removes{at}: {old}",
    ("rows removal", "added"): "Something is removed from the database that the old version keeps{at}: {new}",
    ("files removal", "missing"): "A file that the old version removes is kept: {old}",
    ("files removal", "added"): "A file is removed that the old version keeps: {new}",
    ("files", "missing"): "A file that the old version writes is not written: {old}",
    ("files", "added"): "A file is written that the old version does not write: {new}",
    ("files", "renamed"): "A file is written under another name: {new} instead of {old}",
    ("files", ""): "A file is written with another content: {new} instead of {old}",
    ("lines", "missing"): "A line of a file is no longer written: {old}",
    ("lines", "added"): "A line is written to a file that the old version does not write: {new}",
    ("lines", "order"): "The lines of a file are written in another order",
    ("lines", "spelling"): "The lines of a file end in another way",
    ("lines", ""): "A line of a file is now “{new}” instead of “{old}”",
    ("mail", "missing"): "A mail, or a line of it, is no longer sent: “{old}”",
    ("mail", "added"): "A mail, or a line of it, is sent that was not sent before: “{new}”",
    ("mail", ""): "A mail reads otherwise: “{new}” instead of “{old}”",
}
"""By aspect and kind; an empty kind stands for all others of the aspect."""


def sentence(group: Group) -> str:
    """Return what changed, without its end: `The header X-One of the answer is now called X-Two`."""
    if (group.aspect, group.path) == ("header", "order"):
        return "The headers of the answer come in another order"
    if (group.aspect, group.path) == ("header", NAMES):
        return f"The names of the headers of the answer are now in small letters ({group.new} for {group.old})"
    if (group.aspect, group.path) == ("body", CONTENT):
        return f"The answer has {'no content any more' if group.kind == 'missing' else 'content where it had none'}"
    if (group.aspect, group.kind) == ("body", "changed") and group.title.startswith("another record"):
        return (
            f"The content is that of something else{_at(group)}: “{_short(group.new)}” instead of “{_short(group.old)}”"
        )
    if group.aspect == "files" and group.path.endswith(" mode"):
        return f"A file is written with other permissions: {group.new} instead of {group.old}"
    aspect = "lines" if group.aspect == "files" and "/" in group.path else group.aspect
    aspect += REMOVAL * group.path.endswith(REMOVAL)
    pattern = SENTENCES.get((aspect, group.kind)) or SENTENCES[aspect, ""]
    old, new, path = (_short(text) for text in (group.old, group.new, group.path))
    at = _at(group)
    empty = "an empty text" if group.kind == "changed" else "nothing"
    return pattern.format(old=old or empty, new=new or empty, path=path, at=at)


def _at(group: Group) -> str:
    path = _short(group.path)
    return f", at {path}" if path not in ("", "text") else ""


def affected(group: Group) -> str:
    """Return how many requests show a group, where, and who sent them."""
    where = f"to {group.endpoint}" if len(group.endpoints) == 1 else f"at {len(group.endpoints)} addresses"
    return f"{plural(group.count, 'request')} {where}, from {names(group.clients)}"


UNJUDGED: Mapping[str, str] = {
    "stale": "the old version no longer answers them as it did",
    "unreplayable": "they could not be sent",
    "errors": "the old version broke down",
}
"""Why requests were not judged, by the name of the count."""


def unjudged(result: Result) -> list[str]:
    """Return a sentence for each kind of reason why requests were not judged, with the most frequent details."""
    return [
        f"{plural(result.count(name), 'request')}: {words}{_details(name.removesuffix('s'), result.reasons)}."
        for name, words in UNJUDGED.items()
        if result.count(name)
    ]


def _details(kind: str, reasons: Mapping[str, int]) -> str:
    found = {reason.partition(": ")[2]: count for reason, count in reasons.items() if reason.startswith(f"{kind}: ")}
    ranked = sorted(found, key=lambda detail: (-found[detail], detail))
    more = [f"{len(ranked) - DETAILS} more"] if len(ranked) > DETAILS else []
    return f" ({'; '.join([*ranked[:DETAILS], *more])})" if ranked else ""


def names(counts: Mapping[str, int]) -> str:
    """Return the first few names: `pip, curl and 2 others`."""
    shown = ["clients without a name" if name == NOBODY else name for name in list(counts)[:NAMED]]
    if len(counts) > NAMED:
        return f"{', '.join(shown)} and {plural(len(counts) - NAMED, 'other')}"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else "nobody"


def headline(result: Result) -> str:
    """Return the verdict in one sentence that claims no more than was judged."""
    judged, exchanges = result.count("judged"), result.count("exchanges")
    if not judged:
        return f"Nothing is known: none of {plural(exchanges, 'recorded request')} could be judged."
    asked = _share(result.count("matched"), exchanges)
    text = f"The new version answered {asked} recorded request{'s' * (exchanges > 1)} as the old one did"
    parts = []
    if result.count("accepted"):
        count = result.count("accepted")
        parts.append(f"{count:,} differ{'s' * (count == 1)} as was accepted")
    if result.count("different"):
        count = result.count("different")
        parts.append(f"{count:,} differ{'s' * (count == 1)}, for {plural(len(result.causes), 'reason')}")
    elif result.causes:
        parts.append(f"{plural(len(result.causes), 'difference')} showed among those that could not be judged")
    text += "".join(f"; {part}" for part in parts) + "."
    left = exchanges - judged
    return f"{text} {f'{left:,} could not be judged' if left else 'All could be judged'}."


def _share(same: int, exchanges: int) -> str:
    if not same:
        return f"none of {exchanges:,}"
    if same < exchanges:
        return f"{same:,} of {exchanges:,}"
    return f"all {exchanges:,}" if exchanges > 1 else "the one"


def plural(count: int, noun: str) -> str:
    """Return `1 request`, `2 requests`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _short(text: str) -> str:
    text = plain(text)
    return text if len(text) <= LONG else text[: LONG - 1] + "…"
