"""Fuzzing around recordings: requests like the recorded ones, with values of theirs, the seed and the sources."""

from harness.fuzz.literals import literals
from harness.fuzz.mutate import Mutator
from harness.fuzz.related import related
from harness.fuzz.sequence import Fuzzed, fuzzed

__all__ = ["Fuzzed", "Mutator", "fuzzed", "literals", "related"]
