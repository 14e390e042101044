"""Fuzzing around recordings: requests like the recorded ones, with values of theirs, of seed and sources, and new ones.

`sequence` makes recordings of them: begin there. `mutate` changes one request, `steps` the order of many; `invented`
has values that nobody recorded. What a comparison of these shows, `findings` plays again and makes small.
"""

from harness.fuzz.findings import Finding, confirmed, findings
from harness.fuzz.literals import literals
from harness.fuzz.mutate import Mutator
from harness.fuzz.related import related
from harness.fuzz.sequence import Fuzzed, fuzzed
from harness.fuzz.sources import sources_of

__all__ = ["Finding", "Fuzzed", "Mutator", "confirmed", "findings", "fuzzed", "literals", "related", "sources_of"]
