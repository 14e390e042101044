"""Who downloads: a User-Agent comes in, the program with its Python and its system goes out. Pure; unknown stays empty.

Installers of twenty years: setuptools as it wrote itself in 2008, pip's words of 2013, the JSON of today.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple

LONGEST = 1000  # characters that are looked at


class Agent(NamedTuple):
    """A program, and what it says of the machine it runs on; each text may be empty."""

    kind: str = ""  # installer, mirror, bot, browser, tool
    installer: str = ""  # what the program is called, whatever its kind
    installer_version: str = ""
    python: str = ""
    implementation: str = ""
    system: str = ""
    system_version: str = ""
    distribution: str = ""
    cpu: str = ""


_VERSION = r"[/ ]?v?([0-9][\w.+!-]*)?"
# The first that is found names the program: installers before the libraries that they use, bots before browsers.
PROGRAMS = tuple(
    (kind, name, re.compile(f"(?:{pattern}){_VERSION}"))
    for kind, name, pattern in (
        ("mirror", "z3c.pypimirror", r"z3c\.pypimirror"), ("mirror", "bandersnatch", "bandersnatch"),
        ("mirror", "pep381client", "pep381client(?:-proxy)?"), ("mirror", "devpi", "devpi(?:-server|-client)?"),
        ("mirror", "Artifactory", "Artifactory"), ("mirror", "Nexus", "Nexus"),
        ("installer", "uv", r"\buv(?=/)"), ("installer", "poetry", "[Pp]oetry(?=/)"), ("installer", "pdm", "pdm(?=/)"),
        ("installer", "conda", "conda(?=/)"), ("installer", "Homebrew", "Homebrew"),
        ("installer", "pip", r"\bpip(?=/)"),
        ("installer", "distribute", "distribute(?=/)"), ("installer", "setuptools", "setuptools(?=/)"),
        ("installer", "zc.buildout", r"zc\.buildout"), ("installer", "MacPorts", "MacPorts"),
        ("installer", "FreeBSD fetch", "libfetch"), ("installer", "Debian uscan", "Debian uscan"),
        ("installer", "NetBSD ftp", "NetBSD-ftp|tnftp"), ("installer", "OpenBSD ftp", "OpenBSD ftp"),
        ("installer", "fink", "fink(?=/)"),
        ("bot", "Google", "Googlebot(?:-Mobile|-Image)?|Feedfetcher-Google|Mediapartners-Google"),
        ("bot", "Yahoo", r"Yahoo! Slurp|Yahoo-\w+|Y!J-\w+"), ("bot", "Bing", r"msnbot(?:-\w+)?|bingbot"),
        ("bot", "Baidu", "Baiduspider"), ("bot", "Yandex", r"Yandex\w*"),
        ("bot", "others", r"(?i:[\w.-]*(?:bot|crawler|spider|slurp|twiceler)\b|\bCharlotte)"),
        ("tool", "wget", "[Ww]get"), ("tool", "curl", "curl"), ("tool", "requests", "python-requests"),
        ("tool", "aiohttp", "aiohttp"), ("tool", "libwww-perl", "libwww-perl|LWP::Simple"),
        ("tool", "urllib", "Python-urllib"),
        ("browser", "Opera", "Opera|OPR"), ("browser", "Edge", "Edge?(?=/)"),
        ("browser", "Firefox", "Firefox|Iceweasel|GranParadiso|Minefield"), ("browser", "SeaMonkey", "SeaMonkey"),
        ("browser", "Chrome", "Chrome"), ("browser", "Konqueror", "Konqueror"),
        ("browser", "Safari", r"Version(?=/[\d.]+ (?:Mobile/\w+ )?Safari)|Safari"),
        ("browser", "Internet Explorer", "MSIE"), ("browser", "Lynx", "Lynx"), ("browser", "others", "Mozilla"),
    )
)  # fmt: skip
SYSTEMS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("Windows", r"Windows(?: NT)?(?:/| )?([\d.]*\d)?|\bWin(?:32|64|9\d)()"),
        ("macOS", r"Darwin/([\d.]+)|Mac OS X ?([\d._]*\d)?|apple-darwin([\d.]+)|Darwin()"),
        ("FreeBSD", r"FreeBSD(?:[/ ]([\w.-]+))?"), ("Linux", r"(?i:\bLinux)(?:/([\d.]+[\w.-]*)|\b)"),
        ("Java", r"Java/([\w.]+)"), ("SunOS", r"SunOS(?:/([\d.]+))?"),
    )
)  # fmt: skip
_CPYTHON = re.compile(r"(?i:\bcpython)[/ ]v?([0-9][\w.]*)")
_OTHER_PYTHON = re.compile(r"\b(PyPy|Jython|IronPython)/")  # with its own version, not that of the language
_URLLIB = re.compile(r"Python-urllib/([0-9][\w.]*)")
_CPU = re.compile(r"\b(x86_64|amd64|i[3-6]86|aarch64|arm64|ppc64le|ppc|powerpc|sparc)\b")
URLLIB2 = {"2.0a1": "2.2", "2.1": "2.3"}
_NAMES = {"Darwin": "macOS"}


@lru_cache(maxsize=4096)
def agent_of(text: str) -> Agent:
    """Return who a User-Agent is."""
    text = text[:LONGEST]
    word, brace, rest = text.partition(" {")
    return (_of_json(word, brace[1:] + rest) if brace else None) or _of_words(text)


def _of_json(word: str, text: str) -> Agent | None:
    """The form of pip since version 6, and of those who took it over; None where that is torn or something else."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    told = data if isinstance(data, dict) else {}
    installer, implementation = _part(told, "installer"), _part(told, "implementation")
    system, distribution = _part(told, "system"), _part(told, "distro")
    plain = _of_words(word)
    python = told.get("python")
    return Agent(
        kind=plain.kind or "installer", installer=installer["name"] or plain.installer,
        installer_version=installer["version"] or plain.installer_version,
        python=python if isinstance(python, str) else "", implementation=implementation["name"],
        system=_NAMES.get(system["name"], system["name"]), system_version=system["release"],
        distribution=" ".join(part for part in (distribution["name"], distribution["version"]) if part),
        cpu=told["cpu"] if isinstance(told.get("cpu"), str) else "",
    )  # fmt: skip


