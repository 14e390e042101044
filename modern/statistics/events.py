"""One download: a line that a worker wrote, or one of an access log, comes in; an `Event`, then a row of the archive,
goes out. Pure.

A download is a GET of a whole distribution that was answered with 200: no signatures, no parts, no "not modified", no
documentation. Each has an id, so that what is read twice is kept once.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple
from urllib.parse import unquote

from .agents import agent_of

LONGEST_AGENT, LONGEST_PATH = 500, 1000  # characters that are kept: a line is always one short write
LARGEST, LAST = 2**62, 2**32  # bytes of a file; seconds since the epoch, which are in 2106
TOLERANCE = 86400.0  # seconds that a line of a log may be later than now, by a clock or a zone that is wrong
REMEMBERED = 200_000  # lines of a log among which equal ones are told apart
PREFIX = "/packages/"
DISTRIBUTION = re.compile(r".+\.(?:tar\.(?:gz|bz2|xz|Z)|tgz|tbz|zip|egg|whl|exe|msi|rpm|deb|dmg)", re.IGNORECASE)
_LINE = re.compile(
    r"(?:(?:[^\s:]+|\[[^\s\]]+\]):\d+ )?(?P<address>[\w:-][\w.:%-]*) \S+ .*?"  # clients of a Unix socket: `unix:` or -
    r'\[(?P<time>[^\]]{20,40})\] "(?P<request>(?:[^"\\]|\\.)*)"'
    r' (?P<status>\d{3}) (?P<size>\d+|-)(?: "(?:[^"\\]|\\.)*" "(?P<agent>(?:[^"\\]|\\.)*)")?'
)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)")
_UNPRINTABLE = re.compile("[\x00-\x1f\ud800-\udfff]")  # what Parquet or JSON cannot hold
_SDIST = re.compile(r"(?P<name>.+?)-v?(?P<version>\d.*?)(?:[-.](?:py\d|win32|win-|linux|macosx|noarch|src|i\d86).*)?$")


class BadLine(ValueError):
    """A line is not what it should be: torn, or of something else."""


class Event(NamedTuple):
    """A download as it is told: by whom, of what, when."""

    id: str
    seconds: float  # since the epoch
    path: str  # below /packages
    size: int  # bytes
    address: str
    agent: str
    source: str  # index or log


def is_distribution(path: str) -> bool:
    """Whether a path below /packages is that of a distribution, by its name."""
    return not path.startswith("documentation/") and DISTRIBUTION.fullmatch(path.rpartition("/")[2]) is not None


def write_event(event: Event) -> bytes:
    """One line of JSON."""
    shortened = event._replace(path=event.path[:LONGEST_PATH], agent=event.agent[:LONGEST_AGENT])
    return json.dumps(shortened[:6]).encode() + b"\n"


def read_event(line: bytes) -> Event:
    """The reverse. Raises BadLine."""
    try:
        name, seconds, path, size, address, agent = json.loads(line)
        if not all(isinstance(text, str) for text in (name, path, address, agent)):
            raise TypeError("a text is none")
        return Event(name, _checked(float(seconds)), path, min(int(size), LARGEST), address, agent, "index")
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadLine(str(error)) from None


class LogLine(NamedTuple):
    """What any line of an access log tells, and the download if it is one."""

    seconds: float
    event: Event | None


class LogReader:
    """Reads the lines of one access log: common or combined format, a virtual host in front or not.

    The id is the line's digest, with a number where the log has equal lines: the same log, a longer one of the same day
    or a packed one has the same ids. Lines much later than `now` are none.
    """

    def __init__(self, now: float = LAST) -> None:
        self._seen: OrderedDict[bytes, int] = OrderedDict()
        self._latest = now + TOLERANCE

    def read(self, line: bytes) -> LogLine:
        """Return what a line tells. Raises BadLine."""
        line = line.rstrip(b"\r\n")
        found = _LINE.match(line.decode("latin-1"))
        if found is None:
            raise BadLine("no line of an access log")
        seconds = _log_time(found["time"])
        if seconds > self._latest:
            raise BadLine(f"{found['time']} is in the future")
        path = downloaded_path(_unescaped(found["request"])) if found["status"] == "200" else None
        if path is None:
            return LogLine(seconds, None)
        size = 0 if found["size"] == "-" else min(int(found["size"][:20]), LARGEST)
        agent = _unescaped(found["agent"] or "")
        agent = "" if agent == "-" else agent
        return LogLine(seconds, Event(self._id(line), seconds, path, size, found["address"], agent, "log"))

    def _id(self, line: bytes) -> str:
        digest = blake2b(line, digest_size=14).digest()
        number = self._seen.pop(digest, 0)
        self._seen[digest] = number + 1
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return digest.hex() + f"{number:04x}"


def downloaded_path(request: str) -> str | None:
    """The path below /packages that a request line downloads; None where it downloads no distribution."""
    method, _, rest = request.partition(" ")
    target = rest.rpartition(" ")[0] if " HTTP/" in rest else rest
    if method != "GET":
        return None
    if "://" in target[:8]:  # as caches write it
        target = "/" + target.partition("://")[2].partition("/")[2]
    path = unquote(re.split("[?#]", target, maxsplit=1)[0], errors="replace")
    if not path.startswith(PREFIX):
        return None
    path = path[len(PREFIX) :]
    return path if is_distribution(path) and "\0" not in path else None


@lru_cache(maxsize=1024)
def _log_time(text: str) -> float:
    try:
        return _checked(datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").timestamp())
    except ValueError as error:
        raise BadLine(str(error)) from None


def _checked(seconds: float) -> float:
    if not 0 <= seconds < LAST:
        raise BadLine(f"{seconds} is no time of the web")
    return seconds


def _unescaped(text: str) -> str:
    """A field as the client sent it (\\xHH, \\", \\\\ undone): bytes as latin-1 come in, text goes out."""
    sent = _ESCAPE.sub(lambda found: chr(int(found[1][1:], 16)) if found[1][0] == "x" else found[1], text)
    return sent.encode("latin-1").decode("utf-8", "replace")


Country = Callable[[str], str]
Owner = Callable[[str], tuple[str, str] | None]


def row(event: Event, country: Country, owner: Owner, *, counted: bool) -> dict[str, Any]:
    """A row of the archive, whose columns are `archive.COLUMNS`: no address, and of the agent what it says.

    `owner` gives (project, version) of a file name that the index knows; without it the name alone is asked.
    """
    filename = event.path.rpartition("/")[2]
    project, version = owner(filename) or told_by_name(event.path)
    when = datetime.fromtimestamp(event.seconds, UTC).replace(tzinfo=None)
    texts = {
        "id": event.id, "time": when.isoformat(sep=" ", timespec="milliseconds"), "project": project,
        "version": version, "file": filename, **agent_of(event.agent)._asdict(), "country": country(event.address),
        "source": event.source,
    }  # fmt: skip
    cleaned: dict[str, Any] = {name: _UNPRINTABLE.sub("\ufffd", text) for name, text in texts.items()}
    return cleaned | {"size": event.size, "counted": counted}


def told_by_name(path: str) -> tuple[str, str]:
    """(project, version) as path and file name have them; the version may be empty.

    Old paths are source/L/PROJECT/FILE. A wheel's name has both parts in fixed places (PEP 427); other names only as
    a rule.
    """
    words = path.split("/")
    filename = words[-1]
    stem = re.sub(r"\.(?:tar\.\w+|\w+)$", "", filename)
    if filename.lower().endswith(".whl"):
        name, _, rest = stem.partition("-")
        version = rest.partition("-")[0]
    else:
        found = _SDIST.match(stem)
        name, version = (found["name"], found["version"]) if found else (stem, "")
    old = len(words) == 4 and words[1] == words[2][:1]
    return (words[2], version) if old else (name, version)
