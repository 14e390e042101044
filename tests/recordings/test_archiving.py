"""Archives that a client builds are the same bytes each time: nothing of the day, the user or the disk in them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from recordings.environments import MissingError, find_interpreter
from recordings.session import BUILDING

BUILD = """\
import gzip, os, tarfile, zipfile
with tarfile.open("a.tar.gz", "w:gz") as tar:
    tar.add("project")
with tarfile.open(os.path.abspath("b.tar.gz"), "w|gz") as tar:
    tar.add("project", filter=lambda member: member)
with zipfile.ZipFile("c.zip", "w") as archive:
    archive.write("project/one")
with gzip.open("d.gz", "wb") as packed:
    packed.write(b"one")
"""


def build(python: Path, folder: Path, mtime: int, zone: str, names: tuple[str, ...]) -> dict[str, bytes]:
    """Return the archives of a folder whose files are of that time, made in that order."""
    (folder / "project").mkdir(parents=True)
    for name in names:
        (folder / "project" / name).write_text(name)
        os.utime(folder / "project" / name, (mtime, mtime))
    environment = {"PATH": os.environ["PATH"], "TZ": zone, **BUILDING}
    subprocess.run([python, "-c", BUILD], cwd=folder, env=environment, check=True, timeout=60)
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module", params=["2.7", "3.6", "of the tests"])
def twice(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, bytes]]:
    """The same files archived in two folders, on two days, in two zones."""
    try:
        python = Path(sys.executable) if request.param == "of the tests" else find_interpreter(request.param)
    except MissingError as error:
        pytest.skip(str(error))
    first = build(python, tmp_path_factory.mktemp("first"), 1_000_000_000, "UTC", ("one", "two", "three"))
    second = build(python, tmp_path_factory.mktemp("second"), 1_400_000_000, "Asia/Tokyo", ("three", "two", "one"))
    return [first, second]


@pytest.mark.parametrize("name", ["a.tar.gz", "b.tar.gz", "c.zip", "d.gz"])
def test_the_day_does_not_show(twice: list[dict[str, bytes]], name: str) -> None:
    """Else an upload would be another request each time, and what comes of it another answer."""
    assert twice[0][name] == twice[1][name]
