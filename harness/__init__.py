"""Record real traffic, replay it at an old and a new implementation from equal state, report each difference by cause.

Begin reading at `harness.pipeline`. What is imported here is the library; the command is `harness.cli`.
"""

from harness.errors import HarnessError, RecordingError, StateError, TargetError, UsageError
from harness.exchange import Exchange, Request, Response
from harness.record import Recorder
from harness.recording import open_recordings

__all__ = [
    "Exchange",
    "HarnessError",
    "Recorder",
    "RecordingError",
    "Request",
    "Response",
    "StateError",
    "TargetError",
    "UsageError",
    "open_recordings",
]
