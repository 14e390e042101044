"""Small projects for the clients to register and upload: a folder with setup.py that works on Python 2.7 and 3.

Names, versions and metadata come in; files below a session's folder go out.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from recordings.session import Session

CLASSIFIERS = ("Programming Language :: Python :: 2.7", "Programming Language :: Python :: 3")


@dataclass(frozen=True, slots=True)
class Project:
    """What stands in a setup.py."""

    name: str
    version: str = "1.0"
    summary: str = "A project made to be uploaded"
    description: str = "It is *uploaded*.\n\nMore than once, if the index lets it.\n"
    author: str = "A. N. Author"
    classifiers: tuple[str, ...] = CLASSIFIERS
    url: str = "http://example.org/project"


SETUP = """\
# -*- coding: utf-8 -*-
from {module} import setup

setup(
    name={name},
    version={version},
    description={summary},
    long_description={description},
    author={author},
    author_email="author@example.org",
    url={url},
    license="MIT",
    keywords="upload example",
    platforms=["any"],
    classifiers={classifiers},
    py_modules=["uploaded"],
)
"""


def write_project(session: Session, project: Project, module: str = "setuptools", folder: str = "") -> Path:
    """Write the project's folder and return it; `module` is where its setup.py imports `setup` from."""
    root = session.work / (folder or f"{project.name}-{project.version}")
    values = {
        name: json.dumps(getattr(project, name), ensure_ascii=False)
        for name in ("name", "version", "summary", "description", "author", "url", "classifiers")
    }
    session.write(f"{root.name}/setup.py", SETUP.format(module=module, **values))
    session.write(f"{root.name}/uploaded.py", f"VERSION = {project.version!r}\n")
    session.write(f"{root.name}/README", project.description)
    return root


PYPROJECT = """\
[build-system]
requires = ["flit_core >=3.2,<5"]
build-backend = "flit_core.buildapi"

[project]
name = {name}
version = {version}
description = {summary}
readme = "README.md"
license = {{text = "MIT"}}
authors = [{{name = {author}, email = "author@example.org"}}]
requires-python = ">=3.8"
classifiers = {classifiers}
dependencies = ["demo >=1.0"]

[project.urls]
Home = {url}
"""


def write_pyproject(session: Session, project: Project) -> Path:
    """Write the folder of a project that has pyproject.toml alone and return it."""
    root = session.work / f"{project.name}-{project.version}"
    values = {
        name: json.dumps(getattr(project, name), ensure_ascii=False)
        for name in ("name", "version", "summary", "author", "url", "classifiers")
    }
    session.write(f"{root.name}/pyproject.toml", PYPROJECT.format(**values))
    session.write(f"{root.name}/README.md", project.description)
    session.write(f"{root.name}/{project.name.replace('-', '_')}.py", f"VERSION = {project.version!r}\n")
    return root


def write_wheel(session: Session, project: Project) -> Path:
    """Write a universal wheel of the project and return its path."""
    base = f"{project.name.replace('-', '_')}-{project.version}"
    path = session.work / f"{base}-py2.py3-none-any.whl"
    metadata = (
        f"Metadata-Version: 2.1\nName: {project.name}\nVersion: {project.version}\nSummary: {project.summary}\n"
        f"Home-page: {project.url}\nAuthor: {project.author}\nLicense: MIT\n"
        + "".join(f"Classifier: {classifier}\n" for classifier in project.classifiers)
        + f"\n{project.description}"
    )
    members = {
        "uploaded.py": f"VERSION = {project.version!r}\n",
        f"{base}.dist-info/METADATA": metadata,
        f"{base}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py2-none-any\n"
        "Tag: py3-none-any\n",
    }
    names = [*members, f"{base}.dist-info/RECORD"]
    members[f"{base}.dist-info/RECORD"] = "".join(f"{name},,\n" for name in names)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2016, 1, 2, 3, 4, 6)), text)
    return path


def write_sdist(session: Session, project: Project) -> Path:
    """Write a source distribution with nothing but its PKG-INFO, the same bytes each time, and return its path."""
    base = f"{project.name}-{project.version}"
    metadata = f"Metadata-Version: 1.1\nName: {project.name}\nVersion: {project.version}\n".encode()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        member = tarfile.TarInfo(f"{base}/PKG-INFO")
        member.size = len(metadata)
        tar.addfile(member, io.BytesIO(metadata))
    path = session.work / f"{base}.tar.gz"
    path.write_bytes(gzip.compress(archive.getvalue(), mtime=0))
    return path


def write_docs(session: Session) -> Path:
    """Write a zip of documentation, one page, and return its path."""
    path = session.work / "documentation.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.html", (2016, 1, 2, 3, 4, 6)), "<h1>How to use it</h1>\n")
    return path
