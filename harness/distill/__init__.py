"""The smallest part of a recording that reaches what the whole reaches: lines of the target, and shapes of answers.

Begin reading at `harness.distill.distill`.
"""

from harness.distill.distill import Distilled, distill
from harness.distill.look import DistillOptions
from harness.distill.table import as_json, in_text

__all__ = ["DistillOptions", "Distilled", "as_json", "distill", "in_text"]
