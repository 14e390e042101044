"""Which store a location means: a folder or a URL comes in, a `FileStore` goes out."""

from __future__ import annotations

from .objects import ObjectStore
from .storage import FileStore, LocalStore


def file_store(location: str) -> FileStore:
    """Return the store at a folder or at a URL with a scheme (s3://bucket/prefix)."""
    return ObjectStore(location) if "://" in location else LocalStore(location)
