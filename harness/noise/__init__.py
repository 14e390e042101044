"""Noise: what old shows against itself, learned as typed rules that keep a check of shape. Start with `decide`."""

from harness.noise.decide import Decision, decide
from harness.noise.gather import Run
from harness.noise.rules import UserRule, read_rules

__all__ = ["Decision", "Run", "UserRule", "decide", "read_rules"]
