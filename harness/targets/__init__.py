"""What a recording is replayed at: TARGET strings, and the running sides that are asked one exchange after another."""

from harness.targets.side import Answer, Crash, Side, Unsent
from harness.targets.target import Target, parse_target

__all__ = ["Answer", "Crash", "Side", "Target", "Unsent", "parse_target"]
