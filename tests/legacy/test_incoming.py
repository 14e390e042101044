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


def test_failed_write_leaves_nothing(tmp_path):
    """A folder that cannot be made: the error goes up, what was written goes."""
    (tmp_path / "aa").write_text("in the way")
    incoming = Incoming(str(tmp_path))
    with pytest.raises((FileExistsError, NotADirectoryError)):
        incoming.place(FILES, 1_400_000_000)
    incoming.undo()
    assert found(tmp_path) == {"aa": b"in the way"}
