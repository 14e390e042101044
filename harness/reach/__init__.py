"""Which lines of a target's own files each recorded exchange reaches.

`watched` makes of a target one that tells, `own_sources` says which files are its own, `Watch` gathers what is told.
Nothing is judged here.
"""

from harness.reach.code import Code, read_code
from harness.reach.programs import python_files
from harness.reach.side import NOTHING, Arc, Line, Reached, watched
from harness.reach.sources import own_sources
from harness.reach.watch import Watch

__all__ = ["NOTHING", "Arc", "Code", "Line", "Reached", "Watch", "own_sources", "python_files", "read_code", "watched"]
