"""A cgi-bin: a directory of programs as a WSGI application.

Comes in: a URL path. Goes out: the program it names and the rest of the path, found by walking down one segment at a
time, so that no file outside the directory can be reached. Running it is the business of `script`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Unpack
from urllib.parse import quote

from .environ import resolved_path, url_path, url_query
from .errors import ConfigurationError, RequestError
from .options import Options, OptionWords
from .program import Program, begins_with, file_path, find_interpreter, look_error, script_filename
from .script import CGIApplication, mounted
from .types import Environ, Place

MAX_KNOWN = 256
LONGEST = 1024
"""Characters of a URL whose way is remembered; there may be so many of them."""

_encoded_slash = re.compile(r"%2f", re.IGNORECASE).search
_encoded_dots = re.compile(r"/(?:%2e|\.){1,2}(?=/|$)", re.IGNORECASE).finditer


class CGIDirectory(CGIApplication):
    """A directory of programs as a WSGI application.

    `interpreters` maps file name extensions to what runs them (then no execute permission is needed); `extensions` is
    an allow-list; `index` names the files that answer for a directory; `path_info=False` refuses a path after the
    program's name; symbolic links are followed only with `follow_symlinks`. Other options: `Options`. Raises
    ConfigurationError.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        interpreters: Mapping[str, str | Sequence[str]] | None = None,
        index: Collection[str] = (),
        follow_symlinks: bool = False,
        extensions: Collection[str] | None = None,
        path_info: bool = True,
        **options: Unpack[OptionWords],
    ) -> None:
        super().__init__(Options(**options))
        self.root = os.path.realpath(path)
        if not os.path.isdir(self.root):
            raise ConfigurationError(f"{os.path.abspath(path)} is not a directory")
        for name, value in (("index", index), ("extensions", extensions)):
            if isinstance(value, str):
                raise ConfigurationError(f"{name}={value!r} must be a list of names, not one text")
        if wrong := [name for name in index if "/" in name or name in {"", ".", ".."}]:
            raise ConfigurationError(f"index={wrong[0]!r} is not the name of a file in a directory")
        self._index = tuple(index)
        self._follow = follow_symlinks
        self._extensions = None if extensions is None else frozenset(map(_extension, extensions))
        self._path_info = path_info
        self._known: dict[tuple[str, str, str], _Way] = {}
        self._interpreters = {_extension(key): find_interpreter(value) for key, value in (interpreters or {}).items()}

    def locate(self, environ: Environ) -> tuple[Program, Place]:
        """Walk from the root to the first file. Raises RequestError: 404 for nothing there, 403 for what may not be
        run.
        """
        raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
        words = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", ""), raw.partition("?")[0]
        known = self._known.get(words)
        if known is not None and known.holds():
            return known.program, known.place
        program, place = self._found(environ, raw)
        self._know(words, program, place)
        return program, place

    def _found(self, environ: Environ, raw: str) -> tuple[Program, Place]:
        outer, path = mounted(environ, self.options.mount, merge=True)
        segments, slash = url_segments(path, raw)
        file, name, rest = self._walk(segments)
        if len(name) > len(segments) and not slash and (outer or segments):
            raise _slash_missing("/".join([outer, *segments, ""]), environ.get("QUERY_STRING", ""))
        info = "".join("/" + segment for segment in rest) + ("/" if slash and name == segments[: len(name)] else "")
        if info and not self._path_info:
            raise RequestError(404, f"{file} does not take a path after its name (path_info=False)")
        return self._program(file), Place("/".join([outer, *name]), info, script_filename(file))

    def _know(self, words: tuple[str, str, str], program: Program, place: Place) -> None:
        """Remember where a URL of usual length led, if that was through plain folders to a plain file. Which index
        answers for a folder is looked at each time.
        """
        way = _Way(self.root, program, place)
        if sum(map(len, words)) > LONGEST or program.name in self._index or not way.holds():
            return
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[words] = way

    def urls(self) -> Iterator[str]:
        """Yield the URL path of each program there is: what is executable, has an interpreter, or begins with `#!`."""
        for folder, folders, files in os.walk(self.root, followlinks=self._follow):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for path in (os.path.join(folder, name) for name in sorted(files)):
                if self._looks_like_program(path):
                    name = quote(os.fsencode(os.path.relpath(path, self.root)))
                    yield f"{self.options.mount.rstrip('/')}/{name}"

    def _looks_like_program(self, path: str) -> bool:
        name, extension = os.path.split(path)[1], os.path.splitext(path)[1]
        if name.startswith(".") or name.endswith("~") or (self._extensions and extension not in self._extensions):
            return False
        if os.path.islink(path) and not self._follow:
            return False
        return os.access(path, os.X_OK) or extension in self._interpreters or begins_with(path, b"#!")

    def _walk(self, segments: list[str]) -> tuple[str, list[str], list[str]]:
        """Return the first file on the way down, the segments that name it (its index name too), and those that
        follow.
        """
        here = self.root
        for position, segment in enumerate(segments, 1):
            here, folder = self._step(here, segment)
            if not folder:
                return here, segments[:position], segments[position:]
        for name in self._index:
            if os.path.isfile(os.path.join(here, name)):
                return self._step(here, name)[0], [*segments, name], []
        raise RequestError(403, f"{here} is a directory without {' or '.join(self._index) or 'an index'}")

    def _step(self, here: str, segment: str) -> tuple[str, bool]:
        """Go down one segment; return where that leads, and whether it is a directory. Raises RequestError (404) where
        there is nothing, (403) for a link that may not be followed.
        """
        if "\0" in segment:
            raise RequestError(404, "NUL byte in the path")
        there = f"{here.rstrip('/')}/{file_path(segment)}"
        try:
            mode = os.lstat(there).st_mode
            if not stat.S_ISLNK(mode):
                return there, stat.S_ISDIR(mode)
            if not self._follow:
                raise RequestError(403, f"{there} is a symbolic link (follow_symlinks=False)")
            mode = os.stat(there).st_mode
        except OSError as error:
            raise look_error(there, error) from error
        return there, stat.S_ISDIR(mode)

    def _program(self, file: str) -> Program:
        if self._extensions is None and not self._interpreters:
            return Program(file)
        extension = os.path.splitext(file)[1]
        if self._extensions is not None and extension not in self._extensions:
            allowed = ", ".join(sorted(self._extensions))
            raise RequestError(403, f"{file}: extension {extension or '(none)'} is not among {allowed}")
        return Program(file, self._interpreters.get(extension, ()))


