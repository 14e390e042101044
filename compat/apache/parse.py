"""The text of Apache's configuration as a flat list of directives, each with the sections that it stands in.

Comes in: files as text, and a function that finds what `Include` names. Goes out: `Directive`s in the order in which
Apache reads them, with file and line, `Define`d names filled in, and false conditions (`<IfModule>`) marked. What a
directive means is none of its business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .model import ApacheError, Directive, Section

Find = Callable[[str], Sequence[tuple[str, str]]]
"""Given a path, maybe with wildcards or of a folder, return (path, text) of each file. Raises ApacheError."""

MAX_DEPTH = 20
BUILT_IN = frozenset(
    {"core.c", "http_core.c", "mod_so.c", "so_module", "mod_unixd.c", "mod_version.c", "version_module"}
)
OFTEN_SHARED = frozenset({"alias_module", "mime_module", "dir_module", "authz_core_module", "log_config_module"})
"""Where none of these is loaded, what is loaded says nothing about the others."""
RAW_SECTIONS = frozenset({"perl"})
APACHE = (2, 4, 1)
"""The version that is read, at least: which of its releases it is cannot be known."""

_VARIABLE = re.compile(r"\$\{([^}:]+)\}")
_OPENED = re.compile(r"<(\w+)\s*(.*?)\s*>?\s*\Z", re.DOTALL)
_CLOSED = re.compile(r"</(\w+)\s*>?\s*\Z")


@dataclass
class _State:
    """What changes while Apache reads on."""

    find: Find
    defined: dict[str, str]
    modules: set[str] = field(default_factory=set)
    number: int = 0


def parse(
    files: Iterable[tuple[str, str]], find: Find, defined: Mapping[str, str], folders: Mapping[str, str] | None = None
) -> tuple[Directive, ...]:
    """Read files one after the other as one configuration. `defined` are names for `${NAME}`; `folders` tells for a
    `.htaccess` file which folder it is of.

    Raises ApacheError where Apache itself would not start.
    """
    state = _State(find, dict(defined))
    result: list[Directive] = []
    for path, text in files:
        folder = (folders or {}).get(path)
        outer = () if folder is None else (Section("htaccess", (folder,), folder, f"{path}:1"),)
        result.extend(_file(state, path, text, outer, "", 0))
    return tuple(result)


def _file(
    state: _State, path: str, text: str, outer: tuple[Section, ...], dead: str, depth: int
) -> Iterator[Directive]:
    """Yield the directives of one file and of all that it includes; `dead` holds for the whole of it."""
    if depth > MAX_DEPTH:
        raise ApacheError(f"{path}: included {MAX_DEPTH} files deep; does it include itself?")
    opened: list[tuple[Section, str]] = []
    lines = iter(logical_lines(text))
    for number, line in lines:
        place = f"{path}:{number}"
        if closed := _CLOSED.match(line):
            _close(opened, closed[1], place)
            continue
        sections = (*outer, *(section for section, _ in opened))
        reason = opened[-1][1] if opened else dead
        if found := _OPENED.match(line):
            name, raw = found[1].lower(), _fill(found[2], state.defined)
            if name in RAW_SECTIONS:
                yield _directive(state, f"<{found[1]}>", _skip(lines, name, place), path, number, sections, reason)
                continue
            section = Section(name, tuple(split_words(raw)), raw, place)
            opened.append((section, reason or _condition(section, state)))
            continue
        written, _, raw = line.partition(" ")
        directive = _directive(state, written, _fill(raw.strip(), state.defined), path, number, sections, reason)
        yield directive
        if not reason:
            yield from _effect(state, directive, depth)
    if opened:
        raise ApacheError(f"{opened[-1][0].place}: {opened[-1][0]} is never closed")


def _directive(
    state: _State, written: str, raw: str, path: str, line: int, sections: tuple[Section, ...], dead: str
) -> Directive:
    state.number += 1
    return Directive(state.number, written, tuple(split_words(raw)), raw, path, line, sections, dead)


def _effect(state: _State, directive: Directive, depth: int) -> Iterator[Directive]:
    """Do what a directive does to the reading itself, and yield what it includes."""
    words = directive.arguments
    if directive.name == "define" and words:
        state.defined[words[0]] = " ".join(words[1:2])
    elif directive.name == "undefine" and words:
        state.defined.pop(words[0], None)
    elif directive.name == "loadmodule" and len(words) > 1:
        state.modules |= {words[0], words[1].rpartition("/")[2].removesuffix(".so") + ".c"}
    elif directive.name in {"include", "includeoptional"} and words:
        found = state.find(words[0])
        if not found and directive.name == "include":
            raise ApacheError(f"{directive.place}: {directive}: there is no such file")
        for path, text in found:
            yield from _file(state, path, text, directive.sections, "", depth + 1)


def _close(opened: list[tuple[Section, str]], name: str, place: str) -> None:
    if not opened:
        raise ApacheError(f"{place}: </{name}> closes nothing")
    if opened[-1][0].name != name.lower():
        raise ApacheError(f"{place}: </{name}> does not close {opened[-1][0]} of {opened[-1][0].place}")
    opened.pop()


def _skip(lines: Iterator[tuple[int, str]], name: str, place: str) -> str:
    """Pass over a section whose content is no configuration. Returns its first line."""
    first = ""
    for _, line in lines:
        if line.lower().startswith(f"</{name}"):
            return first
        first = first or line
    raise ApacheError(f"{place}: <{name}> is never closed")


def _condition(section: Section, state: _State) -> str:
    """Return why the content of a section does not count, empty where it does."""
    decide = CONDITIONS.get(section.name)
    if decide is None:
        return ""
    word = " ".join(section.arguments)
    negated = word.startswith("!")
    holds = decide(word.lstrip("! "), state)
    if holds is None and section.name == "ifversion":  # an older release or a newer one: both may protect something
        return ""
    if holds is None:  # nothing is known of it: taken to be there
        holds = True
    return "" if holds != negated else f"{section} does not hold"


def _has_module(word: str, state: _State) -> bool | None:
    if not state.modules & OFTEN_SHARED:
        return None  # they are not loaded here, or built in
    return word in state.modules or word in BUILT_IN


def _is_version(word: str, state: _State) -> bool | None:
    sign, _, number = word.rpartition(" ")
    if not re.fullmatch(r"[\d.]+", number) or sign.strip() not in {"", "=", "==", ">", ">=", "<", "<="}:
        return None
    wanted = tuple(([int(part) for part in number.split(".") if part] + [0, 0, 0])[:3])
    if wanted[:2] == APACHE[:2] and wanted[2]:
        return None
    sign = sign.strip() or "="
    return (wanted < APACHE and ">" in sign) or (wanted > APACHE and "<" in sign)


CONDITIONS: dict[str, Callable[[str, _State], bool | None]] = {
    "ifmodule": _has_module,
    "ifdefine": lambda word, state: word in state.defined,
    "ifversion": _is_version,
    "iffile": lambda word, state: _is_there(word, state),
    "ifdirective": lambda word, state: None,
    "ifsection": lambda word, state: None,
}
"""Sections that Apache decides when it starts. None: it cannot be known."""


def _is_there(word: str, state: _State) -> bool:
    try:
        return bool(state.find(word.strip("\"'")))
    except ApacheError:
        return False


def _fill(text: str, defined: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: defined.get(found[1], found[0]), text)


def unknown_variable(text: str) -> str:
    """Return the first `${NAME}` that nobody gave a value, empty if there is none."""
    found = _VARIABLE.search(text)
    return found[1] if found else ""


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines that say something, continued ones joined, with the number of the first."""
    kept, first = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        first = first if kept else number
        kept += line.removesuffix("\r")
        if kept.endswith("\\"):
            kept = kept[:-1]
            continue
        stripped = " ".join(kept.strip().split(None, 1))
        if stripped and not stripped.startswith("#"):
            yield first, kept.strip() if stripped.startswith("<") else stripped
        kept = ""
    if kept.strip() and not kept.strip().startswith("#"):  # the last line ends with a backslash
        yield first, " ".join(kept.strip().split(None, 1))


def split_words(text: str) -> Iterator[str]:
    """Yield words as Apache splits them: quotes only at a word's beginning, backslashes before a quote or another."""
    rest = text.strip()
    while rest:
        quote = rest[0] if rest[0] in "\"'" else ""
        end = _end_of_word(rest, quote)
        word, rest = rest[len(quote) : end], rest[end + len(quote) :].lstrip()
        yield re.sub(r"\\([\\" + quote + "])", r"\1", word)


def _end_of_word(text: str, quote: str) -> int:
    if not quote:
        return len(text.split(None, 1)[0])
    position = 1
    while position < len(text) and text[position] != quote:
        position += 2 if text[position] == "\\" and text[position + 1 : position + 2] in {quote, "\\"} else 1
    return min(position, len(text))
