"""From differences to causes: observations come in exchange by exchange, one `Group` for each cause goes out.

`observation` counts, `edit` says how a value was changed, `habit` names what programs do to any text, `key` which
differences may be one cause, `cause` keeps what was seen of each, `settled` says which are one, `rest` what is told of
values that only vary, `together` which of several places are one; `title` puts it in words, in which `plain` leaves no
placeholder; `groups` gathers. The result is the same for any order and any partition of the observations; memory is
bounded.
"""

from harness.group.groups import Group, Groups, group_observations
from harness.group.observation import Observation
from harness.group.title import NEW, STALE

__all__ = ["NEW", "STALE", "Group", "Groups", "Observation", "group_observations"]
