"""Recording what clients do: as WSGI middleware (`Recorder`), or as a proxy in front of any server (`RecordingProxy`).

`ShadowRecorder` keeps what two applications answered to the same.

Both make captures and put them onto a `Tape`, which never makes the program wait. It hands them to another process,
that redacts and writes, or to a writer of the caller's own. `completeness` tells how much an archive lacks.
"""

from harness.record.counts import Completeness, completeness
from harness.record.middleware import Recorder
from harness.record.proxy import RecordingProxy
from harness.record.rotation import Rotation
from harness.record.shadow import ShadowRecorder
from harness.record.tape import Tape

__all__ = ["Completeness", "Recorder", "RecordingProxy", "Rotation", "ShadowRecorder", "Tape", "completeness"]
