"""Shrinking: a long scenario that shows a difference becomes the smallest one that still shows the same cause.

`course` is the order: READ IT FIRST. `minimal` is the search itself, `parts` takes requests apart, `trial` replays a
candidate, `seed` makes the starting state smaller where a JSON file is loaded. What a cause is, `group` decides.
"""

from harness.shrink.course import Shrinking, Small

__all__ = ["Shrinking", "Small"]
