"""Make a seed of the projects that a log names: `python -m recordings.seed_of_log DAY.archive -o day-seed.json`.

The log of 2008 has no bodies, so a replay of it needs an index that knows its projects: those answered on /simple/ or
/pypi/, with the versions asked for, by path or by query. Files are not made: the log does not hold them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from harness.exchange import Exchange, Request
from harness.recording import open_recordings

OWNER = {"name": "owner", "password": "ownerpw", "email": "owner@example.org", "admin": True}


def main() -> None:
    """Read the recording, write the seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    words = parser.parse_args()
    projects = projects_of(exchange for recording in open_recordings([words.recording]) for exchange in recording)
    words.output.write_text(json.dumps(seed_of(projects), ensure_ascii=False, indent=1), encoding="utf-8")
    print(f"{len(projects)} projects, {sum(map(len, projects.values()))} releases in {words.output}")


def projects_of(exchanges: Iterable[Exchange]) -> dict[str, dict[str, None]]:
    """Return the versions of each project that was answered with 200, in the order they were asked for."""
    found: dict[str, dict[str, None]] = {}
    for exchange in exchanges:
        if exchange.response is None or exchange.response.status != 200:
            continue
        name, version = _asked(exchange.request)
        versions = found.setdefault(name, {})
        if version:
            versions[version] = None
    return {name: versions for name, versions in found.items() if name and "\0" not in name}


def _asked(request: Request) -> tuple[str, str]:
    """Return the project and the version that a request is about, by path or by query; empty where it is about none."""
    # Some clients sent the `&amp;` of a page as it stands; the parser of the time took its `;` for a separator too.
    fields = dict(parse_qsl(request.query.replace(b";", b"&").decode("latin-1"), encoding="utf-8", errors="replace"))
    if request.path == b"/pypi" and fields.get(":action") in ("display", "doap"):
        return fields.get("name", ""), fields.get("version", "")
    parts = request.path.split(b"/")[1:]
    if len(parts) < 2 or parts[0] not in (b"simple", b"pypi"):
        return "", ""
    return _text(parts[1]), _text(parts[2]) if parts[0] == b"pypi" and len(parts) > 2 else ""


def _text(segment: bytes) -> str:
    return unquote_to_bytes(segment).decode("utf-8", "replace")


def seed_of(projects: dict[str, dict[str, None]]) -> dict[str, Any]:
    """Return a seed: each project with its versions, the one asked for last visible."""
    return {
        "users": [OWNER],
        "classifiers": ["Programming Language :: Python"],
        "projects": [
            {"name": name, "owner": "owner", "maintainers": [], "releases": releases_of(list(versions) or ["1.0"])}
            for name, versions in sorted(projects.items())
        ],
    }


def releases_of(versions: list[str]) -> list[dict[str, Any]]:
    """Return releases with all fields of the format."""
    texts = ("home_page", "license", "author", "author_email", "keywords", "platform", "requires_python")
    return [
        {
            "version": version,
            "summary": f"Release {version}.",
            "description": "",
            **dict.fromkeys(texts, ""),
            "classifiers": [],
            "hidden": version != versions[-1],
            "submitted": "2008-11-18T00:00:00",
            "files": [],
        }
        for version in versions
    ]


if __name__ == "__main__":
    main()
