"""bandersnatch: the list of all projects with their serials, then each one's JSON, twice.

It goes no further: since 2019 it wants `upload_time_iso_8601` and `last_serial` in that JSON, which the index of
2016 had not.
"""

from __future__ import annotations

from recordings.session import Scenario, Session

CONFIG = """\
[mirror]
directory = {work}/mirror
master = {base}
allow-non-https = true
json = true
timeout = 10
workers = 1
hash-index = false
stop-on-error = false
storage-backend = filesystem
verifiers = 1
compare-method = hash
"""


def _play(session: Session) -> None:
    config = session.write("bandersnatch.conf", CONFIG.format(work=session.work, base=session.base))
    for _ in range(2):
        session.client("-m", "bandersnatch.main", "-c", config, "mirror", says="Fetching metadata for package: demo")


SCENARIOS = (Scenario("bandersnatch-6.8.0", "bandersnatch-6.8.0", _play, "bandersnatch 6.8.0: begins a mirror, twice"),)
