"""What an Apache configuration says of CGI programs: where they are, under which URLs, with which variables.

The text of one file comes in, an `Apache` goes out. Included files are not followed, sections of several virtual hosts
are taken as one, and what a program or a client may notice and is not understood is listed by name.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

NOTICEABLE = re.compile(
    r"(rewrite|auth|require|header|requestheader|setenvif|browsermatch|redirect|action|include|proxy|errordocument|"
    r"adddefaultcharset|scriptaliasmatch|aliasmatch|sethandler|fcgid|fastcgi|wsgi|scriptinterpretersource|limit|suexec|"
    r"addoutputfilter|setoutputfilter|addinputfilter|php_|perl|dbd|session)",
)
"""Beginnings of directives that change what a program sees, or what a client gets of it."""
DEFAULT_EXTENSIONS = (".cgi",)

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_PROGRAM = re.compile(r"\.\w{1,5}\Z")


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder of programs (or one program), and the URL before it; `extensions` are those of programs, if not all.

    `single`: it is known to be a program, whatever its name.
    """

    url: str
    folder: str
    extensions: tuple[str, ...] = ()
    single: bool = False

    @property
    def is_program(self) -> bool:
        """Tell whether a single program is meant, by its name if nothing else."""
        return self.single or (not self.folder.endswith("/") and _PROGRAM.search(self.folder) is not None)


@dataclass(frozen=True, slots=True)
class Apache:
    """What was read. `left` names directives that were not carried over, with the number of their line."""

    mounts: tuple[Mount, ...]
    port: int = 80
    env: dict[str, str] = field(default_factory=dict)
    pass_env: tuple[str, ...] = ()
    pass_authorization: bool = False
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Directive:
    written: str
    arguments: tuple[str, ...]
    line: int
    folder: str = ""

    @property
    def name(self) -> str:
        """Its name, of which the case does not matter."""
        return self.written.lower()


def read_apache(text: str) -> Apache:
    """Read the text of a configuration."""
    directives = list(_directives(text))
    return Apache(
        mounts=tuple(_mounts(directives)),
        port=next((_port(d.arguments[0]) for d in directives if d.name == "listen" and d.arguments), 80),
        env={d.arguments[0]: (*d.arguments, "")[1] for d in directives if d.name == "setenv" and d.arguments},
        pass_env=tuple(dict.fromkeys(name for d in directives if d.name == "passenv" for name in d.arguments)),
        pass_authorization=any(d.name == "cgipassauth" and d.arguments[:1] == ("On",) for d in directives),
        left=tuple(
            f"line {d.line}: {' '.join((d.written, *d.arguments))[:70]}" for d in directives if _is_left(d.name)
        ),
    )


def _is_left(name: str) -> bool:
    return NOTICEABLE.match(name) is not None


def _directives(text: str) -> Iterator[_Directive]:
    """Yield directives, each with the `<Directory>` that it stands in; `Define`d names are filled in."""
    defined: dict[str, str] = {}
    folders: list[str] = []
    for number, line in _lines(text):
        filled = _VARIABLE.sub(lambda found: defined.get(found[1], found[0]), line)
        words = _words(filled.strip("<>") if filled.startswith("<") else filled)
        name, arguments = words[0].lower(), tuple(words[1:])
        if name == "define" and len(arguments) == 2:
            defined[arguments[0]] = arguments[1]
        elif filled.startswith("</"):
            del folders[-1:]
        elif filled.startswith("<"):
            folders.append(
                arguments[-1] if name == "directory" and arguments else (*folders, "")[-1] if folders else ""
            )
        else:
            yield _Directive(words[0], arguments, number, folders[-1] if folders else "")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines that say something, continued ones joined, with the number of the first."""
    kept, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        first = first if kept else number
        kept += line.strip()
        if kept.endswith("\\"):
            kept = kept[:-1] + " "
            continue
        if kept and not kept.startswith("#"):
            yield first, kept
        kept = ""


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line) or [""]
    except ValueError:  # an open quote
        return line.split() or [""]


def _mounts(directives: Sequence[_Directive]) -> Iterator[Mount]:
    """Yield what `ScriptAlias` maps, and the parts of the document tree in which programs run."""
    for directive in directives:
        if directive.name == "scriptalias" and len(directive.arguments) == 2:
            yield Mount(_prefix(directive.arguments[0]), directive.arguments[1])
    roots = [("", d.arguments[0]) for d in directives if d.name == "documentroot" and d.arguments]
    roots += [d.arguments[:2] for d in directives if d.name == "alias" and len(d.arguments) == 2]
    for directive in directives:
        if directive.name == "options" and directive.folder and {"ExecCGI", "+ExecCGI"} & set(directive.arguments):
            urls = [_url_of(directive.folder, *root) for root in roots]
            for url in filter(None, urls):
                yield Mount("" if url == "/" else url, directive.folder, _extensions(directives))


def _url_of(folder: str, url: str, root: str) -> str | None:
    """Return the URL of a folder under an alias or the document root, or None where it is not under that."""
    try:
        rest = PurePosixPath(folder).relative_to(PurePosixPath(root))
    except ValueError:
        return None
    return str(PurePosixPath(_prefix(url) or "/") / rest)


def _prefix(url: str) -> str:
    return url.rstrip("/")


def _extensions(directives: Sequence[_Directive]) -> tuple[str, ...]:
    """Return the extensions that are programs."""
    named = [
        f".{extension.lstrip('.')}"
        for directive in directives
        if directive.name == "addhandler" and directive.arguments[:1] == ("cgi-script",)
        for extension in directive.arguments[1:]
    ]
    return tuple(dict.fromkeys(named)) or DEFAULT_EXTENSIONS


def _port(address: str) -> int:
    number = address.rpartition(":")[2]
    return int(number) if number.isdigit() else 80
