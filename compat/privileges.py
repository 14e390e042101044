"""Whose rights programs have: those of whoever started the server. Comes in: nothing. Goes out: a warning, or none."""

from __future__ import annotations

import os

ROOT = (
    "programs run as root: name another user by User= in the systemd unit, "
    "or begin the command with `runuser -u USER --`"
)


def warning() -> str:
    """Return what to say to root, empty for everybody else. Nothing here gives up rights by itself."""
    return ROOT if os.geteuid() == 0 else ""