class _Way:
    """Where a URL led. It leads there again as long as each step is what it was: nothing but the kind of the files on
    the way, the program itself the first that is no folder, decides that.
    """

    __slots__ = ("_folders", "_root", "place", "program")

    def __init__(self, root: str, program: Program, place: Place) -> None:
        self.program = program
        self.place = place
        self._root = root.rstrip("/")
        steps = program.path[len(self._root) + 1 :].split("/")[:-1]
        self._folders = tuple(f"{self._root}/{'/'.join(steps[: depth + 1])}" for depth in range(len(steps)))

    def holds(self) -> bool:
        """Whether there still are folders on the way, and a file at its end; no link is one."""
        try:
            for folder in self._folders:
                if not stat.S_ISDIR(os.lstat(folder).st_mode):
                    return False
            return stat.S_ISREG(os.lstat(self.program.path).st_mode)
        except OSError:
            return False


def url_segments(path: str, raw: str | None) -> tuple[list[str], bool]:
    """Return a decoded URL path as segments without empty ones and dots, and whether it ends with a slash.

    Literal dot segments are removed, or refused, as `resolved_path` has it. Encoded ones, and encoded slashes, are
    refused (404). Raises RequestError.
    """
    target = (raw or "").partition("?")[0]
    if "%" in target and (_encoded_slash(target) or any("%" in match[0] for match in _encoded_dots(target))):
        raise RequestError(404, f"encoded slash or dot segment in {target!r}")
    segments = resolved_path(path, raw).split("/")[1:]
    return [segment for segment in segments if segment], segments[-1:] == [""]


def _slash_missing(path: str, query: str) -> RequestError:
    """Without its slash, every relative link in a directory's page would lead one level too high: Apache redirects."""
    location = url_path(path) + url_query(query)
    return RequestError(301, f"{path!r} is a directory: sent to it with its slash", location=location)


def _extension(text: str) -> str:
    if not re.fullmatch(r"\.?[^./]+", text):
        raise ConfigurationError(f"{text!r} is not a file name extension such as .cgi")
    return text if text.startswith(".") else "." + text
