"""What a brownout showed: the record that `compat.Brownout` wrote comes in, predicted against actual victims go out.

`record` reads the file, `outcome` tells what each client did next, `report` writes it down.
"""

from harness.brownout.outcome import Outcome, Seen, outcomes
from harness.brownout.record import Entry, Record, Switched, read_record
from harness.brownout.report import brownout_json, brownout_text, expected_of

__all__ = [
    "Entry",
    "Outcome",
    "Record",
    "Seen",
    "Switched",
    "brownout_json",
    "brownout_text",
    "expected_of",
    "outcomes",
    "read_record",
]
