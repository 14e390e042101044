"""Settings and fixtures for all tests of the harness.

Property tests may be slow on a busy machine without being wrong; what other processes do takes its time.
"""

import time
from collections.abc import Callable

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
def wait_until() -> Callable[..., bool]:
    """Return a function that tells whether a condition holds within some seconds."""

    def waiting(condition: Callable[[], bool], seconds: float = 15) -> bool:
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    return waiting
