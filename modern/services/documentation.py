"""Uploaded documentation: a zip in, a folder of the file store out, which takes the place of the project's last one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

from .python2 import told
from .storage import FileStore

ROOT = "documentation"
MAX_UNPACKED, MOST_FILES = 512 * 1024 * 1024, 50_000  # bytes and files of one project


class BadArchive(Exception):
    """The zip cannot be used; the message is the answer."""


def store(files: FileStore, name: str, content: bytes) -> None:
    """Unpack a zip as the documentation of a project. Raises BadArchive with the old words."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise BadArchive(f"Error uncompressing zipfile:{error}") from None
    check_size(archive.infolist())
    if "index.html" not in names:
        raise BadArchive('Error: top-level "index.html" missing in the zipfile')
    try:
        files.replace_folder(folder(name), archive)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise BadArchive(f"Error uncompressing zipfile:{told(error)}") from None


def check_size(members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse what would fill the disk: none gives more bytes than it says. Raises BadArchive."""
    if len(members) > MOST_FILES or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise BadArchive("Documentation zip file is too large")


def folder(name: str) -> str:
    """Where the documentation of a project is: never elsewhere."""
    return f"{ROOT}/" + (name.replace("/", "_").replace("\0", "_").lstrip(".") or "_")
