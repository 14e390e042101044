"""Uploaded files on their way: with their row or not at all, whoever dies in between."""

import os
import subprocess
import sys

import pytest

from legacy.incoming import FOLDER, Incoming

FILES = {"aa/bb/demo.tar.gz": b"content", "aa/bb/demo.tar.gz.asc": b"signature"}


def found(root):
    """{path: content} of all files below a folder."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_committed(tmp_path):
    """The files stay, dated as asked, and nothing else does."""
    incoming = Incoming(str(tmp_path))
    incoming.place(FILES, 1_400_000_000)
    incoming.settle()
    assert found(tmp_path) == FILES
    assert (tmp_path / "aa/bb/demo.tar.gz").stat().st_mtime == 1_400_000_000


def test_dropped(tmp_path):
    """Files and folders go."""
    incoming = Incoming(str(tmp_path))
    incoming.place(FILES, 1_400_000_000)
    incoming.undo()
    assert found(tmp_path) == {}
    assert not (tmp_path / "aa").exists()


def test_others_are_left_alone(tmp_path):
    """What a living process is about is not swept."""
    incoming = Incoming(str(tmp_path))
    incoming.place(FILES, 1_400_000_000)
    Incoming(str(tmp_path)).sweep(lambda path: False)
    assert set(FILES) <= set(found(tmp_path))
    incoming.settle()


@pytest.mark.parametrize("committed", [True, False])
def test_sweep_after_a_death(tmp_path, committed):
    """What a dead process placed stays if the database has its row, else goes."""
    program = (
        "import os, signal, sys\n"
        "from legacy.incoming import Incoming\n"
        f"Incoming(sys.argv[1]).place({FILES!r}, 1_400_000_000)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], env={**os.environ, "PYTHONPATH": os.getcwd()})
    assert done.returncode == -9
    assert len(found(tmp_path)) == 3
    asked = []
    Incoming(str(tmp_path)).sweep(lambda path: asked.append(path) or committed)
    assert asked == ["aa/bb/demo.tar.gz"]
    assert found(tmp_path) == (FILES if committed else {})
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_a_name_that_no_file_can_have_stops_nobody(tmp_path):
    """The error goes up, nothing waits afterwards, and a note that an older program left of it goes."""
    long = "aa/" + "x" * 300
    incoming = Incoming(str(tmp_path))
    with pytest.raises(OSError, match="File name too long"):
        incoming.place({long: b"1"}, 1_400_000_000)
    incoming.undo()
    assert list((tmp_path / FOLDER).iterdir()) == []
    (tmp_path / FOLDER / "left").write_text(long)
    Incoming(str(tmp_path)).sweep(lambda path: False)
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_a_note_that_cannot_be_followed_up_stops_nobody(tmp_path, capsys):
    """It stays, with a word in the log: a folder, bytes that are no text, what the database takes for none."""

    def has_row(path):
        if "\0" in path:
            raise ValueError("A string literal cannot contain NUL (0x00) characters.")
        return False

    notes = tmp_path / FOLDER
    (notes / "folder").mkdir(parents=True)
    (notes / "bytes").write_bytes(b"\xff\xfe")
    (notes / "zeros").write_bytes(b"\0" * 20)
    (notes / "lost").write_text("aa/lost")
    Incoming(str(tmp_path)).sweep(has_row)
    assert sorted(path.name for path in notes.iterdir()) == ["bytes", "folder", "zeros"]
    assert len(capsys.readouterr().err.splitlines()) == 3


@pytest.mark.parametrize("name", ["bb/demo\u2028.tgz", "bb/demo\x0b1\x0c\x1c\x85.tgz", "bb/demo\r.tgz"])
def test_a_name_with_ends_of_lines_is_one_name(tmp_path, name):
    """All but the one that notes are written with."""
    incoming, asked = Incoming(str(tmp_path)), []
    incoming.place({name: b"1", name + ".asc": b"s"}, 1_400_000_000)
    for _, file, _ in incoming.notes:
        file.close()
    Incoming(str(tmp_path)).sweep(asked.append)
    assert asked == [name]
    assert found(tmp_path) == {}


def test_a_note_taken_away_by_hand_is_no_error(tmp_path):
    """Somebody cleared up meanwhile: the files stay."""
    incoming = Incoming(str(tmp_path))
    incoming.place(FILES, 1_400_000_000)
    for note in (tmp_path / FOLDER).iterdir():
        note.unlink()
    incoming.settle()
    incoming.undo()
    assert found(tmp_path) == FILES


def test_what_cannot_be_undone_waits_for_the_next(tmp_path, capsys):
    """A folder is in the file's place: a word in the log, the note stays, and nobody holds it."""
    (tmp_path / "aa/x").mkdir(parents=True)
    incoming = Incoming(str(tmp_path))
    with pytest.raises(IsADirectoryError):
        incoming.place({"aa/x": b"1"}, 1_400_000_000)
    incoming.undo()
    assert "cannot be followed up" in capsys.readouterr().err
    (tmp_path / "aa/x").rmdir()
    Incoming(str(tmp_path)).sweep(lambda path: False)
    assert found(tmp_path) == {}


def test_failed_write_leaves_nothing(tmp_path):
    """A folder that cannot be made: the error goes up, what was written goes."""
    (tmp_path / "aa").write_text("in the way")
    incoming = Incoming(str(tmp_path))
    with pytest.raises((FileExistsError, NotADirectoryError)):
        incoming.place(FILES, 1_400_000_000)
    incoming.undo()
    assert found(tmp_path) == {"aa": b"in the way"}
