"""Serve one WSGI application to the harness, in the target's own Python: `host.py CONTROL-FD MODULE:APP CONTROLS`.

Runs by path in interpreters (3.8 and later) that may not have the harness installed, so: standard library only, and
nothing of ours but the module at the path CONTROLS (inside.py) and the one beside this (call.py), which are loaded by
path. The application is imported once; each scenario is served by a forked child, so that no request sees what an
earlier scenario left in memory. Frames in both directions are two lengths (big-endian), a JSON head, and raw bytes.

Control: {"do": "fork"}, or {"do": "inline"} where it cannot be forked, with a socket attached; {"do": "reap"}. A closed
control socket ends the host and its child.
"""

from __future__ import annotations

import ast
import atexit
import importlib.util
import json
import os
import signal
import socket
import struct
import sys
import threading
import time
import traceback
from functools import partial
from typing import Any

LENGTHS = struct.Struct("!II")
NUMBER = struct.Struct("i")
CHUNK = 1 << 16
CALL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "call.py")
REACH = "HARNESS_REACH"  # names the module that tells which lines run, where somebody wants to know (harness/reach)


def packed(head: bytes, body: bytes = b"") -> bytes:
    """Return one frame; `head` is JSON."""
    return LENGTHS.pack(len(head), len(body)) + head + body


def send_frame(channel: socket.socket, head: dict[str, Any], body: bytes = b"") -> None:
    """Send one frame."""
    channel.sendall(packed(json.dumps(head).encode("ascii"), body))


