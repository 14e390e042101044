"""Where commands leave what may take hours to make: looked at before they begin, so that it is not lost in the end.

Names that the user gave come in; what cannot be written there, or is a recording that is read, is a UsageError.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from harness.errors import UsageError
from harness.recording import Recording


def check_file(file: Path, what: str) -> None:
    """Raises UsageError where a file (`what` is in it) could not be written later."""
    if not file.parent.is_dir():
        raise UsageError(f"{file}: no such folder to write {what} to")
    if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise UsageError(f"{file}: {what} cannot be written there")


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, where there is none. Raises UsageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: the folder cannot be made: {error.strerror}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"{folder}: nothing can be written there")


def is_read(place: Path, recordings: Iterable[Recording]) -> bool:
    """Tell a place where one of the recordings is, under whatever name."""
    files = [file for file in (getattr(recording, "path", None) for recording in recordings) if file is not None]
    return place.exists() and any(place.samefile(file) for file in files)


def check_spared(place: Path, recordings: Iterable[Recording]) -> None:
    """Raises UsageError for a place where one of the recordings is."""
    if is_read(place, recordings):
        raise UsageError(f"{place}: is a recording that is read here, and is not written over; give another name")


def write_text(file: Path, text: str, what: str) -> None:
    """Write a text file. Raises UsageError."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: {what} cannot be written: {error.strerror}") from None
