"""The interpreter that waits for requests: forks once for each, and the child becomes the program. Python 2.7 and 3.6+.

Comes in: messages and descriptors on an inherited socket. Goes out: children that behave as `python script` would, and
a reply to each message. Imports nothing of compat and as little as it can: what is loaded here is loaded in every
program. It keeps no thread, no signal handler and no state of a request; the server's side of it is `keeper`.
"""
# Python 2.7 knows neither annotations nor newer spellings.
# mypy: ignore-errors
# ruff: noqa: B905, E402, S102, S110, SIM905, UP004, UP031

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

PY2 = sys.version_info[0] == 2
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
NAMES = ("<stdin>", "<stdout>", "<stderr>")


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
        own = os.path.dirname(os.path.realpath(__file__))
        if sys.path and sys.path[0] == own:
            sys.path[0] = text(folders[0])
        if len(os.listdir("/proc/self/task")) > 1:
            self.reply(b"cannot", b"a thread runs after the interpreter's start")
            return
        found = Preload(text(folders[0])).load(wanted, list(zip(learned[::2], learned[1::2])))
        self.settle()
        flush()
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
            program = Program(self.code(stamp, path), path, self.loaded, self.lasting)
            os.chdir(folder)
            attach(descriptors)
            program.kept = (request, descriptors, pipe)
            ours = sum(self.learning.values(), self.own + pipe)
            program.prepare(words, command, variables + self.added)
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
                set_limits(limits)
            if self.sigchld != signal.SIG_DFL:
                signal.signal(signal.SIGCHLD, self.sigchld)
            if pipe:
                program.report = "/proc/%d/fd/%d" % (os.getppid(), pipe[1])
                program.pid = os.getpid()
            if self.anew:
                restart()
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
        self.lasting = lasting(self.loaded)
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
        return [recvfd(self.control) for _ in NAMES] if PY2 else self.passed

    def reply(self, *words):
        """Send one message."""
        data = b"".join(word + b"\0" for word in words)
        data = ("%08x" % len(data)).encode() + data
        while data:
            data = data[os.write(self.control, data) :]


class Preload(object):
    """Imports modules in advance, but only those whose import nobody could tell from a later one."""

    def __init__(self, folder):
        self.folder = folder + "/"
        names = ("site-packages", "dist-packages")
        places = [os.path.dirname(os.__file__)] + [place for place in sys.path if os.path.basename(place) in names]
        self.places = [place + "/" for place in places]

    def load(self, wanted, learned):
        """Import; return a word for each file that must not change (`own` or `lib`), and for each wanted module that
        had to be left out.
        """
        before = set(sys.modules)
        words, names = [], []
        for name in wanted:
            names.append((text(name), None))
        # The start of the log's clock is the one thing taken at import that is put right afterwards: logging first.
        for name, file in sorted(learned, key=lambda pair: pair[0] != b"logging"):
            if self.of_library(text(file)):
                names.append((text(name), text(file)))
        fault = self.trial(names)
        while fault:
            position, reason = fault
            kind = "left" if names[position][1] is None else "skipped"
            words.append(("%s %s: %s" % (kind, names[position][0], reason)).encode())
            del names[position]
            fault = self.trial(names)
        for name, _ in names:
            __import__(name)
        return words + [word for name in set(sys.modules) - before for word in self.watched(name)]

    def of_library(self, file):
        """Whether a file belongs to the interpreter or its site packages, and not to the program."""
        places = [place for place in self.places if file.startswith(place)]
        if file.startswith(self.folder):  # its own folder may hold a virtual environment
            places = [place for place in places if place.startswith(self.folder)]
        return bool(places)

    def watched(self, name):
        """Return words for a loaded module's file, and for the files in the program's folder that would hide it."""
        file = source_file(sys.modules[name])
        if file is None:
            return []
        hiding = self.folder + name.partition(".")[0]
        words = ["own " + file] if not self.of_library(file) else ["lib " + file, "lib " + hiding, "lib %s.py" % hiding]
        return [word if PY2 else os.fsencode(word) for word in words]

    def trial(self, names):
        """Import all in a child of its own. Return the position of the first that does not just load, and why."""
        if not names:
            return None
        flush()
        said = os.fstat(1).st_size
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reading)
            try:
                for position, (name, file) in enumerate(names):
                    os.write(writing, ("\n%d " % position).encode())
                    reason = self.told(name, file)
                    if reason:
                        os.write(writing, reason.replace("\n", " ")[:1000].encode("utf-8", "replace"))
                        break
                else:
                    os.write(writing, b"\n")
            finally:
                os._exit(0)
        os.close(writing)
        with _io.open(reading, "rb") as answer:
            last = answer.read().decode("utf-8", "replace").split("\n")[-1]
        os.waitpid(pid, 0)
        os.ftruncate(1, said)  # what the trial printed is no noise of the interpreter's start
        os.lseek(1, said, 0)
        if not last:
            return None
        position, _, reason = last.partition(" ")
        return int(position), reason or "it ended the interpreter"

    def told(self, name, file):
        """Import one module in the trial; return how a program could tell, None where it could not."""
        seen = set()
        before, known = state(), set(sys.modules)
        try:
            with Watch(seen):
                __import__(name)
        except BaseException as error:
            return "%s: %s" % (type(error).__name__, error)
        after = state()
        for what in sorted(before):
            if before[what] not in (None, after[what]):
                return "its import changes the %s" % what
        if file is None:
            return None
        if seen and name != "logging":
            return "its import looks at %s" % ", ".join(sorted(seen))
        if source_file(sys.modules.get(name)) != file:
            return "it is another file"
        for other in set(sys.modules) - known:
            place = source_file(sys.modules[other])
            if place and not self.of_library(place):
                return "it imports %s" % place
        return None


