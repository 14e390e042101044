"""Counters of wrong passwords, by address and by user (B234); a small SQLite file stands where Redis stood.

A period begins with the first failure and is not prolonged by more. Who is blocked is for the caller to answer.
"""

import time
from contextlib import closing

SCHEMA = 'CREATE TABLE IF NOT EXISTS failures (kind, name, began, count, PRIMARY KEY (kind, name))'


class Counters:
    """The failures noted in the file `path`, each forgotten `seconds` after the first of its period."""

    def __init__(self, path, seconds):
        self.path = path
        self.seconds = seconds

    def connect(self):
        """Open the file, which is made if there is none; commits when used as a context."""
        import sqlite3
        connection = sqlite3.connect(self.path, timeout=10)
        connection.execute(SCHEMA)
        return connection

    def failures(self, kind, name):
        """How many there were in the running period."""
        with closing(self.connect()) as connection:
            row = connection.execute('SELECT count FROM failures WHERE kind=? AND name=? AND began>?',
                                     (kind, name, time.time() - self.seconds)).fetchone()
        return row[0] if row else 0

    def count(self, kind, name):
        """Note one more; periods that are over go."""
        now = time.time()
        with closing(self.connect()) as connection, connection:
            connection.execute('DELETE FROM failures WHERE began<=?', (now - self.seconds,))
            connection.execute('INSERT INTO failures VALUES (?, ?, ?, 1)'
                               ' ON CONFLICT (kind, name) DO UPDATE SET count=count+1', (kind, name, now))
