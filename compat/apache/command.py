"""`compat import-apache`: reads Apache's configuration from this machine, prints or writes what replaces it.

Comes in: paths. Goes out: text or files. Exit status: 0 every directive is carried over or not needed; 1 some are not,
each named with its place and the reason; 2 the configuration cannot be read.
"""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from ..commands.words import refuse
from .model import ApacheError, Directive, Import, Kind
from .nginx import HEAD
from .overrides import Override, checked, file_names, folders, hosts, in_force
from .parse import parse
from .report import Binding, files, table, text
from .translate import translate

MAIN_FILES = ("apache2.conf", "conf/httpd.conf", "httpd.conf", "conf/apache2.conf")
MAX_FOLDERS = 20_000
OF_ROOT = (".env", ".txt")
"""Files with values of variables, which may be passwords: nobody else reads them."""
EXAMPLES = """
Examples:

\b
  compat import-apache /etc/apache2/sites-enabled/shop.conf
  compat import-apache /etc/apache2 -o /etc/compat
  compat import-apache /etc/httpd/conf/httpd.conf /srv/www/.htaccess --define LOG_DIR=/var/log
"""


@click.command("import-apache", epilog=EXAMPLES)
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--server-root", metavar="DIR", help="Where relative file names begin [default: ServerRoot, or the file's]."
)
@click.option("--define", "defined", multiple=True, metavar="NAME=VALUE", help="A value for ${NAME}. Repeatable.")
@click.option("--first-port", default=8001, show_default=True, help="Port of the first compat serve.")
@click.option("--socket-dir", default="", metavar="DIR", help="Listen on Unix sockets in DIR instead of ports.")
@click.option("-o", "--output", metavar="DIR", help="Write nginx.conf, commands.txt and systemd units there.")
def import_apache(
    paths: tuple[str, ...],
    server_root: str | None,
    defined: tuple[str, ...],
    first_port: int,
    socket_dir: str,
    output: str | None,
) -> None:
    """Print what replaces an Apache configuration: compat commands, an nginx file, and what is left to do by hand.

    FILE is a configuration file, a .htaccess, or a folder like /etc/apache2. Nothing is run or changed.

    Exit status 1: some directives are not carried over; each is listed with the reason. 2: it cannot be read.
    """
    try:
        result = imported(paths, server_root, dict(_pair(word) for word in defined))
    except (ApacheError, OSError) as error:
        refuse(str(error))
    binding = Binding(first_port, socket_dir)
    if output is None:
        _say(text(result, binding))
    else:
        _write(Path(output), files(result, binding, os.path.abspath(output)))
        _say(table(result))
    sys.exit(1 if result.of("not carried") else 0)


def _pair(word: str) -> tuple[str, str]:
    name, _, value = word.partition("=")
    return name, value


def _say(content: str) -> None:
    """Print what the files would hold, byte for byte: a configuration may be in Latin-1."""
    click.echo(content.encode("utf-8", "surrogateescape"))


def _write(folder: Path, contents: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "nginx.conf").exists() and not _read(str(folder / "nginx.conf")).startswith(HEAD):
            refuse(f"{folder / 'nginx.conf'} is there already, and not of compat import-apache: choose another folder")
        for name, content in contents.items():
            _write_file(folder / name, content, 0o600 if name.endswith(OF_ROOT) else 0o644)
            _say(f"wrote {folder / name}")
    except OSError as error:
        refuse(f"cannot write to {folder}: {error.strerror}")


