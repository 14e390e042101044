"""Record real traffic, replay it at an old and a new implementation from equal state, report each difference by cause.

Begin reading at `harness.pipeline`. What is named here is the library; the command is `harness.cli`.
"""

import importlib
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, RecordingError, StateError, TargetError, UsageError

if TYPE_CHECKING:
    from harness.exchange import Exchange, Request, Response
    from harness.pipeline import Options, diff
    from harness.record import Recorder, ShadowRecorder
    from harness.recording import open_recordings
    from harness.targets import parse_target
    from harness.verdicts import verdicts

__all__ = [
    "Exchange",
    "HarnessError",
    "Options",
    "Recorder",
    "RecordingError",
    "Request",
    "Response",
    "ShadowRecorder",
    "StateError",
    "TargetError",
    "UsageError",
    "diff",
    "open_recordings",
    "parse_target",
    "verdicts",
]

_LATER = {
    "Exchange": "harness.exchange",
    "Options": "harness.pipeline",
    "Recorder": "harness.record",
    "Request": "harness.exchange",
    "Response": "harness.exchange",
    "ShadowRecorder": "harness.record",
    "diff": "harness.pipeline",
    "open_recordings": "harness.recording",
    "parse_target": "harness.targets",
    "verdicts": "harness.verdicts",
}
"""What is imported when it is asked for: recording costs production no comparison, and pytest's plugin nothing."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LATER[name]), name)
