"""modern.services.storage: files appear whole, stay with their rows, and go without them; on disk and by fsspec."""

import io
import os
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from modern.services.storage import LocalStore, Stat, inside
from modern.services.stores import file_store

WHEN = 1_480_000_000


def unknown(path):
    """The database of an index that knows no file."""
    return False


@pytest.fixture(params=["disk", "memory"])
def store(request, tmp_path):
    """An empty store: a folder, and one that fsspec keeps in memory."""
    if request.param == "disk":
        yield file_store(str(tmp_path))
        return
    found = file_store(f"memory://{tmp_path.name}")
    yield found
    found.condemn(["aa/x", "aa/x.asc"]).settle()


def test_a_settled_file_stays(store):
    """What was placed is read back, whole and in parts; the note of it is gone."""
    placed = store.place({"aa/x": b"0123456789", "aa/x.asc": b"s"}, WHEN, unknown)
    placed.settle()
    assert store.stat("aa/x").size == 10
    assert b"".join(store.read("aa/x", 0, 10)) == b"0123456789"
    assert b"".join(store.read("aa/x", 3, 99)) == b"3456789"
    assert store.stat("aa/x.asc").size == 1


def test_a_file_whose_transaction_is_dropped_goes(store):
    """Undo removes what was placed."""
    store.place({"aa/x": b"1"}, WHEN, unknown).undo()
    assert store.stat("aa/x") is None


def test_removing_is_no_error_where_nothing_is(store):
    """Twice is as good as once."""
    store.place({"aa/x": b"1"}, WHEN, unknown).settle()
    store.condemn(["aa/x", "aa/x.asc"]).settle()
    store.condemn(["aa/x"]).settle()
    assert store.stat("aa/x") is None


def test_a_file_goes_with_its_row(store):
    """It stays where the transaction is dropped, and waits where nobody knows how that ended."""
    store.place({"aa/x": b"1"}, WHEN, unknown).settle()
    store.condemn(["aa/x"]).undo()
    store.condemn(["aa/x"]).abandon()
    assert store.stat("aa/x") is not None
    store.condemn(["aa/x"]).settle()
    assert store.stat("aa/x") is None


@pytest.mark.parametrize("path", ["", "..", "../x", "aa/../../x", "aa//x", "/etc/passwd", "aa/\0", "aa", ".incoming/x"])
def test_nothing_outside_and_no_folder_is_a_file(store, path):
    """Paths that lead out, and folders, are not there."""
    store.place({"aa/x": b"1"}, WHEN, unknown).settle()
    assert store.stat(path) is None


def test_inside_is_about_each_part():
    """The check by itself."""
    assert inside("a/b")
    assert not inside("a/./b")


def test_a_link_that_leads_out_is_not_followed(tmp_path):
    """A file of the store is really in it."""
    (tmp_path / "secret").write_text("x")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path / "secret")
    assert LocalStore(str(tmp_path / "root")).stat("link") is None
    assert LocalStore("").stat("x") is None


def test_a_file_is_dated_as_said(tmp_path):
    """Validators of downloads are made of that time."""
    store = LocalStore(str(tmp_path))
    store.place({"aa/x": b"1"}, WHEN, unknown).settle()
    assert store.stat("aa/x") == Stat(1, WHEN * 10**9)
    assert sorted(os.listdir(tmp_path / ".incoming")) == []


def test_who_died_is_cleared_up_after(tmp_path):
    """An unlocked note: the file goes unless the database has its row. A locked one is somebody's."""
    store = LocalStore(str(tmp_path))
    store.place({"aa/lost": b"1"}, WHEN, unknown).abandon()
    store.place({"bb/kept": b"2"}, WHEN, lambda path: True).abandon()
    held = store.place({"cc/held": b"3"}, WHEN, lambda path: path != "aa/lost")
    assert store.stat("aa/lost") is None or store.stat("bb/kept") is not None
    store.place({"dd/x": b"4"}, WHEN, lambda path: path == "bb/kept").settle()
    assert store.stat("bb/kept") is not None
    assert store.stat("cc/held") is not None
    held.settle()
    assert os.listdir(tmp_path / ".incoming") == []