def _write_file(path: Path, content: str, mode: int) -> None:
    """Write a file that has its mode before its content; a symbolic link is refused."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, mode)
    with open(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
        os.fchmod(file.fileno(), mode)
        file.truncate()
        file.write(content)


def imported(paths: tuple[str, ...], server_root: str | None = None, defined: dict[str, str] | None = None) -> Import:
    """Read and translate the configuration at some paths. Raises ApacheError, OSError."""
    found = [_main_file(path) for path in paths]
    given = [(path, _read(path)) for path in found]
    names = {name: value for path in found for name, value in _environment(path).items()} | (defined or {})
    root = server_root or _server_root(given) or os.path.dirname(os.path.abspath(found[0]))
    named = {path: _folder_of(path) for path in found if os.path.basename(path).startswith(".ht")}
    directives = parse(given, _Finder(root), names, named)
    counting = {path: known for path, known in _access_files(directives).items() if path not in named}
    more = [(path, _read(path)) for path in counting]
    directives = parse([*given, *more], _Finder(root), names, named | {path: _folder_of(path) for path in counting})
    counting |= {path: {} for path in named}
    return translate(tuple(checked(d, counting[d.file]) if d.file in counting else d for d in directives), _kind, root)


def _main_file(path: str) -> str:
    """Return the file to begin with: of a ServerRoot, the first of the usual names."""
    if not os.path.isdir(path):
        return path
    for name in MAIN_FILES:
        if os.path.isfile(os.path.join(path, name)):
            return os.path.join(path, name)
    raise ApacheError(f"{path} has none of {', '.join(MAIN_FILES)}: name the configuration file itself")


def _read(path: str) -> str:
    """Return a file's text; bytes that are no UTF-8 are kept as they are."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            content = file.read()
    except OSError as error:
        raise ApacheError(f"{path}: {error.strerror}") from error
    if "\0" in content:
        raise ApacheError(f"{path}: it holds a NUL byte, so that it is no configuration")
    return content


def _environment(path: str) -> dict[str, str]:
    """Return what Debian's `envvars` beside a configuration gives to Apache; values with commands are left out."""
    envvars = os.path.join(os.path.dirname(os.path.abspath(path)), "envvars")
    if not os.path.isfile(envvars):
        return {}
    found = re.findall(r"^\s*export\s+(\w+)=([^\s`]*)\s*$", _read(envvars), re.MULTILINE)
    values = {name: re.sub(r"\$\{?SUFFIX\}?", "", value).strip("\"'") for name, value in found}
    return {name: value for name, value in values.items() if "$" not in value}


def _server_root(given: list[tuple[str, str]]) -> str:
    found = (re.search(r"^\s*ServerRoot\s+\"?([^\"\n]+?)\"?\s*$", content, re.MULTILINE | re.I) for _, content in given)
    return next((match[1] for match in found if match), "")


def _folder_of(path: str) -> str:
    return os.path.dirname(os.path.abspath(path))


class _Finder:
    """Finds what `Include` names: a file, all files below a folder, or what wildcards match, sorted."""

    def __init__(self, root: str) -> None:
        self._root = root

    def __call__(self, name: str) -> list[tuple[str, str]]:
        path = os.path.join(self._root, name)
        found = sorted(glob.glob(path)) if glob.has_magic(path) else [path] * os.path.exists(path)
        return [(file, _read(file)) for one in found for file in _files_of(one)]


def _files_of(path: str) -> list[str]:
    if not os.path.isdir(path):
        return [path]
    return sorted(os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)


def _access_files(directives: tuple[Directive, ...]) -> dict[str, dict[str, Override]]:
    """Return the access files that Apache would read, each with the virtual hosts in which it counts."""
    servers = {host: file_names(directives, host) for host in hosts(directives)}
    names = {name for found in servers.values() for name in found}
    result: dict[str, dict[str, Override]] = {}
    for number, here in enumerate(_below(folders(directives))):
        if number > MAX_FOLDERS:
            raise ApacheError(f"there are more than {MAX_FOLDERS} folders below {here}: name the access files yourself")
        for name in names & set(os.listdir(here)):
            known = {host: in_force(directives, here, host) for host, own in servers.items() if name in own}
            if reading := {host: override for host, override in known.items() if override.reads}:
                result[os.path.join(here, name)] = reading
    return result


def _below(patterns: Iterable[str]) -> Iterator[str]:
    """Yield folders and all below them once, symbolic links too; one that leads to where it stands is not followed."""
    seen: set[str] = set()
    for start in (path for one in patterns for path in sorted(glob.glob(one, include_hidden=True))):
        waiting: list[tuple[str, tuple[str, ...]]] = [(start, ())]
        while waiting:
            folder, around = waiting.pop()
            real = os.path.realpath(folder)
            if folder in seen or real in around or not os.path.isdir(folder):
                continue
            seen.add(folder)
            yield folder
            waiting += [(one.path, (*around, real)) for one in os.scandir(folder) if one.is_dir()]


def _kind(path: str) -> Kind:
    if os.path.isfile(path):
        return "file"
    return "folder" if os.path.isdir(path) else ""
