"""How far the transactions of a PostgreSQL cluster have come: one cheap statement, and what its answer says.

A row comes in, a Pulse goes out. It tells of all databases of the cluster at once; whose transaction it is that still
runs, `WRITING` tells, for five times as much. When to ask, and what of, is for `postgres`.
"""

from __future__ import annotations

from typing import NamedTuple

FIRST = 3
"""The lowest id of an ordinary transaction, which age() counts from."""
# Ids are taken at the first write. The snapshot ends with the latest transaction that is done; the counter that age()
# counts to, with the latest that began.
PREPARE_PULSE = f"PREPARE pulse AS SELECT txid_current_snapshot()::text, age('{FIRST}'::xid)"
PULSE = "EXECUTE pulse"
# Not pg_stat_activity: that view costs three times as much.
WRITING = """
SELECT array_agg(backend_xid::text) FROM pg_stat_get_activity(NULL)
WHERE backend_xid IS NOT NULL AND datid = (SELECT oid FROM pg_database WHERE datname = %s)
"""


class Pulse(NamedTuple):
    """`snapshot` moves with every transaction that wrote and ended; `settled`: none was writing at that time."""

    snapshot: str
    settled: bool


def pulse_of(snapshot: str, age: int) -> Pulse:
    """Read the answer to PULSE. Ids of snapshots have 64 bits, all others 32."""
    _, done, running = snapshot.split(":")
    return Pulse(snapshot, not running and (int(done) - FIRST - age) % (1 << 32) == 0)
