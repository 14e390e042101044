"""Recording what clients do: as WSGI middleware (`Recorder`), or as a proxy in front of any server (`RecordingProxy`).

Both make exchanges and put them onto a `Tape`, which writes them to a store without ever making the program wait.
Redaction is not done here yet: a recording holds what was sent.
"""

from harness.record.middleware import Recorder
from harness.record.proxy import RecordingProxy
from harness.record.tape import Tape

__all__ = ["Recorder", "RecordingProxy", "Tape"]
