"""Folders of a `<DirectoryMatch>` that cannot be told by their URLs: those of which the document root is a part.

Comes in: a server's directives and its zones. Goes out: lines that refuse what such a section holds for on disk, and
what no location was made for. A section that only opens or sets something is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .conditions import Condition
from .guarded import SIGN, guarded, has_alternatives
from .layers import Layer, layers
from .matched import restricts
from .model import Directive, Ledger, Prefix, Section, Zone
from .prefixes import literal_start, under
from .redirect import in_quotes, pattern
from .sections import expression, folder_pattern, is_pattern, matches_folder

REASON = "closed for everybody instead: its folders cannot be told by their URLs"
LETTERS = re.compile(r"(?:[\w/ -]|\\[^\w\s])*")


def beyond(directives: Sequence[Directive], zones: Sequence[Zone], ledger: Ledger) -> Iterator[str]:
    """Yield the lines for all sections of a server."""
    prefixes = dict.fromkeys(zone.prefix for zone in zones if not zone.prefix.pattern and not zone.prefix.single)
    for layer in layers(directives):
        if layer.folder and is_pattern(layer.folder) and restricts(layer):
            for prefix in prefixes:
                yield from _closing(layer, layer.folder, prefix, ledger)


def _closing(layer: Layer, section: Section, prefix: Prefix, ledger: Ledger) -> Iterator[str]:
    shown, root = folder_pattern(section, prefix), prefix.folder.rstrip("/")
    if shown == "/" or _is_told(section, root):
        return
    first = layer.directives[0]
    name = f"$file_{first.number}"
    text = re.sub(r"(?<!\\)\$$", "(?=/|$)", expression(section))
    tests = [Condition(f"{name} ~ {pattern(text)}", False, None)]
    tests += [Condition(f"$uri !~ {pattern(shown)}", False, None)] if shown else []
    yield f'set {name} "";'
    where = pattern(f"(?s)^{re.escape(prefix.url)}((?:/.*)?)$")
    yield f"if ($uri ~ {where}) {{ set {name} {in_quotes(root + '$1')}; }}"
    yield from guarded("return 403;", tests, "", first)
    for directive in layer.directives if not shown else ():
        ledger.settle(directive, "not carried", REASON)


def _is_told(section: Section, root: str) -> bool:
    """Tell whether the pattern for URLs surely matches all that the section's does: nothing of it can be in the root,
    or all that may be there is written out.
    """
    text = expression(section)
    signs = SIGN.findall(text)
    if matches_folder(section, root):
        return True
    if has_alternatives(signs) or "^" in signs[1:]:
        return False
    if text.startswith("^"):
        start = literal_start(text)
        if text.startswith((f"^{re.escape(root)}/", f"^{root}/")):
            return True
        return bool(start) and not under(start, root) and not under(root, start)
    found = LETTERS.match(text)
    letters = found[0] if found else ""
    if text[len(letters) : len(letters) + 1] in {"*", "?", "{"}:
        letters = letters[:-1]
    letters = letters.replace("\\", "")
    crosses = any(root.endswith(letters[:number]) for number in range(1, len(letters)))
    return bool(letters) and letters not in root and not crosses
