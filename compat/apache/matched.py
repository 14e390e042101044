"""URLs that a pattern maps to files (`AliasMatch`): which sections hold for all of them, and which may for some.

Comes in: a `Prefix` with a pattern, and a layer. What may hold for a part cannot be told from a URL; if it restricts
anything, whoever asked must close all of it.
"""

from __future__ import annotations

import re

from .access import OLD, REQUIRE
from .asking import SEAL, SEALING
from .layers import Layer
from .model import Prefix
from .prefixes import literal_start, under
from .programs import CGI, PLAIN_HANDLERS
from .sections import WILD, expression, holds_for_folder, holds_for_url, is_pattern, plain

ASKS = REQUIRE | OLD | SEALING | {SEAL, "satisfy"}
OPEN = {("require", "all granted"), ("allow", "from all"), ("order", "allow,deny"), ("satisfy", "any")}


def start_of_url(prefix: Prefix, url: str) -> str:
    """Return the path with which all URLs of a prefix begin."""
    inner = re.sub(r"\([^()]*\)", "", prefix.pattern)
    return "" if "|" in inner else url


def start_of_folder(prefix: Prefix, folder: str) -> str:
    """Return the folder in which all files of a prefix are: what stands before the first group."""
    start, found, _ = folder.partition("$")
    return start.rpartition("/")[0] if prefix.pattern and found else folder


def may_hold(layer: Layer, prefix: Prefix) -> bool:
    """Tell whether a layer may hold for some of a pattern's URLs, and not for all of them."""
    url = start_of_url(prefix, prefix.url)
    folder = start_of_folder(prefix, prefix.folder.rpartition("/")[0] if prefix.single else prefix.folder)
    sure = True
    if layer.folder:
        wild = is_pattern(layer.folder) or WILD.search(plain(layer.folder)) is not None
        sure = holds_for_folder(layer.folder, folder)
        if not sure and not wild and (prefix.single or not under(plain(layer.folder), folder)):
            return False
    if layer.url and is_pattern(layer.url):
        start = literal_start(expression(layer.url))
        return under(start, url) or under(url, start)
    if layer.url:
        sure = holds_for_url(layer.url, url)
        return not sure and under(plain(layer.url), url)
    return not sure or (layer.files is not None and not prefix.single)


def restricts(layer: Layer) -> bool:
    """Tell whether a layer refuses anybody anything, or has its files run by something else."""
    said = {(d.name, " ".join(d.arguments).lower()) for d in layer.directives if d.name in ASKS}
    handled = (d for d in layer.directives if d.name in {"sethandler", "addhandler", "forcetype"})
    runs = any(d.arguments[:1] and d.arguments[0].lower() not in PLAIN_HANDLERS - {CGI} for d in handled)
    return runs or not said <= OPEN
