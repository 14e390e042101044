"""Shrinking: a long scenario that shows a difference becomes the smallest one that still shows the same cause.

`course` is the order: READ IT FIRST. `harness.minimal` is the search itself, `parts` takes requests apart, `trial`
replays a candidate, `rows` makes the starting state smaller (`harness.seed`). What a cause is, `group` decides.
"""

from harness.shrink.course import Shrinking, Small

__all__ = ["Shrinking", "Small"]
