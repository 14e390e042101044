"""What a section by a name or a pattern lets in: only URLs for whose file it surely holds.

Comes in: a section's `Layer`, and what would answer in it. Goes out: whether it lets in more than what is around it,
and a pattern of URLs. A URL does not tell where a program's name ends and the path behind it begins: `/secret.cgi/open`
is the first program, whatever `<Files open>` grants.
"""

from __future__ import annotations

import re

from .access import NOBODY
from .guarded import SIGN, has_alternatives
from .layers import Layer
from .model import Access, Body, Prefix, Refusal, Section, Settings
from .prefixes import KindOf
from .redirect import check_pattern
from .sections import WILD, expression, folder_pattern, from_wildcards, is_pattern, plain, within_segment

STAYS_CLOSED = "what it opened is closed: nginx cannot tell by the URL for which files it holds"
IN_PART = "in part: what it opened is closed {}, where nginx cannot tell a program from a folder"


def lets_in_more(inner: Settings, outer: Settings) -> bool:
    """Tell whether the rules of one scope may let in somebody whom those around it do not."""
    one, other = inner.access, outer.access
    if one.closed or one == NOBODY or other == Access():
        return False
    if (one.lines, one.any_of, one.methods) != (other.lines, other.any_of, other.methods):
        return True
    if one.asks_password and inner.user_file != outer.user_file:
        return True
    return one != other and not (other.valid_user and one.asks_password)


def surely(layer: Layer, prefix: Prefix, url: str, folder: str, body: Body, kind: KindOf) -> tuple[str, str]:
    """Return the pattern of URLs for whose files a layer surely holds, where a zone at `url` leads to `folder`; and
    what is closed since it is left out, empty where nothing is. The pattern is empty where there is none.
    """
    found, left_out = "", STAYS_CLOSED
    if layer.url and layer.files is None:
        found, left_out = expression(layer.url), ""
    elif layer.files and layer.url is None and not (layer.folder and _is_vague(layer.folder)):
        found, left_out = _of_file(layer.files, url, folder, body, kind)
    elif layer.folder and layer.files is None:
        found, left_out = (_of_pattern if is_pattern(layer.folder) else _of_wildcards)(layer.folder, prefix, body)
    try:
        check_pattern(found)
    except Refusal:
        return "", STAYS_CLOSED
    return found, left_out if found else STAYS_CLOSED


def _is_vague(section: Section) -> bool:
    return is_pattern(section) or WILD.search(plain(section)) is not None


def _of_file(section: Section, url: str, folder: str, body: Body, kind: KindOf) -> tuple[str, str]:
    """A file's name is the last segment, or that of a program which no other program can stand before."""
    named = not is_pattern(section)
    name = f"{from_wildcards(plain(section))}(?=/|$)" if named else _within(expression(section))
    start, last = f"^{re.escape(url)}/", "(?=[^/]*$)"
    if body.everything:
        there = named and kind(f"{folder.rstrip('/')}/{plain(section)}") == "file"
        left_out = "in folders below" if there else "in folders below, and with a path behind the name"
        return f"{start}{'' if there else last}{name}", IN_PART.format(left_out)
    if not body.extensions:
        return f"/{last}{name}", ""
    program = _program(body)
    around = f"{start}(?:(?!{program}/)[^/]*/)*"
    if not _is_one_segment(name):
        return f"{around}{last}{name}", IN_PART.format("with a path behind the name")
    return f"{around}(?=[^/]*$|{program}/(?!(?:.*/)?{program}(?:/|$))){name}", ""


def _within(text: str) -> str:
    return f"[^/]*?{_grouped(within_segment(text))}"


def _program(body: Body) -> str:
    names = "|".join(re.escape(extension[1:]) for extension in body.extensions)
    return rf"[^/]*\.(?i:{names})"


def _is_one_segment(expression: str) -> bool:
    """Tell whether a pattern of `within_segment` surely matches no slash: it has none, and no sign of which that is
    not known.
    """
    signs = SIGN.findall(re.sub(r"\(\?(?:=/\|\$|<=/|!/)\)", "", expression).replace("[^/]", ""))
    return "/" not in signs and not any(re.fullmatch(r"\\[pPXCRQVHxo0-9]", sign) for sign in signs)


def _of_wildcards(section: Section, prefix: Prefix, body: Body) -> tuple[str, str]:
    """A folder's name is followed by a slash, and neither it nor any before it is that of a program."""
    if body.everything or not folder_pattern(section, prefix):
        return "", STAYS_CLOSED
    wanted = plain(section).split("/")[len(prefix.folder.rstrip("/").split("/")) :]
    program = f"(?!(?:[^/]*/){{0,{len(wanted) - 1}}}{_program(body)}/)" if body.extensions else ""
    return f"^{re.escape(prefix.url)}/{program}{from_wildcards('/'.join(wanted))}/", ""


def _of_pattern(section: Section, prefix: Prefix, body: Body) -> tuple[str, str]:
    """Apache holds a file's path against the pattern: that is the URL's behind the prefix, if no program is in it."""
    text, root, url = expression(section), prefix.folder.rstrip("/"), re.escape(prefix.url)
    if not re.search(r"\$|\\[ZzbB]|\(\?", text) and re.search(text, f"{root}/"):
        return f"^{url}/", ""
    rest = None if body.everything or re.search(r"\(\?<|\\[BA]", text) else _behind(text, root)
    if rest is None:
        return "", STAYS_CLOSED
    if body.extensions:
        return f"^(?!.*{_program(body)}/){url}(?=/){rest}", IN_PART.format("with a path behind a program's name")
    return f"^{url}(?=/){rest}", ""


def _behind(text: str, root: str) -> str | None:
    """Return what must match behind the root, where that is surely said; None where it is not."""
    signs = SIGN.findall(text)
    if "^" not in signs:
        return f".*?{_grouped(text)}"
    if has_alternatives(signs) or "^" in signs[1:]:
        return None
    for begin in (f"^{re.escape(root)}", f"^{root}"):
        if text.startswith(begin) and text[len(begin) : len(begin) + 1] not in {"*", "+", "?", "{"}:
            return _grouped(text[len(begin) :])
    if found := re.match(r"\^/?(?:\.[*+]|\(\.[*+]\))(?![*+?{])", text):
        return f".*?{_grouped(text[found.end() :])}"
    return None


def _grouped(text: str) -> str:
    """Return a pattern as one group; flags at its beginning hold in it."""
    flags = re.match(r"\(\?([a-zA-Z]+)\)", text)
    return f"(?{flags[1]}:{text[flags.end() :]})" if flags else f"(?:{text})"
