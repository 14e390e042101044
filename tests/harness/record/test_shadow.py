"""Pairs of answers from a Strangler's shadow into archives, and from there to a verdict."""

from __future__ import annotations

import importlib.util
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from harness import Options, ShadowRecorder, UsageError, diff, open_recordings, parse_target
from harness.config import Config
from harness.store.archive import Archive

LIMIT = 30  # seconds


@dataclass
class Asked:
    """A request as `compat.Shadow` hands it over, or anything else that asks two applications."""

    environ: dict[str, str]
    body: bytes = b""


@dataclass
class Answered:
    """One side's answer."""

    body: bytes
    status: str = "200 OK"
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/plain"),)
    seconds: float = 0.25
    failed: str = ""


@dataclass
class Pair:
    """Both."""

    request: Asked
    old: Answered
    new: Answered
    started: float = field(default_factory=time.time)
    waited: float = 0.0


def request(path: str = "/", **changes: str) -> Asked:
    """A GET."""
    given = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_HOST": "x", "wsgi.url_scheme": "http"}
    return Asked({**given, **changes})


def recorded(folder: Path, *pairs: Pair, **options: Any) -> tuple[list[Any], list[Any]]:
    """Record pairs; return what is in both archives."""
    recorder = ShadowRecorder(folder / "pairs.archive", **options)
    for pair in pairs:
        recorder(pair)
    recorder.close()
    return list(Archive(folder / "pairs.archive")), list(Archive(folder / "pairs.new.archive"))


def test_a_pair_is_two_exchanges(tmp_path: Path) -> None:
    """Alike but for the answer and how long it took, and for the same moment."""
    posted = request("/a", REQUEST_METHOD="POST", CONTENT_LENGTH="4", QUERY_STRING="b=c")
    posted.body = b"data"
    pair = Pair(
        posted, Answered(b"old"), Answered(b"new", "404 Not Found", (("X-A", "1"), ("X-A", "2")), 0.5), 1000.125
    )
    (old,), (new,) = recorded(tmp_path, pair)
    assert old.request == new.request
    assert (old.request.start_line, old.request.body) == (b"POST /a?b=c HTTP/1.1", b"data")
    assert (old.started, new.started, old.duration, new.duration) == (1000.125, 1000.125, 0.25, 0.5)
    assert (old.response.status, old.response.body) == (200, b"old")
    assert (new.response.status, new.response.reason, new.response.body) == (404, b"Not Found", b"new")
    assert new.response.headers == ((b"X-A", b"1"), (b"X-A", b"2"))


def test_what_new_raised_is_its_answer(tmp_path: Path) -> None:
    """As a server would have said it; broken off where something went out before."""
    raised = Pair(request(), Answered(b"old"), Answered(b"", "", (), failed="LookupError: secret"))
    broken = Pair(request(), Answered(b"old"), Answered(b"ne", failed="LookupError: secret"))
    _, (first, second) = recorded(tmp_path, raised, broken)
    assert (first.response.status, first.response.reason, first.response.complete) == (
        500,
        b"Internal Server Error",
        True,
    )
    assert (second.response.status, second.response.body, second.response.complete) == (200, b"ne", False)


def test_secrets_have_one_token_in_both(tmp_path: Path) -> None:
    """Else a request would have no partner; and neither file holds a secret."""
    header = {"HTTP_AUTHORIZATION": "Bearer 8f14e45fceea167a5a36dedd4bea2543"}
    (old,), (new,) = recorded(tmp_path, Pair(request(**header), Answered(b"old"), Answered(b"new")))
    assert old.request == new.request
    assert old.redactions
    for name in ("pairs.archive", "pairs.new.archive"):
        assert b"8f14e45fceea167a5a36dedd4bea2543" not in (tmp_path / name).read_bytes()
    (old,), _ = recorded(tmp_path / "..", Pair(request(**header), Answered(b""), Answered(b"")), redact=False)
    assert old.request.header(b"authorization") == header["HTTP_AUTHORIZATION"].encode()


def test_fails_open(tmp_path: Path) -> None:
    """A place where nothing can be written, and what is no pair, stop nobody."""
    recorder = ShadowRecorder(tmp_path / "missing" / "pairs.archive")
    recorder(Pair(request(), Answered(b"old"), Answered(b"new")))
    recorder(None)  # type: ignore[arg-type]
    recorder.close()
    assert recorder.completeness.lost == 2


def test_a_file_stops_it(tmp_path: Path) -> None:
    """As it stops a Recorder."""
    (tmp_path / "pairs.archive.stop").touch()
    recorder = ShadowRecorder(tmp_path / "pairs.archive")
    recorder(Pair(request(), Answered(b"old"), Answered(b"new")))
    recorder.close()
    assert recorder.completeness.accepted == 0


