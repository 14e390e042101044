"""Uploaded documentation: a zip in, a folder of files out, which takes the place of the project's last one; and its
pages, as the static file server that had a host of its own served them.
"""

import io
import os
import shutil
import zipfile
from contextlib import contextmanager

PREFIX = '/documentation/'  # below /packages; `folder` is the same on disk
TYPES = {
    '.html': 'text/html', '.htm': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.txt': 'text/plain',
    '.png': 'image/png', '.gif': 'image/gif', '.jpg': 'image/jpeg', '.svg': 'image/svg+xml',
}
BUSY = 'Error: Another doc modification is in progress.'
# Pages of strangers beside our forms: without this their scripts could use the cookie of whoever reads them.
SANDBOX = ('Content-Security-Policy', 'sandbox')


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
    with alone(root, name):
        fresh = beside(root, name, 'new')
        shutil.rmtree(fresh, ignore_errors=True)
        try:
            # Members are unpacked below the folder, whatever their names say (zipfile drops dots and drives).
            archive.extractall(fresh)
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
            shutil.rmtree(fresh, ignore_errors=True)
            raise BadArchive('Error uncompressing zipfile:%s' % error) from None
        destroy(root, name)
        os.rename(fresh, folder(root, name))


@contextmanager
def alone(root, name):
    """Keep the documentation of a project to ourselves; BadArchive where somebody else does. Ends with its process."""
    import fcntl
    os.makedirs(root, exist_ok=True)
    path = beside(root, name, 'lock')
    lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadArchive(BUSY) from None
        if not os.fstat(lock).st_nlink:  # of one that was just done, and whose lock is another file by now
            raise BadArchive(BUSY)
        try:
            yield
        finally:
            os.unlink(path)
    finally:
        os.close(lock)


def beside(root, name, kind):
    """The path of something for the time of an upload: folders of projects do not begin with a dot."""
    return os.path.join(root, '.%s.%s' % (os.path.basename(folder(root, name)), kind))


def destroy(root, name):
    """Remove the documentation of a project, if there is any."""
    shutil.rmtree(folder(root, name), ignore_errors=True)


def folder(root, name):
    """Where the documentation of a project is: never outside of `root`."""
    return os.path.join(root, name.replace('/', '_').replace('\0', '_').lstrip('.') or '_')


def answer(root, env):
    """The downloads.Answer to a request below PREFIX: folders have a slash at the end, and are their index.html."""
    from urllib.parse import quote

    from legacy import downloads
    path = env['PATH_INFO']
    if path.endswith('/'):
        path += 'index.html'
    elif downloads.stored_path(root, path + '/index.html'):
        return downloads.Answer(301, 'Moved Permanently', [
            ('Location', quote(env.get('SCRIPT_NAME', '') + path, encoding='latin-1') + '/')], [])
    found = downloads.answer(root, {**env, 'PATH_INFO': path})
    kind = TYPES.get(os.path.splitext(path)[1].lower())
    headers = [(name, kind if kind and name == 'Content-Type' and found.status in (200, 206) else value)
               for name, value in found.headers]
    return found._replace(headers=[*headers, SANDBOX])
