"""Fills an empty folder with the notes' starting state: two users (passwords `tiger` and `apple`), one note."""

import hashlib
import sqlite3
import sys
from pathlib import Path

SCHEMA = """
CREATE TABLE users (name TEXT PRIMARY KEY, password TEXT, mail TEXT, logins INTEGER DEFAULT 0);
CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT, text TEXT, author TEXT, file TEXT, agent TEXT,
    created INTEGER);
"""

folder = Path(sys.argv[1])
for name in ("sessions", "uploads"):
    (folder / name).mkdir()
database = sqlite3.connect(folder / "notes.db")
database.executescript(SCHEMA)
for user, password in (("alice", "tiger"), ("bob", "apple")):
    digest = hashlib.sha1(password.encode()).hexdigest()
    database.execute("INSERT INTO users (name, password, mail) VALUES (?, ?, ?)", (user, digest, f"{user}@example.com"))
database.execute(
    "INSERT INTO notes (title, text, author, created) VALUES ('Tom''s note', 'a < b & c', 'alice', 1100000000)"
)
database.commit()
database.close()