def test_no_cassettes(tmp_path: Path) -> None:
    """They are written as one file."""
    with pytest.raises(UsageError, match="archives"):
        ShadowRecorder(tmp_path / "pairs.yaml")


def judged(old: Path, new: Path) -> Any:
    """Compare two archives."""
    config = Config(root=old.parent)
    options = Options(parse_target("recorded", config), parse_target(str(new), config), config)
    return diff(open_recordings([old]), options)


def test_partners_are_found_by_their_time(tmp_path: Path) -> None:
    """The same request was asked again and again, and one half was lost: the others keep their own, it has none."""
    pairs = [Pair(request(), Answered(b"%d" % number), Answered(b"%d" % number)) for number in range(20)]
    recorded(tmp_path, *pairs)
    (tmp_path / "other").mkdir()
    recorded(tmp_path / "other", *pairs[:5], *pairs[6:])
    old = tmp_path / "pairs.archive"
    assert judged(old, tmp_path / "pairs.new.archive").counts["matched"] == 20
    result = judged(old, tmp_path / "other" / "pairs.new.archive")
    assert (result.counts["matched"], result.counts["different"], result.counts["unreplayable"]) == (19, 0, 1)


def test_new_may_have_waited_for_its_turn(tmp_path: Path) -> None:
    """A shadow that lags behind asks new later: its dates are of that moment, and no difference."""
    began = float(int(time.time()))
    old, new = (Answered(b"x", headers=(("Date", formatdate(began + late, usegmt=True)),)) for late in (0, 30))
    recorded(tmp_path, Pair(request(), old, new, began, waited=30))
    assert judged(tmp_path / "pairs.archive", tmp_path / "pairs.new.archive").counts["different"] == 0
    (tmp_path / "other").mkdir()
    recorded(tmp_path / "other", Pair(request(), old, new, began))
    result = judged(tmp_path / "other" / "pairs.archive", tmp_path / "other" / "pairs.new.archive")
    assert result.counts["different"] == 1


SITE = """
from email.utils import formatdate
from compat import Shadow, Strangler
from harness import ShadowRecorder

def page(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Date", formatdate(usegmt=True))])
    return [b"page of " + environ["PATH_INFO"].encode()]

def old(environ, start_response):
    return page(environ, start_response)

def new(environ, start_response):
    if environ["PATH_INFO"] == "/differs":
        environ["PATH_INFO"] = "/another"
    if environ["PATH_INFO"] == "/fails":
        raise LookupError("new")
    return page(environ, start_response)

application = Strangler(old, new, "rules.toml", shadow=Shadow(ShadowRecorder("pairs.archive")), header="X-By")
"""
SHADOWED = '[[rule]]\nname = "beside"\npath = "/"\nto = "shadow"\n'


def ask(url: str) -> tuple[int, str]:
    """Send one request; return status and who answered."""
    try:
        with urllib.request.urlopen(url, timeout=LIMIT) as answer:
            return answer.status, answer.headers["X-By"]
    except urllib.error.HTTPError as error:
        return error.code, error.headers["X-By"]


@pytest.mark.skipif(importlib.util.find_spec("gunicorn") is None, reason="gunicorn is not installed")
def test_from_the_shadow_to_new(tmp_path: Path, gunicorn: Callable[..., Any], wait_until: Callable[..., bool]) -> None:
    """Two workers shadow, the archive is judged, and a changed file sends the clients to new: nobody restarts."""
    (tmp_path / "shop.py").write_text(SITE, encoding="utf-8")
    (tmp_path / "rules.toml").write_text(SHADOWED, encoding="utf-8")
    with gunicorn(tmp_path, "shop:application", "--preload", "-k", "gthread", "--threads", "2") as url:
        for number in range(20):
            assert ask(f"{url}/{number}") == (200, "old")
        assert ask(f"{url}/differs") == ask(f"{url}/fails") == (200, "old")
        (tmp_path / "rules.toml").write_text("[[rule", encoding="utf-8")
        time.sleep(1.1)
        assert ask(f"{url}/broken") == (200, "old")
        (tmp_path / "next.toml").write_text('[[rule]]\nname = "all"\npath = "/"\n', encoding="utf-8")
        (tmp_path / "next.toml").rename(tmp_path / "rules.toml")
        assert wait_until(lambda: all(ask(f"{url}/moved")[1] == "new" for _ in range(10)))
        assert ask(f"{url}/fails") == (200, "old")  # by the fallback
    result = judged(tmp_path / "pairs.archive", tmp_path / "pairs.new.archive")
    assert result.counts["judged"] == result.counts["exchanges"] >= 23
    assert result.counts["different"] == 2
    assert {(group.aspect, group.kind, group.count) for group in result.groups} >= {
        ("status", "changed", 1),
        ("body", "changed", 1),
    }
