"""Record real traffic, replay it at an old and a new implementation from equal state, report each difference by cause.

Begin reading at `harness.pipeline`. What is imported here is the library; the command is `harness.cli`.
"""

import importlib
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, RecordingError, StateError, TargetError, UsageError
from harness.exchange import Exchange, Request, Response
from harness.record import Recorder, ShadowRecorder
from harness.recording import open_recordings

if TYPE_CHECKING:
    from harness.pipeline import Options, diff
    from harness.targets import parse_target

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
]

_LATER = {"Options": "harness.pipeline", "diff": "harness.pipeline", "parse_target": "harness.targets"}
"""What is imported when it is asked for, so that recording costs production no comparison."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LATER[name]), name)
