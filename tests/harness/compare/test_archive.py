"""Archives: which member differs, whatever they are packed by, and how far they are taken apart."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest

from harness.compare import archive
from harness.compare.archive import compare_archives, read_archive
from harness.compare.unreadable import TooLarge, Unreadable


def zipped(members, packing=zipfile.ZIP_DEFLATED):
    """Return a zip file of names and contents."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", packing) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name), content, packing)
    return target.getvalue()


def tarred(members, mode=0o644, mtime=0):
    """Return a tar file of names and contents; None is a folder."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as file:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.mode, info.mtime, info.size = mode, mtime, len(content or b"")
            info.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
            file.addfile(info, io.BytesIO(content or b""))
    return target.getvalue()


def differ(old, new):
    """Return differences as (path, kind)."""
    return [(found.path, found.kind) for found in compare_archives(old, new)]


A, B = {"a.py": b"1", "b.txt": b"2"}, {"a.py": b"1", "b.txt": b"3", "c": b""}
FOUND = [("*.txt", "changed"), ("*", "added")]
PACKERS = {
    "zip": (zipped, "zip"),
    "tar": (tarred, "tar"),
    "tar.gz": (lambda members: gzip.compress(tarred(members), mtime=0), "tar"),
    "tar.bz2": (lambda members: bz2.compress(tarred(members)), "tar"),
    "tar.xz": (lambda members: lzma.compress(tarred(members)), "tar"),
}


@pytest.mark.parametrize(("pack", "sort"), PACKERS.values(), ids=PACKERS.keys())
def test_the_member_that_differs_is_named(pack, sort):
    """Members are paired by name; the place is their suffix, since names are data."""
    assert differ(pack(A), pack(B)) == [(f"{sort}/{pattern}", kind) for pattern, kind in FOUND]
    assert differ(pack(B), pack({"a.py": b"1", "c": b""}))[0] == (f"{sort}/*.txt", "missing")
    (found,) = compare_archives(pack({"a.py": b"1"}), pack({"a.py": b"22"}))
    assert (found.old.split(",")[0], found.new.split(",")[0]) == tuple(
        f"a.py: {'0644 ' * (sort == 'tar')}{size} bytes" for size in (1, 2)
    )


OTHER = {
    "times": (tarred(A), tarred(A, mtime=9), ("tar/packing", "changed")),
    "order": (tarred(A), tarred(dict(reversed(A.items()))), ("tar/members", "order")),
    "mode": (tarred({"a.sh": b""}), tarred({"a.sh": b""}, mode=0o755), ("tar/*.sh", "changed")),
    "folder": (tarred({"a": None}), tarred({"a": b""}), ("tar/*", "changed")),
    "level": (
        gzip.compress(b"a" * 99, 1, mtime=0),
        gzip.compress(b"a" * 99, 1, mtime=1),
        ("packed/packing", "changed"),
    ),
    "content": (gzip.compress(b"a", mtime=0), gzip.compress(b"b", mtime=0), ("packed/*", "changed")),
}


@pytest.mark.parametrize(("old", "new", "expected"), OTHER.values(), ids=OTHER.keys())
def test_what_is_no_content_is_named_too(old, new, expected):
    """Clients check digests of whole archives: packed otherwise is no spelling."""
    assert differ(old, new) == [expected]


BROKEN = {
    "no archive": b"\x00abc",
    "cut off": gzip.compress(bytes(999))[:-9],
    "broken zip": zipped(A)[:-30],
    "damaged member": zipped(A, zipfile.ZIP_STORED).replace(b"1", b"9", 1),
    "lzma": zipped({"a": b"1"}, zipfile.ZIP_LZMA),
    "broken tar": gzip.compress(tarred(A)[:100] + b"x" * 157 + b"ustar" + b"\xff" * 99),
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_what_cannot_be_taken_apart_is_refused(body):
    """Whatever the standard library raises becomes one error."""
    with pytest.raises(Unreadable):
        read_archive(body)


def test_bombs_are_not_unpacked(monkeypatch):
    """Neither many bytes, nor many members, nor a packed file of zeros in one."""
    monkeypatch.setattr(archive, "UNPACKED", 1_000_000)
    monkeypatch.setattr(archive, "MEMBERS", 10)
    for bomb in (
        gzip.compress(bytes(2_000_000)),
        zipped({"a": bytes(600_000), "b": bytes(600_000)}),
        zipped({str(n): b"" for n in range(11)}),
    ):
        with pytest.raises(Unreadable) as raised:
            read_archive(bomb)
        assert isinstance(raised.value, TooLarge) or "too large" in str(raised.value)


def test_names_are_never_paths(tmp_path, monkeypatch):
    """A member that climbs out of the archive is only a name."""
    monkeypatch.chdir(tmp_path)
    assert differ(zipped({"../../evil.sh": b"1"}), zipped({"../../evil.sh": b"2"})) == [("zip/*.sh", "changed")]
    assert [*tmp_path.iterdir()] == []
