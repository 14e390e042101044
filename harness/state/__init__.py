"""What both sides of a replay start from: a snapshot of database and files, put back before each scenario.

`read_spec` checks a `[state.NAME]` of harness.toml, `open_state` makes the snapshot once, `State.side` gives one
worker's copy for one side. How rows are watched is in `database`, how files are in `files`. Comparing what was written
is not done here.
"""

from harness.effects import NO_EFFECTS, Effects
from harness.state.side import SideState, Stateless
from harness.state.snapshot import State, open_state
from harness.state.spec import StateSpec, read_spec

__all__ = ["NO_EFFECTS", "Effects", "SideState", "State", "StateSpec", "Stateless", "open_state", "read_spec"]