class Watch(object):
    """Notes, while a module is imported, what it looks at that differs from request to request."""

    CALLS = ("os.urandom os.getpid os.getppid os.getcwd time.time time.time_ns time.monotonic time.localtime").split()

    def __init__(self, seen):
        self.seen = seen
        self.kept = []

    def __enter__(self):
        import time

        for path in self.CALLS:
            owner, name = {"os": os, "time": time}[path.partition(".")[0]], path.partition(".")[2]
            if hasattr(owner, name):
                self.replace(owner, name, Noted(getattr(owner, name), self.seen, path))
        data = "data" if PY2 else "_data"
        self.variables = getattr(os.environ, data)
        self.noted = NotedVariables(self.variables)
        self.noted.seen = self.seen
        for owner in (os.environ,) if PY2 else (os.environ, os.environb):
            self.replace(owner, data, self.noted)
        warnings = sys.modules.get("warnings")
        if warnings:
            self.replace(warnings, "showwarning", Noted(lambda *words, **more: None, self.seen, "warnings"))

    def replace(self, owner, name, value):
        """Put a value in a place, until the end."""
        self.kept.append((owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    def __exit__(self, *error):
        for owner, name, value in self.kept:
            setattr(owner, name, value)
        self.variables.clear()
        self.variables.update(dict.items(self.noted))


class Noted(object):
    """A function whose calls are noted. Not a function itself, so that it never becomes a method."""

    def __init__(self, function, seen, name):
        self.function, self.seen, self.name = function, seen, name

    def __call__(self, *words, **more):  # noqa: D102
        self.seen.add(self.name)
        return self.function(*words, **more)


class NotedVariables(dict):
    """The environment, with a note of which variables are looked at. What decides at the start is no news."""

    STARTUP = ("PYTHON", "LANG", "LC_", "LD_", "MALLOC_", "OPENSSL_", "HOME", "PATH", "TZ")

    def note(self, name):
        """Note one variable."""
        name = name if PY2 else os.fsdecode(name)
        if not name.startswith(self.STARTUP):
            self.seen.add("the variable %s" % name)

    def __getitem__(self, name):
        self.note(name)
        return dict.__getitem__(self, name)

    def __contains__(self, name):
        self.note(name)
        return dict.__contains__(self, name)

    def get(self, name, default=None):
        """Look one up."""
        self.note(name)
        return dict.get(self, name, default)

    def __iter__(self):
        self.seen.add("all variables")
        return dict.__iter__(self)

    def keys(self):
        """Return all names."""
        self.seen.add("all variables")
        return dict.keys(self)

    def items(self):
        """Return all variables."""
        self.seen.add("all variables")
        return dict.items(self)


def state():
    """Return what of this process an import must not change."""
    flush()
    mask = os.umask(0)
    os.umask(mask)
    random = sys.modules.get("random")
    return {
        "threads": len(os.listdir("/proc/self/task")),
        "descriptors": sorted(os.listdir("/proc/self/fd")),
        "signals": [signal.getsignal(number) for number in range(1, 32)],
        "environment": dict(os.environ.data if PY2 else os.environ._data),
        "locale": locale(),
        "working directory or mask": (os.getcwd(), mask),
        "path": sys.path[:],
        "streams or hooks": [sys.stdin, sys.stdout, sys.stderr, sys.excepthook, sys.displayhook, sys.argv[:]],
        "output": os.fstat(1).st_size,
        "timer": signal.getitimer(signal.ITIMER_REAL),
        "garbage collection": (gc.isenabled(), gc.get_threshold(), sys.getrecursionlimit()),
        "random numbers": random.getstate() if random else None,
    }


def locale():
    """Return the whole locale as the C library has it."""
    import _locale

    return _locale.setlocale(_locale.LC_ALL)


class Program(object):
    """A program about to run in this process."""

    def __init__(self, code, path, loaded, lasting):
        self.code = code
        self.path = text(path)
        self.loaded = loaded
        self.lasting = lasting
        self.kept = None
        self.report = None  # where to say what was imported
        self.pid = None

    def prepare(self, words, command, variables):
        """Make this process what the interpreter makes of itself before a script's first line; in the zygote still."""
        set_environment(variables)
        sys.argv = [self.path] + [text(word) for word in words]
        if hasattr(sys, "orig_argv"):
            sys.orig_argv = [text(word) for word in command]
        kinds = [kind(os.fstat(number)) for number in range(3)]
        if not PY2 and PREPARED.get("kinds") != kinds:
            open_streams()
            PREPARED["kinds"] = kinds
        names = dict(START)
        names["__doc__"] = None
        names["__file__"] = self.path
        if names.get("__loader__") is not None:
            names["__loader__"] = type(START["__loader__"])("__main__", self.path)
        freeze()  # all but the module: what the program leaves in that is looked for
        module = type(sys)("__main__")
        module.__dict__.clear()
        module.__dict__.update(names)
        sys.modules["__main__"] = module

    def compile(self):
        """Compile the script where it says something, to the one who asked for it."""
        self.code = compile(source(self.path), self.path, "exec", 0, True)


def text(data):
    """Return an argument or a path as this Python has it."""
    return data if PY2 else os.fsdecode(data)


def source(path):
    """Return the bytes of a script."""
    with _io.open(path, "rb") as file:
        return file.read()


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
            remains(True)
            flushed()
    freeze()


def freeze():
    """Keep the garbage collection of children, and the search for what they leave, away from what is here now."""
    if hasattr(gc, "freeze"):
        gc.freeze()


def attach(descriptors):
    """Make the three descriptors this process's input, output and error output."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)


def set_limits(limits):
    """Set resource limits; `limits` are like `cpu=10`."""
    import resource

    for limit in limits:
        name, _, value = limit.decode().partition("=")
        try:
            hard = int(value) + (name == "cpu")  # a second later: with both at once the kernel sends KILL, not XCPU
            resource.setrlimit(getattr(resource, "RLIMIT_" + name.upper()), (int(value), hard))
        except (OSError, ValueError) as error:
            os.write(2, ("cannot set the limit %s=%s: %s\n" % (name, value, error)).encode())
            os._exit(1)


def kind(state):
    """Return what a stream takes from its descriptor when it is opened, so far as it matters for the next."""
    return state.st_mode & 0o170000, state.st_rdev, getattr(state, "st_blksize", 0)


def set_environment(variables):
    """Replace every variable, in this order, for this process and for those it starts. Those that the last request had
    too are left as they are.
    """
    environ = os.environ if PY2 else os.environb
    names = [variable.partition(b"=")[0] for variable in variables]
    known = PREPARED.get("variables")
    if names != PREPARED.pop("names", None) or len(set(names)) != len(names):
        environ.clear()
        known = [None] * len(variables)
    for variable, last in zip(variables, known):
        if variable != last:
            name, _, value = variable.partition(b"=")
            environ[name] = value
    PREPARED.update(names=names, variables=variables)


def open_streams():
    """Make new standard streams as the interpreter does at its start: the descriptors may be of another kind now."""
    for number, (name, old) in enumerate(zip(NAMES, (sys.stdin, sys.stdout, sys.stderr))):
        mode = "wb" if number else "rb"
        unbuffered = isinstance(old.buffer, _io.FileIO)  # the option -u
        buffer = _io.open(number, mode, 0 if unbuffered else -1, None, None, None, False)
        (buffer if unbuffered else buffer.raw).name = name
        through = getattr(old, "write_through", False)
        stream = _io.TextIOWrapper(buffer, old.encoding, old.errors, "\n", old.line_buffering, through)
        stream.mode = mode[0]
        setattr(sys, name[1:-1], stream)
        setattr(sys, "__%s__" % name[1:-1], stream)


def restart():
    """Begin anew what modules took from the moment they were imported: random numbers (`random` does it by itself from
    3.7 on) and the start of the log's clock.
    """
    if "random" in sys.modules and sys.version_info < (3, 7):
        sys.modules["random"].seed()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    if "logging" in sys.modules:
        import time

        logging = sys.modules["logging"]
        logging._startTime = time.time() if isinstance(logging._startTime, float) else time.time_ns()


def report(program):
    """Tell the zygote which modules of the library the program has imported, so that the next one has them. No
    descriptor is kept open for that while it runs.
    """
    if program.report is None or program.pid != os.getpid():
        return
    words = []
    for name, module in list(sys.modules.items()):
        file = source_file(module)
        if name not in program.loaded and file:
            words += [name, file]
    try:
        writing = os.open(program.report, os.O_WRONLY | os.O_NONBLOCK)
        os.write(writing, b"".join((word if PY2 else os.fsencode(word)) + b"\0" for word in words)[:60000])
        os.close(writing)
    except (OSError, UnicodeError):
        pass  # another user by now, another root, or a very long list: nothing is learned this time


def source_file(module):
    """Return the file of a module, its source where that is known."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not os.path.isabs(file):
        return None
    return file[:-1] if file.endswith((".pyc", ".pyo")) else file


def flush():
    """Write out what the program has printed, as the interpreter does after its last line; an error comes up later."""
    for stream in (sys.stderr, sys.stdout):
        try:
            stream.flush()
        except Exception:
            pass


def complain(kind, value, trace):
    """Report what nobody caught, as PyErr_Print does."""
    if not PY2:
        value = value.with_traceback(trace)
        if sys.version_info >= (3, 12):
            sys.last_exc = value
    sys.last_type, sys.last_value, sys.last_traceback = kind, value, trace
    try:
        sys.excepthook(kind, value, trace)
    except SystemExit:
        raise
    except BaseException:
        sys.stderr.write("Error in sys.excepthook:\n")
        inner, error, at = sys.exc_info()
        sys.__excepthook__(inner, error if PY2 else error.with_traceback(at.tb_next), at.tb_next)
        sys.stderr.write("\nOriginal exception was:\n")
        sys.__excepthook__(kind, value, trace)
    flush()


def status_of(code):
    """Return the exit status for SystemExit's code, None where the interpreter must say something about it."""
    if code is None:
        return 0
    return code & 255 if type(code) is int and abs(code) < 1 << 31 else None


def leave(status, interrupted, loaded):
    """End this process as the interpreter would. Returns where only the interpreter can: to take everything apart costs
    ten times the rest, and is needed only where an object is left whose end is seen from outside.
    """
    if not hasattr(gc, "freeze"):
        return  # no way to tell the program's objects from those that were here before
    flush()
    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()
    if "atexit" in sys.modules:
        try:
            sys.modules["atexit"]._run_exitfuncs()
        except BaseException:
            pass  # it has been reported
    if not flushed() or sys.modules["_thread"]._count():
        return
    deeply = PROGRAM.lasting or (imported(loaded) and lasting(set(sys.modules) - loaded))
    left = remains(deeply)
    if left == FOREIGN or interrupted:
        forget(loaded)
        left = remains(deeply)
    if interrupted and flushed():
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    if not left and flushed():
        os._exit(status)


def flushed():
    """Write out what is left to write. False where the interpreter would have to complain."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except BaseException:
            return False
    return True


def forget(loaded):
    """Let go of the program and of what it imported, as the first step of the interpreter's end does."""
    for name in ("stdin", "stdout", "stderr"):
        setattr(sys, name, getattr(sys, "__%s__" % name))
    for name in ("last_exc", "last_type", "last_value", "last_traceback"):
        if hasattr(sys, name):
            setattr(sys, name, None)
    for name in [name for name in sys.modules if name not in loaded or name == "__main__"]:
        del sys.modules[name]
    gc.collect()


def remains(deeply):
    """What the program left whose end somebody may notice: nothing, FOREIGN objects such as connections, which only
    need to go, or OWN ones, where the interpreter's own order matters: files to be written, `__del__`.

    `deeply`: look too at what the garbage collection does not know of, which costs as much as all the rest.
    """
    objects = gc.get_objects()
    kinds = set(map(type, objects))
    if deeply:
        kinds.update(map(type, gc.get_referents(*objects)))
    quiet = set(map(KNOWN.get, kinds)) <= {NOTHING}  # as mostly: then without a call, which would write to pages
    left = NOTHING if quiet else max(map(noticed, kinds))
    if left == OWN or kinds.isdisjoint(STREAM_KINDS):
        return left
    warns = sys.warnoptions or "dev" in sys._xoptions  # of files that were never closed
    standard = standard_streams()
    for each in objects:
        if type(each) in STREAM_KINDS and id(each) not in standard and not each.closed and (warns or each.writable()):
            return OWN
    return left


def imported(loaded):
    """Whether there may be more modules than those. To look at each would write to most pages; a new one is last."""
    if len(sys.modules) != len(loaded) or not hasattr(dict, "__reversed__"):
        return True
    return next(reversed(sys.modules)) not in loaded


def lasting(names):
    """Whether one of these modules makes objects that the garbage collection does not know of and whose end is noticed:
    a few of the library, and all in C from elsewhere.
    """
    for name in names:
        file = getattr(sys.modules.get(name), "__file__", None)
        if isinstance(file, str) and file.endswith(".so") and (name in LASTING or not file.startswith(LIBRARY)):
            return True
    return False


def standard_streams():
    """Return the identities of the standard streams and of what is below them."""
    found = set()
    for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__):
        try:
            found.update([id(stream), id(stream.buffer), id(getattr(stream.buffer, "raw", None))])
        except (AttributeError, ValueError):
            pass  # taken away, or detached
    return found


def noticed(kind):
    """Who notices the end of an object of this type; remembered."""
    if kind not in KNOWN:
        KNOWN[kind] = judged(kind)
    return KNOWN[kind]


def judged(kind):
    """Judge a type. NOTHING: it is made by a class statement without `__del__`, or of a known C type."""
    if kind in QUIET_KINDS or kind in STREAM_KINDS:
        return NOTHING
    if hasattr(kind, "__del__") or kind.__name__ in SUSPENDED:
        return OWN
    if kind.__module__ in QUIET:
        return NOTHING
    names = kind.__dict__
    if "__weakref__" in names or "__slots__" in names or kind.__basicsize__ == kind.__base__.__basicsize__:
        return max(map(judged, kind.__bases__))
    return FOREIGN


NOTHING, FOREIGN, OWN = range(3)
# Modules of C whose objects hold nothing but memory. A type that is missing here only costs time.
QUIET = frozenset(
    (
        "_abc _ast _collections _collections_abc _contextvars _ctypes _datetime _decimal _elementtree _functools"
        " _hashlib _json _operator _queue _random _sre _struct _thread _weakref array builtins collections datetime"
        " decimal functools importlib itertools operator os random re sys time types typing weakref"
    ).split()
)
SUSPENDED = ("generator", "coroutine", "async_generator")
QUIET_KINDS = (_io.StringIO, _io.BytesIO)
STREAM_KINDS = (_io.TextIOWrapper, _io.BufferedReader, _io.BufferedWriter, _io.FileIO)
LASTING = ("_sqlite3", "_dbm", "_gdbm", "_curses", "_tkinter", "readline")
LIBRARY = os.path.dirname(os.__file__) + "/"
KNOWN = {}
PREPARED = {}  # what the last request needed, and the next may find as it is: only children use it, their own copies


ZYGOTE = Zygote(int(sys.argv[1]))
PROGRAM = ZYGOTE.serve()
FAILURE = (None, None, None)
try:
    exec(PROGRAM.code, sys.modules["__main__"].__dict__)
except BaseException:
    FAILURE = sys.exc_info()
    flush()
KIND, ERROR, TRACE = FAILURE
report(PROGRAM)
STATUS = 0
if isinstance(ERROR, SystemExit):
    STATUS = status_of(ERROR.code)
elif KIND:
    complain(KIND, ERROR, TRACE.tb_next)
    STATUS = 1
FAILURE = TRACE = None
if STATUS is not None:
    leave(STATUS, KIND is KeyboardInterrupt and sys.version_info >= (3, 8), PROGRAM.loaded)
if hasattr(gc, "unfreeze"):
    gc.unfreeze()  # the interpreter's end collects everything
if isinstance(ERROR, SystemExit):
    raise ERROR
if STATUS:
    sys.exit(STATUS)
