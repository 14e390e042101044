"""READ FIRST: the interpreter that waits for requests: forks once for each, and the child becomes the program.

    preload (what programs will want) -> message -> prepare -> fork -> the program -> its end

Comes in: messages and descriptors on an inherited socket. Goes out: children that behave as `python script` would, and
a reply to each message. Imports nothing of compat and as little as it can: what is loaded here is loaded in every
program. It keeps no thread, no signal handler and no state of a request; the server's side of it is `keeper`. Python
2.7 and 3.6+.
"""
# Python 2.7 knows neither annotations nor newer spellings.
# mypy: ignore-errors
# ruff: noqa: B905, E402, S102, UP004, UP031

START = dict(globals())  # what the interpreter puts into every __main__; first, before anything else is in it

import _io
import _socket
import gc
import os
import sys

try:
    import _signal as signal
except ImportError:
    import signal

FOLDER = os.path.dirname(os.path.realpath(__file__))
PARTS = {}


def part(name):
    """Return a file beside this one as a module, loaded once. No program finds it: it is not in sys.modules."""
    if name not in PARTS:
        path = os.path.join(FOLDER, name + ".py")
        with _io.open(path, "rb") as file:
            data = file.read()
        PARTS[name] = type(sys)(name)
        PARTS[name].__dict__.update(__file__=path, part=part)
        exec(compile(data, path, "exec", 0, True), PARTS[name].__dict__)
    return PARTS[name]


pythons, preload, programs, leaving = map(part, ("pythons", "preload", "programs", "leaving"))
PY2, text, source = pythons.PY2, pythons.text, pythons.source
if PY2:
    # The only way to take a descriptor. It brings half of multiprocessing along, and opens /dev/urandom: no program
    # shall find either.
    BEFORE, OPENED = set(sys.modules), set(os.listdir("/proc/self/fd"))
    from _multiprocessing import recvfd

    BROUGHT = [sys.modules.pop(name) for name in set(sys.modules) - BEFORE]  # kept alive: their code may be in use
    for descriptor in set(os.listdir("/proc/self/fd")) - OPENED:
        try:
            os.close(int(descriptor))
        except OSError:
            pass  # the one that listed them

HEADER = 8
REHEARSALS = 10


class Unsuited(Exception):
    """This request is for the exec runner; the message says why."""


