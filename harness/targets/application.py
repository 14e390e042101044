"""A target that is a WSGI application: it lives in processes of its own, started and watched from here.

`host.py` runs in the target's own interpreter; it imports the application once and forks a child for each scenario.
An application that cannot be forked (a thread or a connection at import), or whose variables changed, gets a fresh host
instead.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from harness.controls import Controls, Surroundings, inside
from harness.errors import TargetError
from harness.exchange import SAFE_METHODS, Exchange, Response
from harness.targets import host
from harness.targets.environ import unsendable
from harness.targets.frames import Frames
from harness.targets.side import Answer, Crash, Unsent

START_TIMEOUT = 60.0
STDERR_KEPT = 1 << 20
STDERR_LOOKED_AT = 32
"""Answers between two looks at how much a target has written there."""
FRAMES = Frames()
NAMES_PASSED = "COMPAT_PASS_ENV"  # what a server of CGI programs reads: the names that its programs get to see


class ApplicationSide:
    """A WSGI application `module:name`, run by the interpreter `python` in directory `cwd`.

    `timeout` is the seconds an answer may take, `controls` what of its surroundings is controlled.
    """

    authority = ""
    works = True

    def __init__(
        self,
        app: str,
        *,
        python: str,
        cwd: Path,
        env: Mapping[str, str],
        timeout: float,
        controls: Controls = Controls(),  # noqa: B008 (frozen)
    ) -> None:
        self.app, self.python, self.cwd, self.timeout = app, python, cwd, timeout
        self.own_env = dict(env)
        self._surroundings = Surroundings(controls)
        self._given: Mapping[str, str] = {}
        self._env: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._channel: socket.socket | None = None
        self._forkable = True
        self._stderr: IO[bytes] | None = None
        self._exchange: Exchange | None = None
        self._answers = 0

    @property
    def controls(self) -> Mapping[str, str]:
        """What is controlled, and by what; an empty text for a program of the target that no control reached."""
        return self._surroundings.summary

    @property
    def refused(self) -> Mapping[str, str]:
        """Where the target tried to get though it was not declared, and the exchange in which it first did."""
        return self._surroundings.refused

    @property
    def told(self) -> float | None:
        """The time told with the exchange sent last, where the clock is controlled and the recording knows one."""
        return self._surroundings.told

    def start(self, env: Mapping[str, str]) -> None:
        """Begin a scenario with these variables. Raises TargetError when the application cannot be imported."""
        self.stop()
        self._given = dict(env)
        wanted = self._variables(env)
        if self._process is not None and (wanted != self._env or not self._forkable):
            self._end_host()
        self._surroundings.import_begins()
        if self._process is None:
            self._start_host(wanted)
        self._open_channel()

    def _variables(self, env: Mapping[str, str]) -> dict[str, str]:
        """Return what the target gets: its state and controls, which must reach CGI programs too (lest they work on the
        data of every day), then what its configuration says.
        """
        controls = self._surroundings.variables(self.own_env)
        listed = self.own_env.get(NAMES_PASSED, os.environ.get(NAMES_PASSED, ""))
        passed = ",".join(dict.fromkeys([*controls, *env, *filter(None, listed.split(","))]))
        return {**env, **self.own_env, **controls, NAMES_PASSED: passed}

    def refusal(self, exchange: Exchange) -> Unsent | None:
        """What a server would answer without asking the application, or was not recorded whole, is not sent."""
        reason = unsendable(exchange.request)
        return Unsent(reason) if reason else None

    def prepare(self, exchange: Exchange) -> None:
        """Write the request as the child will be given it."""
        FRAMES.question(exchange)

    def send(self, exchange: Exchange) -> None:
        """Hand the request to the child."""
        self._exchange = exchange
        self._surroundings.tell(exchange.id, exchange.started)
        assert self._channel is not None, "start() came first"
        with contextlib.suppress(OSError):  # a child that died is noticed by receive
            self._channel.sendall(FRAMES.question(exchange))

    @property
    def answers_at(self) -> int | None:
        """The child's channel."""
        return None if self._channel is None else self._channel.fileno()

    def receive(self) -> Answer:
        """Take the answer; a child that died or hangs is a Crash, and a fresh one is running when this returns."""
        assert self._channel is not None, "start() came first"
        assert self._exchange is not None, "send() came first"
        try:
            frame = host.receive_whole(self._channel)
        except TimeoutError:
            return self._crashed("timeout")
        except OSError:
            frame = None
        if frame is None:
            return self._crashed("")
        self._answers += 1
        if not self._answers % STDERR_LOOKED_AT:
            self._bound_stderr()
        response = FRAMES.answer(self._exchange.request, frame)
        return response if self._surroundings.answered() else self._on_loopback(self._exchange, response)

    def _on_loopback(self, exchange: Exchange, response: Response) -> Answer:
        """Give a target that missed something on the machine's loopback the machine's network, and repeat the exchange.

        This happens once, mostly at the first exchange: the target could not get at its database. What may have written
        is not repeated.
        """
        self._surroundings.join()
        self.stop()
        self._end_host()
        self.start(self._given)
        if exchange.request.method not in SAFE_METHODS and response.status < 500:
            return response
        self.send(exchange)
        return self.receive()

    def stop(self) -> None:
        """End the scenario's child."""
        if self._channel is None:
            return
        self._channel.close()
        self._channel = None
        if self._forkable:
            with contextlib.suppress(OSError, TargetError):
                self._order({"do": "reap"})
        else:
            self._end_host()

    def close(self) -> None:
        """End the host and its child."""
        self.stop()
        self._end_host()

    def _start_host(self, env: dict[str, str]) -> None:
        first = self._surroundings.open([*self._given.values(), *self.own_env.values()])
        control, far = socket.socketpair()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 (closed by _end_host)
        try:
            with far:
                self._process = subprocess.Popen(
                    [self.python, host.__file__, str(far.fileno()), self.app, inside.__file__],
                    cwd=self.cwd,
                    env={**os.environ, **env, **first},
                    stdin=subprocess.DEVNULL,
                    stdout=self._stderr,
                    stderr=self._stderr,
                    pass_fds=[far.fileno()],
                    start_new_session=True,
                )
        except OSError as error:
            control.close()
            self._end_host()
            raise TargetError(f"target {self.app}: cannot run {self.python} in {self.cwd}: {error}") from None
        self._control, self._env = control, env
        self._greet()

    def _greet(self) -> None:
        """Wait for the import of the application."""
        assert self._control is not None
        self._control.settimeout(START_TIMEOUT)
        try:
            frame = host.receive_frame(self._control)
        except TimeoutError:
            frame = ({"failed": f"not imported within {START_TIMEOUT:.0f} s"}, b"")
        except OSError:
            frame = None
        head: dict[str, Any] = frame[0] if frame else {"failed": "its process ended"}
        if "ready" not in head:
            reason = head.get("failed") or "its process ended"
            tail = self._stderr_tail()
            self._end_host()
            raise TargetError(f"target {self.app} does not start: {reason}" + (f"\n{tail}" if not frame else ""))
        assert self._process is not None
        self._surroundings.opened(self._process.pid, head["controls"])
        self._forkable = not head["obstacles"]

    def _open_channel(self) -> None:
        near, far = socket.socketpair()
        with far:
            self._order({"do": "fork" if self._forkable else "inline"}, far)
        near.settimeout(self.timeout)
        self._channel = near

    def _order(self, message: dict[str, Any], attached: socket.socket | None = None) -> dict[str, Any]:
        assert self._control is not None
        descriptors = [attached.fileno()] if attached else []
        encoded = json.dumps(message).encode("ascii")
        frame = host.LENGTHS.pack(len(encoded), 0)
        try:
            socket.send_fds(self._control, [frame], descriptors)
            self._control.sendall(encoded)
            answer = host.receive_frame(self._control)
        except OSError:
            answer = None
        if answer is None:
            tail = self._stderr_tail()
            self._end_host()
            raise TargetError(f"target {self.app}: its process ended\n{tail}".rstrip())
        reply: dict[str, Any] = answer[0]
        return reply

    def _crashed(self, reason: str) -> Crash:
        """Find out how the child ended, start another, and say so."""
        assert self._channel is not None
        self._channel.close()
        self._channel = None
        if self._forkable:
            status = self._order({"do": "reap"})["exit"]
        else:
            assert self._process is not None
            self._kill()
            status = self._process.wait()
        detail = self._stderr_tail()
        self.start(self._given)
        return Crash(reason or _how_it_ended(status), detail)

    def _bound_stderr(self) -> None:
        if self._stderr is not None and os.fstat(self._stderr.fileno()).st_size > STDERR_KEPT:
            self._stderr.truncate(0)
            self._stderr.seek(0)

    def _stderr_tail(self) -> str:
        if self._stderr is None:
            return ""
        size = os.fstat(self._stderr.fileno()).st_size
        data = os.pread(self._stderr.fileno(), 4000, max(0, size - 4000))
        return "\n".join(data.decode("utf-8", "replace").strip().splitlines()[-8:])

    def _kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _end_host(self) -> None:
        process, self._process = self._process, None
        if self._control is not None:
            self._control.close()  # the host ends its child, then itself
            self._control = None
        if process is not None:
            try:
                process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if self._stderr is not None:
            self._stderr.close()
            self._stderr = None
        self._surroundings.close()


def _how_it_ended(status: int | None) -> str:
    if status is None:
        return "died"
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"ended with exit status {status}"
