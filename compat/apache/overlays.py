"""Patterns within a zone that have their own answer, in the order in which nginx asks them: the first that matches.

Comes in: layers with the patterns by which they may hold for URLs, and surely do. Goes out: patterns with their `Body`,
and why a layer could not be carried over as it is. In Apache a later layer wins, and several add up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from .access import NOBODY, OLD, REQUIRE
from .granted import lets_in_more
from .layers import CLOSED, Layer
from .matched import restricts
from .model import Access, Body, Directive, Prefix, Refusal
from .prefixes import literal_start, under
from .redirect import check_pattern
from .sections import WILD, expression, file_pattern, folder_pattern, holds_for_folder, is_pattern, plain

Overlay = tuple[str, Body]
OVERLAPS = "nginx takes the first pattern that matches, and this may overlap with an earlier one"
SOME_CLOSED = (
    "in part: closed in folders below and with a path behind the name, where nginx cannot tell a program from a folder"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A layer, the pattern of URLs for which it may hold, that of those for which it surely does, and its answer.

    `left_out` says what the second leaves out.
    """

    layer: Layer
    pattern: str
    sure: str
    left_out: str
    body: Body

    @property
    def is_shut(self) -> bool:
        """Tell whether it lets nobody in."""
        return self.body.settings.access.closed or self.body.settings.access == NOBODY

    @property
    def shut(self) -> Body:
        """The same for nobody."""
        return replace(self.body, settings=replace(self.body.settings, access=CLOSED))


Refuse = Callable[[Sequence[Directive], str], None]


def arranged(
    found: Sequence[Candidate], outer: Body, merged: Callable[[Layer, Layer], Body], refuse: Refuse
) -> list[Overlay]:
    """Return the overlays. `merged` gives the answer where two layers hold; `refuse` takes what is not carried over.

    A later one stands before those that it replaces, and behind a refusal that it does not. What lets in more than is
    let in around it holds only where that is sure, as does what may be taken for another program's.
    """
    first: list[tuple[Candidate, list[Overlay]]] = []
    rest, last = list[Overlay](), list[Overlay]()
    for one in found:
        clashing = [n for n, (other, _) in enumerate(first) if _may_clash(one, other)]
        holding = [n for n in clashing if merged(first[n][0].layer, one.layer) != one.body]
        replaced = [first[n][0].body for n in clashing if n not in holding]
        if one.body == outer and not replaced:
            continue
        opens = any(lets_in_more(one.body.settings, body.settings) for body in (outer, *replaced))
        closes = one.layer.is_closed_off and (not opens or lets_in_more(outer.settings, one.body.settings))
        if one.is_shut:
            first.insert(0, (one, [(one.pattern, one.body)]))
        elif not all(first[n][0].is_shut for n in holding):
            refuse(one.layer.directives, f"{OVERLAPS}; what it opened is closed" if opens else OVERLAPS)
            shut = replace(one, body=one.shut)
            first[:0] = [(shut, [(one.pattern, one.shut)])] * (closes or _runs_more(one.body, outer))
        else:
            whole = not opens and not (one.body.service and any(_differs(one, other, outer) for other in found))
            mine = [(one.pattern if whole else one.sure, one.body)] * bool(whole or one.sure)
            shuts = closes or (opens and (bool(clashing) or _runs_more(one.body, outer)))
            tail = [(one.pattern, one.shut)] * (shuts and not whole)
            last += [(one.pattern, one.body)] * (not whole and not opens and not shuts)
            first.insert(max(holding, default=-1) + 1, (one, mine + tail * bool(clashing)))
            rest += tail * (not clashing)
            if one.left_out and not whole and (opens or shuts):
                refuse(one.layer.directives, one.left_out if opens else SOME_CLOSED)
    return [*(overlay for _, overlays in first for overlay in overlays), *rest, *last]


def _runs_more(body: Body, outer: Body) -> bool:
    """Tell whether files are run, or must not be sent, that would be sent as text without a layer."""
    more = body.everything, body.extensions, body.forbidden
    return not outer.everything and more != (outer.everything, outer.extensions, outer.forbidden)


def _may_clash(one: Candidate, other: Candidate) -> bool:
    return one.body != other.body and not disjoint(one.pattern, other.pattern)


def _differs(one: Candidate, other: Candidate, outer: Body) -> bool:
    return other.body not in (one.body, outer) and not other.is_shut


def disjoint(one: str, other: str) -> bool:
    """Tell whether two patterns surely match no name both: names of files that differ."""
    name = re.compile(r"/((?:[\w-]|\\.)+)\(\?=/\|\$\)\Z")
    found = name.match(one), name.match(other)
    return None not in found and one != other


def overlay_pattern(layer: Layer, prefix: Prefix, url: str, folder: str) -> str:
    """Return the pattern by which a layer holds for some URLs of a zone; empty where it holds for none or all."""
    if layer.url and is_pattern(layer.url):
        start = literal_start(expression(layer.url))
        return expression(layer.url) if under(start, url) or under(url, start) else ""
    if prefix.single:
        return ""
    if layer.folder and (is_pattern(layer.folder) or WILD.search(plain(layer.folder))):
        if prefix.pattern or holds_for_folder(layer.folder, folder):
            return file_pattern(layer.files) if layer.files and not prefix.pattern else ""
        return _checked(folder_pattern(layer.folder, prefix))  # a <Files> within: all of the folder
    if layer.files is None:
        return ""
    if layer.folder and not holds_for_folder(layer.folder, folder):
        return ""
    return file_pattern(layer.files)


def _checked(text: str) -> str:
    """Return a pattern, or that of everything where nginx could not read it."""
    try:
        check_pattern(text)
    except Refusal:
        return "/"
    return text


def untold(layer: Layer, prefix: Prefix, outer: Body) -> Iterator[Directive]:
    """Yield what a section for folders says whose URLs are not known; what it closes is another matter."""
    if layer.folder is None or not is_pattern(layer.folder) or prefix.single or restricts(layer):
        return
    if under(prefix.folder, literal_start(expression(layer.folder))):
        open_anyway = outer.settings.access == Access()
        yield from (d for d in layer.directives if not open_anyway or d.name not in REQUIRE | OLD)
