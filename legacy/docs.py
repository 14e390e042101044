"""Uploaded documentation: a zip in, a folder of files out, which takes the place of the project's last one."""

import io
import os
import shutil
import zipfile


class BadArchive(Exception):
    """The zip cannot be used; the message is the answer."""


def store(root, name, content):
    """Unpack a zip (bytes) as the documentation of a project; raises BadArchive with the old words."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise BadArchive('Error uncompressing zipfile:%s' % error) from None
    if 'index.html' not in names:
        raise BadArchive('Error: top-level "index.html" missing in the zipfile')
    fresh = folder(root, name) + '.new'
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        # Members are unpacked below the folder, whatever their names say (zipfile drops dots and drives).
        archive.extractall(fresh)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise BadArchive('Error uncompressing zipfile:%s' % error) from None
    destroy(root, name)
    os.rename(fresh, folder(root, name))


def destroy(root, name):
    """Remove the documentation of a project, if there is any."""
    shutil.rmtree(folder(root, name), ignore_errors=True)


def folder(root, name):
    """Where the documentation of a project is: never outside of `root`."""
    return os.path.join(root, name.replace('/', '_').replace('\0', '_').lstrip('.') or '_')
