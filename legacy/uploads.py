"""The rules an uploaded file must keep, in the old order (B200-B215); a file in, the old message or nothing out."""

import hashlib
import io
import re
import zipfile

from legacy.errors import NotGzipped
from legacy.store import normalise_name

MAX_FILE = 60 * 1024 * 1024
MAX_SIGNATURE = 100 * 1024
SAFE_FILENAME = re.compile(r'.+?\.(exe|tar\.gz|bz2|rpm|deb|zip|tgz|egg|dmg|msi|whl)', re.IGNORECASE)
WHEEL_FILENAME = re.compile(r'.+?-\d.*?-.+?-.+?-(?P<platforms>.+?)\.whl')
WHEEL_PLATFORM = re.compile(r'any|win32|win_amd64|win_ia64|manylinux1_x86_64|manylinux1_i686|macosx_10_\d+_\w+')
WININST_MEMBER = re.compile(r'(purelib|platlib|headers|scripts|data).+', re.IGNORECASE | re.DOTALL)
GZIP_MAGIC = b'\x1f\x8b'
OLE_MAGIC = b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'
ARMOUR = b'-----BEGIN PGP SIGNATURE-----'
BAD_FILE = 'invalid distribution file'


class Refused(Exception):
    """The file breaks a rule; the message is the answer."""


def check_filename(filename):
    """Only the extensions of distributions."""
    if not SAFE_FILENAME.fullmatch(filename):
        raise Refused(BAD_FILE)


def check_belongs(filename, name):
    """No folders, and the name of the project in front."""
    if '/' in filename or '\\' in filename:
        raise Refused(BAD_FILE)
    if not normalise_name(filename).startswith(normalise_name(name)):
        raise Refused('The filename for %s must start with "%s" (any case)' % (name, normalise_name(name)))


def check_content(upload):
    """Media type and size."""
    if upload.type is not None and upload.type.startswith('image/'):
        raise Refused(BAD_FILE)
    if len(upload.value) > MAX_FILE:
        raise Refused('distribution file too large')


def check_signature(signature):
    """Size."""
    if signature is not None and len(signature) > MAX_SIGNATURE:
        raise Refused('invalid signature')


def check_armour(signature):
    """A signature is text that begins as PGP begins one."""
    if signature is not None and not signature.startswith(ARMOUR):
        raise Refused('signature is not ASCII-armored')


def check_archive(filename, content, filetype):
    """What the extension promises must be inside; tar files are not opened here."""
    extension = filename.lower().rpartition('.')[2]
    check = ARCHIVE_CHECKS.get(extension)
    if check is not None and not check(content, filetype):
        raise Refused(BAD_FILE)


def check_readable(filename, content):
    """A tar.gz is opened where the release has no description yet, and nobody caught what came of one that is none: the
    error escapes run(), and the shell around answers (B210).
    """
    if filename.lower().endswith('.tar.gz') and not content.startswith(GZIP_MAGIC):
        raise NotGzipped('Not a gzipped file')


def is_wininst(content, filetype):
    """A self-extracting zip of distutils holds nothing but its five schemes."""
    members = zip_members(content)
    return filetype == 'bdist_wininst' and members is not None and all(WININST_MEMBER.fullmatch(m) for m in members)


def is_msi(content, filetype):
    """An OLE compound file."""
    return filetype == 'bdist_msi' and content.startswith(OLE_MAGIC)


def has_pkg_info(content, filetype):
    """A zip with a PKG-INFO in some folder of it."""
    return any(member.rpartition('/')[2] == 'PKG-INFO' for member in zip_members(content) or ())


def is_zip(content, filetype):
    """Any zip."""
    return zip_members(content) is not None


ARCHIVE_CHECKS = {'exe': is_wininst, 'msi': is_msi, 'zip': has_pkg_info, 'egg': has_pkg_info, 'whl': is_zip}


def zip_members(content):
    """Names of the members of a zip, or None if it is none."""
    try:
        return zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None


def check_platform(filename):
    """Wheels only for platforms where a binary means something."""
    if not filename.endswith('.whl'):
        return
    match = WHEEL_FILENAME.fullmatch(filename)
    if not match:
        raise Refused(BAD_FILE)
    if not all(WHEEL_PLATFORM.fullmatch(platform) for platform in match.group('platforms').split('.')):
        raise Refused('Binary wheel for an unsupported platform')


def check_digest(content, md5_digest):
    """True if the digest is the content's, or none was given."""
    return not md5_digest or md5_digest == hashlib.md5(content).hexdigest()
