"""An archive written by a process of its own, so that reading and writing share the work of two processors.

Exchanges come in and go to that process by the thousand; what it says of errors comes back. It holds no more than what
it is given: secrets are replaced before.
"""

from __future__ import annotations

import gc
import marshal
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

from harness.errors import HarnessError, RecordingError
from harness.exchange import Exchange
from harness.interpreter import environment, python
from harness.store.archive import ArchiveWriter
from harness.store.flat import Packer, Unpacker

_BATCH = 2000
_BYTES = 1 << 20  # of bodies, from which on a batch is not waited for any longer
_LENGTH = 4  # bytes that say how long a frame is
_END = b""
_CODE = "from harness.store.apart import main; main()"


class ApartWriter:
    """A `recording.Writer` of a new archive; raises `RecordingError` where an `ArchiveWriter` would, a little later."""

    def __init__(self, path: Path, state: str | None = None) -> None:
        self.path = path
        self.state = state
        self.count = 0
        self._packer = Packer()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def open(self) -> None:
        """Start the process, and wait until it has made the file."""
        if self._process is None and not self._closed:
            self._process = subprocess.Popen(
                [python(), "-P", "-c", _CODE], stdin=-1, stdout=-1, env=environment(), cwd="/"
            )
            try:
                self._send(marshal.dumps((str(self.path.absolute()), self.state)))
                self._hear()
            except BaseException:
                self._part()
                raise

    def add(self, exchange: Exchange) -> None:
        """Append one exchange."""
        self._packer.add(exchange)
        self.count += 1
        if len(self._packer) >= _BATCH or self._packer.size >= _BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand on what was added."""
        self.open()
        if len(self._packer):
            self._send(self._packer.packed())

    def close(self) -> None:
        """Have the file finished, and wait for it. A second call does nothing."""
        if not self._closed:
            self.flush()
            self._send(_END)
            self._hear()
            self._part()
            self._closed = True

    def abandon(self) -> None:
        """Nothing: what was handed on is the other process's."""

    def discard(self) -> None:
        """Remove the file unless it was closed, and end the process."""
        if self._process is not None:
            self._process.kill()
            self._part()
        if not self._closed:
            self._closed = True
            for suffix in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def _send(self, data: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            _write(self._process.stdin, data)
        except BrokenPipeError:
            self._hear()  # why it ended
            raise RecordingError(f"{self.path}: cannot be written: the process that writes it ended") from None

    def _hear(self) -> None:
        """Wait for an answer; raises what it tells of."""
        assert self._process is not None
        assert self._process.stdout is not None
        answer = _read(self._process.stdout)
        if answer is None:
            raise RecordingError(f"{self.path}: cannot be written: the process that writes it was ended")
        if answer:
            raise RecordingError(answer.decode())

    def _part(self) -> None:
        process, self._process = self._process, None
        for stream in (process.stdin, process.stdout) if process else ():
            if stream:
                with suppress(BrokenPipeError):  # of what it did not read any more
                    stream.close()
        if process:
            process.wait()


def main() -> None:
    """Write the archive that standard input asks for; what hinders it goes to standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever gave the order ends this, and removes the file
    gc.disable()  # nothing here refers to itself; looking for that was a fifth of the time
    try:
        _serve(sys.stdin.buffer, sys.stdout.buffer)
    except HarnessError as error:
        with suppress(BrokenPipeError):
            _write(sys.stdout.buffer, str(error).encode())
        sys.exit(2)


def _serve(orders: IO[bytes], answers: IO[bytes]) -> None:
    order = _read(orders)
    if order is None:
        return
    path, state = marshal.loads(order)  # noqa: S302 - of our own process
    writer, unpacker = ArchiveWriter(Path(path), state, alike=True), Unpacker()
    try:
        writer.open()
        _write(answers, b"")
        while packed := _read(orders):
            for exchange in unpacker.exchanges(packed):
                writer.add(exchange)
        if packed == _END:
            writer.close()
            _write(answers, b"")
    finally:
        writer.discard()


def _write(stream: IO[bytes], data: bytes) -> None:
    stream.write(len(data).to_bytes(_LENGTH) + data)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes | None:
    """Return the next frame; None where there is none any more, or not all of it."""
    head = stream.read(_LENGTH)
    length = int.from_bytes(head)
    data = stream.read(length) if len(head) == _LENGTH else b""
    return data if len(head) == _LENGTH and len(data) == length else None