def receive_exactly(channel: socket.socket, size: int) -> bytes | None:
    """Receive `size` bytes; None at the end of the stream."""
    parts = []
    while size:
        part = channel.recv(min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def receive_frame(channel: socket.socket) -> tuple[dict[str, Any], bytes] | None:
    """Receive one frame as (head, body); None at the end of the stream."""
    frame = receive_whole(channel)
    return None if frame is None else head_and_body(frame)


def head_and_body(frame: bytes) -> tuple[dict[str, Any], bytes]:
    """Take a frame apart."""
    head_end = LENGTHS.size + LENGTHS.unpack_from(frame)[0]
    return json.loads(frame[LENGTHS.size : head_end]), frame[head_end:]


def receive_whole(channel: socket.socket) -> bytes | None:
    """Receive one frame as it is; None at the end of the stream.

    The next frame is only sent when this one was answered: what comes in one piece can be taken in one.
    """
    data = channel.recv(CHUNK)
    while 0 < len(data) < LENGTHS.size:
        more = channel.recv(CHUNK)
        data = data + more if more else b""
    if not data:
        return None
    head_size, body_size = LENGTHS.unpack_from(data)
    missing = LENGTHS.size + head_size + body_size - len(data)
    if not missing:
        return data
    rest = receive_exactly(channel, missing)
    return None if rest is None else data + rest


def load_application(target: str) -> Any:
    """Return what `module:name`, `module:name.attribute` or `module:factory("arg")` means (gunicorn's syntax)."""
    module_name, _, expression = target.partition(":")
    module = importlib.import_module(module_name)
    node = ast.parse(expression or "application", mode="eval").body
    if isinstance(node, ast.Call):
        factory = look_up(module, node.func, target)
        return factory(
            *[ast.literal_eval(argument) for argument in node.args],
            **{keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords if keyword.arg},
        )
    return look_up(module, node, target)


def look_up(module: Any, node: ast.expr, target: str) -> Any:
    """Follow a dotted name from a module."""
    if isinstance(node, ast.Name):
        return getattr(module, node.id)
    if isinstance(node, ast.Attribute):
        return getattr(look_up(module, node.value, target), node.attr)
    raise ValueError(f"{target!r} is not MODULE:NAME or MODULE:FACTORY(LITERALS)")


def serve(answer: Any, channel: socket.socket, controls: Any) -> None:
    """Answer frames from the channel until its other end closes; `controls` begins each exchange, or is None."""
    while True:
        frame = receive_frame(channel)
        if frame is None:
            return
        if controls is not None:
            controls.begin()
        head, body = answer(*frame)
        sys.stderr.flush()
        send_frame(channel, head, body)


def obstacles_to_forking() -> list[str]:
    """Say why this process must not be forked: threads and open connections do not survive it."""
    reasons: list[str] = []
    if threading.active_count() > 1:
        reasons.append("a thread was started at import")
    if open_sockets() > 1:  # the control socket itself
        reasons.append("a connection was opened at import")
    return reasons


def open_sockets() -> int:
    """Count this process's open sockets; 1 where the system does not tell (the control socket is there anyway)."""
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:
        return 1
    count = 0
    for name in names:
        try:
            count += os.readlink("/proc/self/fd/" + name).startswith("socket:")
        except OSError:
            continue  # the descriptor that listdir itself used
    return count


class Host:
    """The process that imported the application and forks a child for each scenario."""

    def __init__(self, control: socket.socket, answer: Any, controls: Any) -> None:
        self.control = control
        self.answer = answer
        self.controls = controls
        self.child = 0

    def run(self) -> None:
        """Obey control messages until the harness is gone."""
        while True:
            message, descriptors = self.receive()
            if message is None:
                self.end_child(signal.SIGKILL)
                return
            if message["do"] == "fork":
                self.fork(socket.socket(fileno=descriptors[0]))
            elif message["do"] == "inline":  # cannot be forked: this process serves the one scenario itself
                if self.controls is not None:
                    self.controls.root()
                send_frame(self.control, {"pid": os.getpid()})
                serve(self.answer, socket.socket(fileno=descriptors[0]), self.controls)
                return
            else:
                send_frame(self.control, {"exit": self.end_child(signal.SIGTERM)})

    def receive(self) -> tuple[dict[str, Any] | None, list[int]]:
        """Receive one control message and the socket attached to it; (None, []) when the harness is gone."""
        data, attached, _, _ = self.control.recvmsg(LENGTHS.size, socket.CMSG_SPACE(NUMBER.size))
        descriptors = [NUMBER.unpack(content)[0] for _, kind, content in attached if kind == socket.SCM_RIGHTS]
        if not data:
            return None, []
        while len(data) < LENGTHS.size:
            data += self.control.recv(LENGTHS.size - len(data))
        head_size, body_size = LENGTHS.unpack(data)
        head = receive_exactly(self.control, head_size)
        receive_exactly(self.control, body_size)
        return (json.loads(head) if head else None), descriptors

    def fork(self, channel: socket.socket) -> None:
        """Serve the channel in a new child, which itself says when it can be asked; an old one goes."""
        self.end_child(signal.SIGKILL)
        self.child = os.fork() if self.controls is None else self.controls.fork()
        if self.child:
            channel.close()
            return
        os.setpgid(0, 0)
        send_frame(self.control, {"pid": os.getpid()})
        self.control.close()
        try:
            serve(self.answer, channel, self.controls)
        finally:
            sys.stderr.flush()
            os._exit(0)

    def end_child(self, with_signal: int) -> int | None:
        """End and reap the child; return its exit status (negative: the signal), None if there was none."""
        if not self.child:
            return None
        pid, self.child = self.child, 0
        done, status = wait_briefly(pid)
        if not done:
            try:
                os.killpg(pid, with_signal)
            except ProcessLookupError:
                pass
            done, status = wait_briefly(pid)
        if not done:
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def wait_briefly(pid: int) -> tuple[bool, int]:
    """Wait up to half a second for a child; return (True, status) or (False, 0)."""
    for _ in range(100):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return True, status
        time.sleep(0.005)
    return False, 0


def loaded(name: str, path: str) -> Any:
    """Return the module at a path, by a name that no application uses; its folder is none that modules come from."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Take hold of the surroundings, import the application, say so, obey."""
    control = socket.socket(fileno=int(sys.argv[1]))
    sys.path[0] = os.getcwd()  # gunicorn puts the working directory first, not the script's
    try:
        controls = loaded("harness_inside", sys.argv[3]).enter()
        answered = loaded("harness_call", CALL).answered
        reach = loaded("harness_reach", os.environ[REACH]).enter() if os.environ.get(REACH) else None
        application = load_application(sys.argv[2])
        if not callable(application):
            raise TypeError(f"{sys.argv[2]} is not callable")
    except BaseException as error:
        traceback.print_exc()
        send_frame(control, {"failed": f"{type(error).__name__}: {error}"})
        return
    means = {} if controls is None else controls.means
    send_frame(control, {"ready": True, "obstacles": obstacles_to_forking(), "controls": means})
    answer = partial(answered, application)
    Host(control, answer if reach is None else reach.watching(answer), controls).run()
    end()


def end() -> None:
    """End at once, after what the application registered for it: to free all that was imported takes long."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
