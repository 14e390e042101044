"""Imports modules before any program wants them, but only those whose import nobody could tell from a later one.

Each is imported in a child first, under watch: what changes the process, or looks at what differs from request to
request, is left to the programs.
"""
# Python 2.7 knows neither annotations nor newer spellings.
# mypy: ignore-errors
# ruff: noqa: F821, SIM905, UP004, UP031

import _io
import gc
import os
import sys

try:
    import _signal as signal
except ImportError:
    import signal

PYTHONS = part("pythons")
PY2, text, source_file = PYTHONS.PY2, PYTHONS.text, PYTHONS.source_file
flush = part("leaving").flush


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
