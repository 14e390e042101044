"""What the programs did, as Prometheus metrics: runs by program and status, durations, exits, timeouts, waiting, bytes.

Comes in: the Outcome of each run, through the environ's observer. Goes out: a page at a URL of its own. Needs the extra
`metrics`. Where PROMETHEUS_MULTIPROC_DIR names a folder, the page adds up all processes that write there.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from .errors import ConfigurationError
from .journal import OBSERVER
from .proxy import FAMILIES, UNIX, address, network
from .routed import ROUTES
from .types import Application, Environ, Outcome, StartResponse

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
VIA = "HTTP_VIA"
"""A proxy that names nobody still says that it is one (RFC 9110 section 7.6.3)."""
LOCAL = ("127.0.0.0/8", "::1", UNIX)
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class Metrics:
    """Middleware that counts what the programs behind `app` do, and shows it at `url`.

    The page is shown to peers in `allow` (addresses, CIDR networks, "unix") that come directly: a request which a proxy
    handed on (it has X-Forwarded-For, Forwarded or Via) goes to the application like any other. One that says none of
    these looks like the client itself. Raises ConfigurationError.
    """

    def __init__(self, app: Application, url: str = "/metrics", *, allow: Collection[str] = LOCAL) -> None:
        if not url.startswith("/") or url == "/":
            raise ConfigurationError(f"metrics: {url!r} must be a path like /metrics")
        self._app = app
        self._url = url
        self._unix = UNIX in allow
        self._networks = [network(text) for text in allow if text != UNIX]
        try:  # last: its import already looks for the folder that processes share
            prometheus = importlib.import_module("prometheus_client")
        except ImportError as error:
            raise ConfigurationError("metrics need prometheus-client: pip install 'screamtest[metrics]'") from error
        self._registry = prometheus.CollectorRegistry()
        self._instruments(prometheus)

    def _instruments(self, prometheus: Any) -> None:
        def made(kind: Any, name: str, text: str, *labels: str, **options: Any) -> Any:
            return kind(f"compat_{name}", text, labels, registry=self._registry, **options)

        counter, histogram = prometheus.Counter, prometheus.Histogram
        self._requests = made(counter, "requests", "Runs of a program, and requests refused.", "program", "status")
        self._seconds = made(histogram, "run_seconds", "Duration of a run.", "program", buckets=SECONDS)
        self._exits = made(counter, "exits", "How programs ended: exit status or signal.", "program", "exit")
        self._timeouts = made(counter, "timeouts", "Runs ended for being too slow.", "program")
        self._waiting = made(histogram, "queue_seconds", "Time spent waiting for a place.", buckets=SECONDS)
        self._bytes = made(counter, "response_bytes", "Bytes of bodies sent.", "program")
        self._routes = made(counter, "strangler_requests", "What a Strangler's rules did.", "rule", "event")
        self._active = made(
            prometheus.Gauge, "requests_in_progress", "Requests being answered.", multiprocess_mode="livesum"
        )

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        if environ.get("PATH_INFO") == self._url and self._allowed(environ):
            return self._page(environ, start_response)
        request = _Request(self)
        environ[OBSERVER] = request.observe
        environ[ROUTES] = self.routed
        self._active.inc()
        try:
            return _Closing(self._app(environ, request.heard(start_response)), request.over)
        except BaseException:
            request.over()
            raise

    def over(self, status: str) -> None:
        """Count a request that is over; `status` is empty where a program's outcome has told it."""
        self._active.dec()
        if status:
            self._requests.labels("", status).inc()

    def routed(self, rule: str, event: str) -> None:
        """Count what became of a request that a rule of a Strangler decided about (`routed.EVENTS`)."""
        self._routes.labels(rule, event).inc()

    def observe(self, outcome: Outcome) -> None:
        """Count one run."""
        program = outcome.program
        self._requests.labels(program, str(outcome.status)).inc()
        if outcome.failed == 504:
            self._timeouts.labels(program).inc()
        if outcome.exit is None:
            return
        self._seconds.labels(program).observe(outcome.seconds)
        self._waiting.observe(outcome.waited)
        self._exits.labels(program, outcome.exit.ending).inc()
        self._bytes.labels(program).inc(outcome.sent)

    def _allowed(self, environ: Environ) -> bool:
        if VIA in environ or any(pattern.fullmatch(name) for name in environ for pattern in FAMILIES.values()):
            return False
        peer = address(environ.get("REMOTE_ADDR", ""))
        return self._unix if peer is None else any(peer in network for network in self._networks)

    def _page(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        prometheus = importlib.import_module("prometheus_client")
        registry = self._registry
        if os.environ.get(SHARED_FOLDER):
            multiprocess = importlib.import_module("prometheus_client.multiprocess")
            registry = prometheus.CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)
        page: bytes = prometheus.generate_latest(registry)
        start_response("200 OK", [("Content-Type", prometheus.CONTENT_TYPE_LATEST), ("Content-Length", str(len(page)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [page]


def forget_process(pid: int) -> None:
    """Take a process that ended out of the gauges; what it counted stays."""
    importlib.import_module("prometheus_client.multiprocess").mark_process_dead(pid)


class _Request:
    """One request: was it a program that answered it, and with which status if not?"""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._status = ""
        self._told = False

    def observe(self, outcome: Outcome) -> None:
        """Take the outcome of a run."""
        self._told = True
        self._metrics.observe(outcome)

    def heard(self, start_response: StartResponse) -> StartResponse:
        """Return a `start_response` that remembers the status."""

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Callable[[bytes], Any]:
            self._status = status[:3]
            return start_response(status, headers, *exc_info)

        return start

    def over(self) -> None:
        """Count it."""
        self._metrics.over("" if self._told else self._status)


class _Closing:
    """An answer that says when it is over."""

    def __init__(self, answer: Iterable[bytes], over: Callable[[], object]) -> None:
        self._answer = answer
        self._over: Callable[[], object] | None = over

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)

    def close(self) -> None:
        """Close the answer (PEP 3333)."""
        over, self._over = self._over, None
        try:
            if hasattr(self._answer, "close"):
                self._answer.close()
        finally:
            if over is not None:
                over()
