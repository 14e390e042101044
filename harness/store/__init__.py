"""The two files exchanges are kept in: archives (SQLite, for any number) and cassettes (YAML or JSON, for people)."""

from harness.store.archive import Archive, ArchiveWriter
from harness.store.cassette import Cassette, CassetteWriter, write_cassette

__all__ = ["Archive", "ArchiveWriter", "Cassette", "CassetteWriter", "write_cassette"]