@pytest.mark.parametrize("committed", [True, False])
def test_who_died_while_removing_is_cleared_up_after(tmp_path, committed):
    """The file goes if its row went, else it stays; the row of the first tells of all."""
    store = LocalStore(str(tmp_path))
    store.place({"aa/x": b"1", "aa/x.asc": b"s", "bb/y": b"2"}, WHEN, unknown).settle()
    store.condemn(["aa/x", "aa/x.asc", "bb/y", "bb/y.asc"]).abandon()
    store.place({"cc/x": b"3"}, WHEN, lambda path: not committed).settle()
    assert [path for path in ("aa/x", "aa/x.asc", "bb/y") if store.stat(path)] == (
        [] if committed else ["aa/x", "aa/x.asc", "bb/y"]
    )
    assert os.listdir(tmp_path / ".incoming") == []


def test_an_empty_note_is_young_or_nobodys(tmp_path):
    """One that is about to be written is left alone; one of a minute ago goes."""
    notes = tmp_path / ".incoming"
    notes.mkdir()
    for name, age in (("young", 0), ("old", 3600)):
        (notes / name).touch()
        os.utime(notes / name, (time.time() - age,) * 2)
    LocalStore(str(tmp_path)).place({"aa/x": b"1"}, WHEN, unknown).settle()
    assert os.listdir(notes) == ["young"]


def test_a_note_that_cannot_be_written_is_nobodys(tmp_path, monkeypatch):
    """The disk is full: the error is told, no lock stays behind, and the empty note goes like one of a dead process."""

    def full(*_):
        raise OSError(28, "No space left on device")

    store, before = LocalStore(str(tmp_path)), os.listdir("/proc/self/fd")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            store.place({"aa/x": b"1"}, WHEN, unknown)
    assert os.listdir("/proc/self/fd") == before
    (note,) = (tmp_path / ".incoming").iterdir()
    os.utime(note, (0, 0))
    store.place({"aa/x": b"1"}, WHEN, unknown).settle()
    assert not note.exists()


LONG = "aa/" + "x" * 300
NAMES = ["bb/demo\u2028.tgz", "bb/demo\x0b1\x0c\x1c\x85.tgz", "bb/demo\r.tgz"]


def test_a_name_that_no_file_can_have_stops_nobody(tmp_path):
    """The error is told, nothing waits afterwards, and a note that an older program left of it goes."""
    store = LocalStore(str(tmp_path))
    store.place({"bb/x": b"1"}, WHEN, unknown).settle()
    before = os.listdir("/proc/self/fd")
    with pytest.raises(OSError, match="File name too long"):
        store.place({LONG: b"1"}, WHEN, unknown)
    assert os.listdir("/proc/self/fd") == before
    assert os.listdir(tmp_path / ".incoming") == []
    (tmp_path / ".incoming" / "left").write_text(LONG)
    store.place({"cc/x": b"1"}, WHEN, unknown).settle()
    assert os.listdir(tmp_path / ".incoming") == []


def test_a_note_that_cannot_be_followed_up_stops_nobody(tmp_path, caplog):
    """It stays, with a word in the log: a folder, bytes that are no text, what the database takes for none."""

    def has_row(path):
        if "\0" in path:
            raise ValueError("A string literal cannot contain NUL (0x00) characters.")
        return False

    store, notes = LocalStore(str(tmp_path)), tmp_path / ".incoming"
    store.place({"aa/lost": b"1"}, WHEN, unknown).abandon()
    (notes / "folder").mkdir()
    (notes / "bytes").write_bytes(b"\xff\xfe")
    (notes / "zeros").write_bytes(b"\0" * 20)
    store.place({"bb/x": b"1"}, WHEN, has_row).settle()
    assert sorted(os.listdir(tmp_path)) == [".incoming", "bb"]
    assert sorted(os.listdir(notes)) == ["bytes", "folder", "zeros"]
    assert len(caplog.records) == 3


def test_an_error_of_the_database_is_told(tmp_path):
    """Its transaction is the upload's."""

    def has_row(path):
        raise LookupError("no database")

    LocalStore(str(tmp_path)).place({"aa/x": b"1"}, WHEN, unknown).abandon()
    with pytest.raises(LookupError):
        LocalStore(str(tmp_path)).place({"bb/x": b"1"}, WHEN, has_row)


