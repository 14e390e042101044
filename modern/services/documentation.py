"""Uploaded documentation: a zip in, a folder of files out, which takes the place of the project's last one."""

from __future__ import annotations

import io
import os
import shutil
import zipfile


class BadArchive(Exception):
    """The zip cannot be used; the message is the answer."""


def store(root: str, name: str, content: bytes) -> None:
    """Unpack a zip as the documentation of a project. Raises BadArchive with the old words."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise BadArchive(f"Error uncompressing zipfile:{error}") from None
    if "index.html" not in names:
        raise BadArchive('Error: top-level "index.html" missing in the zipfile')
    fresh = folder(root, name) + ".new"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        # Members are unpacked below the folder, whatever their names say (zipfile drops dots and drives).
        archive.extractall(fresh)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise BadArchive(f"Error uncompressing zipfile:{error}") from None
    destroy(root, name)
    os.rename(fresh, folder(root, name))


def destroy(root: str, name: str) -> None:
    """Remove the documentation of a project, if there is any."""
    shutil.rmtree(folder(root, name), ignore_errors=True)


def folder(root: str, name: str) -> str:
    """Where the documentation of a project is: never outside of `root`."""
    return os.path.join(root, name.replace("/", "_").replace("\0", "_").lstrip(".") or "_")