class Zygote(object):
    """The state between requests: the socket, compiled scripts, and what was so when the interpreter started."""

    def __init__(self, control):
        self.control = control
        self.socket = None if PY2 else _socket.socket(fileno=control)
        self.passed = []
        self.codes = {}
        self.added = []
        self.learning = {}
        self.loaded = frozenset()
        self.anew = True
        self.lasting = True
        self.own = (control, os.dup(0), os.dup(1), os.dup(2))
        self.sigchld = signal.getsignal(signal.SIGCHLD)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # children must stay until they are waited for

    def serve(self):
        """Answer messages until the adapter is gone. Returns in each child, with the program it shall be."""
        while True:
            (words, rest) = self.receive()
            if words[0] == b"run":
                program = self.run(rest)
                if program:
                    return program
            elif words[0] == b"wait":
                pid = int(words[1])
                self.reply(b"exit", str(os.waitpid(pid, 0)[1]).encode(), *self.learnt(pid))
            elif words[0] == b"reap":
                os.waitpid(int(words[1]), 0)
            elif words[0] == b"begin":
                self.begin(*rest)

    def begin(self, startup, folders, wanted, learned):
        """Take over the settings that hold for every request, and import what programs will want."""
        given = dict(item.partition(b"=")[::2] for item in startup)
        now = os.environ if PY2 else os.environb
        # What the interpreter itself has set (LC_CTYPE, PEP 538) every program sees after its own variables.
        self.added = [name + b"=" + now[name] for name in now if given.get(name) != now[name]]
        if sys.path and sys.path[0] == FOLDER:
            sys.path[0] = text(folders[0])
        if len(os.listdir("/proc/self/task")) > 1:
            self.reply(b"cannot", b"a thread runs after the interpreter's start")
            return
        found = preload.Preload(text(folders[0])).load(wanted, list(zip(learned[::2], learned[1::2])))
        self.settle()
        leaving.flush()
        self.reply(b"ready", b"1" if PY2 else b"3", *found)

    def learnt(self, pid):
        """Return what an ended child has reported of its modules, names and files in turn."""
        if pid not in self.learning:
            return []
        reading, writing = self.learning.pop(pid)
        os.close(writing)
        data = os.read(reading, 1 << 20)
        os.close(reading)
        return data.split(b"\0")[:-1]

    def run(self, request):
        """Fork; the parent replies with the child's number, the child returns its program.

        As much as can be is done before the fork: pages that the child writes to are copied, at ten times the price.
        For the same reason the child lets go of nothing that it got: to free it would be to write.
        """
        descriptors = self.descriptors()
        (stamp, path, folder, learn), command, words, limits, variables = request
        pipe = tuple(os.pipe()) if learn else ()
        try:
            program = programs.Program(self.code(stamp, path), path, self.loaded, self.lasting)
            os.chdir(folder)
            programs.attach(descriptors)
            program.kept = (request, descriptors, pipe)
            ours = sum(self.learning.values(), self.own + pipe)
            program.prepare(START, words, command, variables + self.added)
            pid = os.fork()
        except (Unsuited, OSError) as error:
            pid = None
            reason = str(error)
        if pid == 0:
            if self.socket:
                self.socket.detach()
            for descriptor in ours:
                os.close(descriptor)
            os.setpgid(0, 0)
            if limits:
                programs.set_limits(limits)
            if self.sigchld != signal.SIG_DFL:
                signal.signal(signal.SIGCHLD, self.sigchld)
            if pipe:
                program.report = "/proc/%d/fd/%d" % (os.getppid(), pipe[1])
                program.pid = os.getpid()
            if self.anew:
                programs.restart()
            if program.code is None:
                program.compile()
            return program
        for number, descriptor in enumerate(self.own[1:]):
            os.dup2(descriptor, number)
        if pid is None:
            for descriptor in pipe:
                os.close(descriptor)
            self.reply(b"cannot", reason.encode("utf-8", "replace"))
        else:
            if pipe:
                self.learning[pid] = pipe
            self.reply(b"pid", str(pid).encode())
        return None

    def code(self, stamp, path):
        """Return the compiled script; `stamp` changes whenever the file does, and is empty for one that may still.

        None: compiling it says something on the error output, so each child must do that itself.
        """
        if path not in self.codes or self.codes[path][0] != stamp or not stamp:
            self.codes[path] = (stamp, compiled(path))
            self.settle()
        return self.codes[path][1]

    def settle(self):
        """Take stock of what is loaded, and make it cheap to share."""
        self.loaded = frozenset(sys.modules)
        self.anew = not self.loaded.isdisjoint(("random", "numpy.random", "logging"))
        self.lasting = leaving.lasting(self.loaded)
        settle()

    def receive(self):
        """Return the next message: its words, and its other sections."""
        sections = self.read(int(self.header(), 16))
        lengths, _, data = sections.partition(b"\n")
        found, start = [], 0
        for length in map(int, lengths.split()):
            found.append(data[start : start + length].split(b"\0")[:-1])
            start += length
        return found[0], found[1:]

    def read(self, size):
        """Return exactly so many bytes. Where the adapter is gone, nobody needs this process any more."""
        data = b""
        while len(data) < size:
            piece = os.read(self.control, size - len(data))
            if not piece:
                os._exit(0)
            data += piece
        return data

    def header(self):
        """Return the header of the next message, and keep the descriptors that came with it."""
        if PY2:
            return self.read(HEADER)
        data, ancillary = self.socket.recvmsg(HEADER, _socket.CMSG_SPACE(12))[:2]
        if not data:
            os._exit(0)
        if ancillary:
            numbers = ancillary[0][2]
            self.passed = [int.from_bytes(numbers[at : at + 4], sys.byteorder) for at in (0, 4, 8)]
        return data + self.read(HEADER - len(data))

    def descriptors(self):
        """Return the three descriptors of a message. For Python 2.7, which can only take them one by one, they follow
        it.
        """
        return [recvfd(self.control) for _ in range(3)] if PY2 else self.passed

    def reply(self, *words):
        """Send one message."""
        data = b"".join(word + b"\0" for word in words)
        data = ("%08x" % len(data)).encode() + data
        while data:
            data = data[os.write(self.control, data) :]


def compiled(path):
    """Return the code of a script, None where compiling it says something. Raises Unsuited where it does not compile:
    only a real start reports that in the interpreter's own words.
    """
    name = text(path)
    data = source(path)
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.dup2(writing, 2)
        try:
            compile(data, name, "exec", 0, True)
            sys.stderr.flush()
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    said = os.read(reading, 1)
    os.close(reading)
    if os.waitpid(pid, 0)[1]:
        raise Unsuited("the script does not compile")
    return None if said else compile(data, name, "exec", 0, True)


def settle():
    """Make what is loaded cheap to share with children: all that happens here for the first time need not happen in
    each of them, and write to pages that are then copied.
    """
    gc.collect()
    if hasattr(gc, "freeze"):
        for _ in range(REHEARSALS):
            leaving.remains(True)
            leaving.flushed()
    programs.freeze()


ZYGOTE = Zygote(int(sys.argv[1]))
PROGRAM = ZYGOTE.serve()
FAILURE = (None, None, None)
try:
    exec(PROGRAM.code, sys.modules["__main__"].__dict__)
except BaseException:
    FAILURE = sys.exc_info()
    leaving.flush()
KIND, ERROR, TRACE = FAILURE
programs.report(PROGRAM)
STATUS = 0
if isinstance(ERROR, SystemExit):
    STATUS = leaving.status_of(ERROR.code)
elif KIND:
    leaving.complain(KIND, ERROR, TRACE.tb_next)
    STATUS = 1
FAILURE = TRACE = None
if STATUS is not None:
    interrupted = KIND is KeyboardInterrupt and sys.version_info >= (3, 8)
    leaving.leave(STATUS, interrupted, PROGRAM.loaded, PROGRAM.lasting)
if hasattr(gc, "unfreeze"):
    gc.unfreeze()  # the interpreter's end collects everything
if isinstance(ERROR, SystemExit):
    raise ERROR
if STATUS:
    sys.exit(STATUS)