def test_what_cannot_be_undone_waits_for_the_next(tmp_path):
    """A folder is in the file's place: the first error is told, the note stays, and nobody holds it."""
    (tmp_path / "aa" / "x").mkdir(parents=True)
    before = os.listdir("/proc/self/fd")
    with pytest.raises(IsADirectoryError, match=r"x\.part"):
        LocalStore(str(tmp_path)).place({"aa/x": b"1"}, WHEN, unknown)
    assert os.listdir("/proc/self/fd") == before
    (tmp_path / "aa" / "x").rmdir()
    LocalStore(str(tmp_path)).place({"bb/x": b"1"}, WHEN, unknown).settle()
    assert sorted(os.listdir(tmp_path)) == [".incoming", "bb"]
    assert os.listdir(tmp_path / ".incoming") == []


@pytest.mark.parametrize("name", NAMES)
def test_a_name_with_ends_of_lines_is_one_name(tmp_path, name):
    """All but the one that notes are written with."""
    asked = []
    LocalStore(str(tmp_path)).place({name: b"1", name + ".asc": b"s"}, WHEN, unknown).abandon()
    LocalStore(str(tmp_path)).place({"cc/x": b"1"}, WHEN, asked.append).settle()
    assert asked == [name]
    assert sorted(os.listdir(tmp_path)) == [".incoming", "cc"]


def test_a_note_taken_away_by_hand_is_no_error(tmp_path):
    """Somebody cleared up meanwhile: the file stays."""
    store, before = LocalStore(str(tmp_path)), os.listdir("/proc/self/fd")
    placed = store.place({"aa/x": b"1"}, WHEN, unknown)
    for note in (tmp_path / ".incoming").iterdir():
        note.unlink()
    placed.settle()
    assert os.listdir("/proc/self/fd") == before
    assert store.stat("aa/x") is not None


def test_a_folder_that_goes_while_a_file_is_written_is_made_again(tmp_path, monkeypatch):
    """Somebody removes empty folders at the same time: several attempts, then the error."""
    store = LocalStore(str(tmp_path))
    store.place({"cc/x": b"1"}, WHEN, unknown).settle()
    real, failing = os.mkdir, iter([FileNotFoundError, FileNotFoundError])

    def mkdir(*args, **kwargs):
        error = next(failing, None)
        if error:
            raise error
        real(*args, **kwargs)

    monkeypatch.setattr(os, "mkdir", mkdir)
    store.place({"aa/x": b"1"}, WHEN, unknown).settle()
    assert store.stat("aa/x") is not None
    failing = iter([FileNotFoundError] * 9)
    with pytest.raises(FileNotFoundError):
        store.place({"bb/x": b"1"}, WHEN, unknown)
    assert os.listdir(tmp_path / ".incoming") == []


def zipped(mark):
    """A zip of twenty files that say the same."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(20):
            archive.writestr(f"{number}.html", mark)
    return zipfile.ZipFile(content)


def tree(root):
    """What is on disk below a folder: paths, and the texts of files."""
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


def test_folders_replaced_at_once_are_never_mixed(tmp_path):
    """Of uploads at the same time one is there at the end, whole; nothing else is left."""
    store = LocalStore(str(tmp_path))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.replace_folder("documentation/x", zipped(str(number))), range(24)))
    found = tree(tmp_path)
    assert sorted(found) == sorted(f"documentation/x/{number}.html" for number in range(20))
    assert len(set(found.values())) == 1
    assert os.listdir(tmp_path / "documentation") == ["x"]


def test_a_folder_is_prepared_where_no_other_is(tmp_path):
    """A project may be called as another and .new."""
    store = LocalStore(str(tmp_path))
    store.replace_folder("documentation/x.new", zipped("other"))
    store.replace_folder("documentation/x", zipped("one"))
    assert tree(tmp_path)["documentation/x.new/0.html"] == "other"


def test_a_folder_that_cannot_take_its_place_leaves_nothing(tmp_path):
    """A file is in the way: an error, and the file stays."""
    (tmp_path / "documentation").mkdir()
    (tmp_path / "documentation/x").write_text("a file")
    with pytest.raises(NotADirectoryError):
        LocalStore(str(tmp_path)).replace_folder("documentation/x", zipped("one"))
    assert tree(tmp_path) == {"documentation/x": "a file"}
