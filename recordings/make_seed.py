"""Write recordings/seed.json: the index that the recorded clients meet. The same bytes on every run and every machine.

`python recordings/make_seed.py [FILE]`. Distributions in it are real: pip, easy_install and buildout can install
them, on Python 2.7 as on 3. Names, versions and texts are chosen for their trouble: dots, underscores, capitals,
accents, hidden releases.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import struct
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

MODIFIED = 1262304000  # 2010-01-01T00:00:00Z, in everything that has a time
STORED = 0xFFFF  # bytes in a stored block of deflate
ZIP_MODIFIED = (2010, 1, 1, 0, 0, 0)

USERS = [
    ("alice", "alicepw", True),
    ("bob", "bobpw", False),
    ("carol", "carol:has:colons", False),
    ("dave.d", "davepw", False),
    ("Erin", "Erin pw with spaces", False),
    ("frank", "frankpw", False),  # no projects
]
CLASSIFIERS = [
    "Development Status :: 3 - Alpha",
    "Development Status :: 5 - Production/Stable",
    "Environment :: Web Environment",
    "Framework :: Pyramid",
    "Intended Audience :: Developers",
    "License :: OSI Approved :: MIT License",
    "Natural Language :: German",
    "Operating System :: OS Independent",
    "Programming Language :: Python",
    "Programming Language :: Python :: 2.7",
    "Programming Language :: Python :: 3",
    "Topic :: Internet :: WWW/HTTP",
    "Topic :: Software Development :: Testing",
    "Topic :: Text Processing :: Markup",
]
PURE = ["License :: OSI Approved :: MIT License", "Programming Language :: Python"]
WHEEL = (
    b"Wheel-Version: 1.0\nGenerator: make_seed\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n"
)
README = "A demonstration\n===============\n\nIt does *nothing*, on ``every`` Python.\n\n- once & for <all>\n"

Release = dict[str, Any]


def release(version: str, submitted: str, kinds: str = "", **fields: Any) -> Release:
    """One release before its files are made; `kinds` are letters: s(dist), z(ip sdist), w(heel)."""
    return {"version": version, "submitted": submitted, "kinds": kinds, **fields}


PROJECTS: list[tuple[str, str, list[str], list[Release]]] = [
    ("demo", "alice", ["bob"], [
        release("0.1", "2009-03-01T10:00:00", "s", summary="A demonstration, first try", hidden=True),
        release("0.9", "2010-05-02T11:30:00", "sw", summary="A demonstration", classifiers=PURE, hidden=True),
        release("1.0", "2012-07-08T09:10:11", "sw", summary="A demonstration", description=README, author="Alice",
                author_email="alice@example.org", license="MIT", keywords="demo cgi", platform="any",
                home_page="http://demo.example.org/?a=1&b=2",
                classifiers=[*PURE, "Programming Language :: Python :: 2.7"]),
        release("1.1", "2014-02-03T04:05:06", "szw", summary="A demonstration", description=README, author="Alice",
                author_email="alice@example.org", license="MIT", keywords="demo cgi", platform="any",
                home_page="http://demo.example.org/?a=1&b=2",
                classifiers=[*PURE, "Programming Language :: Python :: 3"]),
    ]),
    ("demo-extras", "bob", [], [
        release("2.0", "2014-02-04T00:00:00", "sw", summary="More of demo", keywords="demo"),
    ]),
    ("dotted.name", "bob", ["carol"], [
        release("1.0", "2009-09-09T09:09:09", "s", summary="A name with a dot"),
        release("1.10", "2011-01-11T11:11:11", "s", summary="A name with a dot"),
        release("1.9", "2010-10-10T10:10:10", "s", summary="A name with a dot", hidden=True),
    ]),
    ("Under_Score", "carol", [], [
        release("0.5", "2010-02-02T02:02:02", "sw", summary="Capitals and an underscore",
                classifiers=["Topic :: Software Development :: Testing"]),
    ]),
    ("CamelCase", "dave.d", [], [
        release("3.0", "2011-03-03T03:03:03", "sw", summary="Capitals", classifiers=["Framework :: Pyramid"]),
        release("3.1a1", "2011-04-04T04:04:04", "s", summary="Capitals, not yet done"),
    ]),
    ("gruesse", "Erin", [], [
        release("1.0", "2012-12-12T12:12:12", "sw", summary="Grüße aus Köln — приве́т", author="Erin Müller",
                description="Schöne Grüße\n\n日本語 ✓\n", keywords="grüße", classifiers=["Natural Language :: German"]),
    ]),
    ("secretive", "bob", [], [
        release("0.1", "2010-01-01T00:00:00", "s", summary="Nothing to see", hidden=True),
        release("0.2", "2010-01-02T00:00:00", "", summary="Nothing to see either", hidden=True),
    ]),
    ("empty-project", "dave.d", [], []),
    ("oldest", "dave.d", [], [
        release("2004-11", "2005-06-07T08:09:10", "", summary="A version from before versions had rules"),
        release("0.9-final", "2006-06-07T08:09:10", "", summary="Another"),
        release("1.0", "2007-06-07T08:09:10", "s", summary="A modern one"),
    ]),
    ("unknown-fields", "Erin", [], [
        release("0.0.1", "2008-08-08T08:08:08", "", summary="UNKNOWN", description="UNKNOWN", author="UNKNOWN",
                author_email="UNKNOWN", home_page="UNKNOWN", license="UNKNOWN", platform="UNKNOWN", keywords="UNKNOWN"),
    ]),
    ("markup", "carol", [], [
        release("1.0", "2013-03-03T13:13:13", "s", summary="<b>bold</b> & \"quoted\"", author="O'Brien & <Sons>",
                description="a < b && c > d\n", license="two\nlines",
                classifiers=["Topic :: Text Processing :: Markup"]),
        release("1.1", "2013-04-03T13:13:13", "sw", summary="<b>bold</b> & \"quoted\"", requires_python=">=2.7"),
    ]),
    ("lone-wheel", "alice", ["Erin"], [
        release("4.0", "2016-05-05T05:05:05", "w", summary="Only a wheel", requires_python=">=3.4"),
        release("4.1", "2016-05-15T15:15:15", "w", summary="Only a wheel", requires_python=">=3.4"),
    ]),
]


def seed() -> dict[str, Any]:
    """Return the whole seed."""
    return {
        "users": [{"name": name, "password": password, "email": f"{name.lower()}@example.org", "admin": admin}
                  for name, password, admin in USERS],
        "classifiers": CLASSIFIERS,
        "projects": [{"name": name, "owner": owner, "maintainers": maintainers,
                      "releases": [whole(name, item) for item in releases]}
                     for name, owner, maintainers, releases in PROJECTS],
    }


def whole(name: str, item: Release) -> Release:
    """Return a release with every key that the format has, files made."""
    texts = ("version", "summary", "description", "home_page", "license", "author", "author_email", "keywords",
             "platform", "requires_python")
    return {
        **{key: item.get(key, "") for key in texts},
        "classifiers": item.get("classifiers", []),
        "hidden": item.get("hidden", False),
        "submitted": item["submitted"],
        "files": [MAKERS[kind](name, item) for kind in item["kinds"]],
    }


def file_entry(filename: str, packagetype: str, python_version: str, content: bytes) -> dict[str, str]:
    """One file of the seed."""
    return {"filename": filename, "packagetype": packagetype, "python_version": python_version, "comment": "",
            "content_base64": base64.b64encode(content).decode()}


def module_name(name: str) -> str:
    """The module that a distribution installs."""
    return name.lower().replace(".", "_").replace("-", "_")


def metadata(name: str, item: Release) -> bytes:
    """PKG-INFO, and METADATA of a wheel."""
    lines = ["Metadata-Version: 1.1", f"Name: {name}", f"Version: {item['version']}"]
    lines += [f"{label}: {item[key]}" for label, key in
              (("Summary", "summary"), ("Author", "author"), ("License", "license"), ("Home-page", "home_page"))
              if item.get(key) and "\n" not in item[key]]
    return ("\n".join(lines) + "\n").encode()


def sources(name: str, item: Release) -> dict[str, bytes]:
    """The files of a source distribution: setup.py works with setuptools and with distutils alone, on 2.7 and 3."""
    module = module_name(name)
    setup = (
        "try:\n    from setuptools import setup\nexcept ImportError:\n    from distutils.core import setup\n\n"
        f"setup(name={name!r}, version={item['version']!r}, py_modules=[{module!r}],\n"
        f"      url='http://{module.replace('_', '-')}.example.org/', author='A', author_email='a@example.org')\n"
    )
    return {
        "PKG-INFO": metadata(name, item),
        "setup.py": setup.encode(),
        f"{module}.py": f"__version__ = {item['version']!r}\n".encode(),
    }


def sdist(name: str, item: Release) -> dict[str, str]:
    """A .tar.gz source distribution."""
    folder, raw = f"{name}-{item['version']}", io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, content in sources(name, item).items():
            member = tarfile.TarInfo(f"{folder}/{path}")
            member.size, member.mtime, member.mode = len(content), MODIFIED, 0o644
            archive.addfile(member, io.BytesIO(content))
    return file_entry(f"{folder}.tar.gz", "sdist", "source", gzip_bytes(raw.getvalue()))


def gzip_bytes(content: bytes) -> bytes:
    """Content in gzip's format (RFC 1952), stored: how zlib packs and what Python's gzip writes differ between
    versions.
    """
    parts = [struct.pack("<BBBBIBB", 0x1F, 0x8B, 8, 0, MODIFIED, 0, 255)]
    for start in range(0, len(content), STORED):
        block = content[start : start + STORED]
        last = start + STORED >= len(content)
        parts.append(struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF) + block)
    return b"".join([*parts, struct.pack("<II", zlib.crc32(content), len(content))])


def zip_sdist(name: str, item: Release) -> dict[str, str]:
    """A .zip source distribution."""
    folder = f"{name}-{item['version']}"
    members = {f"{folder}/{path}": content for path, content in sources(name, item).items()}
    return file_entry(f"{folder}.zip", "sdist", "source", zip_bytes(members))


def wheel(name: str, item: Release) -> dict[str, str]:
    """A wheel for every Python."""
    module, version = module_name(name), item["version"]
    info = f"{module}-{version}.dist-info"
    members = {
        f"{module}.py": f"__version__ = {version!r}\n".encode(),
        f"{info}/METADATA": metadata(name, item),
        f"{info}/WHEEL": WHEEL,
    }
    rows = [f"{path},sha256={record_hash(content)},{len(content)}" for path, content in members.items()]
    members[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    return file_entry(f"{module}-{version}-py2.py3-none-any.whl", "bdist_wheel", "py2.py3", zip_bytes(members))


def record_hash(content: bytes) -> str:
    """A digest as RECORD files have it (PEP 376, PEP 427)."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def zip_bytes(members: dict[str, bytes]) -> bytes:
    """A zip whose bytes depend on nothing but its members."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_STORED) as archive:
        for path, content in members.items():
            member = zipfile.ZipInfo(path, ZIP_MODIFIED)
            member.create_system, member.external_attr = 3, 0o644 << 16
            archive.writestr(member, content)
    return raw.getvalue()


MAKERS = {"s": sdist, "z": zip_sdist, "w": wheel}


def text() -> str:
    """The file's text."""
    return json.dumps(seed(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("seed.json")
    target.write_text(text(), encoding="utf-8")
