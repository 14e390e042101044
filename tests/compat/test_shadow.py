"""The shadow: that the client notices nothing, what is handed over, and what is dropped instead of costing anybody."""

from __future__ import annotations

import io
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from compat import ConfigurationError, Shadow, ShadowPair, Strangler

TEXT = [("Content-Type", "text/plain")]


def old(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer with the method and the body."""
    start_response("200 OK", [*TEXT, ("X-Side", "old")])
    return [environ["REQUEST_METHOD"].encode(), environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))]


class New:
    """Answers `new`, or does what a test says; remembers what it was given."""

    def __init__(self, what: Callable[[], object] = lambda: None) -> None:
        self.what = what
        self.asked: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Answer."""
        self.asked.append(environ)
        self.bodies.append(environ["wsgi.input"].read())
        self.what()
        start_response("201 Created", [*TEXT, ("X-Side", "new")])
        return [b"new"]


class Setup:
    """A Strangler that shadows all, and the pairs that came of it."""

    def __init__(self, new: Any, first: Any = old, **options: Any) -> None:
        self.pairs: list[ShadowPair] = []
        self.shadow = Shadow(self.pairs.append, **options)
        rules = [{"name": "all", "path": "/", "to": "shadow"}]
        self.app = Strangler(first, new, rules, shadow=self.shadow, header="X-By")

    @property
    def counts(self) -> dict[str, int]:
        """What the rule did, when all is done."""
        assert self.shadow.wait()
        return self.app.counts["all"]


def test_a_pair(ask: Callable[..., Any]) -> None:
    """Old answers; the request and both answers are handed over whole, as plain data."""
    new = New()
    setup = Setup(new)
    answer = ask(setup.app, "/a?b=c", HTTP_COOKIE="sid=1", REMOTE_ADDR="192.0.2.9")
    assert (answer.status, answer.body) == ("200 OK", b"GET")
    assert answer.headers == [*TEXT, ("X-Side", "old"), ("X-By", "old")]
    assert setup.counts == {"old": 1, "shadowed": 1}
    (pair,) = setup.pairs
    assert pair.rule == "all"
    assert abs(pair.started - time.time()) < 60
    told = {name: pair.request.environ[name] for name in ("PATH_INFO", "QUERY_STRING", "HTTP_COOKIE", "REMOTE_ADDR")}
    assert told == {"PATH_INFO": "/a", "QUERY_STRING": "b=c", "HTTP_COOKIE": "sid=1", "REMOTE_ADDR": "192.0.2.9"}
    assert all(type(value) is str for value in pair.request.environ.values())
    assert (pair.old.status, pair.old.headers, pair.old.body) == ("200 OK", (*TEXT, ("X-Side", "old")), b"GET")
    assert (pair.new.status, pair.new.headers, pair.new.body) == ("201 Created", (*TEXT, ("X-Side", "new")), b"new")
    assert pair.new.failed == ""
    assert new.asked[0]["compat.shadow"] is True


def test_new_is_asked_when_the_client_has_its_answer(environ_for: Callable[..., Any]) -> None:
    """Not before old's answer is closed."""
    new = New()
    setup = Setup(new)
    answer: Any = setup.app(environ_for("/"), lambda *args: None)
    assert len(answer) == 2, "a list is still known to be one of two"
    list(answer)
    assert setup.shadow.wait()
    assert new.asked == []
    answer.close()
    assert setup.shadow.wait()
    assert len(new.asked) == 1


@pytest.mark.parametrize("methods", [{"GET"}, {"GET", "POST"}], ids=["safe", "allowed"])
def test_a_method_that_writes(ask: Callable[..., Any], methods: set[str]) -> None:
    """Is not put to new, unless it may be: then with the same body."""
    new = New()
    setup = Setup(new, methods=methods)
    assert ask(setup.app, "/", body=b"data").body == b"POSTdata"
    allowed = "POST" in methods
    assert setup.counts == {"old": 1, "shadowed" if allowed else "dropped": 1}
    assert new.bodies == ([b"data"] if allowed else [])
    assert setup.shadow.reasons == ({} if allowed else {"method": 1})


class Late(BaseException):
    """As asyncio.CancelledError and gevent.Timeout, which are no Exception, either."""


@pytest.mark.parametrize("kind", [SystemExit, GeneratorExit, KeyboardInterrupt, Late, LookupError])
def test_an_exception_of_new_is_its_answer(ask: Callable[..., Any], kind: type[BaseException]) -> None:
    """The client sees nothing of it, whatever it is; the next request is put to new again."""

    def leave() -> None:
        raise kind("gone")

    setup = Setup(New(leave), patience=5)
    for _ in range(2):
        assert ask(setup.app, "/").status == "200 OK"
        assert setup.shadow.wait()
    assert [pair.new.failed for pair in setup.pairs] == [f"{kind.__name__}: gone"] * 2
    assert setup.counts == {"old": 2, "shadowed": 2}


@pytest.mark.parametrize("written", [False, True])
def test_text_instead_of_bytes_is_a_failure_of_new(ask: Callable[..., Any], written: bool) -> None:
    """As programs do that came from Python 2; the callback has no part in it."""

    def new(environ: dict[str, Any], start_response: Any) -> list[Any]:
        write = start_response("200 OK", TEXT)
        return write("text") if written else ["text"]

    setup = Setup(new)
    ask(setup.app, "/")
    assert setup.counts == {"old": 1, "shadowed": 1}
    assert setup.pairs[0].new.failed == "TypeError: a piece of its body is not bytes"


@pytest.mark.parametrize("kind", [LookupError, Late])
def test_an_exception_of_the_callback(
    ask: Callable[..., Any], caplog: pytest.LogCaptureFixture, kind: type[BaseException]
) -> None:
    """Is told, and the next pair is handed over."""
    seen: list[ShadowPair] = []

    def callback(pair: ShadowPair) -> None:
        seen.append(pair)
        raise kind("no disk")

    shadow = Shadow(callback)
    app = Strangler(old, New(), [{"name": "all", "path": "/", "to": "shadow"}], shadow=shadow)
    for _ in range(2):
        assert ask(app, "/").status == "200 OK"
        assert shadow.wait()
    assert len(seen) == 2
    assert app.counts["all"] == {"old": 2, "dropped": 2}
    assert f"callback failed: {kind.__name__}: no disk" in caplog.text


def test_a_count_that_fails(environ_for: Callable[..., Any]) -> None:
    """As when metrics have no disk: the next request is put to new nevertheless."""
    setup = Setup(New())

    def observe(rule: str, event: str) -> None:
        if event != "old":
            raise OSError("no space")

    for _ in range(2):
        answer: Any = setup.app(environ_for("/", **{"compat.routes": observe}), lambda *args: None)
        list(answer)
        answer.close()
        assert setup.shadow.wait()
    assert len(setup.pairs) == 2


READS = [
    lambda stream: b"".join(stream.readlines()),
    lambda stream: b"".join(stream),
    lambda stream: stream.readline() + stream.read(3),
    lambda stream: stream.read(6),
]


@pytest.mark.parametrize("read", READS, ids=["lines", "iterated", "a line and a piece", "all"])
def test_a_body_is_copied_as_it_is_read(ask: Callable[..., Any], read: Callable[[Any], bytes]) -> None:
    """In whatever way; what old leaves unread is not known, and its answer then proves nothing."""

    def reading(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", TEXT)
        return [read(environ["wsgi.input"])]

    new = New()
    setup = Setup(new, reading, methods=["POST"])
    assert ask(setup.app, "/", body=b"a\nb\nc\n", check=False).body == read(io.BytesIO(b"a\nb\nc\n"))
    whole = read is not READS[2]
    assert setup.counts == {"old": 1, "shadowed" if whole else "dropped": 1}
    assert new.bodies == [b"a\nb\nc\n"] * whole


@pytest.mark.parametrize(
    "changes", [{"body": b"x" * 101}, {"HTTP_TRANSFER_ENCODING": "chunked"}, {"CONTENT_LENGTH": "x"}]
)
def test_a_request_that_is_too_large(ask: Callable[..., Any], changes: dict[str, Any]) -> None:
    """Or of which nobody knows how large it is."""

    def unread(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", TEXT)
        return [b""]

    setup = Setup(New(), unread, methods=["GET", "POST"], body=100)
    ask(setup.app, "/", check=False, **changes)
    assert setup.shadow.reasons == {"too large": 1}


def test_what_new_says_goes_to_the_log(ask: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    """Its wsgi.errors is nobody's; nothing of it can break a line."""

    def new(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["wsgi.errors"].write("one\ntwo \x1b[1m\n")
        start_response("200 OK", TEXT)
        return []

    setup = Setup(new)
    with caplog.at_level(logging.INFO, "compat"):
        ask(setup.app, "/")
        assert setup.shadow.wait()
    assert [text for text in caplog.messages if "new:" in text] == ["shadow: new: one", "shadow: new: two \\x1b[1m"]


class Unclosable(list[bytes]):
    """An answer that the server must break off at its end."""

    def close(self) -> None:
        """Break off."""
        raise LookupError("broken off")


def test_an_answer_that_is_broken_off_at_its_end(environ_for: Callable[..., Any]) -> None:
    """Is dropped, and still broken off."""

    def breaking(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", TEXT)
        return Unclosable([b"x"])

    setup = Setup(New(), breaking)
    answer: Any = setup.app(environ_for("/"), lambda *args: None)
    assert list(answer) == [b"x"]
    with pytest.raises(LookupError):
        answer.close()
    assert setup.shadow.reasons == {"cut off": 1}


def large(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    """Answer with 100 bytes."""
    start_response("200 OK", TEXT)
    for _ in range(10):
        yield b"0123456789"


def by_write(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer with 100 bytes that are written."""
    start_response("200 OK", TEXT)(b"0" * 100)
    return []


@pytest.mark.parametrize(
    ("first", "new"), [(large, New()), (by_write, New()), (old, large), (old, by_write)], ids=["old", "", "new", " "]
)
def test_what_is_too_large_is_dropped(ask: Callable[..., Any], first: Any, new: Any) -> None:
    """Whoever's answer it is; the client has all of it."""
    setup = Setup(new, first, body=99)
    assert len(ask(setup.app, "/").body) == (3 if first is old else 100)
    assert setup.counts == {"old": 1, "dropped": 1}
    assert setup.shadow.reasons == {"too large": 1}
    whole = Setup(new, first, body=100)
    ask(whole.app, "/")
    assert whole.counts == {"old": 1, "shadowed": 1}


def test_what_the_client_did_not_get_whole(environ_for: Callable[..., Any], ask: Callable[..., Any]) -> None:
    """Proves nothing about new, and neither does what old raises."""
    setup = Setup(New(), large)
    answer: Any = setup.app(environ_for("/"), lambda *args: None)
    next(iter(answer))
    answer.close()

    def raising(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise LookupError("old")

    assert setup.counts == {"old": 1, "dropped": 1}
    setup = Setup(New(), raising)
    with pytest.raises(LookupError):
        ask(setup.app, "/")
    assert setup.shadow.reasons == {"cut off": 1}


class Gate:
    """Holds new until a test opens it."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.inside = threading.Semaphore(0)
        self.most = self.now = 0
        self._lock = threading.Lock()

    def __call__(self) -> None:
        """Wait."""
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.inside.release()
        self.open.wait(20)
        with self._lock:
            self.now -= 1


def test_no_more_wait_and_work_than_may(ask: Callable[..., Any]) -> None:
    """Two are asked at once, three wait, the others are dropped; no client waits for any of it."""
    gate = Gate()
    setup = Setup(New(gate), threads=2, waiting=3)
    before = time.monotonic()
    for _ in range(2):
        ask(setup.app, "/")
        assert gate.inside.acquire(timeout=10)
    for _ in range(8):
        ask(setup.app, "/")
    assert time.monotonic() - before < 10
    gate.open.set()
    assert setup.counts == {"old": 10, "shadowed": 5, "dropped": 5}
    assert gate.most == 2
    assert setup.shadow.reasons == {"too many waiting": 5}


def test_who_waited_says_how_long(ask: Callable[..., Any]) -> None:
    """From old's request until new's: dates that new writes are of then."""
    gate = Gate()
    setup = Setup(New(gate))
    for _ in range(2):
        ask(setup.app, "/")
    assert gate.inside.acquire(timeout=10)
    time.sleep(0.3)
    gate.open.set()
    assert setup.counts == {"old": 2, "shadowed": 2}
    at_once, later = (pair.waited for pair in setup.pairs)
    assert 0 <= at_once < later
    assert later >= 0.29


def test_memory_is_bounded(ask: Callable[..., Any]) -> None:
    """By the bytes that wait, not their number."""
    gate = Gate()
    setup = Setup(New(gate), large, memory=250)
    ask(setup.app, "/")
    assert gate.inside.acquire(timeout=10)
    for _ in range(5):
        ask(setup.app, "/")
    gate.open.set()
    assert setup.counts == {"old": 6, "shadowed": 3, "dropped": 3}


def test_what_is_too_slow_is_left_alone(ask: Callable[..., Any]) -> None:
    """After some of them nothing more is asked of new, for a while; after that one more is enough."""
    new = New(lambda: time.sleep(0.4))
    setup = Setup(new, timeout=0.3, patience=2, rest=3600)
    for _ in range(2):
        ask(setup.app, "/")
        assert setup.shadow.wait()
    ask(setup.app, "/")
    assert setup.counts == {"old": 3, "dropped": 3}
    assert setup.shadow.reasons == {"too slow": 2, "new was too slow": 1}
    setup.shadow._until = 0.0  # an hour later
    for _ in range(2):
        ask(setup.app, "/")
        assert setup.shadow.wait()
    assert setup.shadow.reasons == {"too slow": 3, "new was too slow": 2}
    setup.shadow._until, new.what = 0.0, lambda: None
    ask(setup.app, "/")
    assert setup.counts == {"old": 6, "dropped": 5, "shadowed": 1}


def test_what_hangs_is_not_waited_for(ask: Callable[..., Any]) -> None:
    """While its only thread hangs, nothing is put to new."""
    gate = Gate()
    setup = Setup(New(gate), timeout=0.05)
    ask(setup.app, "/")
    assert gate.inside.acquire(timeout=10)
    time.sleep(0.1)
    ask(setup.app, "/")
    assert setup.shadow.reasons == {"new was too slow": 1}
    gate.open.set()
    assert setup.shadow.wait()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # a preloaded application is forked
def test_a_forked_worker_begins_anew(ask: Callable[..., Any]) -> None:
    """Its parent's threads are not there: it has its own, and nothing of what waited."""
    gate = Gate()
    setup = Setup(New(gate))
    ask(setup.app, "/")
    assert gate.inside.acquire(timeout=10)
    ask(setup.app, "/")
    setup.app._applications["new"] = New()  # the gate is the parent's
    child = os.fork()
    if not child:
        ask(setup.app, "/child")
        worked = setup.shadow.wait() and [pair.request.environ["PATH_INFO"] for pair in setup.pairs] == ["/child"]
        os._exit(0 if worked else 1)
    assert os.waitpid(child, 0)[1] == 0
    gate.open.set()
    assert setup.counts == {"old": 2, "shadowed": 2}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"callback": None}, "callback=None"),
        ({"threads": 0}, "threads=0"),
        ({"threads": 1.5}, r"threads=1\.5 must be a whole number"),
        ({"waiting": True}, "waiting=True"),
        ({"memory": "5"}, "memory='5' must be a whole number above 0"),
        ({"body": float("inf")}, "body=inf"),
        ({"patience": None}, "patience=None"),
        ({"timeout": -1}, "timeout=-1 must be a number above 0"),
        ({"timeout": float("nan")}, "timeout=nan"),
        ({"rest": "30"}, "rest='30'"),
        ({"methods": "GET"}, "methods='GET' must be a list"),
        ({"methods": ["get"]}, "methods like GET"),
        ({"methods": []}, "methods"),
    ],
)
def test_refused(options: dict[str, Any], says: str) -> None:
    """What cannot be is told when the object is made."""
    with pytest.raises(ConfigurationError, match=says):
        Shadow(**{"callback": print, **options})


def test_a_rule_that_shadows_needs_a_shadow() -> None:
    """Else requests would quietly not be compared."""
    with pytest.raises(ConfigurationError, match="beside: to = 'shadow' needs"):
        Strangler(old, old, [{"name": "beside", "path": "/", "to": "shadow"}])
