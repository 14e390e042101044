"""modern.services.documentation: what may be unpacked."""

import io
import zipfile

import pytest

from modern.services import documentation
from modern.services.storage import LocalStore


def archive(*members):
    """A zip of [(name, bytes)]."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in members:
            made.writestr(name, text)
    return content.getvalue()


def says(content, name, size):
    """A zip whose directory says another size of its only member."""
    at = content.rindex(b"PK\x01\x02") + 24
    return content[:at] + size.to_bytes(4, "little") + content[at + 4 :]


def test_what_fills_the_disk_is_refused(tmp_path, monkeypatch):
    """A zip of some kB may hold gigabytes, and a million of files; nothing is unpacked."""
    store = LocalStore(str(tmp_path))
    monkeypatch.setattr(documentation, "MAX_UNPACKED", 1000)
    monkeypatch.setattr(documentation, "MOST_FILES", 3)
    good = archive(("index.html", b"x" * 500), ("a", b"x" * 500), ("b", b""))
    documentation.store(store, "demo", good)
    for bad in (
        archive(("index.html", b"x" * 1001)),
        archive(*[("index.html", b"")], *[(f"{n}", b"") for n in range(3)]),
    ):
        with pytest.raises(documentation.BadArchive, match="zip file is too large"):
            documentation.store(store, "other", bad)
    assert [path.name for path in (tmp_path / "documentation").iterdir()] == ["demo"]


def test_a_zip_that_lies_about_its_size_gives_no_more(tmp_path, monkeypatch):
    """What it says is what is unpacked at most, and then it is broken."""
    bomb = says(archive(("index.html", b"x" * 100_000)), "index.html", 10)
    with pytest.raises(documentation.BadArchive, match="Bad CRC-32"):
        documentation.store(LocalStore(str(tmp_path)), "demo", bomb)


def test_an_error_of_the_disk_is_told_without_our_paths(tmp_path):
    """Where the files of a server are is nobody's business."""
    blocked = tmp_path / "files"
    blocked.write_text("")
    with pytest.raises(documentation.BadArchive) as caught:
        documentation.store(LocalStore(str(blocked)), "demo", archive(("index.html", b"")))
    assert str(caught.value) == "Error uncompressing zipfile:[Errno 20] Not a directory"
