"""One hazard for a runner after another, by name: what a program may see, do, or leave behind. Python 2.7 and 3."""
from __future__ import print_function

import os
import sys


def start():
    """What the interpreter found at its start."""
    print(sys.version, sys.executable, sys.prefix, sys.argv, getattr(sys, "orig_argv", None), sys.path)
    print(sys.flags, sys.warnoptions, getattr(sys, "_xoptions", None), sys.dont_write_bytecode, sys.getfilesystemencoding())
    print(sys.byteorder, sys.getdefaultencoding(), sys.maxsize, sys.hexversion)


def streams():
    """The standard streams."""
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        assert stream is getattr(sys, "__%s__" % name)
        for key in ("name", "mode", "encoding", "errors", "line_buffering", "write_through", "newlines", "closed"):
            print(name, key, getattr(stream, key, None))
        buffer = getattr(stream, "buffer", None)
        raw = getattr(buffer, "raw", buffer)
        print(type(stream), type(buffer), type(raw), getattr(raw, "name", None), getattr(raw, "mode", None))
        print(stream.isatty(), getattr(raw, "closefd", None), os.fstat(stream.fileno()).st_mode)
        if sys.version_info[0] > 2:
            print(stream, stream.seekable(), stream.readable(), stream.writable())


def main_module():
    """The names of __main__."""
    import __main__

    for name, value in sorted(globals().items()):
        if name.startswith("__"):
            print(name, type(value), value if name in ("__name__", "__file__", "__doc__", "__package__") else "")
    print(__main__.__dict__ is globals(), sys.modules["__main__"] is __main__, type(__main__), __main__.hazards is hazards)
    print(getattr(__builtins__, "__name__", None), getattr(globals().get("__loader__"), "path", None))


def environment():
    """The variables, here and for those who are started from here."""
    import subprocess

    print(sorted(os.environ.items()) == sorted(os.environ.copy().items()))
    print(list(getattr(os, "environb", os.environ).items()))
    sys.stdout.flush()
    subprocess.call(["/usr/bin/env"])
    os.environ["ADDED"] = "1"
    del os.environ["ADDED"]
    os.environ["KEPT"] = "2"
    os.system("echo $ADDED $KEPT")


def process():
    """Folder, mask, group, session, signals, descriptors, limits."""
    import resource
    import signal

    print(os.getcwd(), os.getpgrp() == os.getpid(), os.getsid(0) == os.getpid(), os.umask(0))
    for line in open("/proc/self/status"):
        if line.startswith(("SigB", "SigI", "SigC", "Shd", "Uid", "Gid", "Threads", "Umask", "NoNewPrivs", "Groups")):
            print(line)
    print([signal.getsignal(number) for number in range(1, signal.NSIG) if number != 32 and number != 33])
    listed = sorted(int(name) for name in os.listdir("/proc/self/fd"))
    print([number for number in listed if os.path.exists("/proc/self/fd/%d" % number)])
    print([(name, resource.getrlimit(getattr(resource, name))) for name in dir(resource) if name.startswith("RLIMIT_")])


def collector():
    """Garbage collection and threads are as new."""
    import gc
    import threading

    print(gc.isenabled(), gc.get_threshold(), gc.get_debug(), len(gc.garbage))
    print(threading.active_count(), threading.current_thread().name, len(os.listdir("/proc/self/task")))


def body():
    """Standard input, in lines of every kind."""
    print(repr(sys.stdin.readline()), repr(sys.stdin.read(3)), repr(sys.stdin.read()))


def order():
    """All the ways to print, one after another."""
    sys.stdout.write("one\n")
    sys.stdout.flush()
    os.write(1, b"two\n")
    os.system("echo three")
    getattr(sys.stdout, "buffer", sys.stdout).write(b"four\n")
    sys.stdout.write("five")
    os.write(1, b"before five\n")


def much():
    """More than a buffer holds, with something unbuffered in between."""
    for number in range(3000):
        sys.stdout.write("%d\n" % number)
        if number % 1000 == 0:
            os.write(1, b"----\n")


