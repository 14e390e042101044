"""Clock, hash seed, random numbers and network of a target, controlled in its processes and in programs it starts."""

from harness.controls.settings import Controls, read_controls
from harness.controls.surroundings import Surroundings

__all__ = ["Controls", "Surroundings", "read_controls"]
