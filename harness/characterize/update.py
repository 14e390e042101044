"""Rewriting what a recording expects: the answers of some exchanges give way to what the target answers now.

A checked recording and numbers of exchanges come in; the file is written anew, the rest of it as it was. The answers
are under the recording's own names (tokens, ids), so that later requests go on to fit them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from harness.characterize.check import Check
from harness.recording import replacing


def update(check: Check, numbers: Collection[int]) -> int:
    """Write the answers of now in the place of the recorded ones; return how many changed. Raises RecordingError."""
    shown, changed = check.shown, 0
    exchanges = list(check.recording)
    with replacing(check.path, check.recording.state) as writer:
        for number, exchange in enumerate(exchanges, 1):
            answer = shown[number].answer if number in numbers else None
            changed += answer is not None
            writer.add(exchange if answer is None else replace(exchange, response=answer))
    return changed