def words():
    """Text that an encoding may not have."""
    sys.stdout.write(u"caf\xe9 \u20ac\n")


def surrogate():
    """Text that no encoding has."""
    sys.stdout.write(u"\udc80" if sys.version_info[0] > 2 else u"\udc80".encode("utf-8"))


def neighbour():
    """A module from the program's own folder, changed for this request only."""
    import neighbour

    neighbour.WORDS.append("again")
    print(neighbour.WORDS, neighbour.__name__, os.path.basename(neighbour.__file__).split(".")[0])


def raised():
    """An exception that nobody catches."""
    def inner(depth):
        if depth:
            inner(depth - 1)
        raise ValueError("of the program")

    print("so far")
    inner(2)


def chained():
    """An exception while another is handled."""
    try:
        {}["missing"]
    except KeyError:
        raise RuntimeError("because")


def syntax():
    """Code that does not compile, inside."""
    exec("a b")


def interrupted():
    """What Control-C does."""
    print("so far")
    raise KeyboardInterrupt


def exit_none():
    """The plain end."""
    sys.exit()


def exit_three():
    """An exit status."""
    print("so far")
    sys.exit(3)


def exit_large():
    """An exit status that does not fit."""
    sys.exit(256 + 7)


def exit_negative():
    """A negative exit status."""
    sys.exit(-1)


def exit_text():
    """A message for an exit status."""
    sys.exit("no more")


def exit_true():
    """A truth for an exit status."""
    sys.exit(True)


def exit_object():
    """Something else for an exit status."""
    sys.exit((1, 2))


def exit_bare():
    """SystemExit raised by hand, with two values."""
    raise SystemExit(1, 2)


def at_once():
    """The end without any cleaning up."""
    sys.stdout.write("lost")
    os._exit(5)


def killed():
    """Death by a signal that cannot be caught."""
    os.write(1, b"so far\n")
    os.kill(os.getpid(), 9)


def terminated():
    """Death by a signal that nobody caught."""
    os.write(1, b"so far\n")
    os.kill(os.getpid(), 15)


def aborted():
    """Death by abort."""
    os.abort()


def pipe():
    """SIGPIPE is an error here, and a signal in a program started from here."""
    os.system("yes | head -1")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        os.write(writing, b"x")
    except OSError as error:
        print(error)


def alarm():
    """An alarm rings here."""
    import signal
    import time

    rung = []

    def ring(number, frame):
        rung.append(number)
        print("rang", number, frame.f_code.co_name)

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    limit = time.time() + 5
    while not rung and time.time() < limit:
        pass


def at_exit():
    """What is registered for the end, in reverse order."""
    import atexit

    atexit.register(lambda: sys.stdout.write("first\n"))
    atexit.register(lambda: sys.stdout.write("second\n"))


def at_exit_raises():
    """An error at the end."""
    import atexit

    def broken():
        raise ValueError("at the end")

    atexit.register(sys.stdout.write, "still\n")
    atexit.register(broken)


def at_exit_exits():
    """An exit during the exit."""
    import atexit

    import threading

    assert threading.active_count() == 1  # 2.7 says something more where threading is loaded
    atexit.register(lambda: sys.exit(9))
    sys.exit(4)


def thread():
    """A thread that outlives the last line is waited for."""
    import threading
    import time

    def work():
        time.sleep(0.1)
        print("worked")

    threading.Thread(target=work).start()
    print("last line")


def thread_raises():
    """An exception in a thread."""
    import threading

    def work():
        raise ValueError("in a thread")

    running = threading.Thread(target=work, name="worker")
    running.start()
    running.join()


def daemon():
    """A daemon thread ends with the program."""
    import threading
    import time

    running = threading.Thread(target=time.sleep, args=(60,))
    running.daemon = True
    running.start()
    print("last line")


