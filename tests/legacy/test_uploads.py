"""The rules of uploaded files."""

import io
import zipfile

import pytest

from legacy import uploads
from legacy.forms import FileUpload

BAD = "invalid distribution file"


def zipped(*members):
    """A zip with empty members."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for member in members:
            archive.writestr(member, "")
    return raw.getvalue()


def refusal(check, *args):
    """The message of a check, empty if it passes."""
    try:
        check(*args)
    except uploads.Refused as refused:
        return str(refused)
    return ""


@pytest.mark.parametrize(
    "name", ["a-1.tar.gz", "a-1.ZIP", "a-1-py3-none-any.whl", "a-1.tgz", "a.exe", "a.deb", "a.tar.bz2"]
)
def test_known_extensions(name):
    """The extensions of May 2016 pass, in any case."""
    assert refusal(uploads.check_filename, name) == ""


@pytest.mark.parametrize("name", ["a-1.txt", "a-1", ".zip", "a-1.tar.xz", "a-1.zip.exe.txt"])
def test_other_extensions(name):
    """Everything else is no distribution."""
    assert refusal(uploads.check_filename, name) == BAD


@pytest.mark.parametrize(
    ("filename", "name", "message"),
    [
        ("Kebab_Case-1.zip", "kebab-case", ""),
        ("other-1.zip", "Kebab.Case", 'The filename for Kebab.Case must start with "kebab-case" (any case)'),
        ("../kebab-case-1.zip", "kebab-case", BAD),
        ("a\\b.zip", "a", BAD),
    ],
    ids=["folded", "other project", "folder", "backslash"],
)
def test_belongs(filename, name, message):
    """A file is named for its project, and names no folder."""
    assert refusal(uploads.check_belongs, filename, name) == message


@pytest.mark.parametrize(
    ("filename", "filetype", "content", "message"),
    [
        ("a.zip", "sdist", zipped("a/PKG-INFO"), ""),
        ("a.zip", "sdist", zipped("a/setup.py"), BAD),
        ("a.zip", "sdist", b"no zip", BAD),
        ("a.egg", "bdist_egg", zipped("EGG-INFO/PKG-INFO"), ""),
        ("a.whl", "bdist_wheel", zipped("anything"), ""),
        ("a.whl", "bdist_wheel", b"no zip", BAD),
        ("a.exe", "bdist_wininst", zipped("PURELIB/a.py", "SCRIPTS/b"), ""),
        ("a.exe", "bdist_wininst", zipped("PURELIB/a.py", "setup.bat"), BAD),
        ("a.exe", "sdist", zipped("PURELIB/a.py"), BAD),
        ("a.msi", "bdist_msi", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", ""),
        ("a.msi", "bdist_msi", b"nope", BAD),
        ("a.tar.gz", "sdist", b"not opened", ""),
    ],
)
def test_archives(filename, filetype, content, message):
    """What the extension promises must be inside (B210)."""
    assert refusal(uploads.check_archive, filename, content, filetype) == message


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("any", ""),
        ("win32", ""),
        ("manylinux1_x86_64", ""),
        ("macosx_10_6_intel", ""),
        ("macosx_10_6_intel.win32", ""),
        ("linux_x86_64", "Binary wheel for an unsupported platform"),
        ("win64", "Binary wheel for an unsupported platform"),
        ("win32.linux_i686", "Binary wheel for an unsupported platform"),
    ],
)
def test_platforms(tag, message):
    """Each tag of a wheel must be one that means something (B212)."""
    assert refusal(uploads.check_platform, f"a-1.0-cp27-none-{tag}.whl") == message


def test_images_are_refused():
    """A part that says that it is an image is none of ours (B208)."""
    assert refusal(uploads.check_content, FileUpload("a.zip", b"", "image/png")) == BAD


def test_sizes(monkeypatch):
    """60 MiB for a file, 100 KiB for a signature (B209)."""
    assert (uploads.MAX_FILE, uploads.MAX_SIGNATURE) == (60 * 2**20, 100 * 2**10)
    assert refusal(uploads.check_signature, b"x" * (100 * 2**10 + 1)) == "invalid signature"
    monkeypatch.setattr(uploads, "MAX_FILE", 3)
    assert refusal(uploads.check_content, FileUpload("a.zip", b"1234", None)) == "distribution file too large"


def test_armour():
    """A signature is ASCII-armoured, or absent."""
    assert refusal(uploads.check_armour, b"binary") == "signature is not ASCII-armored"
    assert refusal(uploads.check_armour, b"-----BEGIN PGP SIGNATURE-----\n...") == ""
    assert refusal(uploads.check_armour, None) == ""


def test_digest():
    """Compared in lower case; an empty one counts as none (B213)."""
    assert uploads.check_digest(b"abc", "900150983cd24fb0d6963f7d28e17f72")
    assert uploads.check_digest(b"abc", "")
    assert uploads.check_digest(b"abc", None)
    assert not uploads.check_digest(b"abc", "900150983CD24FB0D6963F7D28E17F72")