def _part(told: dict[str, Any], name: str) -> dict[str, str]:
    """A part of it, with texts for all that is asked of a part."""
    part = told.get(name)
    found = part if isinstance(part, dict) else {}
    return {key: found[key] if isinstance(found.get(key), str) else "" for key in ("name", "version", "release")}


def _of_words(text: str) -> Agent:
    """What the words of all other forms tell."""
    kind, name, version = _program(text)
    system, system_version = _system(text)
    cpython, other = _CPYTHON.search(text), _OTHER_PYTHON.search(text)
    urllib, cpu = _URLLIB.search(text), _CPU.search(text)
    return Agent(
        kind=kind, installer=name, installer_version=version,
        python=cpython[1] if cpython else _of_urllib(urllib[1]) if urllib else "",
        implementation="CPython" if cpython else other[1] if other else "",
        system=system, system_version=system_version, cpu=cpu[1] if cpu else "",
    )  # fmt: skip


def _of_urllib(version: str) -> str:
    """The Python that a version of its urllib came with: 1.x says nothing, urllib2 had its own until Python 2.4."""
    return "" if version.startswith("1.") else URLLIB2.get(version, version)


def _program(text: str) -> tuple[str, str, str]:
    for kind, name, pattern in PROGRAMS:
        if found := pattern.search(text):
            return kind, name, found[1] or ""
    return "", "", ""


def _system(text: str) -> tuple[str, str]:
    for name, pattern in SYSTEMS:
        if found := pattern.search(text):
            return name, next((part for part in found.groups() if part), "").replace("_", ".")
    return "", ""
