"""The order of the files: those that take long come first, so that the workers of `pytest -n` end together."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
LONG = (
    "incidents/test_incidents.py",
    "harness/noise/test_fields.py",
    "test_evidence.py",
    "harness/commands/test_diff.py",
    "harness/group/test_diff.py",
    "legacy/test_recorded_2016.py",
    "foreign/test_notes.py",
    "compat/programs/test_trac.py",
    "recordings/test_clients.py",
    "compat/conformance/test_process.py",
    "compat/programs/test_mercurial.py",
    "compat/oracle/test_oracle.py",
    "harness/bind/test_diff.py",
    "harness/redact/test_hostile.py",
    "harness/redact/test_leak.py",
    "harness/state/test_hook.py",
    "harness/record/test_keeper.py",
    "harness/commands/test_merge.py",
)
"""The longest first; measured with `--durations`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of these files before all others; `--no-loadscope-reorder` keeps it so."""
    places = {HERE / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path, len(LONG)))
