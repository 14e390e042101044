"""What the arguments of a section mean: which folders, URLs and file names it holds for, as patterns of nginx.

Comes in: one `Section`. Goes out: regular expressions for URLs, and answers for single folders and URLs. A pattern
matches all that the section's does, and more only where a URL does not tell the file.
"""

from __future__ import annotations

import re

from .guarded import SIGN, has_alternatives
from .model import Prefix, Section
from .prefixes import literal_start, under

FOLDERS = frozenset({"directory", "htaccess", "directorymatch"})
URLS = frozenset({"location", "locationmatch"})
FILES = frozenset({"files", "filesmatch"})
INNER = frozenset({"requireall", "requireany", "requirenone", "limit", "limitexcept"})
"""Sections that belong to the access rules of the section around them."""
WILD = re.compile(r"[*?\[]")
_WILDCARD = re.compile(r"\\.|\[[!^]?\]?[^\]]*\]|.", re.DOTALL)
_WITHIN = {"^": "(?<=/)", r"\A": "(?<=/)", "$": "(?=/|$)", r"\Z": "(?=/|$)", r"\z": "(?=/|$)", ".": "[^/]"}
"""Signs of a pattern for a whole name, as they are for one segment of a path."""
_CROSSING = frozenset({r"\S", r"\W", r"\D", r"\N"})
"""Signs that would match a slash."""


def is_pattern(section: Section) -> bool:
    """Tell whether a section names what it holds for by a regular expression, or URLs by wildcards."""
    wild = section.name == "location" and WILD.search(plain(section)) is not None
    return wild or section.name.endswith("match") or section.arguments[:1] == ("~",)


def plain(section: Section) -> str:
    """Return the path of a section, without a slash at its end."""
    return (*section.arguments, "")[0].rstrip("/")


def expression(section: Section) -> str:
    """Return a section's regular expression. By wildcards, Apache holds a URL as a whole against them."""
    if section.name == "location" and section.arguments[:1] != ("~",):
        return f"^{from_wildcards(section.arguments[0])}$"
    return (*section.arguments, "", "")[1 if section.arguments[:1] == ("~",) else 0]


def from_wildcards(text: str) -> str:
    """Return wildcards of Apache (those of fnmatch) as a regular expression."""
    return "".join(_from_wildcard(sign) for sign in _WILDCARD.findall(text))


def _from_wildcard(sign: str) -> str:
    if len(sign) > 1 and sign[0] == "[":
        negated = sign[1] in "!^"
        inner = re.sub(r"[\[\]]", r"\\\g<0>", sign[1 + negated : -1])
        return f"(?!/)[{'^' * negated}{inner}]"
    return {"*": "[^/]*", "?": "[^/]"}.get(sign, re.escape(sign[-1]))


def folder_pattern(section: Section, prefix: Prefix) -> str:
    """Return a regular expression for the URLs of a <Directory> by a pattern, where a prefix leads to its folders.

    Empty where it leads to none; everything where it cannot be told from a URL which folders are meant.
    """
    root = prefix.folder.rstrip("/")
    if not is_pattern(section):
        parts, wanted = root.split("/"), plain(section).split("/")
        inside = len(wanted) > len(parts) and all(map(_is_like, parts, wanted))
        rest = from_wildcards("/".join(wanted[len(parts) :]))
        return f"^{re.escape(prefix.url)}/{rest}(?=/|$)" if inside and WILD.search(plain(section)) else ""
    text = re.sub(r"(?<!\\)\$$", "(?=/|$)", expression(section))
    if matches_folder(section, root):
        return f"^{re.escape(prefix.url)}/"
    for start in (re.escape(root), root):
        if text.startswith(f"^{start}/"):
            return f"^{re.escape(prefix.url)}{text[1 + len(start) :]}"
    if found := re.match(r"\^/?(?:\.[*+]|\(\.[*+]\))", text):
        return text[found.end() :] or "/"
    if text.startswith("^") and literal_start(text) and not under(literal_start(text), root):
        return ""
    return "/" if text.startswith("^") else text


def _is_like(name: str, wildcards: str) -> bool:
    return re.fullmatch(from_wildcards(wildcards), name) is not None


def matches_folder(section: Section, folder: str) -> bool:
    """Tell whether a <Directory> by a regular expression holds for a folder."""
    return any(re.search(expression(section), path) for path in (folder, folder + "/"))


def holds_for_folder(section: Section, folder: str) -> bool:
    """Tell whether a <Directory> holds for all of a folder."""
    if is_pattern(section):
        return False
    path = plain(section)
    if not WILD.search(path):
        return under(folder, path)
    parts, wanted = folder.split("/"), path.split("/")
    return len(wanted) <= len(parts) and all(map(_is_like, parts, wanted))


def holds_for_url(section: Section, url: str) -> bool:
    """Tell whether a <Location> holds for all below a URL."""
    if is_pattern(section):
        return False
    return under(url, plain(section))


def is_only_below(section: Section, url: str) -> bool:
    """Tell whether a <Location> holds for all below a URL, and not for the URL itself."""
    return bool(url) and section.arguments[:1] == (f"{url}/",)


def file_pattern(section: Section) -> str:
    """Return a regular expression of nginx for the URLs of a <Files>: one segment of the path matches."""
    if not is_pattern(section):
        return f"/{from_wildcards(plain(section))}(?=/|$)"
    text = expression(section)
    signs = SIGN.findall(text)
    if signs[:1] == ["^"] and not has_alternatives(signs):
        return "/" + within_segment(text[1:])
    return within_segment(text)


def within_segment(text: str) -> str:
    """Return a pattern for a name as it matches one segment of a path: no sign of it looks beyond a slash."""
    return "".join(_within_segment(sign) for sign in SIGN.findall(text))


def _within_segment(sign: str) -> str:
    if sign in _WITHIN:
        return _WITHIN[sign]
    if sign in _CROSSING or (sign[0] == "[" and len(sign) > 1 and ("[:" in sign or re.match(sign, "/"))):
        return f"(?:(?!/){sign})"
    return sign
