"""Refusals by a name or a pattern that hold for everybody in a whole server: nginx asks them before any location.

Comes in: the layers of a server. Goes out: those that are such refusals, and their patterns. One that a later section
takes back for some files is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .layers import Layer
from .sections import WILD, expression, file_pattern, is_pattern, plain

REFUSED = {("require", "all denied"), ("deny", "from all")}


def denials(found: Sequence[Layer]) -> list[Layer]:
    """Return the layers that are denials, in their order."""
    result = [layer for layer in found if is_denial(layer)]
    return [one for one in result if not any(_takes_back(later, one) for later in found[found.index(one) + 1 :])]


def is_denial(layer: Layer) -> bool:
    """Tell whether a layer refuses some files or URLs to everybody, by a pattern and in the whole server."""
    section = layer.files or (layer.url if layer.url and is_pattern(layer.url) else None)
    if section is None or len(layer.sections) != 1:
        return False
    words = [(d.name, " ".join(d.arguments).lower()) for d in layer.directives if d.name not in {"order", "satisfy"}]
    inner = any(len(d.sections) - (d.sections[0].name == "virtualhost") != 1 for d in layer.directives)
    return bool(words) and not inner and set(words) <= REFUSED


def denied_pattern(layer: Layer) -> str:
    """Return the regular expression of the URLs that a denial is for."""
    return file_pattern(layer.files) if layer.files else expression(layer.sections[0])


def _takes_back(later: Layer, denial: Layer) -> bool:
    """Tell whether a later layer may let somebody in to files that a denial is for."""
    if later.files is None or denial.files is None or not later.is_closed_off or is_denial(later):
        return False
    name = plain(later.files)
    return is_pattern(later.files) or WILD.search(name) is not None or _matches(denial, name)


def _matches(denial: Layer, name: str) -> bool:
    return re.search(denied_pattern(denial), f"/{name}") is not None
