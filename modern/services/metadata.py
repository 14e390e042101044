"""The rules a release's metadata must keep: a form in; clean data, or BadMetadata with the old words, out.

Messages quote values as Python 2 did (`u'...'`): clients print them. No query here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from email.parser import HeaderParser
from typing import Any

from packaging.version import InvalidVersion, Version

from ..forms import Form, Upload
from .python2 import u_repr
from .releases import KINDS

Data = dict[str, Any]  # {field: text, or list of texts for classifiers and dependencies}

LISTS = ("classifiers", *KINDS)
FORBIDDEN_NAMES = ("requirements.txt", "rrequirements.txt")  # typos of `pip install -r` must not find a project
REQUIRED_1_2 = (("Home-page", "home_page"), ("Author", "author"))

_legal_name = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", re.IGNORECASE | re.ASCII)
_dotted_name = re.compile(r"\s*([a-z_]\w*(?:\.[a-z_]\w*)*)(.*)", re.IGNORECASE | re.DOTALL)
_comparison = re.compile(r"\s*(<=|>=|<|>|!=|==)\s*([^\s,]+)\s*")
_strict_version = re.compile(r"\d+\.\d+(\.\d+)?([ab]\d+)?")
_provision = re.compile(r"\s*[a-zA-Z_]\w*(?:\.[a-zA-Z_]\w*)*(?:\s*\(\s*([^)\s]+)\s*\))?\s*")
_words = {"alpha": "a", "beta": "b", "rc": "c", "pre": "c", "dev": "@"}


class BadMetadata(ValueError):
    """A rule is broken; the message is the answer."""


def form_metadata(form: Form) -> Data:
    """Return the metadata of a form: keys in lower case, values stripped, uploads left out (B193)."""
    data: Data = {}
    for key, value in form.items():
        key = key.lower()
        items = value if isinstance(value, list) else [value]
        values = [item.strip() for item in items if not isinstance(item, Upload)]
        if key.startswith(":") or not values:
            continue
        if key in LISTS:
            data[key] = [line.strip() for item in values for line in item.split("\n") if line.strip()]
        else:
            data[key] = ",".join(values)
    return data


def pkginfo_metadata(text: str) -> Data:
    """Return the metadata of a PKG-INFO file, as `form_metadata` does of a form; the description loses its indent."""
    message = HeaderParser().parsestr(text)
    data: Data = {}
    for name in dict.fromkeys(key.lower() for key in message.keys()):  # noqa: SIM118  # with repeats
        values = [str(value) for value in message.get_all(name) or ()]
        field = {"classifier": "classifiers"}.get(name, name).replace("-", "_")
        if field in LISTS:
            data[field] = [value.strip() for value in values]
        elif field == "description":
            data[field] = "\n".join(line.removeprefix(" " * 8) for line in values[0].split("\n"))
        else:
            data[field] = ",".join(values)
    return data


def validate(data: Mapping[str, Any], unknown_classifiers: Callable[[Sequence[str]], Sequence[str]]) -> None:
    """Raise BadMetadata for the first rule that is broken, in the old order."""
    for field in ("name", "version"):
        if not data.get(field):
            raise BadMetadata(f'Missing required field "{field}"')
    if not _legal_name.fullmatch(data["name"]):
        raise BadMetadata("Invalid package name")
    check_version(data["version"])
    for kind, check in (("requires", check_predicate), ("obsoletes", check_predicate), ("provides", check_provision)):
        check_each(kind, data, check)
    for classifier in unknown_classifiers(data.get("classifiers") or []):
        raise BadMetadata(f'Invalid classifier "{classifier}"')
    if data.get("metadata_version") == "1.2":
        check_1_2(data)
    for field in ("download_url", "home_page"):
        check_url(data.get(field))


def check_version(version: str) -> None:
    """PEP 440, without a local part."""
    if version.strip() != version:
        raise BadMetadata("Invalid version, cannot have leading or trailing whitespace.")
    try:
        parsed = Version(version)
    except InvalidVersion:
        raise BadMetadata("Invalid version, cannot be parsed as a valid PEP 440 version.") from None
    if parsed.local is not None:
        raise BadMetadata("Invalid version, cannot use PEP 440 local versions on PyPI.")


def check_each(kind: str, data: Mapping[str, Any], check: Callable[[str], None]) -> None:
    """Apply a check to every value of one kind."""
    for value in data.get(kind) or ():
        try:
            check(value)
        except BadMetadata as error:
            raise BadMetadata(f'Bad "{kind}" syntax: {error}') from None


def check_predicate(text: str) -> None:
    """`dotted.name (>=1.0, <2.0)`, as PEP 314 has it."""
    if not text.strip():
        raise BadMetadata("Empty package restriction")
    match = _dotted_name.fullmatch(text)
    if not match:
        raise BadMetadata(f"Bad package name in {text}")
    rest = match[2].strip()
    if not rest:
        return
    if not (rest.startswith("(") and rest.endswith(")")):
        raise BadMetadata(f"Expected parenthesized list: {rest}")
    for comparison in rest[1:-1].split(","):
        found = _comparison.fullmatch(comparison)
        if not found:
            raise BadMetadata(f"Bad package restriction syntax: {comparison}")
        check_strict(found[2])


def check_provision(text: str) -> None:
    """`dotted.name (1.0)`."""
    match = _provision.fullmatch(text)
    if not match:
        raise BadMetadata(f"illegal provides specification: {u_repr(text)}")
    if match[1]:
        check_strict(match[1])


def check_strict(version: str) -> None:
    """Two or three numbers and at most an a or b tag, as distutils' strict versions."""
    if not _strict_version.fullmatch(version):
        raise BadMetadata(f"invalid version number '{version}'")


def check_1_2(data: Mapping[str, Any]) -> None:
    """The extra rules for those who say that they write metadata version 1.2."""
    for label, field in REQUIRED_1_2:
        if not data.get(field):
            raise BadMetadata(f'"{label}" is missing')


def check_url(url: str | None) -> None:
    """An absolute http or https URI, or the UNKNOWN that distutils writes for a missing one."""
    if not url or url == "UNKNOWN":
        return
    scheme, colon, rest = url.partition("://")
    if not colon or not scheme or not rest.partition("/")[0]:
        raise BadMetadata(f"Invalid URI: {u_repr(url)}")
    if scheme not in ("http", "https"):
        raise BadMetadata(f"Invalid scheme {u_repr(scheme)} for URI {u_repr(url)}")


def in_order(versions: Iterable[str]) -> list[str]:
    """Return versions from lowest to highest: those that PEP 440 does not know come first."""
    return sorted(versions, key=version_key)


def version_key(version: str) -> tuple[int, Any, tuple[str, ...]]:
    """A sort key: PEP 440's order, or for other texts the piecewise order that setuptools had before it."""
    try:
        return 1, Version(version), ()
    except InvalidVersion:
        return 0, 0, tuple(old_pieces(version))


def old_pieces(version: str) -> Iterator[str]:
    """Numbers padded so that they compare as texts, words marked so that they sort before numbers."""
    for piece in re.findall(r"\d+|[a-z]+|-", version.lower()):
        if piece.isdigit():
            yield piece.zfill(8)
        elif piece == "-":
            yield "*final-"
        else:
            yield "*" + _words.get(piece, piece)
    yield "*final"
