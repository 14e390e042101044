"""Who is hit when a part of an application goes away: recordings and rules come in, counts by client go out.

`removal` reads what is to be removed, `victims` finds who asked for it, `report` writes it down. What clients do
without it is not known from a recording: that is the lab's map (`harness.screams`), put beside the counts here.
"""

from harness.impact.removal import Removal, read_removal
from harness.impact.report import impact_json, impact_text
from harness.impact.victims import Hit, Impact, impact

__all__ = ["Hit", "Impact", "Removal", "impact", "impact_json", "impact_text", "read_removal"]
