"""The end of a program: quick where nobody can tell, the interpreter's own where anything is left whose end is noticed.

To take everything apart costs ten times the rest of a request, so what is left is looked at first.
"""
# Python 2.7 knows neither annotations nor newer spellings.
# mypy: ignore-errors
# ruff: noqa: F821, S110, SIM905, UP031

import _io
import gc
import os
import sys

try:
    import _signal as signal
except ImportError:
    import signal

PY2 = part("pythons").PY2


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


def leave(status, interrupted, loaded, deep):
    """End this process as the interpreter would. Returns where only the interpreter can: to take everything apart costs
    ten times the rest, and is needed only where an object is left whose end is seen from outside.

    `loaded` are the modules from before the program, `deep` whether these make objects as `lasting` says.
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
    deeply = deep or (imported(loaded) and lasting(set(sys.modules) - loaded))
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
