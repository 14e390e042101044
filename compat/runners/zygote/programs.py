"""What makes a process the program that it shall be: arguments, variables, streams, an empty `__main__`.

As much as can be is done before the fork: pages that a child writes to are copied, at ten times the price.
"""
# Python 2.7 knows neither annotations nor newer spellings.
# mypy: ignore-errors
# ruff: noqa: B905, F821, UP004, UP031

import _io
import gc
import os
import sys

PYTHONS = part("pythons")
PY2, text, source, source_file = PYTHONS.PY2, PYTHONS.text, PYTHONS.source, PYTHONS.source_file

NAMES = ("<stdin>", "<stdout>", "<stderr>")
PREPARED = {}  # what the last request needed, and the next may find as it is: only children use it, their own copies


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

    def prepare(self, start, words, command, variables):
        """Make this process what the interpreter makes of itself before a script's first line; in the zygote still.

        `start` is what the interpreter puts into every `__main__`.
        """
        set_environment(variables)
        sys.argv = [self.path] + [text(word) for word in words]
        if hasattr(sys, "orig_argv"):
            sys.orig_argv = [text(word) for word in command]
        kinds = [kind(os.fstat(number)) for number in range(3)]
        if not PY2 and PREPARED.get("kinds") != kinds:
            open_streams()
            PREPARED["kinds"] = kinds
        names = dict(start)
        names["__doc__"] = None
        names["__file__"] = self.path
        if names.get("__loader__") is not None:
            names["__loader__"] = type(start["__loader__"])("__main__", self.path)
        freeze()  # all but the module: what the program leaves in that is looked for
        module = type(sys)("__main__")
        module.__dict__.clear()
        module.__dict__.update(names)
        sys.modules["__main__"] = module

    def compile(self):
        """Compile the script where it says something, to the one who asked for it."""
        self.code = compile(source(self.path), self.path, "exec", 0, True)


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


def freeze():
    """Keep the garbage collection of children, and the search for what they leave, away from what is here now."""
    if hasattr(gc, "freeze"):
        gc.freeze()