class Dying(object):
    """Says when it goes."""

    def __init__(self, name):
        self.name = name

    def __del__(self):
        os.write(1, b"gone " + self.name + b"\n")


def finaliser():
    """Objects that say something when they go, left in globals and in cycles."""
    global KEPT, LOOP
    KEPT = Dying(b"global")
    Dying(b"at once")
    if sys.version_info[0] > 2:  # 2.7 never frees such a cycle
        LOOP = [Dying(b"cycle")]
        LOOP.append(LOOP)


def unclosed():
    """A file left open: what was written to it still arrives."""
    global LEFT
    LEFT = os.fdopen(os.dup(1), "w")
    LEFT.write("written and never flushed\n")


def unclosed_elsewhere():
    """The same, held by a module of the library."""
    os.left = os.fdopen(os.dup(1), "w")
    os.left.write("written and never flushed\n")


def weakref_at_end():
    """A finaliser registered with weakref."""
    import weakref

    global HELD
    if hasattr(weakref, "finalize"):
        HELD = Dying(b"held")
        weakref.finalize(HELD, print, "finalised")


def hook():
    """A report of one's own for what nobody catches."""
    def report(kind, value, trace):
        import traceback

        print("caught", kind.__name__, value, [entry[2] for entry in traceback.extract_tb(trace)])

    sys.excepthook = report
    raised()


def hook_raises():
    """A report that fails itself."""
    def report(kind, value, trace):
        raise TypeError("in the hook")

    sys.excepthook = report
    raised()


def hook_exits():
    """A report that exits."""
    def report(kind, value, trace):
        sys.exit(6)

    sys.excepthook = report
    raised()


def cgitb_page():
    """The error page of cgitb."""
    try:
        import warnings

        warnings.simplefilter("ignore")
        import cgitb
    except ImportError:
        return
    sys.stdout = Dated(sys.stdout)
    cgitb.enable(format="text")
    raise ValueError("on a page")


class Dated(object):
    """Passes on what is printed, without what has the date."""

    def __init__(self, stream):
        self.stream = stream

    def write(self, text):
        self.stream.write("\n".join(line for line in text.split("\n") if ": /" not in line and line[13:14] != ":"))

    def flush(self):
        self.stream.flush()


def closed_output():
    """The output closed by the program."""
    print("so far")
    sys.stdout.close()


def lost_output():
    """The output's descriptor closed under the buffer."""
    sys.stdout.write("lost")
    os.close(1)


def no_output():
    """No output at all any more."""
    sys.stdout = None


def warned():
    """Warnings to the error output."""
    import warnings

    warnings.warn("of the program")
    warnings.warn("deprecated here", DeprecationWarning)


def pickled():
    """A class of __main__ there and back."""
    import pickle

    print(type(pickle.loads(pickle.dumps(Dying))), pickle.dumps(Dying, 0))


def sources():
    """The program's own source."""
    import inspect

    print(inspect.getsource(neighbour), inspect.getfile(Dying), __file__)


def random_numbers():
    """The state of random numbers is nobody else's."""
    import random

    state = random.getstate()
    random.seed(1)
    print(random.random(), state != random.getstate())


def time_zone():
    """The time zone of the variables."""
    import time

    print(time.tzname, time.timezone, time.localtime(0)[:6])


def language():
    """The locale as found, and as asked for."""
    import locale

    print(locale.setlocale(locale.LC_ALL), locale.getlocale())
    print(locale.setlocale(locale.LC_ALL, ""), locale.getpreferredencoding())


def forked():
    """A child of the program's own."""
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        print("child")
        sys.exit(2)
    print("parent", os.waitpid(pid, 0)[1])


def hashing():
    """With a seed, the order of a set is the same everywhere."""
    print(list({"some", "words", "in", "a", "set"}), hash("word"))


hazards = [name for name, value in sorted(globals().items()) if callable(value) and name not in ("Dying", "Dated")]
if __name__ == "__main__":
    for chosen in sys.argv[1:] or hazards:
        globals()[chosen]()
