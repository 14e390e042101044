"""`Options`: which of them hold, and those that neither nginx nor compat has.

Comes in: the settings so far and one directive. Goes out: the settings after it, or a `PartRefusal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .model import Directive, PartRefusal, Refusal, Settings

ALL_OPTIONS = frozenset({"indexes", "followsymlinks", "execcgi"})
KNOWN_OPTIONS = frozenset({"all", "none", "indexes", "followsymlinks", "execcgi"})
UNABLE_OPTIONS: Mapping[str, str] = {
    "includes": "includes in pages (SSI) are not translated; nginx has `ssi on`, which differs",
    "includesnoexec": "includes in pages (SSI) are not translated; nginx has `ssi on`, which differs",
    "multiviews": "nginx and compat choose no file by language or by an extension left out",
    "symlinksifownermatch": "compat follows all symbolic links or none; none is what was written",
}


def options(settings: Settings, directive: Directive) -> Settings:
    """`Options`: with signs it changes what is there, without it replaces it."""
    words = [word.lower() for word in directive.arguments]
    signed = [word for word in words if word[:1] in {"+", "-"}]
    if signed and len(signed) != len(words):
        raise Refusal("some of its words have a sign and others have not, which Apache refuses")
    held = set(settings.options) if signed else set()
    unable = []
    for word in words:
        name = word.lstrip("+-")
        if name in UNABLE_OPTIONS and not word.startswith("-"):
            if name != "symlinksifownermatch" or "followsymlinks" not in held:
                unable.append(UNABLE_OPTIONS[name])
        elif name in KNOWN_OPTIONS | set(UNABLE_OPTIONS):
            chosen = {"all": ALL_OPTIONS, "none": frozenset[str]()}.get(name, frozenset({name}))
            held = held - chosen if word.startswith("-") else held | chosen
        else:
            raise Refusal(f"{word} is no option that is known")
    result = replace(settings, options=frozenset(held))
    if unable:
        raise PartRefusal(result, unable[0])
    return result
