"""What the other parts need to be the same on Python 2.7 and 3.6+: text for bytes, and where a module's source is."""
# Python 2.7 knows neither annotations nor newer spellings.
# mypy: ignore-errors

import _io
import os
import sys

PY2 = sys.version_info[0] == 2


def text(data):
    """Return an argument or a path as this Python has it."""
    return data if PY2 else os.fsdecode(data)


def source(path):
    """Return the bytes of a script."""
    with _io.open(path, "rb") as file:
        return file.read()


def source_file(module):
    """Return the file of a module, its source where that is known."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not os.path.isabs(file):
        return None
    return file[:-1] if file.endswith((".pyc", ".pyo")) else file
