"""How much a recording would notice: `power` changes a target in many small ways and replays what reaches each change.

    scenarios -> baseline (what each exchange reaches) -> mutants on reached lines -> hunt (killed, survived) -> Score

Begin reading at `harness.power.pipeline`.
"""

from harness.power.pipeline import PowerOptions, power
from harness.power.score import Score, as_json, in_text

__all__ = ["PowerOptions", "Score", "as_json", "in_text", "power"]
