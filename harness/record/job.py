"""What a recorder tells the process that writes: where to, how secrets are replaced, what is kept, when a file ends.

A frozen value that both processes can read; the writer is made of it in the process that writes. The key of the tokens
is part of it: it goes through a pipe, never into a file, a command line or an environment.
"""

from __future__ import annotations

import hashlib
import pickle
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from harness.config import Config
from harness.errors import UsageError
from harness.record.paired import PairedWriter
from harness.record.rotation import RotatingWriter, Rotation
from harness.record.sample import Sample
from harness.record.sink import Sink
from harness.recording import Writer, writer_for
from harness.redact import redactor
from harness.redact.options import given_key
from harness.store.cassette import SUFFIXES

LINGER = 3.0  # seconds in which a worker that ended may be followed by another


@dataclass(frozen=True, slots=True)
class Job:
    """All that is written to `path` (absolute) alike.

    `redact` is the table `[redact]`, None to write in clear; `key` None: a random one that all who share the job
    share. `linger` is how many seconds the process that writes waits for others of the same job. `paired`: what a
    second application answered goes into a file beside `path`.
    """

    path: Path
    state: str | None = None
    redact: Mapping[str, Any] | None = field(default_factory=dict)
    key: bytes | None = None
    share: float = 1.0
    rare: int = 20
    endpoints: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    rotation: Rotation = field(default_factory=Rotation)
    linger: float = LINGER
    private: str = ""
    paired: bool = False

    @property
    def name(self) -> str:
        """A name that no other job has; tells nothing of the key."""
        return hashlib.sha256(self.packed()).hexdigest()[:32]

    @property
    def is_cassette(self) -> bool:
        """Whether it is written as one file from beginning to end."""
        return self.path.suffix in SUFFIXES

    def packed(self) -> bytes:
        """Return it as bytes, for `unpacked`: their number in 8 bytes comes first."""
        data = pickle.dumps(self)
        return len(data).to_bytes(8) + data

    def writer(self) -> Writer:
        """Return what writes the file or files. Raises UsageError for a cassette that is to be rotated."""
        if self.is_cassette and not self.rotation.wanted(self.path):
            return writer_for(self.path, self.state)
        if self.paired:
            return PairedWriter(self.path, self.rotation, self.state)
        return RotatingWriter(self.path, self.rotation, self.state)

    def sample(self) -> Sample | None:
        """Return what decides which exchanges are kept; None where all are."""
        return Sample(self.share, self.rare, self.endpoints, self.parameters) if self.share < 1 else None

    def sink(self) -> Sink:
        """Return the whole path from an exchange to the file. Raises UsageError for settings that cannot be."""
        return self.sink_to(self.writer())

    def sink_to(self, writer: Writer) -> Sink:
        """Return the path from an exchange to a writer. Raises UsageError for settings that cannot be."""
        redact = None if self.redact is None else redactor(self.redact, self.key or secrets.token_bytes(32)).redact
        return Sink(writer, redact, self.sample())


def unpacked(stream: BinaryIO) -> Job:
    """Read the job that was packed by the process that started this one.

    Does not wait for the end of the stream: another process that was forked meanwhile may hold it open.
    """
    job = pickle.loads(stream.read(int.from_bytes(stream.read(8))))  # noqa: S301 (from our own parent, through a pipe)
    assert isinstance(job, Job)
    return job


def job_for(
    path: Path,
    config: Config,
    redact: bool = True,
    state: str | None = None,
    sample: float = 1.0,
    rare: int = 20,
    rotation: Rotation | None = None,
    key: bytes | None = None,
    private: bool = False,
) -> Job:
    """Return the job of a recorder; the key is the given one, else that of HARNESS_KEY, else a random one.

    Raises UsageError for settings that cannot be, now, and not in the process that writes.
    """
    if not 0 <= sample <= 1:
        raise UsageError(f"a sample of {sample}: give the share of the sessions that is kept, from 0 to 1")
    if redact:
        key = key or given_key(None)
    job = Job(
        path.absolute(), state, config.redact if redact else None, key, sample, rare, config.endpoints,
        config.parameters, rotation or Rotation(), 0 if private else LINGER, secrets.token_hex(8) if private else "",
    )  # fmt: skip
    job.sink()
    return job


def switch_of(job: Job) -> Path:
    """Return the file that stops a recording while it exists, where none is named: `x.archive.stop`."""
    return job.path.with_name(job.path.name + ".stop")
