"""The rules an uploaded file must keep, in the old order (B200-B215): a file in, `Refused` with the old message or
nothing out.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

from ..forms import Upload
from .projects import normalise

MAX_FILE = 60 * 1024 * 1024
MAX_SIGNATURE = 100 * 1024
LONGEST_NAME = 255 - len(".part")  # bytes: what file systems allow, less what a file is called while it is written
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ARMOUR = b"-----BEGIN PGP SIGNATURE-----"
BAD_FILE = "invalid distribution file"
_filename = re.compile(r".+?\.(exe|tar\.gz|bz2|rpm|deb|zip|tgz|egg|dmg|msi|whl)", re.IGNORECASE)
_wheel = re.compile(r".+?-\d.*?-.+?-.+?-(?P<platforms>.+?)\.whl")
_platform = re.compile(r"any|win32|win_amd64|win_ia64|manylinux1_x86_64|manylinux1_i686|macosx_10_\d+_\w+")
_wininst_member = re.compile(r"(purelib|platlib|headers|scripts|data).+", re.IGNORECASE | re.DOTALL)


class Refused(Exception):
    """The file breaks a rule; the message is the answer."""


def check_filename(filename: str) -> None:
    """Only the extensions of distributions."""
    if not _filename.fullmatch(filename):
        raise Refused(BAD_FILE)


def check_file(content: Upload, filetype: str, name: str, signature: bytes | None) -> None:
    """All rules but that of the extension, which comes before anything is looked up."""
    check_belongs(content.filename, name)
    if content.type is not None and content.type.startswith("image/"):
        raise Refused(BAD_FILE)
    if len(content.value) > MAX_FILE:
        raise Refused("distribution file too large")
    if signature is not None and len(signature) > MAX_SIGNATURE:
        raise Refused("invalid signature")
    check_archive(content.filename, content.value, filetype)
    check_platform(content.filename)
    if signature is not None and not signature.startswith(ARMOUR):
        raise Refused("signature is not ASCII-armored")
    if len((content.filename + (".asc" if signature is not None else "")).encode("utf-8", "replace")) > LONGEST_NAME:
        raise Refused(BAD_FILE)


def check_belongs(filename: str, name: str) -> None:
    """No folders, and the name of the project in front."""
    if "/" in filename or "\\" in filename:
        raise Refused(BAD_FILE)
    if not normalise(filename).startswith(normalise(name)):
        raise Refused(f'The filename for {name} must start with "{normalise(name)}" (any case)')


def check_archive(filename: str, content: bytes, filetype: str) -> None:
    """What the extension promises must be inside; tar files are not opened."""
    check = ARCHIVE_CHECKS.get(filename.lower().rpartition(".")[2])
    if check is not None and not check(content, filetype):
        raise Refused(BAD_FILE)


def is_wininst(content: bytes, filetype: str) -> bool:
    """A self-extracting zip of distutils holds nothing but its five schemes."""
    members = zip_members(content)
    if filetype != "bdist_wininst" or members is None:
        return False
    return all(_wininst_member.fullmatch(member) for member in members)


def is_msi(content: bytes, filetype: str) -> bool:
    """An OLE compound file."""
    return filetype == "bdist_msi" and content.startswith(OLE_MAGIC)


def has_pkg_info(content: bytes, filetype: str) -> bool:
    """A zip with a PKG-INFO in some folder of it."""
    return any(member.rpartition("/")[2] == "PKG-INFO" for member in zip_members(content) or ())


def is_zip(content: bytes, filetype: str) -> bool:
    """Any zip."""
    return zip_members(content) is not None


ARCHIVE_CHECKS: dict[str, Callable[[bytes, str], bool]] = {
    "exe": is_wininst, "msi": is_msi, "zip": has_pkg_info, "egg": has_pkg_info, "whl": is_zip,
}  # fmt: skip


def zip_members(content: bytes) -> list[str] | None:
    """Names of the members of a zip, or None if it is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None


def check_platform(filename: str) -> None:
    """Wheels only for platforms where a binary means something."""
    if not filename.endswith(".whl"):
        return
    match = _wheel.fullmatch(filename)
    if not match:
        raise Refused(BAD_FILE)
    if not all(_platform.fullmatch(platform) for platform in match["platforms"].split(".")):
        raise Refused("Binary wheel for an unsupported platform")


def is_digest(content: Upload, md5_digest: object) -> bool:
    """Whether the digest is the content's, or none was given."""
    return not md5_digest or md5_digest == content.md5
