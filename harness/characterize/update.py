"""Rewriting what a recording expects: the answers of some exchanges give way to what the target answers now.

A recording and answers by number come in; the file is written anew, the rest of it as it was. The answers are under the
recording's own names (tokens, ids), so that later requests go on to fit them, and redacted.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.config import Config
from harness.exchange import Response
from harness.recording import open_recordings, replacing
from harness.renewed import Renewing


def rewrite(path: Path, answers: Mapping[int, Response], config: Config) -> int:
    """Write answers, by number from 1, in the place of the recorded ones; return how many. Raises RecordingError."""
    (recording,) = open_recordings([path])
    exchanges = list(recording)
    renewed = Renewing(exchanges, config)
    with replacing(path, recording.state) as writer:
        for number, exchange in enumerate(exchanges, 1):
            writer.add(renewed(exchange, answers[number]) if number in answers else exchange)
    return len(answers)
