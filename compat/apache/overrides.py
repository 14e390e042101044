"""Which access files Apache reads, and which of their directives it takes: `AllowOverride` and `AllowOverrideList`.

Comes in: directives, and the folders of access files. Goes out: for each file the virtual hosts in which it counts, and
its directives, refused where Apache would answer 500. No I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .access import OLD, REQUIRE
from .model import Directive, Section
from .parse import CONDITIONS
from .redirect import NAMES as REDIRECTS
from .rewrite import NAMES as REWRITES
from .sections import FOLDERS, URLS, holds_for_folder, is_pattern, plain
from .settings import SETTERS

NAMES = frozenset({"allowoverride", "allowoverridelist"})
MAIN = ""
"""The main server among virtual hosts, which are named by their place."""
CLASSES = {
    "limit": OLD,
    "authconfig": REQUIRE
    | {"satisfy", "cgipassauth", "sslverifyclient", "sslrequire", "sslrequiressl"}
    | {name for name in SETTERS if name.startswith("auth")},
    "indexes": {"directoryindex"},
    "options": {"options", "xbithack", "contentdigest"},
    "fileinfo": REDIRECTS
    | REWRITES
    | {
        "addhandler",
        "sethandler",
        "removehandler",
        "action",
        "setenv",
        "unsetenv",
        "passenv",
        "setenvif",
        "setenvifnocase",
    }
    | {"browsermatch", "browsermatchnocase", "acceptpathinfo", "addtype", "forcetype", "adddefaultcharset"}
    | {"addoutputfilter", "addoutputfilterbytype", "errordocument", "header", "directoryslash"},
}
"""The classes of the directives that we translate; those in none of them are always allowed."""
OF_SERVERS = frozenset({"user", "group", "suexecusergroup", "timeout", "serveradmin", "typesconfig"})
"""What no access file may say; a site's user who writes it must not become another one."""


@dataclass(frozen=True, slots=True)
class Override:
    """What the access file of one folder may say: classes, which options, and single directives."""

    classes: tuple[str, ...] = ("none",)
    single: tuple[str, ...] = ("none",)

    @property
    def reads(self) -> bool:
        """Tell whether Apache reads the file at all."""
        return self.classes != ("none",) or self.single != ("none",)

    def allows(self, directive: Directive) -> bool:
        """Tell whether a directive may stand in the file."""
        if "all" in self.classes or directive.name in self.single:
            return True
        options = next((word.partition("=")[2].split(",") for word in self.classes if word[:8] == "options="), None)
        if directive.name == "options" and options is not None:
            return {word.lower().lstrip("+-") for word in directive.arguments} <= set(options)
        own = [name for name, names in CLASSES.items() if directive.name in names]
        return not own or own[0] in self.classes


def folders(directives: Iterable[Directive]) -> list[str]:
    """Return the folders, maybe with wildcards, below which access files may be read."""
    return [plain(section) or "/" for directive, section in _overrides(directives) if _of((directive,)).reads]


def hosts(directives: Iterable[Directive]) -> tuple[str, ...]:
    """Return the places of all virtual hosts, the main server first."""
    found = (section.place for d in directives for section in d.sections if section.name == "virtualhost")
    return (MAIN, *dict.fromkeys(found))


def file_names(directives: Iterable[Directive], host: str) -> tuple[str, ...]:
    """Return how access files are called in a virtual host."""
    found = {_host(d): d.arguments for d in directives if d.name == "accessfilename" and not d.dead}
    return found.get(host) or found.get(MAIN) or (".htaccess",)


def in_force(directives: Iterable[Directive], folder: str, host: str) -> Override:
    """Return what holds for a folder: sections count from short to long, those of the main server first."""
    found = [pair for pair in _overrides(directives) if _host(pair[0]) in {MAIN, host}]
    found = [pair for pair in found if holds_for_folder(pair[1], folder)]
    found.sort(key=lambda pair: (len(plain(pair[1]).split("/")), _host(pair[0]) != MAIN))
    return _of([directive for directive, _ in found])


def _overrides(directives: Iterable[Directive]) -> list[tuple[Directive, Section]]:
    """Return each override with its <Directory>; one by a regular expression comes too late for Apache."""
    result = []
    for directive in directives:
        sections = [one for one in directive.sections if one.name not in CONDITIONS]
        here = directive.name in NAMES and not directive.dead and sections and sections[-1].name == "directory"
        if here and not is_pattern(sections[-1]):
            result.append((directive, sections[-1]))
    return result


def _of(found: Sequence[Directive]) -> Override:
    result = Override()
    for directive in found:
        words = tuple(word.lower() for word in directive.arguments)
        if directive.name == "allowoverride":
            result = replace(result, classes=tuple(word for word in words if word[:9] != "nonfatal=") or ("none",))
        else:
            result = replace(result, single=words)
    return result


def _host(directive: Directive) -> str:
    return next((section.place for section in directive.sections if section.name == "virtualhost"), MAIN)


def checked(directive: Directive, known: dict[str, Override]) -> Directive:
    """Return a directive of an access file for the virtual hosts in which it counts, and refused where Apache would."""
    first, *inner = directive.sections
    section = replace(first, arguments=(first.arguments[0], *known))
    refused = directive.name in OF_SERVERS or any(one.name in FOLDERS | URLS | {"virtualhost"} for one in inner)
    refused = refused or not all(override.allows(directive) for override in known.values())
    reason = "it may not stand here, so that Apache answers 500 for the whole folder" if refused else ""
    return replace(directive, sections=(section, *inner), refused=reason)


def counts(directive: Directive, host: str) -> bool:
    """Tell whether a directive counts in a virtual host; those of access files name theirs, if not all."""
    first = next((section for section in directive.sections if section.name == "htaccess"), None)
    return first is None or not first.arguments[1:] or host in first.arguments[1:]
